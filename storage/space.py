"""Room on the disk: work is refused while there is still some, so that the database is never the one to find out.

Photos are refused first, texts last. Small disks keep a share free instead of a fixed amount.
"""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from sync.problems import Problem

MIB = 1024 * 1024
LEAST = {"text": (64 * MIB, 0.05), "photo": (256 * MIB, 0.10)}  # bytes free, or this share of a smaller disk
LOOK_SECONDS = 2.0
_folders: tuple[Path, ...] = ()
_looked = 0.0
_free: list[tuple[int, int]] = []


def watch(folders: Iterable[Path]) -> None:
    """The folders whose disks must have room; none watched: there is always room."""
    global _folders, _looked
    _folders, _looked = tuple(folders), 0.0


def usages() -> list[tuple[int, int]]:
    """Free and total bytes of the watched disks."""
    found = [shutil.disk_usage(folder) for folder in _folders if folder.is_dir()]
    return [(usage.free, usage.total) for usage in found]


def has_room(kind: Literal["text", "photo"], free: int, total: int) -> bool:
    """True while a disk with this much free takes more of that kind."""
    fixed, share = LEAST[kind]
    return free >= min(fixed, total * share)


def check(kind: Literal["text", "photo"]) -> None:
    """Raises Problem `storage_full` while a watched disk is nearly full. Looks at most every two seconds."""
    global _looked, _free
    now = time.monotonic()
    if now - _looked > LOOK_SECONDS or not _looked:
        _free, _looked = usages(), now
    if not all(has_room(kind, free, total) for free, total in _free):
        raise Problem("storage_full")
