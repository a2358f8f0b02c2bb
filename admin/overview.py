"""The overview: opens on a sentence, then what waits, then area × topic in bands. The filter stands in the address.

Windows are fixed: place figures by week or month down to the group; opinion figures by week for a whole ward and by month
for clusters, nothing finer, from the daily snapshot.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Literal
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin import charts
from admin.access import EVERYBODY, EXPORTERS, ISSUES
from admin.pages import Writer, go, page
from storage import clock, coverage, database, issue_views, outlines, overview
from storage.catalogue import Catalogue, catalogue
from storage.conn import Conn
from storage.database import reading
from storage.issue_views import Filter
from storage.overview import Figures, Matrix, by_family, matrix
from storage.viewer import Missing, Viewer
from sync import windows
from sync.area import AreaTree, Reading
from sync.lanes import Topic
from sync.mask import fold
from sync.outline import Ring
from sync.rise import lowest

AnyRequest = Request[Any, Any, Any]
WEEKS, MONTHS = 12, 12
KEPT = 500  # opinion tables of the present snapshot, by what was asked for
_kept: WeakKeyDictionary[object, dict[tuple[object, ...], Matrix]] = WeakKeyDictionary()
TREND = 12  # windows a trend shows, the asked one included
WAITING = 8


class Window(msgspec.Struct, frozen=True):
    """What the address asks for, checked. `rows`: shown area → codes counted under it; empty where nothing may be shown."""

    area: str
    lane: str
    period: str
    topic: str
    rows: dict[str, list[str]]
    areas: Literal["now", "then"] = "now"  # merged and split areas as they are read today, or as they were

    def address(self, *, room: str = "", **changes: str) -> str:
        query = {"area": self.area, "lane": self.lane, "period": self.period, "topic": self.topic}
        query |= {"areas": "then" if self.areas == "then" else ""} | changes
        return f"/panel/{room}?" + urlencode({name: value for name, value in query.items() if value})


def weeks(today: date) -> list[str]:
    return [windows.week_of(today - timedelta(weeks=n)) for n in range(WEEKS)]


def months(today: date) -> list[str]:
    first = today.replace(day=1)
    found = []
    for _ in range(MONTHS):
        found.append(windows.month_of(first))
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def earlier(period: str) -> str:
    """The window before this one."""
    if (monday := windows.parse_week(period)) is not None:
        return windows.week_of(monday - timedelta(days=7))
    return windows.month_of(date.fromisoformat(f"{period}-01") - timedelta(days=1))


def check_period(period: str, today: date) -> str:
    """A week or month that has begun, of this century. Anything else – a free range above all – does not exist."""
    if not windows.is_period(period) or period < "2000":
        raise Missing
    begins = windows.parse_week(period) or date.fromisoformat(f"{period}-01")
    if begins > today:
        raise Missing
    return period


def in_order(tree: AreaTree, codes: Iterable[str]) -> list[str]:
    """Areas as a reader looks for them: by name, numbers as numbers. A merged one has a late code and an early name."""

    def key(code: str) -> list[object]:
        return [int(part) if part.isdigit() else fold(part) for part in re.split(r"(\d+)", tree.by_code[code].name)]

    return sorted(codes, key=key)


def rows_of(now: Reading, area: str, lane: str, period: str) -> dict[str, list[str]]:
    """The rows a table of this window has, and the codes counted in each. What was sent for closed areas counts where it
    is read today; where that is the area itself (a group that was split), it has a row of its own."""
    children = in_order(now.tree, now.children(area))
    if lane == "place":
        rows = {code: now.within(code) for code in children or [area]}
        return rows | ({area: own} if children and len(own := now.means(area)) > 1 else {})
    codes = in_order(now.tree, opinion_areas(now, area, period))
    return {code: [code] for code in codes if now.stood(code, period)}


def opinion_areas(now: Reading, area: str, period: str) -> list[str]:
    """Whose opinions a window is about: wards in a week, clusters in a month."""
    if "-W" not in period:
        return clusters_of(now, area)
    level = now.tree.by_code[area].level
    return now.children(area) if level == "city" else [area] if level == "ward" else []


def clusters_of(now: Reading, area: str) -> list[str]:
    """The open clusters of a ward, or the one cluster itself."""
    level = now.tree.by_code[area].level
    there = now.children(area) if level == "ward" else [area] if level == "cluster" else []
    return [code for code in there if now.tree.by_code[code].level == "cluster"]


def rows_then(tree: AreaTree, area: str, period: str) -> dict[str, list[str]]:
    """The rows of a place table by the areas as they were, each with what was under its own code, also if it had closed
    before the window: phones without network deliver late. Opinion figures have no such table: beside today's it would be a
    second cut through small numbers."""
    children = [one.code for one in tree.children(area) if one.valid_from <= span(period)[1]]
    return {code: tree.below(code) for code in in_order(tree, children) or [area]}


def were_there(tree: AreaTree, rows: Iterable[str], figures: Figures, period: str) -> list[str]:
    """Of the rows as they were: those that stood on some day of the window, and those for which something came late. All
    of them if there is none: a table has rows."""
    came, first = {row for (row, _), n in figures.items() if n}, span(period)[0]
    ends = {row: tree.by_code[row].valid_to for row in rows}
    return [row for row, end in ends.items() if row in came or end is None or end >= first] or list(ends)


def span(period: str) -> tuple[str, str]:
    """The first and the last day of a week or month."""
    monday = windows.parse_week(period)
    if monday is not None:
        return monday.isoformat(), (monday + timedelta(days=6)).isoformat()
    first = date.fromisoformat(f"{period}-01")
    return first.isoformat(), ((first + timedelta(days=31)).replace(day=1) - timedelta(days=1)).isoformat()


def asked_for(query: Any, viewer: Viewer, world: Catalogue, today: date) -> Window:
    """The window of an address. Raises Missing for what does not exist for the viewer."""
    area = query.get("area", "") or (viewer.codes[0] if viewer.codes else "")
    lane = query.get("lane", "") or "place"
    period = check_period(query.get("period", "") or windows.week_of(today), today)
    topic = query.get("topic", "")
    now = world.areas_now()
    areas: Literal["now", "then"] = "then" if query.get("areas") == "then" else "now"
    if areas == "then" and lane != "place":
        raise Missing
    if areas == "now" and area in viewer.codes and (current := now.current(area)) in viewer.codes:
        area = current or area  # an address that was kept from before the area closed
    if area not in viewer.codes or lane not in ("place", "opinion") or (topic and topic not in world.topics):
        raise Missing
    rows = rows_then(world.tree, area, period) if areas == "then" else rows_of(now, area, lane, period)
    return Window(area, lane, period, topic.partition(".")[0], rows, areas)


def windows_before(period: str, n: int) -> list[str]:
    """The `n` windows before this one, newest first."""
    found: list[str] = []
    for _ in range(n):
        found.append(earlier(found[-1] if found else period))
    return found


async def figures(conn: Conn, window: Window, tree: AreaTree) -> Matrix:
    """The table of a window, with the windows before it where the area has them."""
    codes = [code for codes in window.rows.values() for code in codes]
    before = windows_before(window.period, TREND - 1)
    if window.lane == "place":
        covers = {row: tree.cover(codes) for row, codes in window.rows.items()}
        now = (await overview.place_figures(conn, covers, [window.period], window.topic))[window.period]
        whole = {window.area: tree.cover(codes)}
        past = await overview.place_figures(conn, whole, before, window.topic)
        one_row = {window.area: [window.area]}
        history = [(at, matrix(one_row, past[at], zero_shown=True)) for at in before]
        rows = list(window.rows) if window.areas == "now" else were_there(tree, window.rows, now, window.period)
        shown = matrix({row: [row] for row in rows}, now, zero_shown=True)
        return overview.with_history(shown, window.period, history, zero_shown=True)
    key = (await overview.snapshot_mark(conn), window.area, window.period, window.topic, tuple(codes))
    kept = _kept.setdefault(database.current(), {})
    if key not in kept:
        wide = tree.by_code[window.area].level == "city"
        found = await overview.opinion_figures(conn, codes, [window.period, *([] if wide else before)])
        tables = [(at, _opinion_table(window, figures, wide)) for at, figures in found.items()]
        while len(kept) >= KEPT:
            del kept[next(iter(kept))]
        kept[key] = overview.with_history(tables[0][1], window.period, tables[1:], zero_shown=False)
    return kept[key]


def _opinion_table(window: Window, figures: Figures, wide: bool) -> Matrix:
    return matrix(
        window.rows,
        by_family(figures, window.topic, zero_shown=False),
        zero_shown=False,
        all_areas=not wide,
        finer={} if window.topic else figures,
    )


def has_changed(now: Reading, area: str) -> bool:
    """True if an area under this one was merged, split or closed, so that "then" and "now" may differ."""
    lying = {*now.within(area), *now.tree.below(area)}
    return any(not now.is_open(code) for code in lying)


def families(world: Catalogue, lane: str) -> list[str]:
    """The top-level topics that have something in this lane."""
    there = (one.code.partition(".")[0] for one in world.topics.values() if lane in one.lanes.values())
    return sorted(dict.fromkeys(there))


def fileable(world: Catalogue) -> list[Topic]:
    """The top-level topics a note or issue may have: those of formal channels are never stored."""
    return [world.topics[code] for code in sorted({*families(world, "place"), *families(world, "opinion")})]


def branches(now: Reading, viewer: Viewer, area: str) -> list[tuple[str, int]]:
    """The tree of the viewer's areas, opened along the way to `area`: code and depth."""
    path, own = set(now.up(area)), set(viewer.codes)
    found: list[tuple[str, int]] = []

    def add(code: str, depth: int) -> None:
        found.append((code, depth))
        if code in path:
            for child in in_order(now.tree, now.children(code)):
                add(child, depth + 1)

    for code in viewer.codes:
        if now.is_open(code) and not own.intersection(now.up(code)[1:]):
            add(code, 0)
    return found


