"""Request bodies: read with a hard cap, gzip inflated with the same cap, so that no body can grow past it in memory."""

import zlib
from typing import Any, TypeVar

import msgspec
from litestar import Request

from sync import strict
from sync.problems import Problem

T = TypeVar("T")


async def read(request: Request[Any, Any, Any], cap: int) -> bytes:
    """The body in plain. Raises Problem `too_large` or `bad_request` (broken gzip, unknown encoding, lost client)."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise Problem("bad_request", f"Content-Encoding {encoding[:20]!r}: use gzip or none")
    inflate = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    pieces, size = [], 0
    async for chunk in request.stream():
        try:
            plain = inflate.decompress(chunk, cap + 1 - size) if inflate else chunk
        except zlib.error as error:
            raise Problem("bad_request", "broken gzip") from error
        size += len(plain)
        if size > cap:
            raise Problem("too_large", f"at most {cap} bytes")
        pieces.append(plain)
    if inflate is not None and not inflate.eof:
        raise Problem("bad_request", "gzip ends too early")
    return b"".join(pieces)


async def decoded(request: Request[Any, Any, Any], decoder: "msgspec.json.Decoder[T]", cap: int) -> T:
    """The body as `decoder` describes it; the way every JSON body takes. Raises like `read`."""
    return strict.decode(await read(request, cap), decoder)
