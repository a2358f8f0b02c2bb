"""A full disk under each command that writes: one sentence with the remedy, nothing half done, and with room it works.

On a memory disk where one may be mounted (root); elsewhere by a limit on the size of files, which a database calls a
fault of reading and writing.
"""

import resource
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from installation import SOTAY
from small_disk import SmallDisk
from storage.secret import problem
from worlds import World, embedded_world


@pytest.fixture
def world(tmp_path: Path, sqlite_town: Path) -> World:
    """A ward whose data lie on a roomy disk."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sotay.db").write_bytes(sqlite_town.read_bytes())
    found = embedded_world(tmp_path / "var")
    found.share_secret()
    return found


class Full:
    """Commands on a disk that is full, and then on the same disk with room."""

    def __init__(self, disk: SmallDisk, world: World) -> None:
        self.disk, self.world = disk, world

    def run(self, *args: str | Path, limited: bool = False, **env: str) -> subprocess.CompletedProcess[str]:
        def limit() -> None:
            if limited and not self.disk.real:
                resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

        return subprocess.run(
            [SOTAY, *map(str, args)], env=self.world.env | env, capture_output=True, text=True, timeout=60, check=False,
            preexec_fn=limit,
        )  # fmt: skip

    def refused(self, *args: str | Path, leave: int = 0, **env: str) -> None:
        """The command says that the disk is full, and leaves on it what was there."""
        before = self.disk.files()
        if self.disk.real:
            self.disk.leave(leave)
        done = self.run(*args, limited=True, **env)
        said = done.stderr.strip().splitlines()
        assert done.returncode == 2, done.stdout + done.stderr
        wanted = ("Ổ đĩa đầy", "The disk is full")
        if not self.disk.real and "disk I/O error" in done.stderr:
            wanted = ("Không tới được", "cannot be reached")
        assert len(said) == 2 and wanted[0] in said[0] and wanted[1] in said[1], done.stderr
        if "SOTAY_DATA_DIR" not in env:
            assert self.disk.files() == before
        self.disk.make_room()

    def works(self, *args: str | Path, **env: str) -> str:
        done = self.run(*args, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def full(small_disk: SmallDisk, world: World) -> Full:
    return Full(small_disk, world)


def test_the_files_of_an_installation_come_together_or_not_at_all(full: Full) -> None:
    folder = full.disk.folder
    command = ("init", "--domain", "sotay.phuong.example", "--folder", folder)
    for leave in (0, 4096):  # neither has room; only the first has
        full.refused(*command, leave=leave)
    full.works(*command)
    assert full.disk.files() == {".env", "offline.key"}


def test_a_key_of_backups(full: Full) -> None:
    key = full.disk.folder / "backup.key"
    full.refused("backup-key", key)
    assert full.works("backup-key", key).startswith("SOTAY_BACKUP_KEY=age1")


def test_the_secret_of_an_installation(full: Full, tmp_path: Path) -> None:
    file = full.disk.folder / "secret"
    env = embedded_world(tmp_path / "fresh").env | {"SOTAY_SECRET_FILE": str(file)}
    full.refused("migrate", **env)
    assert not file.exists()
    full.works("migrate", **env)
    assert problem(file) == ""


def test_a_digest_leaves_the_earlier_one(full: Full) -> None:
    out = full.disk.folder / "digest.docx"
    command = ("digest", "--area", "11455", "--week", "2026-W45", "--out", out)
    full.works(*command)
    earlier = out.read_bytes()
    full.refused(*command)
    assert out.read_bytes() == earlier
    full.works(*command)


def test_a_backup(full: Full, tmp_path: Path) -> None:
    public = full.works("backup-key", tmp_path / "key").strip().removeprefix("SOTAY_BACKUP_KEY=")
    out = full.disk.folder / "night.sotay"
    for leave in (0, 40_000):  # at once; in the middle
        full.refused("backup", out, leave=leave, SOTAY_BACKUP_KEY=public)
    full.works("backup", out, SOTAY_BACKUP_KEY=public)
    full.works("check-backup", out, "--key", tmp_path / "key")


def rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "sotay.db")) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


def test_a_migration(full: Full) -> None:
    folder = full.disk.folder
    env = embedded_world(folder).env
    for leave in (0, 30_000, 200_000):
        full.refused("migrate", leave=leave, **env)
    full.works("migrate", **env)
    full.works("account", "list", **env)


def test_the_doctor_says_it(full: Full) -> None:
    env = embedded_world(full.disk.folder).env
    full.works("migrate", **env)
    if full.disk.real:
        full.disk.leave(0)
    done = full.run("doctor", limited=True, **env)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ Không mở được cơ sở dữ liệu" in done.stdout and "✗ Kho ảnh không ghi" in done.stdout
    assert ("✗ Đĩa chỉ còn 0 MB" in done.stdout) == full.disk.real


def test_a_restore_leaves_the_ward_as_it_was(full: Full, tmp_path: Path, sqlite_town: Path) -> None:
    public = full.works("backup-key", tmp_path / "key").strip().removeprefix("SOTAY_BACKUP_KEY=")
    full.works("account", "add", "them", "--role", "reader", "--area", "11455")
    full.works("backup", tmp_path / "night.sotay", SOTAY_BACKUP_KEY=public)
    folder = full.disk.folder
    (folder / "sotay.db").write_bytes(sqlite_town.read_bytes())
    there = embedded_world(folder)
    there.share_secret()
    env = there.env
    command = ("restore", tmp_path / "night.sotay", "--key", tmp_path / "key", "--replace")
    before = rows(folder)
    for leave in (0, 100_000):
        full.refused(*command, leave=leave, **env)
        assert rows(folder) == before
    full.works(*command, **env)
    assert rows(folder)["accounts"] == rows(full.world.data_dir)["accounts"]
