"""The object store: plain put, get, head, delete and list, so that any S3 server or a folder will do.

`file:///…` (default), `s3+http://KEY:SECRET@host:port/bucket`, `s3+https://…`. Objects are immutable: a key is written
once. All calls block; `Media` runs them on threads of its own.
"""

import asyncio
import hashlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from storage import fault_points
from storage.conn import BadSetting
from storage.files import write_new
from storage.objects import THREADS, Bucket, StoreAway

T = TypeVar("T")
log = logging.getLogger("sotay")
LEFT_OVER_SECONDS = 600


class SharedSync:
    """Syncs one folder for many: whoever comes while a sync runs waits for the next, which covers all who wait."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = threading.Lock()
        self._turn = threading.Lock()
        self._asked = self._covered = 0

    def sync(self) -> None:
        """What was renamed into the folder before this call is durable when it returns."""
        with self._count:
            self._asked += 1
            mine = self._asked
        with self._turn:
            if self._covered >= mine:
                return
            with self._count:
                upto = self._asked
            _sync_folder(self.folder)
            self._covered = upto


class FileBucket:
    """Objects as files. Written to a temporary name, fsynced, renamed, folder fsynced: durable when `put` returns.

    Folders right under the root (`raw/`) are kept for ever and share their syncs; deeper ones go with their last object.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._real = root.resolve()
        self._shared: dict[Path, SharedSync] = {}

    def _path(self, key: str) -> Path:
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise ValueError(f"key outside the store: {key!r}")
        return self._real / key

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        folder = path.parent
        try:
            fresh = not folder.is_dir()
            if fresh:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = folder / f".{path.name}.{secrets.token_hex(4)}"
            try:
                write_new(temporary, data, 0o666)
                fault_points.point("object.written")
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            if folder.parent == self._real:
                self._shared.setdefault(folder, SharedSync(folder)).sync()
            else:
                _sync_folder(folder)
            if fresh:
                _sync_folder(folder.parent)
        except OSError as error:
            raise StoreAway(str(error)) from error

    def get(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreAway(str(error)) from error

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        if path.parent != self._real and path.parent.parent != self._real:
            try:
                path.parent.rmdir()
            except OSError:
                pass  # other objects are there

    def keys(self, prefix: str) -> list[str]:
        return sorted(self._walk(prefix))

    def _walk(self, prefix: str) -> Iterator[str]:
        for path in self.root.rglob("*"):
            key = path.relative_to(self.root).as_posix()
            if path.name.startswith("."):
                _clear_left_over(path)
            elif path.is_file() and key.startswith(prefix):
                yield key


def _clear_left_over(temporary: Path) -> None:
    """A crash inside `put` leaves its temporary file, with the bytes of an original in it: listing clears it away."""
    try:
        if time.time() - temporary.stat().st_mtime > LEFT_OVER_SECONDS:
            temporary.unlink()
    except FileNotFoundError:
        pass  # its `put` ended just now


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Media:
    """The bucket for async callers, on threads of its own."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="media")

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def put(self, key: str, data: bytes) -> None:
        """Durable when it returns. Raises StoreAway."""
        await self._run(lambda: self.bucket.put(key, data))

    async def get(self, key: str) -> bytes | None:
        """The object, or None if there is none. Raises StoreAway."""
        return await self._run(lambda: self.bucket.get(key))

    async def digest(self, keys: Sequence[str]) -> "hashlib._Hash | None":
        """The sha256 of objects one after the other, one in memory at a time; None if one is missing. Raises StoreAway."""

        def work() -> "hashlib._Hash | None":
            found = hashlib.sha256()
            for key in keys:
                piece = self.bucket.get(key)
                if piece is None:
                    return None
                found.update(piece)
            return found

        return await self._run(work)

    async def delete(self, *keys: str) -> None:
        """Missing objects are no error. Raises StoreAway."""
        for key in keys:
            await self._run(lambda key=key: self.bucket.delete(key))  # type: ignore[misc]

    async def keys(self, prefix: str) -> list[str]:
        return await self._run(lambda: self.bucket.keys(prefix))

    def close(self) -> None:
        self._threads.shutdown(wait=False)


_media: Media | None = None


def make_bucket(url: str) -> Bucket:
    """The bucket for a media URL. An S3 server that is away stops nobody from starting: texts are taken, photos wait.
    Raises BadSetting for an unknown scheme."""
    scheme = url.partition("://")[0]
    if scheme == "file":
        return FileBucket(Path(url.removeprefix("file://")))  # file:///abs is absolute, file://rel relative
    if scheme in ("s3+http", "s3+https"):
        from storage.bucket_s3 import S3Bucket  # noqa: PLC0415 - a third of a second that folders need not wait

        bucket = S3Bucket(url)
        try:
            bucket.ensure()
        except StoreAway as away:
            log.warning("the object store is away", extra={"error": type(away).__name__})
        return bucket
    raise BadSetting(f"SOTAY_MEDIA_URL: unknown scheme {scheme!r}; use file:///…, s3+http://… or s3+https://…")


def use(media: Media) -> None:
    global _media
    _media = media


def media() -> Media:
    if _media is None:
        raise RuntimeError("no object store was chosen; call storage.bucket.use() first")
    return _media
