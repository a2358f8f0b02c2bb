"""Any S3 server as the object store; loaded only where one is chosen."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from storage.conn import BadSetting, no_address
from storage.objects import THREADS, StoreAway

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
T = TypeVar("T")


class S3Bucket:
    """Any S3 server through the `minio` SDK, with time limits: its defaults wait 300 s and try five times."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.name = parts.path.strip("/")
        if "@" in self.name:  # a mark in the key that is not written as %2F
            raise no_address("SOTAY_MEDIA_URL")
        if not _NAME.fullmatch(self.name):
            raise BadSetting(f"SOTAY_MEDIA_URL: {self.name!r} is no bucket: 3 to 63 small letters, digits, '-', '.'")
        try:
            port, host = parts.port, parts.hostname
        except ValueError as error:
            raise no_address("SOTAY_MEDIA_URL") from error
        if not host:
            raise no_address("SOTAY_MEDIA_URL")
        self.client = Minio(
            f"{host}:{port}" if port else host,
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
