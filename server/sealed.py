"""`POST /v1/sealed`: unsent work of a locked phone, or of a rescue file. Opened here, judged as that phone's account by the
very same path as a push; the same item again changes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from litestar import Request, Response, post

from server import auth, body
from server.push import push
from storage import clock, devices, seal_key, space, uploads
from storage.database import reading
from storage.devices import Phone
from storage.objects import StoreAway
from sync import sealed, wire
from sync.problems import Problem
from sync.rules import claim_hash
from sync.sealed import Outcome, Refused, SealedItem, SealedPart, SealedRow, refused


@post("/v1/sealed", opt={"policy": ("phone",)}, status_code=200)
async def sealed_endpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Items of this phone or, in a rescue file, of another one. The token says only that a phone of ours delivers them."""
    async with reading() as conn:
        caller = await devices.sealing_phone(conn, auth.bearer(request), clock.now())
    items = await body.decoded(request, sealed.decoder, wire.MAX_BODY)
    await auth.seen(caller)
    return Response(msgspec.json.encode(await take(items)), media_type="application/json")


async def take(items: Sequence[SealedItem], *, by_hand: bool = False, within: Iterable[str] | None = None) -> Outcome:
    """Rows first, then bytes. `by_hand`: at the panel or by command, where a revoked phone's work goes to quarantine.
    `within`: only of accounts that hold one of these areas. Raises Problem of a push, such as `storage_full`."""
    scope = None if within is None else frozenset(within)
    rows: dict[str, list[tuple[int, Phone, SealedRow]]] = {}
    parts: list[tuple[int, Phone, SealedPart, bytes]] = []
    refusals: list[Refused] = []
    phones: dict[tuple[str, str], Phone | str] = {}
    for item in items:
        plain = seal_key.opened(item.enc, item.ct, sealed.info(item.device, item.number))
        found = None if plain is None else sealed.inner(plain)
        if found is None:
            refusals.append(refused(item.number, "sealed_unreadable"))
            continue
        what, data = found
        who = (item.device, what.push_token)
        if who not in phones:
            phones[who] = await _sealer(*who, by_hand=by_hand, scope=scope)
        phone = phones[who]
        if isinstance(phone, str):
            refusals.append(refused(item.number, phone))
        elif isinstance(what, SealedRow):
            rows.setdefault(phone.device, []).append((item.number, phone, what))
        else:
            parts.append((item.number, phone, what, data))
    taken: list[int] = []
    for some in rows.values():
        for number, code in await _push(some):
            refusals += [refused(number, code)] if code else []
            taken += [] if code else [number]
    for number, phone, part, data in parts:
        problem = await _append(phone, part, data)
        if problem is not None:
            refusals.append(refused(number, problem))
        else:
            taken.append(number)
    return Outcome(taken, refusals)


async def _sealer(device: str, push_token: str, *, by_hand: bool, scope: frozenset[str] | None) -> Phone | str:
    """The phone, or the code of the refusal. An unknown phone and a false proof answer the same."""
    try:
        async with reading() as conn:
            phone = await devices.sealer(conn, device, push_token, clock.now(), by_hand=by_hand)
    except Problem as problem:
        return problem.code
    if phone is None:
        return "sealed_unreadable"
    if scope is not None and not any(held.area in scope for held in phone.areas):
        return "sealed_elsewhere"
    return phone


async def _push(some: list[tuple[int, Phone, SealedRow]]) -> list[tuple[int, str]]:
    """One phone's rows as one push; each number with the code of its refusal, empty if it was taken."""
    pushed: dict[str, list[wire.PushRow]] = {}
    for _, _, what in some:
        pushed.setdefault(what.collection, []).append(what.row)
    masters = await push(some[0][1], pushed)
    codes = {
        (collection, document.get("id")): document["reject"]["code"]
        for collection, documents in masters.items()
        for document in documents
        if "rejected" in (document.get("status"), document.get("state")) and "reject" in document
    }
    return [(number, codes.get((what.collection, wire.id_of(what.row.new)), "")) for number, _, what in some]


async def _append(phone: Phone, part: SealedPart, data: bytes) -> str | None:
    space.check("photo")
    try:
        return await uploads.append(
            part.photo, part.offset, data, account=phone.account, claim_hash=claim_hash(part.claim)
        )
    except StoreAway:
        return "upload_busy"
