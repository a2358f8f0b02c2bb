"""tus 1.0.0 at `/v1/uploads`: core, creation, creation-with-upload, checksum, expiration, termination, method override.

Bytes are streamed into parts of at most 256 KB and never held whole. Any wrong offset is 409: "HEAD, then go on".
"""

import base64
import binascii
import hashlib
from email.utils import formatdate
from typing import Any

import msgspec
from litestar import Request, Response, delete, head, patch, post, route
from litestar.enums import HttpMethod
from litestar.exceptions import LitestarException
from litestar.params import FromPath

from server import auth, errors
from storage import photos, space, uploads
from storage.bucket import StoreAway
from storage.changes import writing
from storage.devices import Phone
from sync import ids
from sync.photo import PHOTO_MAX_BYTES, PhotoRow
from sync.problems import Problem
from sync.rules import claim_hash

PART = 256 * 1024
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
    if known is not None and "offset" not in known:  # a verdict on the row, not the photo as it is held
        code = known["reject"]["code"]
        raise Problem("upload_unknown" if code == "id_taken" else "bad_request", code)
    if known is not None and (known["note"], known["sha256"], known["size"]) != (row.note, row.sha256, row.size):
        raise Problem("bad_request", "photo_id: announced before with other bytes or for another note")
    headers = TUS | {"Location": f"/v1/uploads/{row.id}"}
    if request.headers.get("content-type", "").startswith("application/offset+octet-stream"):
        headers |= {"Upload-Offset": str(await _write_first(request, row.id))}
    return Response(None, status_code=201, headers=headers)


async def _write_first(request: AnyRequest, photo: str) -> int:
    """The bytes that came with a creation. Some may be here from an earlier try whose answer was lost, and a client has
    no address to HEAD before its creation succeeds: it learns where the upload stands and goes on from there."""
    try:
        return await _write(request, photo, 0)
    except Problem as problem:
        state = await uploads.look(photo)
        if problem.code not in ("upload_offset", "upload_busy") or state is None:
            raise
        return state.offset


@head("/v1/uploads/{photo:str}", **PHONE)
async def look(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """Where the upload stands. Takes the lease, so it never waits behind a stalled writer and its answer stays true."""
    caller = await auth.phone(request)
    return await _look(request, caller, photo)


@patch("/v1/uploads/{photo:str}", **PHONE, status_code=204, request_max_body_size=None)
async def write(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """Appends bytes at `Upload-Offset`."""
    caller = await auth.phone(request)
    return await _patch(request, caller, photo)


@delete("/v1/uploads/{photo:str}", **PHONE, status_code=204)
async def end(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """Termination."""
    caller = await auth.phone(request)
    return await _end(request, caller, photo)


@post("/v1/uploads/{photo:str}", **PHONE, status_code=204, request_max_body_size=None)
async def override(request: AnyRequest, photo: FromPath[str]) -> Response[None]:
    """`X-HTTP-Method-Override` for networks that let only GET and POST through."""
    caller = await auth.phone(request)
    method = request.headers.get("x-http-method-override", "").upper()
    if not method:
        raise Problem("bad_request", "X-HTTP-Method-Override is missing")
    doers = {"HEAD": _look, "PATCH": _patch, "DELETE": _end}
    if method not in doers:
        raise Problem("method_not_allowed")
    return await doers[method](request, caller, photo)


async def _look(request: AnyRequest, caller: Phone, photo: str) -> Response[None]:
    _check_version(request)
    await _authorise(request, caller, photo)
    try:
        state, _ = await uploads.take_lease(photo, None)
        if state.offset == state.length and not state.done:
            await _finish(photo)
            state = await uploads.look(photo) or state
    except StoreAway as error:
        raise Problem("upload_busy") from error
    headers = TUS | {"Upload-Offset": str(state.offset), "Upload-Length": str(state.length)}
    if not state.done:
        headers["Upload-Expires"] = formatdate(state.expires_at / 1000, usegmt=True)
    return Response(None, status_code=200, headers=headers)


async def _patch(request: AnyRequest, caller: Phone, photo: str) -> Response[None]:
    _check_version(request)
    if not request.headers.get("content-type", "").startswith("application/offset+octet-stream"):
        raise Problem("upload_type")
    await _authorise(request, caller, photo)
    offset = await _write(request, photo, _number(request, "upload-offset"))
    return Response(None, status_code=204, headers=TUS | {"Upload-Offset": str(offset)})


async def _end(request: AnyRequest, caller: Phone, photo: str) -> Response[None]:
    _check_version(request)
    await _authorise(request, caller, photo)
    try:
        await uploads.end(photo)
    except StoreAway as error:
        raise Problem("upload_busy") from error
    return Response(None, status_code=204, headers=TUS)


async def _authorise(request: AnyRequest, caller: Phone, photo: str) -> None:
    """While the author is known the account authorises, afterwards the claim does. A foreign upload is an unknown one."""
    state = await uploads.look(photo) if ids.version(photo) else None
    claim = request.headers.get("sotay-claim", "")
    if state is None or not (
        state.author == caller.account if state.author else bool(claim) and claim_hash(claim) == state.claim_hash
    ):
        raise Problem("upload_unknown")


async def _write(request: AnyRequest, photo: str, offset: int) -> int:
    checksum = _checksum(request)
    space.check("photo")
    state, lease = await uploads.take_lease(photo, offset)
    try:
        if checksum is not None:
            offset = await _write_checked(request, state, lease, offset, *checksum)
        else:
            offset = await _write_parts(request, state, lease, offset)
    except StoreAway as error:
        raise Problem("upload_busy") from error
    finally:
        await uploads.release(photo, lease)
    if offset == state.length:
        await _finish(photo)
    return offset


async def _finish(photo: str) -> None:
    try:
        await uploads.finish(photo)
    except StoreAway:
        return  # the sweeper, or the next HEAD, finishes it; the bytes are safe


async def _write_parts(request: AnyRequest, state: uploads.State, lease: str, offset: int) -> int:
    """Every part is durable before the next is read; when the line is cut, what came is kept."""
    buffer = bytearray()
    cut: Exception | None = None
    try:
        async for chunk in request.stream():
            buffer += chunk
            if offset + len(buffer) > state.length:
                raise Problem("upload_length", "more bytes than announced")
            while len(buffer) >= PART:
                offset = await uploads.add_part(state.id, lease, offset, bytes(buffer[:PART]))
                del buffer[:PART]
    except LitestarException as error:
        cut = error  # the client vanished
    if buffer:
        offset = await uploads.add_part(state.id, lease, offset, bytes(buffer))
    if cut is not None:
        raise Problem("upload_offset") from cut
    return offset


async def _write_checked(
    request: AnyRequest, state: uploads.State, lease: str, offset: int, algorithm: str, expected: bytes
) -> int:
    """With `Upload-Checksum` the whole PATCH is taken or none of it."""
    buffer = bytearray()
    async for chunk in request.stream():
        buffer += chunk
        if offset + len(buffer) > state.length:
            raise Problem("upload_length", "more bytes than announced")
    if hashlib.new(algorithm, buffer).digest() != expected:
        raise Problem("upload_checksum")
    for start in range(0, len(buffer), PART):
        offset = await uploads.add_part(state.id, lease, offset, bytes(buffer[start : start + PART]))
    return offset


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
    except binascii.Error:
        pass
    raise Problem("bad_request", "Upload-Checksum: use sha1 or sha256 and base64")


def _metadata(header: str) -> dict[str, str]:
    found = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Problem("bad_request", "Upload-Metadata is no base64") from error
    return found


ROUTES = [offers, create, look, write, end, override]
