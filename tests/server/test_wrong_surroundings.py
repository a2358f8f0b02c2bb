"""Wrong surroundings: one sentence in each language with the remedy, status 2, and nothing half done."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from installation import SOTAY
from processes import free_port
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
