"""The command `sotay` as operators and checks use it: names, options and JSON shapes of brief.md §5."""

import json
import socket
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from installation import SOTAY
from processes import wait_until
from server.cli.digest import digest_command
from worlds import World, embedded_world


def sotay(world: World, *args: str, fails: bool = False) -> str:
    done = subprocess.run([SOTAY, *args], env=world.env, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout if not fails else done.stderr


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, list[dict[str, Any]]]:
    """A small sample ward, made by the commands of the README."""
    folder: Path = tmp_path_factory.mktemp("sample")
    world = embedded_world(folder)
    sotay(world, "migrate")
    made = json.loads(sotay(world, "demo", "--notes", "60", "--seed", "3", "--json"))
    return world, made["accounts"]


def rows(world: World, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(world.data_dir / "sotay.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_the_sample_prints_every_roles_sign_in(sample: tuple[World, list[dict[str, Any]]]) -> None:
    _, accounts = sample
    assert {a["role"] for a in accounts} == {"reporter", "reader", "unit", "officer", "administrator", "auditor"}
    for account in accounts:
        assert account.keys() == {"login", "role", "area", "password", "totp_secret", "enrol_code"}
        assert bool(account["enrol_code"]) == (account["role"] == "reporter") != bool(account["password"])


def test_the_sample_went_the_whole_way(sample: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = sample
    assert rows(world, "SELECT COUNT(*) FROM notes") == [(60,)]
    assert rows(world, "SELECT COUNT(*) FROM notes WHERE NOT released") == [(0,)]
    assert rows(world, "SELECT COUNT(*) > 0 FROM photos WHERE state = 'stored'") == [(1,)]
    assert rows(world, "SELECT COUNT(*) FROM photos WHERE state <> 'stored'") == [(0,)]
    assert rows(world, "SELECT COUNT(*) > 0 FROM issues") == [(1,)]
    assert rows(world, "SELECT SUM(n) = (SELECT SUM(json_array_length(cells)) FROM counted) FROM totals") == [(1,)]
    texts = "\n".join(row[0] or "" for row in rows(world, "SELECT text FROM notes"))
    assert "[" in texts, "no identifier was planted, so nothing was proven"


def test_the_sample_is_marked_and_asking_again_keeps_its_notes(sample: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = sample
    assert rows(world, "SELECT COUNT(*) FROM accounts WHERE NOT sample") == [(0,)]
    assert rows(world, "SELECT COUNT(*) > 0 FROM areas WHERE sample AND name LIKE '%mẫu%'") == [(1,)]
    assert json.loads(sotay(world, "demo", "--if-empty", "--json"))["accounts"]
    assert rows(world, "SELECT COUNT(*) FROM notes") == [(60,)]


def test_a_sample_cut_off_in_the_middle_is_not_taken_for_a_whole_one(
    sample: tuple[World, list[dict[str, Any]]], tmp_path: Path
) -> None:
    whole, _ = sample
    world = embedded_world(tmp_path)
    sotay(world, "migrate")
    making = subprocess.Popen([SOTAY, "demo", "--notes", "60", "--if-empty"], env=world.env)
    wait_until(lambda: rows(world, "SELECT COUNT(*) > 0 FROM notes") == [(1,)], 60, "the first notes")
    making.kill()
    making.wait(10)
    said = sotay(world, "demo", "--if-empty", fails=True)
    assert f"Xoá thư mục {tmp_path}" in said and f"Delete the folder {tmp_path}" in said
    assert rows(whole, "SELECT value FROM meta WHERE key = 'sample_begun'") == [("",)]


def test_accounts_are_added_disabled_and_reset(sample: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = sample
    made = json.loads(sotay(world, "account", "add", "thu", "--role", "reader", "--area", "11455", "--json"))
    assert made["password"] and made["login"] == "thu" and made["enrol_code"] is None
    reporter = json.loads(sotay(world, "account", "add", "thuy", "--role", "reporter", "--area", "11455-T03", "--json"))
    assert reporter["enrol_code"] and reporter["password"] is None
    assert "There is an account" in sotay(
        world, "account", "add", "thu", "--role", "reader", "--area", "11455", fails=True
    )
    assert "99999" in sotay(world, "account", "add", "x", "--role", "reader", "--area", "99999", fails=True)
    sotay(world, "account", "add", "x", "--role", "king", "--area", "11455", fails=True)
    assert sotay(world, "account", "reset", "thu").strip() != made["password"]
    sotay(world, "account", "disable", "thu")
    assert rows(world, "SELECT disabled_at IS NOT NULL FROM accounts WHERE login = 'thu'") == [(1,)]
    assert "khong-co" in sotay(world, "account", "disable", "khong-co", fails=True)


def test_an_enrolment_code_has_code_address_and_end(sample: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = sample
    made = json.loads(sotay(world, "enrol", "ctv02", "--json"))
    assert made.keys() == {"code", "url", "expires_at"}
    handle, secret = made["url"].split("#enrol=")[1].split("-")
    assert made["code"].startswith(handle) and len(secret) == 24  # 120 bits
    assert "█" in sotay(world, "enrol", "ctv02")
    assert "khong-co" in sotay(world, "enrol", "khong-co", fails=True)
    sotay(world, "device", "revoke", "khong-co", fails=True)


def test_a_busy_port_is_said_in_both_languages(sample: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = sample
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = sotay(world, "serve", "--port", str(taken.getsockname()[1]), fails=True)
    assert "đang bận" in said and "in use" in said


def test_wrong_settings_are_said_with_the_remedy(sample: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = sample
    for name, value, remedy in (
        ("SOTAY_DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("SOTAY_MEDIA_URL", "ftp://x/y", "s3+http://"),
    ):
        done = subprocess.run(
            [SOTAY, "migrate"], env=world.env | {name: value}, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode != 0 and remedy in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_the_digest_as_a_file(sample: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = sample
    out = world.data_dir / "digest"
    area = ("digest", "--area", "11455", "--out", str(out))
    sotay(world, *area, "--month", "2026-11", "--format", "docx", "--form", "state")
    first = out.read_bytes()
    sotay(world, *area, "--month", "2026-11", "--format", "docx", "--form", "state")
    assert first.startswith(b"PK") and first == out.read_bytes(), "another process, the same bytes"
    sotay(world, *area, "--week", "2026-W47", "--format", "pdf")
    assert out.read_bytes().startswith(b"%PDF")
    assert len(rows(world, "SELECT 1 FROM audit WHERE action = 'export.digest' AND actor = 'command'")) == 3
    assert CliRunner().invoke(digest_command, ["--write-template", "--out", str(out)]).exit_code == 0
    sotay(world, *area, "--week", "2026-W47", "--template", str(out))
    out.write_bytes(b"no template")
    said = sotay(world, *area, "--week", "2026-W47", "--template", str(out), fails=True)
    assert "Tệp mẫu" in said and "The template" in said
    for wrong in (("--week", "2026-11"), ("--month", "2026-13"), ("--week", "2026-W47", "--month", "2026-11"), ()):
        refused = CliRunner().invoke(digest_command, [*area[1:], *wrong])
        assert refused.exit_code == 2 and "--month 2026-11" in refused.output, wrong
