"""The figures behind the overview. Nothing exact leaves this module: every figure is banded on its own, totals too.

Place figures come from the running sums of whole areas (topic × week or month), so a page costs the same however many
notes there are. Opinion figures come from the daily snapshot only: by week for a whole ward, by month for a cluster,
nothing finer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from storage.conn import Conn
from sync.bands import STEP, band
from sync.rise import rises, usual

Figures = Mapping[tuple[str, str], int]  # (area or code, topic) → exact inner count; never shown


class Cell(msgspec.Struct, frozen=True):
    """One shown figure: its band, and its class 0–4 for colour (the number is never carried)."""

    band: str
    depth: int


class Matrix(msgspec.Struct, frozen=True):
    """Rows are areas, columns topics. `area_totals` and `topic_totals` are banded on their own, never added up."""

    areas: list[str]
    topics: list[str]
    cells: Mapping[tuple[str, str], Cell]
    area_totals: Mapping[str, Cell]
    topic_totals: Mapping[str, Cell]
    total: Cell
    top: str  # the topic that stands out most; empty if none does
    rising: list[tuple[str, str, str]] = []  # topic, the band it usually stands in, band now (sync/rise.py)
    trend: list[tuple[str, Cell | None]] = []  # window, its total; oldest first


def _depth(n: int) -> int:
    return sum(n >= edge for edge in (1, STEP, 3 * STEP, 6 * STEP))


def _cell(n: int, zero_shown: bool) -> Cell:
    return Cell(band(n, zero_shown=zero_shown), _depth(n) if zero_shown else max(1, _depth(n)))


def _code_totals(owner: Mapping[str, str], finer: Mapping[tuple[str, str], int]) -> dict[str, list[int]]:
    """The totals of a family's topics over all rows."""
    totals: Counter[str] = Counter()
    for (area, code), n in finer.items():
        totals[code] += n if area in owner else 0
    found: dict[str, list[int]] = {}
    for code, n in totals.items():
        found.setdefault(code.partition(".")[0], []).append(n)
    return found


def safe(n: int, parts: Sequence[int]) -> int:
    """The total as it may be shown beside the bands of its parts: at most so high that any small part may still be 0.

    `<5` and `<5` beside `~5` would say that each is at least 1; five times `<5` beside `~20`, that each is 4.
    """
    if all(part >= STEP for part in parts):
        return n
    return min(n, sum(part - part % STEP + STEP - 1 for part in parts) - (STEP - 1))


