"""`POST /v1/enrol`: a code becomes a phone. No name of a device or a person is sent or answered."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, post
from msgspec import Meta, Struct

from admin.callers import address_of
from server import body
from storage import clock, devices, people, quota, seal_key
from storage.catalogue import catalogue, meta
from storage.database import reading
from storage.documents import PIN
from sync.problems import Problem
from sync.strict import LINE


class Ask(Struct, forbid_unknown_fields=True):
    code: Annotated[str, Meta(min_length=4, max_length=80, pattern=LINE)]
    platform: Literal["android", "ios", "other"] = "other"
    word: Annotated[str, Meta(max_length=8)] = ""


_decoder = msgspec.json.Decoder(Ask)


@post("/v1/enrol", opt={"policy": ("public",)}, status_code=200)
async def enrol_endpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Exactly one of any number of parallel tries with a code wins. A printed code wants its 4 digits too (`word`)."""
    ask = await body.decoded(request, _decoder, 4096)
    address = address_of(request)
    await quota.may_enrol(address)
    enrolled = await devices.redeem(ask.code, ask.platform, ask.word.strip())
    await quota.enrolled(address)
    account = await people.by_id(enrolled.account)
    if account is None or account.disabled:
        raise Problem("revoked")
    async with reading() as conn:
        epoch, pin = await meta(conn, "epoch"), await meta(conn, PIN)
    now = (await catalogue()).areas_now()
    answer = {
        "device_id": enrolled.device,
        "token": enrolled.token,
        "push_token": enrolled.push_token,
        "account": {"id": account.id, "role": account.role, "kind": account.kind},
        "areas": [heir for code in await people.areas_of(account.id) for heir in now.heirs(code)],
        "epoch": epoch,
        "server_time": clock.iso(clock.now()),
        "seal_key": seal_key.public(),
        "pin": pin or "required",
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")