async def staffed(conn: Conn, window: Window, now: Reading) -> dict[str, coverage.Staffing]:
    """Who hears in the rows of the table. A row without a reporter and without notes has no data; it is not a zero."""
    areas = [code for code in window.rows if now.is_open(code)] if window.areas == "now" else []
    above = {code for area in areas for code in now.holders(area)}
    held = await coverage.reporters(conn, sorted(above.union(*map(now.within, areas))), now.today)
    return coverage.staffing(now, areas, held)


def banded(
    write: Writer, shown: Matrix, staffing: Mapping[str, coverage.Staffing], first: str, total: str
) -> list[list[str]]:
    """The table as text, for files: head, rows, sums. Where nobody hears and nothing was heard stands that, not a zero."""
    rows = [[first, *map(write.topic, shown.topics), total]]
    for code in shown.areas:
        bands = [shown.cells[code, topic].band for topic in shown.topics] + [shown.area_totals[code].band]
        if staffing.get(code) == "none" and not shown.area_totals[code].depth:
            bands = [write.t("panel.map.unknown")] * len(bands)
        rows.append([write.area(code), *bands])
    return [*rows, [total, *(shown.topic_totals[topic].band for topic in shown.topics), shown.total.band]]


async def _drawn(
    conn: Conn,
    window: Window,
    shown: Matrix,
    staffing: Mapping[str, coverage.Staffing],
    instead: Mapping[str, list[Ring]] | None = None,
) -> charts.Map | None:
    """The map of a place table. `instead`: outlines to draw in place of those kept."""
    mapped = {code: shown.area_totals[code] for code in staffing if code != window.area}
    if window.lane != "place" or len(mapped) < 2:
        return None
    return charts.area_map(mapped, staffing, await outlines.of(conn, list(mapped)) | dict(instead or {}))


