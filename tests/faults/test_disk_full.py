"""R10: the disk fills up under a real server. Nearly full: 507 while the database still has room. Full before anybody
could refuse: nothing acknowledged is lost. Room again: it goes on by itself.

The disk is a small memory disk where one may be mounted (root); elsewhere only the forced full runs, by a limit on the
size of the server's files.
"""

import resource
import shutil
import time
from functools import partial
from pathlib import Path

import pytest

from installation import Installation
from processes import wait_until
from pushing_phones import Crowd, PushingPhone, check_all_there_once, tokens
from small_disk import SIZE, SmallDisk
from worlds import World, embedded_world


@pytest.fixture
def cramped(small_disk: SmallDisk, sqlite_town: Path) -> World:
    shutil.copyfile(sqlite_town, small_disk.folder / "sotay.db")
    found = embedded_world(small_disk.folder)
    found.share_secret()
    return found


class Fill:
    """Takes room away from the server: the disk's, or that of its own files."""

    def __init__(self, disk: SmallDisk, pid: int) -> None:
        self.disk, self.pid, self.real = disk, pid, disk.real

    def leave(self, count: int) -> None:
        """Leaves about so many bytes."""
        if self.real:
            self.disk.leave(count)
            return
        wal = (self.disk.folder / "sotay.db-wal").stat().st_size
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (wal + count, resource.RLIM_INFINITY))

    def end(self) -> None:
        if self.real:
            self.disk.make_room()
        else:
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def refused(phone: PushingPhone) -> bool:
    return phone.statuses[507] + phone.statuses[503] > 0


@pytest.mark.timeout(120)
def test_a_full_disk_loses_nothing_and_mends_by_itself(cramped: World, small_disk: SmallDisk) -> None:
    phones = tokens(cramped, 3)
    server = Installation(cramped)
    server.start()
    try:
        fill = Fill(small_disk, server.server.pid)
        nearly = Crowd(server.url, phones)
        if fill.real:
            fill.leave(SIZE * 4 // 100)  # below the 5 % kept free for the database
            with nearly:
                wait_until(lambda: nearly.statuses[507] >= 5, 20, "507 while nearly full")
            assert set(nearly.statuses) == {507} and not nearly.lies(), (nearly.statuses, nearly.lies())
            assert not (nearly.acknowledged)
            fill.end()
            nearly.settle()

        forced = Crowd(server.url, phones, rows=40, pause=0)
        with forced:
            wait_until(partial(forced.has, 200), 30, "pushes before the disk is full")
            fill.leave(0 if fill.real else 20_000)  # at once: the server's last look at the disk is still good
            wait_until(lambda: all(map(refused, forced.phones)), 30, "refusals on a full disk")
            time.sleep(1)
            fill.end()
            wait_until(partial(forced.has, len(forced.acknowledged) + 200), 30, "pushes again, without hands")
        assert set(forced.statuses) <= {200, 503, 507} and not forced.lies(), (forced.statuses, forced.lies())
        server.server.kill()
        server.start()
        forced.settle()
    finally:
        server.server.stop()
    for crowd in (nearly, forced):
        check_all_there_once(cramped, crowd)
    print(f"R10: nearly full {dict(nearly.statuses)}, forced full {dict(forced.statuses)}, "
          f"{len(forced.acknowledged)} notes acknowledged, 0 lost")  # fmt: skip
