"""Wrong surroundings: one sentence in each language with the remedy, status 2, and nothing half done."""

import re
import sqlite3
import subprocess
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from command_line import CommandLine
from installation import SOTAY
from postgres import Cluster
from processes import free_port
from server.cli.main import main
from server.settings import settings
from storage import schema
from worlds import World, embedded_world


@pytest.fixture
def empty(tmp_path: Path) -> World:
    return embedded_world(tmp_path)


@pytest.fixture
def ready(empty: World) -> World:
    assert run(empty, "migrate").returncode == 0
    return empty


def run(world: World, *args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SOTAY, *map(str, args)], env=world.env | env, capture_output=True, text=True, timeout=60, check=False
    )


def refused(world: World, vi: str, en: str, *args: str | Path, **env: str) -> None:
    done = run(world, *args, **env)
    said = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(said) == 2 and vi in said[0] and en in said[1], done.stderr


def starts() -> list[tuple[str, ...]]:
    return [("serve", "--port", str(free_port())), ("worker",)]


def test_a_database_that_was_not_migrated(empty: World) -> None:
    for command in starts():
        refused(empty, "Chạy: sotay migrate", "Run: sotay migrate", *command)


def test_every_command_knows_a_database_of_another_version(ready: World, tmp_path: Path) -> None:
    bare, file = embedded_world(tmp_path / "bare"), tmp_path / "areas.csv"
    file.write_text("code,parent,level,name\n11455-T90,11455-K1,group,Tổ 90\n", "utf-8")
    with closing(sqlite3.connect(ready.data_dir / "sotay.db")) as database, database:
        database.execute("INSERT INTO migration (name, app_name, ran_on) VALUES ('2099', 'storage', CURRENT_TIMESTAMP)")
        before = list(database.iterdump())
    with CommandLine() as line:
        public = line.run(bare, "backup-key", tmp_path / "key")[1].split("SOTAY_BACKUP_KEY=")[1].split()[0]
        for command in (
            ("account", "add", "thu", "--role", "reader", "--area", "11455"), ("account", "list"), ("areas", "import", file),
            ("audit", "verify"), ("backup", tmp_path / "x.sotay"), ("device", "list"), ("enrol", "thu"), ("erase",),
            ("pin", "optional"), ("recount",), ("digest", "--area", "11455", "--month", "2026-10", "--out", tmp_path / "d"),
        ):  # fmt: skip
            for world, vi, en in (
                (ready, "cài bản mới hơn", "Install the newer version"),
                (bare, "Chạy: sotay migrate", "Run: sotay migrate"),
            ):
                status, said = line.run(world, *command, SOTAY_BACKUP_KEY=public)
                sentences = said.strip().splitlines()
                assert status == 2 and len(sentences) == 2, (command, said)
                assert vi in sentences[0] and en in sentences[1], (command, said)
        for command in (("migrate",), ("demo", "--notes", "0")):
            assert line.run(ready, *command)[0] == 2
    with closing(sqlite3.connect(ready.data_dir / "sotay.db")) as database:
        assert list(database.iterdump()) == before


def test_a_database_of_a_newer_version(ready: World) -> None:
    with closing(sqlite3.connect(ready.data_dir / "sotay.db")) as database, database:
        database.execute("INSERT INTO migration (name, app_name, ran_on) VALUES ('2099', 'storage', CURRENT_TIMESTAMP)")
    for command in (*starts(), ("migrate",)):
        refused(ready, "cài bản mới hơn", "Install the newer version", *command)


def test_a_folder_that_cannot_be_made(empty: World) -> None:
    taken = empty.data_dir / "a-file"
    taken.write_text("x")
    refused(empty, "SOTAY_DATA_DIR", "may write to", "migrate", SOTAY_DATA_DIR=str(taken / "var"))


def test_a_store_or_a_database_that_cannot_be_meant_or_is_away(ready: World) -> None:
    serve = starts()[0]
    for url, en in (("ftp://host/x", "unknown scheme"), ("s3+http://a:b@127.0.0.1:1/B", "is no bucket")):
        refused(ready, "SOTAY_MEDIA_URL", en, *serve, SOTAY_MEDIA_URL=url)
    refused(ready, "SOTAY_DATABASE_URL", "unknown scheme", *serve, SOTAY_DATABASE_URL="mysql://a/b")
    away = f"postgresql://sotay:x@127.0.0.1:{free_port()}/x"
    refused(ready, "Không tới được", "cannot be reached", *serve, SOTAY_DATABASE_URL=away)


