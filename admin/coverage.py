"""Coverage: where nobody listens, where nothing has come from for weeks, and – for administrators – which phones stopped
and which notes never came. Areas stand in the order of the tree and phones by name: no ranking, no counts of notes."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from admin.access import COVERAGE
from admin.overview import windows_before
from admin.pages import page
from storage import clock, coverage
from storage.catalogue import catalogue
from storage.coverage import Staffing
from storage.database import reading
from storage.viewer import Missing, Viewer
from sync import windows
from sync.area import Reading

WEEKS = 4  # how long a group must be quiet to count as silent; the running week is one of them
DAYS = (3, 7, 14, 30)
MOST_PHONES = 200


class Row(msgspec.Struct, frozen=True):
    area: str
    staffing: Staffing
    silent: bool
    above: str
    above_staffing: Staffing | None


def listed(now: Reading, area: str) -> list[str]:
    """The areas a coverage table lists: the wards of a city, else the residential groups, in the order of the tree."""
    by_code = now.tree.by_code
    level = "ward" if by_code[area].level == "city" else "group"
    found, waiting = [], [area]
    while waiting:
        code = waiting.pop()
        if by_code[code].level == level:
            found.append(code)
        else:
            waiting += sorted(now.children(code), reverse=True)
    return found or [area]


@get("/coverage", opt=COVERAGE)
async def show(request: Request[Any, Any, Any], viewer: NamedDependency[Viewer]) -> Response[str]:
    """`days`: from how many days without a call a phone is listed."""
    world, now = await catalogue(), clock.now()
    day = clock.local_day(now)
    if not viewer.codes:
        return await page(request, "message.html", key="panel.no_area")
    area = request.query_params.get("area", "") or viewer.codes[0]
    days = next((one for one in DAYS if str(one) == request.query_params.get("days", "7")), None)
    areas = world.areas_now()
    if area not in viewer.codes or not areas.is_open(area) or days is None:
        raise Missing
    codes, administrator = listed(areas, area), viewer.role == "administrator"
    week = windows.week_of(day)
    periods = [week, *windows_before(week, WEEKS - 1)]
    covers = {code: world.tree.cover(areas.within(code)) for code in codes}
    above = {code: areas.up(code)[1] for code in codes if len(areas.up(code)) > 1}
    about = {area, *above.values()}
    about = about.union(*map(areas.within, about), areas.holders(area))
    within = [code for code in areas.within(area) if code in viewer.codes]
    async with reading() as conn:
        heard = await coverage.heard(conn, covers, periods)
        staffing = coverage.staffing(
            areas, sorted({*codes, *above.values()}), await coverage.reporters(conn, sorted(about), day.isoformat())
        )
        since = (day - timedelta(days=days - 1)).isoformat()
        phones = await coverage.quiet_phones(conn, within, day.isoformat(), since, MOST_PHONES) if administrator else []
        gaps = await coverage.gaps(conn, within, day.isoformat(), MOST_PHONES) if administrator else []
    rows = [
        Row(code, staffing[code], code not in heard, above.get(code, ""), staffing.get(above.get(code, "")))
        for code in codes
    ]
    return await page(
        request,
        "coverage.html",
        area=world.tree.by_code[area],
        rows=rows,
        unheard=[row.area for row in rows if row.staffing == "none"],
        silent=[row.area for row in rows if row.silent and row.staffing != "none"],
        few="few" in staffing.values(),
        weeks=WEEKS,
        days=days,
        choices=DAYS,
        administrator=administrator,
        phones=phones,
        since_days=[(day - day.fromisoformat(phone.seen_day)).days for phone in phones],
        gaps=gaps,
        most=MOST_PHONES,
        areas=[world.tree.by_code[code] for code in viewer.codes if areas.is_open(code)],
    )