def matrix(
    rows: Mapping[str, Sequence[str]],
    figures: Figures,
    *,
    zero_shown: bool,
    all_areas: bool = True,
    finer: Figures | None = None,
) -> Matrix:
    """Bands a table. `rows`: a shown area → the codes counted under it; `figures`: (code, topic) → exact number.

    Without `all_areas` rows that show nothing are left out. `finer` are the counts by topic behind a table of families: the
    families' totals stand beside theirs on other pages.
    Without `zero_shown` (opinion) only topics are listed that some figure of at least 5 shows: a column's mere presence
    would say that it is not 0.
    """
    exact: Counter[tuple[str, str]] = Counter()
    by_area: Counter[str] = Counter()
    by_topic: Counter[str] = Counter()
    owner = {code: area for area, codes in rows.items() for code in codes}
    for (code, topic), n in figures.items():
        if code in owner:
            exact[owner[code], topic] += n
            by_area[owner[code]] += n
            by_topic[topic] += n
    total = by_topic.total()
    if not zero_shown:  # what a total says must not say more of a small part than that it is small
        by_topic = Counter({topic: safe(n, [exact[area, topic] for area in rows]) for topic, n in by_topic.items()})
        for family, parts in _code_totals(owner, finer or {}).items():
            by_topic[family] = safe(by_topic[family], parts)
        by_area = Counter({area: safe(n, [exact[area, topic] for topic in by_topic]) for area, n in by_area.items()})
        total = safe(safe(total, [by_area[area] for area in rows]), list(by_topic.values()))
    least = 1 if zero_shown else STEP
    topics = [topic for topic, n in by_topic.items() if n >= least]
    topics.sort(
        key=lambda topic: (-(by_topic[topic] // STEP), topic)
    )  # by band, so the order says no more than the bands
    areas = [area for area in rows if all_areas or by_area[area] >= least]
    return Matrix(
        areas=areas,
        topics=topics,
        cells={(area, topic): _cell(exact[area, topic], zero_shown) for area in areas for topic in topics},
        area_totals={area: _cell(by_area[area], zero_shown) for area in areas},
        topic_totals={topic: _cell(by_topic[topic], zero_shown) for topic in topics},
        total=_cell(total, zero_shown),
        top=topics[0] if topics and by_topic[topics[0]] >= STEP else "",
    )


def with_history(shown: Matrix, period: str, before: Sequence[tuple[str, Matrix]], *, zero_shown: bool) -> Matrix:
    """The table with its trend and what rises. `before`: the windows before it as they are shown, newest first.

    Windows before the first that shows anything are not known to have been quiet: they are left open in the trend and out
    of the rule.
    """
    least = "0" if zero_shown else "<5"
    known = list(before)
    while known and known[-1][1].total.band == least:
        known.pop()
    rising = []
    for topic in shown.topics:
        now = shown.topic_totals[topic].band
        bands = [one.topic_totals[topic].band if topic in one.topic_totals else least for _, one in known]
        if rises(now, bands):
            rising.append((topic, band(round(usual(bands)), zero_shown=zero_shown), now))
    trend: list[tuple[str, Cell | None]] = [
        (at, one.total if n < len(known) else None) for n, (at, one) in enumerate(before)
    ]
    return msgspec.structs.replace(shown, rising=rising, trend=[*reversed(trend), (period, shown.total)])


async def place_figures(
    conn: Conn, covers: Mapping[str, Mapping[str, int]], periods: Sequence[str], topic: str = ""
) -> dict[str, dict[tuple[str, str], int]]:
    """Exact inner counts by (shown area, family) of weeks or months; with `topic`, a family, by (shown area, topic) under
    it, its own code for what was filed directly. `covers`: shown area → the sums that make it up (`AreaTree.cover`)."""
    part = "topic = $3 OR topic LIKE $4" if topic else "topic NOT LIKE $4 AND $3 = ''"
    rows = await conn.fetch(
        f"""SELECT area, period, topic, n FROM area_sums
        WHERE {conn.among("area", 1)} AND {conn.among("period", 2)} AND ({part}) AND n <> 0""",
        sorted({code for cover in covers.values() for code in cover}),
        list(periods),
        topic,
        f"{topic}.%" if topic else "%.%",
    )
    users: dict[str, list[tuple[str, int]]] = {}
    for area, cover in covers.items():
        for code, sign in cover.items():
            users.setdefault(code, []).append((area, sign))
    found: dict[str, dict[tuple[str, str], int]] = {period: {} for period in periods}
    for row in rows:
        figures, own = found[row["period"]], row["topic"]
        for area, sign in users[row["area"]]:
            n = sign * int(row["n"])
            figures[area, own] = figures.get((area, own), 0) + n
            if topic and own != topic:  # what stands under its own code is no longer the family's own
                figures[area, topic] = figures.get((area, topic), 0) - n
    return found


async def opinion_figures(
    conn: Conn, codes: Sequence[str], periods: Sequence[str]
) -> dict[str, dict[tuple[str, str], int]]:
    """Counts of the daily snapshot: (ward, topic) of weeks, or (cluster, topic) of months."""
    rows = await conn.fetch(
        f"""SELECT area, topic, period, n FROM snapshots
        WHERE {conn.among("period", 1)} AND {conn.among("area", 2)}""",
        list(periods),
        list(codes),
    )
    found: dict[str, dict[tuple[str, str], int]] = {period: {} for period in periods}
    for row in rows:
        found[row["period"]][row["area"], row["topic"]] = int(row["n"])
    return found


async def snapshot_mark(conn: Conn) -> str:
    """Another text with every snapshot; empty before the first."""
    rows = await conn.fetch("SELECT value FROM meta WHERE key = 'snapshot'")
    return str(rows[0]["value"]) if rows else ""


async def snapshot_day(conn: Conn) -> str:
    """The day the opinion figures were taken, or empty."""
    rows = await conn.fetch("SELECT MAX(day) AS day FROM snapshots")
    return str(rows[0]["day"] or "")


def _merged(n: int, topics: Sequence[int]) -> int:
    """A family's count in one area. It stands in many sums, so beside a small topic it says what the others say already:
    with `safe` alone, reasoning over all tables of a month still found small counts (20 in 300 drawn wards, now none)."""
    big = [one - one % STEP for one in topics if one >= STEP]
    return n if len(big) == len(topics) else min(n, sum(big))


def by_family(
    figures: Mapping[tuple[str, str], int], topic: str = "", *, zero_shown: bool = True
) -> dict[tuple[str, str], int]:
    """Counts by top-level topic; with `topic` only those under it, by their own codes. Without `zero_shown` (opinion) a
    family's count says no more of a small part than that it is small."""
    found: Counter[tuple[str, str]] = Counter()
    parts: dict[tuple[str, str], list[int]] = {}
    for (area, code), n in figures.items():
        family = code.partition(".")[0]
        if not topic:
            found[area, family] += n
            parts.setdefault((area, family), []).append(n)
        elif family == topic:
            found[area, code] += n
    if not zero_shown:
        return {cell: _merged(n, parts.get(cell, [n])) for cell, n in found.items()}
    return dict(found)
