"""What a digest says of issues: which matters stood in its window, what was answered in it, what is overdue and with whom.

Always through the eyes of the meeting it goes to: issues that are confirmed and exist outside the first reader's desk,
whoever makes the digest. A window that is over is told as it stood at its end, so that it can be made again.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from storage import clock
from storage.conn import Conn
from storage.issue_views import UNIT_NAME, VISIBLE
from sync import windows
from sync.bands import band


class Span(msgspec.Struct, frozen=True):
    """The days of a window that have come: first and last, both inclusive."""

    first: date
    last: date

    @property
    def begins(self) -> int:
        return clock.day_begins(self.first.isoformat())

    @property
    def ends(self) -> int:
        """The first instant after it."""
        return clock.day_begins((self.last + timedelta(days=1)).isoformat())


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """An issue as it stood at the end of the window. `band` is empty for opinion: no figure finer than the tables has."""

    number: int
    lane: str
    kind: str
    topic: str
    area: str
    title: str
    summary: str
    state: str  # open | answered | closed
    truth: str
    outcome: str
    unit: str
    due_day: str
    overdue: bool
    urgent: bool
    band: str


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer published in the window, its newest version."""

    issue: int
    lane: str
    kind: str
    title: str
    text: str
    status: str
    origin: str  # what the answer rests on, as the office wrote it


def span(period: str, today: date) -> Span:
    """Of a week or month; of one that is under way the days up to today."""
    first, last = windows.days(period)
    return Span(first, min(last, today))


async def matters(conn: Conn, areas: Sequence[str], lanes: Sequence[str], at: Span) -> list[Matter]:
    """Issues confirmed by the end of the window and not closed before it: urgent and overdue first."""
    rows = await conn.fetch(
        f"""SELECT i.*, {UNIT_NAME} AS held_by,
        (SELECT CAST(COALESCE(SUM(m.notes), 0) AS BIGINT) FROM issue_months m WHERE m.issue = i.number) AS present
        FROM issues i LEFT JOIN accounts u ON u.id = i.unit
        WHERE {conn.among("i.area", 1)} AND {conn.among("i.lane", 2)} AND {VISIBLE}
        AND i.merged_into IS NULL AND i.confirmed_at < $3 AND (i.closed_at IS NULL OR i.closed_at >= $4) ORDER BY i.number""",
        list(areas),
        list(lanes),
        at.ends,
        at.begins,
    )
    moment = min(clock.now(), at.ends)  # a window that is over is told as it stood then, one that runs as it stands
    day = clock.local_day(moment).isoformat()
    found = []
    for row in rows:
        closed = row["closed_at"] is not None and row["closed_at"] < at.ends
        answered = row["answered_at"] is not None and row["answered_at"] < at.ends
        state = "closed" if closed else "answered" if answered else "open"
        due = row["due_day"] or ""
        found.append(
            Matter(
                state=state,
                unit=row["held_by"] or "",
                due_day=due,
                overdue=state == "open" and ((bool(due) and due < day) or (row["due_at"] or clock.FAR) < moment),
                urgent=bool(row["urgent"]),
                outcome=row["outcome"] if closed else "",
                band=band(int(row["present"])) if row["lane"] == "place" else "",
                **{
                    name: row[name] for name in ("number", "lane", "kind", "topic", "area", "title", "summary", "truth")
                },
            )
        )
    return sorted(found, key=lambda one: (not one.urgent, not one.overdue, one.due_day or "9999", one.number))


async def replies(conn: Conn, areas: Sequence[str], lanes: Sequence[str], at: Span) -> list[Reply]:
    """What was answered in the window, in the order of publishing; of several versions the last."""
    rows = await conn.fetch(
        f"""SELECT s.issue, s.title, s.text, s.status, s.source AS origin, i.lane, i.kind FROM answers s
        JOIN issues i ON i.number = s.issue
        WHERE {conn.among("i.area", 1)} AND {conn.among("i.lane", 2)} AND {VISIBLE}
        AND s.published_at >= $3 AND s.published_at < $4 ORDER BY s.published_at, s.issue, s.version""",
        list(areas),
        list(lanes),
        at.begins,
        at.ends,
    )
    newest = {row["issue"]: row for row in rows}
    return [
        Reply(
            origin=row["origin"] or "",
            **{name: row[name] for name in ("issue", "lane", "kind", "title", "text", "status")},
        )
        for row in newest.values()
    ]
