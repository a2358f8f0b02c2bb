"""How the office answers, by unit: it measures the answerer, never the residents (brief.md §2).

Counted are issues that exist outside the first reader's desk, so no figure moves when a hidden one does. Shares and medians
stand from ten issues up, else they are left out. Units stand by name; nobody is ranked.
"""

from collections.abc import Sequence

import msgspec

from storage import clock
from storage.conn import Conn, Row
from storage.issue_views import VISIBLE, overdue, today, unit_names
from storage.viewer import Viewer
from sync.bands import SHARE_MIN, THRESHOLD_NOTES, share


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One unit's answering. `unit`: what it is called, empty for issues that no unit has, `*` for all. `waiting_days`: the median
    from an issue's making to its first published answer, whole days. None: fewer than ten, not said."""

    unit: str
    issues: int
    overdue: int  # now
    refused: int  # times it gave an issue back, which is another one's or nobody's since
    answered_share: int | None
    waiting_days: int | None
    repeats_share: int | None  # answered issues of which at least five marks say "still so"


# an issue of these areas made in this span, as everybody may know it; unit `*` stands for all units together
_COUNTED = """FROM issues i WHERE i.merged_into IS NULL AND i.created_at >= $2 AND i.created_at < $3
 AND {there} AND {visible} AND ($4 = '' OR i.unit = $4)"""


async def measures(conn: Conn, viewer: Viewer, areas: Sequence[str], begins: int, ends: int, now: int) -> list[Measure]:
    """The measures of issues made in `[begins, ends)` (milliseconds), by unit, all together last. A unit sees its own."""
    counted = _COUNTED.format(there=conn.among("i.area", 1), visible=VISIBLE)
    own = viewer.account if viewer.role == "unit" else ""
    args = ([code for code in areas if code in viewer.codes], begins, ends, own)
    rows = await conn.fetch(
        f"""SELECT COALESCE(i.unit, '') AS unit, COUNT(*) AS issues,
        SUM(CASE WHEN i.answered_at IS NOT NULL THEN 1 ELSE 0 END) AS answered,
        SUM(CASE WHEN {overdue(5, 6)} THEN 1 ELSE 0 END) AS overdue,
        SUM(CASE WHEN i.answered_at IS NOT NULL AND (SELECT COALESCE(SUM(m.n), 0) FROM mark_counts m
          WHERE m.mark = 'still_so' AND m.subject = CAST(i.number AS TEXT)) >= {THRESHOLD_NOTES} THEN 1 ELSE 0 END) AS repeats
        {counted} GROUP BY COALESCE(i.unit, '')""",
        *args,
        today(now),
        now,
    )
    refused = {
        row["unit"]: int(row["n"])
        for row in await conn.fetch(
            f"""SELECT u.id AS unit, COUNT(*) AS n FROM issue_events r JOIN accounts u ON u.id = r.actor
            JOIN issues i ON i.number = r.issue WHERE r.what = 'refused' AND i.merged_into IS NULL
            AND i.created_at >= $2 AND i.created_at < $3 AND {conn.among("i.area", 1)} AND {VISIBLE}
            AND ($4 = '' OR r.actor = $4) GROUP BY u.id""",
            *args,
        )
    }
    took = {
        row["unit"]: int(row["took"])
        for row in await conn.fetch(
            f"""SELECT unit, CAST(AVG(took) AS BIGINT) AS took FROM (
              SELECT unit, took, ROW_NUMBER() OVER (PARTITION BY unit ORDER BY took) AS at,
              COUNT(*) OVER (PARTITION BY unit) AS n FROM (
                SELECT COALESCE(i.unit, '') AS unit, i.answered_at - i.created_at AS took {counted}
                AND i.answered_at IS NOT NULL
                UNION ALL SELECT '*', i.answered_at - i.created_at {counted} AND i.answered_at IS NOT NULL) each_one
            ) ordered WHERE at IN ((n + 1) / 2, (n + 2) / 2) AND n >= {SHARE_MIN} GROUP BY unit""",
            *args,
        )
    }
    units: dict[str, list[Row]] = {unit: [] for unit in refused} | {row["unit"]: [row] for row in rows}
    names = {"": ""} | await unit_names(conn, [unit for unit in units if unit])
    found = [
        _measure(names[unit], took.get(unit), refused.get(unit, 0), some)
        for unit, some in sorted(units.items(), key=lambda one: names[one[0]])
    ]
    return [*found, _measure("*", took.get("*"), sum(refused.values()), rows)] if found else []


def _measure(unit: str, days: int | None, refused: int, rows: Sequence[Row]) -> Measure:
    def total(name: str) -> int:
        return sum(int(row[name]) for row in rows)

    return Measure(
        unit=unit,
        issues=total("issues"),
        overdue=total("overdue"),
        refused=refused,
        answered_share=share(total("answered"), total("issues")),
        waiting_days=None if days is None else -(-days // clock.DAY_MS),
        repeats_share=share(total("repeats"), total("answered")),
    )
