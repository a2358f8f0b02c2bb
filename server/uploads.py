"""tus 1.0.0 at `/v1/uploads`: core, creation, creation-with-upload, checksum, expiration, termination, method override.

Bytes are streamed into parts of at most 256 KB and never held whole. Any wrong offset is 409: "HEAD, then go on".
"""

import asyncio
import base64
import hashlib
from email.utils import formatdate
from typing import Any

import msgspec
from litestar import Request, Response, delete, head, patch, post, route
from litestar.enums import HttpMethod
from litestar.exceptions import LitestarException
from litestar.params import FromPath

from server import auth, errors
from storage import photos, quota, space, uploads
from storage.changes import writing
from storage.database import reading
from storage.objects import StoreAway
from sync import ids
from sync.photo import PHOTO_MAX_BYTES, PhotoRow
from sync.problems import Problem
from sync.rules import claim_hash

PART = 256 * 1024
TAIL_SECONDS = (
    0.01  # a last part that is shorter and comes at once shares the object, syncs and commit of the one before
)
TUS = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
OFFERS = TUS | {
    "Tus-Version": "1.0.0",
    "Tus-Extension": "creation,creation-with-upload,checksum,expiration,termination",
    "Tus-Max-Size": str(PHOTO_MAX_BYTES),
    "Tus-Checksum-Algorithm": "sha1,sha256",
}
AnyRequest = Request[Any, Any, Any]


def refuse(request: AnyRequest, error: Exception) -> Response[Any]:
    """Errors of uploads say the protocol's version too, as every answer of tus must."""
    answer = errors.handle(request, error)
    answer.headers.update(OFFERS if answer.status_code == 412 else TUS)
    return answer


PHONE: dict[str, Any] = {"opt": {"policy": ("phone",)}, "exception_handlers": {Exception: refuse}}


@route(
    ["/v1/uploads", "/v1/uploads/{photo:str}"],
    http_method=[HttpMethod.OPTIONS],
    opt={"policy": ("public",)},
    status_code=204,
)
async def offers(photo: FromPath[str] = "") -> Response[None]:
    """What this server speaks."""
    allow = "DELETE, HEAD, OPTIONS, PATCH, POST" if photo else "OPTIONS, POST"
    return Response(None, status_code=204, headers=OFFERS | {"Allow": allow})


@post("/v1/uploads", **PHONE, status_code=201, request_max_body_size=None)
async def create(request: AnyRequest) -> Response[None]:
    """Creation for stock clients: metadata `photo_id`, `note`, `claim`, `sha256`. Idempotent: the same photo again is
    the same upload."""
    caller = await auth.phone(request)
    _check_version(request)
    length = _number(request, "upload-length")
    meta = _metadata(request.headers.get("upload-metadata", ""))
    if not 1 <= length <= PHOTO_MAX_BYTES:
        raise Problem("too_large" if length > PHOTO_MAX_BYTES else "upload_length")
    try:
        row = msgspec.convert(
            {
                "id": meta.get("photo_id", ""),
                "note": meta.get("note", ""),
                "claim": meta.get("claim", ""),
                "sha256": meta.get("sha256", ""),
                "size": length,
                "type": "image/jpeg",
            },
            PhotoRow,
        )
    except msgspec.ValidationError as error:
        raise Problem("bad_request", f"Upload-Metadata: {error}"[:200]) from error
    async with writing() as w:
        known = await photos.announce(w, row, caller.account)
        await quota.count_rows(w, caller.device, caller.account, 1)
    if known is not None and "offset" not in known:  # a verdict on the row, not the photo as it is held
        code = known["reject"]["code"]
        raise Problem("upload_unknown" if code == "id_taken" else "bad_request", code)
    if known is not None and (known["note"], known["sha256"], known["size"]) != (row.note, row.sha256, row.size):
        raise Problem("bad_request", "photo_id: announced before with other bytes or for another note")
    headers = TUS | {"Location": f"/v1/uploads/{row.id}"}
    if request.headers.get("content-type", "").startswith("application/offset+octet-stream"):
        headers |= {"Upload-Offset": str(await _write_first(request, str(row.id)))}
    return Response(None, status_code=201, headers=headers)


