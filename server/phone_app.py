"""The built phone app under `/app/`: every file known by its ETag and checked each time, deep links → shell.

Litestar's static router answers neither 304 nor deep links, hence this small one. What the build packed by Brotli goes out
packed: the first install is the one moment when a phone on a weak line pays for every kilobyte.
"""

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from sync.problems import Problem

PUBLIC = {"policy": ("public",)}
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/wasm", ".wasm")
# hash-wasm (PIN) compiles WebAssembly: the one reasoned exception
CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class File(msgspec.Struct, frozen=True):
    data: bytes
    etag: str
    type: str
    packed: "File | None" = None
    """The same by Brotli, where the build wrote it."""


@lru_cache(maxsize=256)
def _read(path: Path, changed: int) -> File:
    del changed  # part of the cache's key: a new build is seen without a restart
    data = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = path.with_name(f"{path.name}.br")
    return File(
        data,
        _etag(data),
        kind,
        File(packed.read_bytes(), _etag(packed.read_bytes()), kind) if packed.is_file() else None,
    )


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def find(folder: Path, name: str) -> File | None:
    """The file `name` below `folder`, or None; never a file outside of it."""
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        return None
    return _read(path, path.stat().st_mtime_ns)


def _answer(request: Request[Any, Any, Any], file: File) -> Response[bytes]:
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": CSP}
    if file.packed is not None:
        headers["Vary"] = "Accept-Encoding"
        if "br" in request.headers.get("accept-encoding", "").replace(" ", "").split(","):
            file = file.packed
            headers["Content-Encoding"] = "br"
    headers["ETag"] = file.etag
    if request.headers.get("if-none-match") == file.etag:
        return Response(b"", status_code=304, headers=headers, media_type=file.type)
    return Response(file.data, headers=headers, media_type=file.type)


@get("/", opt=PUBLIC)
async def home() -> Redirect:
    return Redirect("/app/")


@get(["/app", "/app/{name:path}"], opt=PUBLIC)
async def app_file(request: Request[Any, Any, Any], name: FromPath[str] = "") -> Response[bytes]:
    """A file of the build; anything else without an ending is a deep link of the app and gets its shell."""
    folder: Path = request.app.state.settings.phone_dir
    name = name.lstrip("/")
    file = find(folder, name) if name else None
    if file is None and "." not in name.rsplit("/", 1)[-1]:
        file = find(folder, "index.html")
        if file is None:
            raise Problem("unavailable", "the phone app is not built: run `make run`")
    if file is None:
        raise Problem("not_found")
    return _answer(request, file)


ROUTES = [home, app_file]