def test_ordinary_mistakes_about_postgresql(ready: World, tmp_path: Path, postgres: Cluster) -> None:
    database = postgres.create_database()
    good = postgres.url(database)
    postgres.sql("CREATE ROLE visitor LOGIN PASSWORD 'visitor'")
    wrong = (
        (
            good.replace(":only-for-tests@", ":wrong@"),
            "không nhận tên hay mật khẩu",
            "does not take the name or the password",
        ),
        (good.replace("sotay:only", "nobody-here:only"), "không nhận tên hay mật khẩu", "does not take the name"),
        (postgres.url("not_there"), "createdb", "createdb"),
        (good.replace("127.0.0.1", "db.invalid"), "Không tìm thấy máy", "cannot be found"),
        (good.replace(f":{postgres.port}", ":port"), "SOTAY_DATABASE_URL", "SOTAY_DATABASE_URL"),
        (good.replace(f":{postgres.port}", ":99999"), "SOTAY_DATABASE_URL", "SOTAY_DATABASE_URL"),
        (f"postgresql://sotay:x@localhost:{free_port()}/x", "Không tới được", "cannot be reached"),
        (good.replace("sotay:only-for-tests", "visitor:visitor"), "đủ quyền", "OWNER TO sotay"),
    )
    with CommandLine() as line:
        for url, vi, en in wrong:
            status, said = line.run(ready, "migrate", SOTAY_DATABASE_URL=url)
            sentences = said.strip().splitlines()
            assert status == 2 and len(sentences) == 2, (url, said)
            assert vi in sentences[0] and en in sentences[1], (url, said)
            status, said = line.run(ready, "doctor", "--english", SOTAY_DATABASE_URL=url)
            assert status == 1 and "✓ The photo store" in said and "Traceback" not in said, (url, said)
            wanted = {"cannot be reached": "cannot be opened", "OWNER TO sotay": "Run: sotay migrate"}.get(en, en)
            assert wanted in said, (url, said)
        status, said = line.run(ready, "account", "list", SOTAY_DATABASE_URL=good)
        assert status == 2 and "Run: sotay migrate" in said, "it answers, and has no tables"


def test_other_addresses_that_are_none(ready: World) -> None:
    place = ready.data_dir
    (place / "binary").write_bytes(bytes(range(256)))
    (place / "x.sotay").write_bytes(b"x")
    with CommandLine() as line:
        for words, env, vi, en in (
            (("migrate",), {"SOTAY_MEDIA_URL": "s3+http://a:b@host:port/bucket"}, "SOTAY_MEDIA_URL", "host:port"),
            (("migrate",), {"SOTAY_MEDIA_URL": "s3+http:///bucket"}, "SOTAY_MEDIA_URL", "host:port"),
            (("migrate",), {"SOTAY_BASE_URL": "http://127.0.0.1:x"}, "SOTAY_BASE_URL", "e.g. https://"),
            (("check-backup", place / "x.sotay", "--key", place / "binary"), {}, "Khoá sao lưu", "Not a key"),
            (("restore", place / "x.sotay", "--key", place / "binary"), {}, "Khoá sao lưu", "Not a key"),
            (
                ("serve", "--host", "nowhere.invalid", "--port", "8533"),
                {},
                "không có địa chỉ",
                "no address nowhere.invalid",
            ),
            (("serve", "--host", "192.0.2.1", "--port", "8533"), {}, "không có địa chỉ", "no address 192.0.2.1"),
            (("serve", "--port", "8533"), {"SOTAY_METRICS": "9464"}, "SOTAY_METRICS", "e.g. 127.0.0.1:9464"),
            (("worker",), {"SOTAY_METRICS": "host:port"}, "SOTAY_METRICS", "e.g. 127.0.0.1:9464"),
        ):
            status, said = line.run(ready, *words, **env)
            sentences = said.strip().splitlines()
            assert status == 2 and len(sentences) == 2, (words, env, said)
            assert vi in sentences[0] and en in sentences[1], (words, env, said)
        store, tables = "s3+http://{}@host:9000/bucket", "postgresql://{}@host/sotay"
        for setting, address, password in (
            ("SOTAY_MEDIA_URL", store, "7aQ/qzmotSECRET"),
            ("SOTAY_MEDIA_URL", store, "7/qzmotSECRET"),
            ("SOTAY_DATABASE_URL", tables, "7aQ/qzmotSECRET"),
        ):
            status, said = line.run(ready, "migrate", **{setting: address.format(f"key:{password}")})
            assert status == 2 and "%2F" in said and "SECRET" not in said and "7a" not in said, (setting, said)
        status, said = line.run(ready, "serve", "--port", "99999")
        assert status == 2 and "99999" in said and "Traceback" not in said
        status, said = line.run(ready, "doctor", "--english", SOTAY_MEDIA_URL="s3+http://a:b@host:port/bucket")
        assert status == 1 and "✗ The photo store" in said and "✓ The database" in said, said


