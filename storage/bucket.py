"""The object store: plain put, get, head, delete and list, so that any S3 server or a folder will do.

`file:///…` (default), `s3+http://KEY:SECRET@host:port/bucket`, `s3+https://…`. Objects are immutable: a key is written
once. All calls block; `Media` runs them on four threads of its own (measured: more only adds event-loop lag).
"""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from storage import fault_points
from storage.conn import BadSetting

T = TypeVar("T")
THREADS = 4
log = logging.getLogger("sotay")
LEFT_OVER_SECONDS = 600


class StoreAway(Exception):
    """The object store cannot be reached or refuses; nothing was written. Try again later."""


class Bucket(Protocol):
    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes | None: ...

    def delete(self, key: str) -> None: ...

    def keys(self, prefix: str) -> list[str]: ...


class FileBucket:
    """Objects as files. Written to a temporary name, fsynced, renamed, folder fsynced: durable when `put` returns."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise ValueError(f"key outside the store: {key!r}")
        return path

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        try:
            fresh = not path.parent.is_dir()
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                fault_points.point("object.written")
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)
            if fresh:
                _sync_folder(path.parent.parent)
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
        if path.parent != self.root and path.parent.is_dir() and not any(path.parent.iterdir()):
            try:
                path.parent.rmdir()
            except OSError:
                pass  # somebody put a new object there just now

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


class S3Bucket:
    """Any S3 server through the `minio` SDK, with time limits: its defaults wait 300 s and try five times."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.name = parts.path.strip("/")
        self.client = Minio(
            f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname),
            access_key=unquote(parts.username or ""),
            secret_key=unquote(parts.password or ""),
            secure=parts.scheme == "s3+https",
            region="us-east-1",
            http_client=urllib3.PoolManager(
                maxsize=THREADS * 2,
                timeout=urllib3.Timeout(connect=2, read=15),
                retries=urllib3.Retry(total=1, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
            ),
        )

    def _run(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreAway(str(error)) from error

    def ensure(self) -> None:
        """Creates the bucket if it is not there."""
        self._run(lambda: None if self.client.bucket_exists(self.name) else self.client.make_bucket(self.name))

    def put(self, key: str, data: bytes) -> None:
        self._run(lambda: self._put(key, data))

    def _put(self, key: str, data: bytes) -> None:
        try:
            self.client.put_object(self.name, key, BytesIO(data), len(data))
        except S3Error as error:
            if error.code != "NoSuchBucket":
                raise
            self.ensure()  # the server was away when this process started
            self.client.put_object(self.name, key, BytesIO(data), len(data))

    def get(self, key: str) -> bytes | None:
        return self._run(lambda: self._get(key))

    def _get(self, key: str) -> bytes | None:
        try:
            response = self.client.get_object(self.name, key)
        except S3Error as error:
            if error.code in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def delete(self, key: str) -> None:
        self._run(lambda: self.client.remove_object(self.name, key))

    def keys(self, prefix: str) -> list[str]:
        return self._run(
            lambda: [str(o.object_name) for o in self.client.list_objects(self.name, prefix=prefix, recursive=True)]
        )


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
