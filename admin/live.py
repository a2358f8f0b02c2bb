"""`GET /panel/live`: tells an open page that there is news for it. It says that and nothing else; the page then asks anew.

It reads the one change log, so news of any process or host arrive: of the reader's wards the stream of notes, for all who
work with issues the stream of those that exist for them all.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Stream

from admin.access import ISSUES, cookie_name
from storage import clock, sessions
from storage.catalogue import Catalogue, catalogue
from storage.issues import NEWS as NEWS_OF
from storage.viewer import Viewer

COMMENT_SECONDS = 25.0
LIFE_SECONDS = 15 * 60.0
NEWS = b"event: news\ndata: 1\n\n"
COMMENT = b":\n\n"
AnyRequest = Request[Any, Any, Any]


@get("/live", opt=ISSUES | {"by_itself": True})
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Stream:
    """Server-sent events. Ends after 15 minutes, on shutdown, and when the sign-in ends; browsers ask again by themselves."""
    return Stream(
        _events(request, names_for(viewer, await catalogue())),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


def names_for(viewer: Viewer, world: Catalogue) -> list[str]:
    """The streams whose news are the viewer's. Also of wards that are closed by now: what was filed there keeps its place,
    and its news come there."""
    wards = {ward for at in (world.areas_now(), world.tree) for code in viewer.codes if (ward := at.ward(code))}
    kinds = ("w:", NEWS_OF) if viewer.role == "reader" else (NEWS_OF,)
    return sorted(f"{kind}{ward}" for ward in wards for kind in kinds)


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