def test_an_empty_data_folder_is_none(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTAY_DATA_DIR", "")
    assert settings().data_dir == Path("var").resolve()


def test_logins_are_those_of_the_panel(ready: World) -> None:
    with CommandLine() as line:
        for login in ("Nguyễn Văn A", "", "-x", "a" * 41):
            add = ("account", "add", "--role", "reader", "--area", "11455", "--", login)
            status, said = line.run(ready, *add)
            assert status == 2 and "chữ thường không dấu" in said and "Lower-case letters" in said, (login, said)
        for login, role in (("thu", "reader"), ("nam", "reporter")):
            assert line.run(ready, "account", "add", login, "--role", role, "--area", "11455")[0] == 0
            assert line.run(ready, "account", "disable", login)[0] == 0
        for words in (("enrol", "thu"), ("enrol", "nam"), ("account", "reset", "thu")):
            status, said = line.run(ready, *words)
            assert status == 2 and "đã bị khoá" in said and "is disabled" in said, said


def test_errors_are_said_in_both_languages(ready: World) -> None:
    table = ready.data_dir / "areas.csv"
    table.write_text("code,parent,level,name\n11455-T90,11455-K9,group,Tổ 90\n", "utf-8")
    with CommandLine() as line:
        for words, vi, en in (
            (("account", "add", "thu", "--role", "reader", "--area", "999"), "Không có khu vực", "There is no area"),
            (("account", "reset", "ai"), "Không có tài khoản", "There is no account"),
            (("account", "disable", "ai"), "Không có tài khoản", "There is no account"),
            (("enrol", "ai"), "Không có tài khoản", "There is no account"),
            (("device", "revoke", "x"), "Không có máy này", "There is no such phone"),
            (("digest", "--area", "9", "--month", "2026-10", "--out", "x"), "Không có khu vực", "There is no area"),
            (("areas", "import", table), "dòng", "row"),
            (("rescue", "import", table), "không phải tệp dự phòng", "is no rescue file"),
        ):
            status, said = line.run(ready, *words)
            assert status == 2 and vi in said and en in said and said.index(vi) < said.index(en), (words, said)
        for words in (("migrate",), ("erase", "--dry-run"), ("recount",), ("pin", "optional")):
            status, said = line.run(ready, *words)
            assert status == 0 and len(said.splitlines()) >= 2 and re.search(r"\b(The|Done|Counted)\b", said), (
                words,
                said,
            )


def test_a_file_that_is_no_backup(ready: World) -> None:
    folder = ready.data_dir
    assert run(ready, "backup-key", folder / "key").returncode == 0
    before = (folder / "sotay.db").read_bytes()
    for command, content in (("check-backup", b""), ("restore", b"a letter")):
        (folder / "b.sotay").write_bytes(content)
        refused(
            ready, "hỏng hoặc không phải", "damaged or not one", command, folder / "b.sotay", "--key", folder / "key"
        )
    assert (folder / "sotay.db").read_bytes() == before


def test_the_steps_known_by_name_are_those_that_run(ready: World) -> None:
    with closing(sqlite3.connect(ready.data_dir / "sotay.db")) as database:
        ran = {row[0] for row in database.execute("SELECT name FROM migration WHERE app_name = 'storage'")}
    assert schema.known() == ran


def test_every_command_says_in_both_languages_what_it_is_for() -> None:
    def walk(command: click.Command, name: str) -> list[str]:
        below = command.commands.items() if isinstance(command, click.Group) else ()
        own = command.get_short_help_str(200)
        found = [] if re.fullmatch(r"[^/]+ / [A-Z].+", own) and not own.isascii() else [f"{name}: {own}"]
        return found + [one for word, sub in below for one in walk(sub, f"{name} {word}")]

    assert walk(main, "sotay") == []
    assert CliRunner().invoke(main, ["--version"]).output == f"Sổ Tay {version('sotay')}\n"
