"""Pull: the pages of a phone's streams. And `GET /v1/sync/{collection}/pull`."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from server import auth
from storage import clock, pull
from storage.catalogue import catalogue
from storage.database import reading
from storage.devices import Phone
from sync import area, cursor, wire
from sync.cursor import Checkpoint
from sync.problems import Problem


async def stream_names(caller: Phone) -> list[str]:
    """The streams of a phone today: public, its areas and their ancestors, its own."""
    tree = (await catalogue(caller.catalogue)).tree
    codes = area.scope(tree, caller.areas, clock.local_day(clock.now()))
    return ["g", *(f"a:{code}" for code in codes), f"u:{caller.account}"]


async def areas_held(caller: Phone) -> list[str]:
    """The open areas the account holds today, a closed one read as what came in its place; in the order they were given."""
    now = (await catalogue(caller.catalogue)).areas_now()
    held = area.holdings(caller.areas, clock.local_day(clock.now()))
    return list(dict.fromkeys(heir for code in held for heir in now.heirs(code)))


@get("/v1/sync/{collection:str}/pull", opt={"policy": ("phone",)})
async def pull_endpoint(
    request: Request[Any, Any, Any],
    collection: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=wire.MAX_LIMIT)] = 100,
    cp: FromQuery[str] = "",
) -> Response[bytes]:
    """RxDB's pull: exactly `limit` documents if more remains. 410 when the cursor cannot be served any more."""
    caller = await auth.phone(request)
    if collection not in wire.COLLECTIONS:
        raise Problem("not_found")
    since = cursor.decode(cp)
    if since is None:
        raise Problem("bad_request", "cp is no checkpoint")
    names = await stream_names(caller)
    async with reading() as conn:
        now = await pull.streams(conn, names)
        if lost := pull.behind_floor(since, caller.epoch, now):
            raise Problem("resync-required", streams=lost)
        page = await pull.page(conn, collection, since, caller.epoch, now, limit)
    answer = {
        "documents": page.documents,
        "checkpoint": Checkpoint(page.cursor),
        "more": page.more,
        "server_time": clock.iso(clock.now()),
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")
