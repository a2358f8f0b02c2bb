"""How the office answers, by unit, over three months: it measures who answers, never the residents and never a reporter."""

from datetime import date, timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from admin.access import ANSWERING
from admin.overview import earlier, months, span
from admin.pages import page
from storage import answering, clock
from storage.catalogue import catalogue
from storage.database import reading
from storage.viewer import Missing, Viewer
from sync import windows
from sync.bands import SHARE_MIN

MONTHS = 3


@get("/answering", opt=ANSWERING)
async def show(request: Request[Any, Any, Any], viewer: NamedDependency[Viewer]) -> Response[str]:
    """`period`: the last of the three months. An area outside the viewer's does not exist."""
    world, now = await catalogue(), clock.now()
    today = clock.local_day(now)
    if not viewer.codes:
        return await page(request, "message.html", key="panel.no_area")
    area = request.query_params.get("area", "") or viewer.codes[0]
    period = request.query_params.get("period", "") or windows.month_of(today)
    if area not in viewer.codes or len(period) != 7 or not windows.is_period(period) or span(period)[0] > str(today):
        raise Missing
    first = earlier(earlier(period))
    begins = clock.day_begins(span(first)[0])
    ends = clock.day_begins((date.fromisoformat(span(period)[1]) + timedelta(days=1)).isoformat())
    areas = world.areas_now()
    async with reading() as conn:
        found = await answering.measures(conn, viewer, areas.within(area), begins, ends, now)
    return await page(
        request,
        "answering.html",
        area=world.tree.by_code[area],
        period=period,
        first=first,
        measures=found,
        least=SHARE_MIN,
        months=months(today),
        areas=[world.tree.by_code[code] for code in viewer.codes if areas.is_open(code)],
    )
