"""A restore beside a running server or worker would be served half done: it is refused while one lives, and so is a start
beside a restore."""

import asyncio
import contextlib
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from installation import SOTAY, Installation
from processes import Child
from storage import alive, backup_file
from storage.database import reading
from town import Town
from worlds import World


def refused(running: Installation, file: Path, key: Path) -> str:
    child = Child(
        [SOTAY, "restore", file, "--key", key, "--replace"], running.world.data_dir / "restore.log", env=running.env
    )
    assert child.process.wait(60) == 2
    return (running.world.data_dir / "restore.log").read_text("utf-8")


def test_a_restore_waits_for_nobody(settled: World, tmp_path: Path) -> None:
    key, file = tmp_path / "key", tmp_path / "x.sotay"
    public, private = backup_file.make_key()
    key.write_text(private)
    running = Installation(settled)
    running.env |= {"SOTAY_BACKUP_KEY": public}
    running.sotay("backup", str(file))
    with running:
        assert "A server or a worker still runs" in refused(running, file, key)
        running.server.stop()
        assert "A server or a worker still runs" in refused(running, file, key), "the worker alone"
        running.worker.kill()
        assert "Restored the backup" in running.sotay("restore", str(file), "--key", str(key), "--replace")
        running.start()
        running.start_worker()


async def test_nothing_starts_beside_a_restore(town: Town) -> None:
    async with alive.alone():
        with pytest.raises(alive.Restoring):
            async with alive.living():
                raise AssertionError
        with pytest.raises(alive.Alive):
            async with alive.alone():
                raise AssertionError
    async with alive.living(), alive.living():
        with pytest.raises(alive.Alive):
            async with alive.alone():
                raise AssertionError
    async with alive.alone():
        pass


async def settles(held: Callable[[], Awaitable[int]], wanted: int) -> bool:
    """A server hears of a connection's end a moment later."""
    for _ in range(400):
        if await held() == wanted:
            return True
        await asyncio.sleep(0.1)
    return False


@pytest.mark.parametrize("kind", ["production"], indirect=True)
async def test_a_lost_connection_is_taken_up_again(town: Town) -> None:
    """PostgreSQL was restarted while a server ran."""

    # the towns of tests that run beside this one hold the same lock, each in a database of its own
    ours = """FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()
        WHERE locktype = 'advisory' AND objid::bigint = $1 AND granted"""

    async def held() -> int:
        async with reading() as conn:
            return int((await conn.fetch(f"SELECT COUNT(*) AS n {ours}", alive.LOCK))[0]["n"])

    async with alive.living():
        assert await held() == 1
        async with reading() as conn:
            await conn.fetch(f"SELECT pg_terminate_backend(pid) {ours}", alive.LOCK)
        assert await settles(held, 1)
    assert await settles(held, 0)


async def test_who_was_away_while_a_restore_began_ends(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, lost = asyncio.Event(), asyncio.Event()

    async def too_late(*args: object, **named: object) -> asyncio.Event:
        raise alive.Restoring

    monkeypatch.setattr(alive, "_hold", too_late)
    monkeypatch.setattr(alive.signal, "raise_signal", lambda sign: ended.set())
    async with contextlib.AsyncExitStack() as stack:
        keeper = asyncio.create_task(alive._keep(stack, lost))
        lost.set()
        await asyncio.wait_for(ended.wait(), 5)
        await keeper


def test_another_store_gets_everything(settled: World, tmp_path: Path) -> None:
    """What a backup leaves out lies there too: keys of months, the list of the erased, heads of the trail."""
    old = tmp_path / "old"
    for name in ("window/2026-11.key", "erased/2026-11-30.json", "audit/000000000001.json", "photos/a/b.jpg"):
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_bytes(name.encode())
    running = Installation(settled)
    assert "4 objects copied" in running.sotay("copy-store", f"file://{old}")
    there = tmp_path / "there"
    running.env |= {"SOTAY_MEDIA_URL": f"file://{there}"}
    url = settled.media_url
    assert "objects copied" in running.sotay("copy-store", url)
    assert (there / "window/2026-11.key").read_bytes() == b"window/2026-11.key"
    assert (there / "photos/a/b.jpg").exists() and (old / "photos/a/b.jpg").exists()
    (there / "photos/a/b.jpg").write_bytes(b"newer")
    assert "0 objects copied" in running.sotay("copy-store", url)
    assert (there / "photos/a/b.jpg").read_bytes() == b"newer"
    (there / "window/2026-11.key").write_bytes(b"made by a server since")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        running.sotay("copy-store", url)
    assert "another key of a month" in refused.value.stderr + refused.value.stdout
    assert (there / "window/2026-11.key").read_bytes() == b"made by a server since"
