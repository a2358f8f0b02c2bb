"""`GET /panel/live`: tells an open page that there is news for it. It says that and nothing else; the page then asks anew.

It reads the one change log (the office's streams of the reader's wards), so news of any process or host arrive.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Stream

from admin.access import READER, cookie_name
from storage import clock, sessions
from storage.catalogue import catalogue
from storage.viewer import Viewer

COMMENT_SECONDS = 25.0
LIFE_SECONDS = 15 * 60.0
NEWS = b"event: news\ndata: 1\n\n"
COMMENT = b":\n\n"
AnyRequest = Request[Any, Any, Any]


@get("/live", opt=READER | {"by_itself": True})
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Stream:
    """Server-sent events. Ends after 15 minutes, on shutdown, and when the sign-in ends; browsers ask again by themselves."""
    world = await catalogue()
    wards = [code for code in viewer.codes if (area := world.tree.get(code)) and area.level == "ward"]
    names = sorted(f"w:{code}" for code in wards)
    return Stream(_events(request, names), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(request: AnyRequest, names: list[str]) -> AsyncIterator[bytes]:
    news, token = request.app.state.news, request.cookies.get(cookie_name(request), "")
    ends = time.monotonic() + LIFE_SECONDS
    with news.waiting(names) as moved:
        await news.stand(names)
        yield COMMENT
        while not news.closed and time.monotonic() < ends:
            try:
                await asyncio.wait_for(moved.wait(), COMMENT_SECONDS)
                said = NEWS
            except TimeoutError:
                said = COMMENT
            moved.clear()
            if news.closed or await sessions.find(token, clock.now(), touch=False) is None:
                return
            yield said