async def _write_first(request: AnyRequest, photo: str) -> int:
    """The bytes that came with a creation. Some may be here from an earlier try whose answer was lost, and a client has
    no address to HEAD before its creation succeeds: it learns where the upload stands and goes on from there."""
    state = await uploads.look(photo)
    try:
        if state is None:
            raise Problem("upload_unknown")
        return await _write(request, state, 0)
    except Problem as problem:
        state = await uploads.look(photo)
        if problem.code not in ("upload_offset", "upload_busy") or state is None:
            raise
        return state.offset


@head("/v1/uploads/{photo:str}", **PHONE)
async def look(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """Where the upload stands. Takes the lease, so it never waits behind a stalled writer and its answer stays true."""
    return await _look(request, photo)


@patch("/v1/uploads/{photo:str}", **PHONE, status_code=204, request_max_body_size=None)
async def write(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """Appends bytes at `Upload-Offset`."""
    return await _patch(request, photo)


@delete("/v1/uploads/{photo:str}", **PHONE, status_code=204)
async def end(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """Termination."""
    return await _end(request, photo)


@post("/v1/uploads/{photo:str}", **PHONE, status_code=204, request_max_body_size=None)
async def override(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """`X-HTTP-Method-Override` for networks that let only GET and POST through."""
    method = request.headers.get("x-http-method-override", "").upper()
    doers = {"HEAD": _look, "PATCH": _patch, "DELETE": _end}
    if method not in doers:
        await auth.phone(request)
        if not method:
            raise Problem("bad_request", "X-HTTP-Method-Override is missing")
        raise Problem("method_not_allowed")
    return await doers[method](request, photo)


async def _look(request: AnyRequest, photo: str) -> Response[None]:
    await _authorise(request, photo)
    try:
        state = await uploads.take_over(photo)
        if state.offset == state.length and not state.done:
            await _finish(photo)
            state = await uploads.look(photo) or state
    except StoreAway as error:
        raise Problem("upload_busy") from error
    headers = TUS | {"Upload-Offset": str(state.offset), "Upload-Length": str(state.length)}
    if not state.done:
        headers["Upload-Expires"] = formatdate(state.expires_at / 1000, usegmt=True)
    return Response(None, status_code=200, headers=headers)


async def _patch(request: AnyRequest, photo: str) -> Response[None]:
    state = await _authorise(request, photo)
    if not request.headers.get("content-type", "").startswith("application/offset+octet-stream"):
        raise Problem("upload_type")
    offset = await _write(request, state, _number(request, "upload-offset"))
    return Response(None, status_code=204, headers=TUS | {"Upload-Offset": str(offset)})


async def _end(request: AnyRequest, photo: str) -> Response[None]:
    await _authorise(request, photo)
    try:
        await uploads.end(photo)
    except StoreAway as error:
        raise Problem("upload_busy") from error
    return Response(None, status_code=204, headers=TUS)


async def _authorise(request: AnyRequest, photo: str) -> uploads.State:
    """While the author is known the account authorises, afterwards the claim does. A foreign upload is an unknown one."""
    async with reading() as conn:
        caller = await auth.found(conn, request)
        _check_version(request)
        state = await uploads.state(conn, photo) if ids.version(photo) else None
    await auth.seen(caller)
    claim = request.headers.get("sotay-claim", "")
    if state is None or not (
        state.author == caller.account if state.author else bool(claim) and claim_hash(claim) == state.claim_hash
    ):
        raise Problem("upload_unknown")
    return state


async def _write(request: AnyRequest, state: uploads.State, offset: int) -> int:
    checksum = _checksum(request)
    space.check("photo")
    writer = uploads.Writer(state, offset)
    body = _Body(request, state.length - offset)
    try:
        if checksum is None:
            await _write_parts(body, writer)
        else:
            await _write_checked(body, writer, *checksum)
    except StoreAway as error:
        raise Problem("upload_busy") from error
    finally:
        await writer.leave()
    if body.cut is not None:
        raise Problem("upload_offset") from body.cut
    if writer.offset == state.length and not writer.complete:
        await _finish(state.id)
    return writer.offset


async def _finish(photo: str) -> None:
    try:
        await uploads.finish(photo)
    except StoreAway:
        return  # the sweeper, or the next HEAD, finishes it; the bytes are safe


class _Body:
    """The bytes of a request in pieces of `PART`; a shorter one is the last. At most `room` bytes."""

    def __init__(self, request: AnyRequest, room: int) -> None:
        self.cut: Exception | None = None  # the client vanished; what came is given out
        self._stream = request.stream()
        self._room = room
        self._over = b""
        length = request.headers.get("content-length", "")
        self._announced = int(length) if length.isdigit() else None
        self._given = 0

    @property
    def ends_soon(self) -> bool:
        """Less than a full piece is still to come."""
        return self._announced is not None and self._announced - self._given < PART

    async def piece(self) -> bytes:
        chunks, size = [self._over], len(self._over)
        self._over = b""
        try:
            while size < PART and (chunk := await anext(self._stream, b"")):
                chunks.append(chunk)
                size += len(chunk)
                self._room -= len(chunk)
                if self._room < 0:
                    raise Problem("upload_length", "more bytes than announced")
        except LitestarException as error:
            self.cut = error
        if size > PART:
            last = memoryview(chunks[-1])
            keep = len(last) - (size - PART)
            chunks[-1], self._over = bytes(last[:keep]), bytes(last[keep:])
        data = b"".join(chunks)
        self._given += len(data)
        return data


async def _write_parts(body: _Body, writer: uploads.Writer) -> None:
    """Every part is durable and committed before the next is awaited; when the line is cut, what came is kept."""
    data = await body.piece()
    while len(data) == PART:
        tail = asyncio.ensure_future(body.piece()) if body.ends_soon else None
        try:
            if tail is not None:
                await asyncio.wait({tail}, timeout=TAIL_SECONDS)
                if tail.done():
                    data += await tail
                    break
            await writer.put(data)
            await writer.commit(more=True)
            data = await (tail or body.piece())
        finally:
            if tail is not None:
                tail.cancel()
    if data:
        await writer.put(data)
    await writer.commit(more=False)


async def _write_checked(body: _Body, writer: uploads.Writer, algorithm: str, expected: bytes) -> None:
    """With `Upload-Checksum` the whole PATCH is taken or none of it."""
    digest = hashlib.new(algorithm)
    while data := await body.piece():
        digest.update(data)
        await writer.put(data)
        if len(data) < PART:
            break
        await writer.hold()
    if digest.digest() != expected:
        raise Problem("upload_checksum")
    await writer.commit(more=False)


def _check_version(request: AnyRequest) -> None:
    if request.headers.get("tus-resumable", "1.0.0") != "1.0.0":
        raise Problem("tus_version")


def _number(request: AnyRequest, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Problem("bad_request", f"{name} is missing or no number")
    return int(text)


def _checksum(request: AnyRequest) -> tuple[str, bytes] | None:
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    try:
        if algorithm in ("sha1", "sha256"):
            return algorithm, base64.b64decode(digest, validate=True)
    except ValueError:  # no base64, or not even ASCII
        pass
    raise Problem("bad_request", "Upload-Checksum: use sha1 or sha256 and base64")


def _metadata(header: str) -> dict[str, str]:
    found = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except ValueError as error:  # no base64, not even ASCII, or no UTF-8 inside
            raise Problem("bad_request", "Upload-Metadata is no base64") from error
    return found


ROUTES = [offers, create, look, write, end, override]
