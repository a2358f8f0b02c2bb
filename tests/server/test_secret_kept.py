"""The secret file is made once. Whatever is missing or exchanged afterwards is said before anything is written."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from command_line import CommandLine
from processes import free_port
from worlds import World, embedded_world

COMMANDS = (
    ("account", "add", "thu", "--role", "reader", "--area", "11455"),
    ("account", "list"),
    ("account", "reset", "dau"),
    ("account", "disable", "dau"),
    ("areas", "import", "{file}"),
    ("audit", "verify"),
    ("backup", "{file}.sotay"),
    ("demo", "--notes", "0"),
    ("device", "list"),
    ("device", "revoke", "x"),
    ("digest", "--area", "11455", "--month", "2026-10", "--out", "{file}"),
    ("enrol", "dau"),
    ("erase",),
    ("erase", "--dry-run"),
    ("migrate",),
    ("pin", "optional"),
    ("recount",),
    ("serve", "--port", "{port}"),
    ("worker",),
)
AREA = "code,parent,level,name\n11455-T90,11455-K1,group,Tổ dân phố 90\n"


@pytest.fixture(scope="module")
def line() -> Iterator[CommandLine]:
    with CommandLine() as running:
        yield running


@pytest.fixture
def ready(tmp_path: Path, line: CommandLine) -> World:
    world = embedded_world(tmp_path)
    status, said = line.run(world, "migrate")
    assert status == 0 and "secret" in said
    assert line.run(world, "account", "add", "dau", "--role", "administrator", "--area", "11455")[0] == 0
    return world


def asked(world: World, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(world.data_dir / "sotay.db")) as database, database:
        return database.execute(sql).fetchall()


def contents(world: World) -> list[str]:
    with closing(sqlite3.connect(world.data_dir / "sotay.db")) as database:
        return list(database.iterdump())


def test_no_command_makes_another_secret(ready: World, line: CommandLine) -> None:
    file = ready.data_dir / "areas.csv"
    file.write_text(AREA, "utf-8")
    public = line.run(ready, "backup-key", ready.data_dir / "key")[1].split("SOTAY_BACKUP_KEY=")[1].split()[0]
    secret, before = ready.secret_file.read_bytes(), contents(ready)
    for lost, vi, en in (
        (None, "Thiếu tệp khoá", "is missing"),
        (b"y" * 64, "không phải tệp đã dùng", "is not the one"),
    ):
        ready.secret_file.unlink(missing_ok=True)
        if lost:
            ready.secret_file.write_bytes(lost)
            ready.secret_file.chmod(0o600)
        for command in COMMANDS:
            words = [part.format(file=file, port=free_port()) for part in command]
            status, said = line.run(ready, *words, SOTAY_BACKUP_KEY=public)
            sentences = said.strip().splitlines()
            assert status == 2 and len(sentences) == 2, (command, said)
            assert vi in sentences[0] and en in sentences[1] and "--new-secret" in sentences[1], (command, said)
            assert (ready.secret_file.read_bytes() if ready.secret_file.exists() else None) == lost, command
        assert contents(ready) == before
    ready.secret_file.write_bytes(secret)
    assert line.run(ready, "audit", "verify")[0] == 0


def test_a_lost_secret_is_given_up_in_so_many_words(ready: World, line: CommandLine) -> None:
    asked(ready, "UPDATE accounts SET totp_secret = 'aa'")
    assert line.run(ready, "migrate", "--new-secret")[0] == 0, "the file is right: nothing is given up"
    assert asked(ready, "SELECT totp_secret FROM accounts") == [("aa",)]
    ready.secret_file.unlink()
    status, said = line.run(ready, "migrate", "--new-secret")
    assert status == 0 and "không kiểm tra được nữa" in said and "can no longer be checked" in said
    assert asked(ready, "SELECT totp_secret FROM accounts") == [(None,)]
    assert line.run(ready, "account", "add", "tam", "--role", "officer", "--area", "11455")[0] == 0
    status, said = line.run(ready, "audit", "verify")
    assert status == 1 and "Row 1:" in said, "what was written under the lost one cannot be checked"
    rows = asked(ready, "SELECT n FROM audit ORDER BY n")
    assert f"Row {rows[-1][0]}:" not in said, "what comes after is checked on"


def test_a_restore_asks_for_the_secret_file_first(ready: World, line: CommandLine, tmp_path: Path) -> None:
    key, file = tmp_path / "offline.key", tmp_path / "night.sotay"
    public = line.run(ready, "backup-key", key)[1].split("SOTAY_BACKUP_KEY=")[1].split()[0]
    assert line.run(ready, "backup", file, SOTAY_BACKUP_KEY=public)[0] == 0
    there = embedded_world(tmp_path / "there")
    restore = ("restore", file, "--key", key)
    for lost in (None, "z" * 64):
        if lost:
            there.secret_file.write_text(lost)
        status, said = line.run(there, *restore)
        sentences = said.strip().splitlines()
        assert status == 2 and len(sentences) == 2, said
        assert "Trước hết" in sentences[0] and "Put the secret file in place first" in sentences[1]
        status, said = line.run(there, "account", "list")
        assert status == 2 and "sotay migrate" in said, "nothing was migrated"
    there.secret_file.write_bytes(ready.secret_file.read_bytes())
    there.secret_file.chmod(0o600)
    assert line.run(there, *restore)[0] == 0
    assert line.run(there, "audit", "verify")[0] == 0
    without = embedded_world(tmp_path / "without")
    status, said = line.run(without, *restore, "--new-secret")
    assert status == 0 and without.secret_file.exists(), said
    assert line.run(without, "account", "list")[0] == 0


def test_the_trail_of_a_fresh_installation_is_whole(tmp_path: Path, line: CommandLine) -> None:
    world = embedded_world(tmp_path)
    assert line.run(world, "migrate")[0] == 0
    status, said = line.run(world, "audit", "verify")
    assert status == 0 and "0 rows" in said
