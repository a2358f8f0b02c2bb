"""The figures behind the overview. Nothing exact leaves this module: every figure is banded on its own, totals too.

Place figures come from the running totals (group × topic × week or month). Opinion figures come from the daily snapshot
only: by week for a whole ward, by month for a cluster, nothing finer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from storage.conn import Conn
from sync.bands import STEP, band

RISE = 1.5  # a topic counts as rising from this factor on, and only from two steps up


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
    rising: list[tuple[str, str, str]]  # topic, band before, band now
    top: str  # the topic that stands out most; empty if none does


def _depth(n: int) -> int:
    return sum(n >= edge for edge in (1, STEP, 3 * STEP, 6 * STEP))


def _cell(n: int, zero_shown: bool) -> Cell:
    return Cell(band(n, zero_shown=zero_shown), _depth(n) if zero_shown else max(1, _depth(n)))


def matrix(
    rows: Mapping[str, Sequence[str]],
    figures: Mapping[tuple[str, str], int],
    before: Mapping[tuple[str, str], int],
    *,
    zero_shown: bool,
    all_areas: bool = True,
) -> Matrix:
    """Bands a table. `rows`: a shown area → the codes counted under it; `figures`: (code, topic) → exact number.

    `before` are the figures of the window before. Without `all_areas` rows that show nothing are left out.
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
    earlier: Counter[str] = Counter()
    for (code, topic), n in before.items():
        if code in owner:
            earlier[topic] += n
    least = 1 if zero_shown else STEP
    topics = [topic for topic, n in by_topic.items() if n >= least]
    topics.sort(
        key=lambda topic: (-(by_topic[topic] // STEP), topic)
    )  # by band, so the order says no more than the bands
    rising = [
        (topic, band(earlier[topic], zero_shown=zero_shown), band(by_topic[topic], zero_shown=zero_shown))
        for topic in topics
        if by_topic[topic] >= 2 * STEP and by_topic[topic] >= RISE * earlier[topic]
    ]
    areas = [area for area in rows if all_areas or by_area[area] >= least]
    return Matrix(
        areas=areas,
        topics=topics,
        cells={(area, topic): _cell(exact[area, topic], zero_shown) for area in areas for topic in topics},
        area_totals={area: _cell(by_area[area], zero_shown) for area in areas},
        topic_totals={topic: _cell(by_topic[topic], zero_shown) for topic in topics},
        total=_cell(by_topic.total(), zero_shown),
        rising=rising,
        top=topics[0] if topics and by_topic[topics[0]] >= STEP else "",
    )


async def place_figures(conn: Conn, codes: Sequence[str], period: str) -> dict[tuple[str, str], int]:
    """Exact inner counts by (group, topic) of a week or month."""
    rows = await conn.fetch(
        f"SELECT area, topic, n FROM totals WHERE lane = 'place' AND period = $1 AND {conn.among('area', 2)}",
        period,
        list(codes),
    )
    return {(row["area"], row["topic"]): int(row["n"]) for row in rows}


async def opinion_figures(conn: Conn, codes: Sequence[str], period: str) -> dict[tuple[str, str], int]:
    """Counts of the daily snapshot: (ward, topic) of a week, or (cluster, topic) of a month."""
    rows = await conn.fetch(
        f"SELECT area, topic, n FROM snapshots WHERE period = $1 AND {conn.among('area', 2)}", period, list(codes)
    )
    return {(row["area"], row["topic"]): int(row["n"]) for row in rows}


async def snapshot_day(conn: Conn) -> str:
    """The day the opinion figures were taken, or empty."""
    rows = await conn.fetch("SELECT MAX(day) AS day FROM snapshots")
    return str(rows[0]["day"] or "")


def by_family(figures: Mapping[tuple[str, str], int], topic: str = "") -> dict[tuple[str, str], int]:
    """Counts by top-level topic; with `topic` only those under it, by their own codes."""
    found: Counter[tuple[str, str]] = Counter()
    for (area, code), n in figures.items():
        family = code.partition(".")[0]
        if not topic:
            found[area, family] += n
        elif family == topic:
            found[area, code] += n
    return dict(found)