async def map_of(
    conn: Conn, viewer: Viewer, world: Catalogue, area: str, instead: Mapping[str, list[Ring]]
) -> tuple[Window, charts.Map | None]:
    """The map of this week as the overview of an area shows it, or would with these outlines."""
    window = asked_for({"area": area}, viewer, world, clock.local_day(clock.now()))
    staffing = await staffed(conn, window, world.areas_now())
    return window, await _drawn(conn, window, await figures(conn, window, world.tree), staffing, instead)


@get("/", opt=EVERYBODY)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    world, today = await catalogue(), clock.local_day(clock.now())
    if viewer.role == "auditor":
        return go("/panel/audit")  # the trail is all an auditor reads
    now = world.areas_now()
    if not viewer.codes:
        return await page(request, "message.html", key="panel.no_area")
    window = asked_for(request.query_params, viewer, world, today)
    ward = now.ward(window.area) or ""
    if not window.rows and window.lane == "opinion" and ward and ward != window.area and ward in viewer.codes:
        return go(window.address(area=ward))  # nothing finer than the ward (week) or the cluster (month)
    area = world.tree.by_code[window.area]
    areas = issue_views.concerning(now, window.area)
    lane = (
        window.lane if request.query_params.get("lane") else ""
    )  # nobody asked for one yet: what waits is told of both
    topic, moment = window.topic, clock.now()
    open_ones = Filter(state="unanswered", lane=lane, family=topic, areas=areas)
    async with reading() as conn:
        shown = await figures(conn, window, world.tree)
        counts = await issue_views.counts(conn, viewer, open_ones, moment)
        may_list = viewer.role in ISSUES["policy"]
        waiting = await issue_views.listing(conn, viewer, open_ones, moment, limit=WAITING) if may_list else []
        snapshot = await overview.snapshot_day(conn)
        staffing = await staffed(conn, window, now)
        drawn = await _drawn(conn, window, shown, staffing)
    return await page(
        request,
        "overview.html",
        window=window,
        matrix=shown,
        area=area,
        path=[world.tree.by_code[code] for code in reversed(now.up(window.area)) if code in viewer.codes],
        areas=[world.tree.by_code[code] for code in viewer.codes if now.is_open(code)],
        overdue=counts["overdue"],
        unanswered=counts["unanswered"],
        of_these=urlencode(
            {name: one for name, one in (("lane", lane), ("topic", topic), ("area", window.area)) if one}
        ),
        waiting=waiting,
        may_list=may_list,
        snapshot=snapshot,
        bars=charts.bars(shown.trend),
        tree=branches(now, viewer, window.area),
        families=families(world, window.lane),
        changed=window.lane == "place" and has_changed(now, window.area),
        staffing=staffing,
        map=drawn,
        by_figure=sorted(
            (shape.area for shape in drawn.shapes) if drawn else (),
            key=lambda code: (-lowest(shown.area_totals[code].band), shown.area_totals[code].band == "0", code),
        ),
        unheard=[code for code, how in staffing.items() if how == "none"],
        few="few" in staffing.values(),
        young=[code for code in opinion_areas(now, window.area, window.period) if not now.stood(code, window.period)]
        if window.lane == "opinion"
        else [],
        weeks=weeks(today),
        months=months(today),
        earlier=earlier(window.period),
        may_export=viewer.role in EXPORTERS["policy"],
        deeper={code for code in shown.areas if code != window.area},
    )
