"""The app's files go out packed where the build packed them and the browser says that it can."""

from pathlib import Path

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from server.phone_app import ROUTES

PLAIN = b"const app = 1;" * 50
PACKED = b"stands for the packed bytes"


class Settings:
    def __init__(self, folder: Path) -> None:
        self.phone_dir = folder


@pytest.fixture
def client(tmp_path: Path) -> TestClient[Litestar]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(b"<!doctype html>")
    (tmp_path / "assets" / "a-1.js").write_bytes(PLAIN)
    (tmp_path / "assets" / "a-1.js.br").write_bytes(PACKED)
    return TestClient(Litestar(ROUTES, state=State({"settings": Settings(tmp_path)})))


def raw(client: TestClient[Litestar], path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with client.stream("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as got:
        return got.status_code, dict(got.headers), b"".join(got.iter_raw())


def test_packed_for_who_can_unpack(client: TestClient[Litestar]) -> None:
    status, headers, body = raw(client, "/app/assets/a-1.js", accept_encoding="gzip, deflate, br, zstd")
    assert (status, body, headers["content-encoding"]) == (200, PACKED, "br")
    assert headers["content-type"].startswith("text/javascript")
    status, plain, body = raw(client, "/app/assets/a-1.js", accept_encoding="gzip, brr")
    assert (status, body) == (200, PLAIN)
    assert "content-encoding" not in plain
    assert headers["vary"] == plain["vary"] == "Accept-Encoding"
    assert headers["etag"] != plain["etag"]


def test_each_form_is_known_again_by_its_own_mark(client: TestClient[Litestar]) -> None:
    for encoding in ("br", "gzip"):
        _, headers, _ = raw(client, "/app/assets/a-1.js", accept_encoding=encoding)
        again = raw(client, "/app/assets/a-1.js", accept_encoding=encoding, if_none_match=headers["etag"])
        assert (again[0], again[2]) == (304, b"")


def test_what_was_not_packed_goes_as_it_is(client: TestClient[Litestar]) -> None:
    status, headers, body = raw(client, "/app/write/1", accept_encoding="br")
    assert (status, body) == (200, b"<!doctype html>")
    assert "content-encoding" not in headers
