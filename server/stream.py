"""`GET /v1/sync/stream`: says RESYNC when there is news; never documents. RxDB's event stream, read by `fetch`."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, get
from litestar.response import Stream

from server import auth
from server.events import News
from server.pull import stream_names
from sync.problems import Problem

COMMENT_SECONDS = 25.0
LIFE_SECONDS = 15 * 60.0
NEWS = b'data: "RESYNC"\n\n'
COMMENT = b":\n\n"


@get("/v1/sync/stream", opt={"policy": ("phone",)})
async def stream_endpoint(request: Request[Any, Any, Any]) -> Stream:
    """Ends after 15 minutes, on shutdown, on a change of the phone's scope, and when its token stops working."""
    caller = await auth.phone(request)
    names = await stream_names(caller)
    return Stream(_events(request, names), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(request: Request[Any, Any, Any], names: list[str]) -> AsyncIterator[bytes]:
    news: News = request.app.state.news
    ends = time.monotonic() + LIFE_SECONDS
    with news.waiting(names) as moved:
        await news.stand(names)
        yield COMMENT  # the client sees at once that the stream stands
        while not news.closed and time.monotonic() < ends:
            try:
                await asyncio.wait_for(moved.wait(), COMMENT_SECONDS)
            except TimeoutError:
                if not await _still(request, names):
                    return
                yield COMMENT
                continue
            moved.clear()
            if not await _still(request, names):
                return
            if not news.closed:
                yield NEWS


async def _still(request: Request[Any, Any, Any], names: list[str]) -> bool:
    """True while the token works and the phone follows the same streams."""
    try:
        return await stream_names(await auth.phone(request)) == names
    except Problem:
        return False
