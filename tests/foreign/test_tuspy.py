"""tuspy 1.1.0, unmodified, in both worlds: in chunks with checksums, resumed, over a line that cuts."""

import hashlib
import os
from pathlib import Path

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.storage.filestorage import FileStorage

from cast import LAN
from fault_proxy import FaultProxy, LimitData
from foreign import Behind, bearer, one_world, photo_metadata

DATA = os.urandom(300_000)
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "photo.jpg"
    path.write_bytes(DATA)
    return str(path)


def client(server: Behind, url: str = "") -> TusClient:
    return TusClient(f"{url or server.url}/v1/uploads", headers=bearer(server.enrol(LAN)))


@pytest.mark.parametrize("checksum", [False, True], ids=["plain", "checksum"])
def test_in_chunks(server: Behind, file: str, checksum: bool) -> None:
    metadata = photo_metadata(DATA)
    uploader = client(server).uploader(file, chunk_size=65536, metadata=metadata, upload_checksum=checksum)
    uploader.upload()
    assert uploader.url == f"{server.url}/v1/uploads/{metadata['photo_id']}"
    assert server.sha256_held(metadata["photo_id"]) == SHA


def test_resumed_from_its_own_memory_and_from_none(server: Behind, file: str, tmp_path: Path) -> None:
    metadata = photo_metadata(DATA)
    memory = FileStorage(str(tmp_path / "urls.json"))
    options = {"chunk_size": 65536, "metadata": metadata, "store_url": True, "url_storage": memory}
    mine = client(server)
    mine.uploader(file, **options).upload(stop_at=131072)
    assert server.offset(metadata["photo_id"]) == 131072
    resumed = mine.uploader(file, **options)
    assert resumed.offset == 131072
    resumed.upload_chunk()
    # another one that remembers nothing: created again, 409, HEAD, on
    mine.uploader(file, chunk_size=65536, metadata=metadata, retries=2, retry_delay=0).upload()
    assert server.sha256_held(metadata["photo_id"]) == SHA


def test_over_a_line_that_cuts(server: Behind, file: str) -> None:
    metadata = photo_metadata(DATA)
    with FaultProxy(server.port, seed=3) as line:
        uploader = client(server, line.url).uploader(
            file, chunk_size=65536, metadata=metadata, retries=8, retry_delay=0, upload_checksum=True
        )
        uploader.upload_chunk()
        line.add(LimitData("up", bytes=30_000, times=2), LimitData("down", bytes=0, times=2))
        uploader.upload()
        assert line.faults["limit_data"] == 4
    assert server.sha256_held(metadata["photo_id"]) == SHA


@one_world
def test_a_refusal_says_its_status(server: Behind, file: str) -> None:
    uploader = client(server).uploader(file, metadata=photo_metadata(DATA) | {"claim": "short"})
    with pytest.raises(TusCommunicationError) as refused:
        uploader.upload()
    assert refused.value.status_code == 400 and b"bad_value" in refused.value.response_content
