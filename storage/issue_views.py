"""Reading issues: what exists for whom, lists, history.

A place issue exists for everybody of the office in its area. An opinion issue exists outside the first reader's desk only
once some month holds 5 notes of 3 reporters; below that officers, units and auditors cannot even tell that it is there.
A unit sees what is routed to it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from storage import clock
from storage.conn import Conn, Row
from storage.viewer import Missing, Viewer
from sync.area import Reading
from sync.bands import THRESHOLD_NOTES, THRESHOLD_REPORTERS, band, visible
from sync.issue import WAITING
from sync.lanes import family

State = Literal["", "active", "overdue", "unanswered", "answered", "closed"]
STATES: tuple[State, ...] = ("active", "overdue", "unanswered", "answered", "closed")
PAGE = 50
BIGGEST = 2**31 - 1  # the column holds no more
UNANSWERED = f"i.status IN {WAITING}"


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    ward: str
    lane: str
    kind: str
    topic: str
    area: str
    title: str
    summary: str
    status: str
    truth: str
    outcome: str
    unit: str | None
    unit_name: str | None
    due_day: str | None
    due_at: int | None
    routed_at: int | None
    refusals: int
    reopenings: int
    harm: int
    first_week: str
    urgent: bool
    created_at: int
    confirmed_at: int | None
    answered_at: int | None
    closed_at: int | None
    merged_into: int | None
    rev: int
    shown: bool  # visible outside the first reader's desk
    band: str  # how many notes, never exact

    def overdue(self, now: int) -> bool:
        """True once the day, or the hour, until which it was to be answered is over."""
        if self.status not in WAITING or self.due_day is None:
            return False
        return self.due_day < today(now) or (self.due_at is not None and self.due_at < now)


class Event(msgspec.Struct, frozen=True):
    at: int
    actor: str
    what: str
    detail: dict[str, str]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    state: State = ""
    lane: str = ""
    kind: str = ""
    family: str = ""  # a topic with everything under it
    areas: tuple[str, ...] | None = None  # None: the viewer's whole scope


def concerning(areas: Reading, area: str) -> tuple[str, ...]:
    """The areas whose issues concern this one: all that lies in it, and what it lies in. An issue of notes from two groups is
    filed under what holds both."""
    return tuple(dict.fromkeys((*areas.within(area), *areas.up(area))))


def today(now: int) -> str:
    return clock.local_day(now).isoformat()


def overdue(day: int, at: int) -> str:
    """SQL: the issue `i` is overdue, with the numbers of the arguments for the local day and the instant."""
    return f"({UNANSWERED} AND (i.due_day < ${day} OR i.due_at < ${at}))"


# SQL: the issue `i` exists outside the first reader's desk. One whose notes all went back is no issue any more.
VISIBLE = f"""(i.outcome <> 'returned' AND (i.lane = 'place' OR EXISTS (SELECT 1 FROM issue_months v WHERE v.issue = i.number
 AND v.notes >= {THRESHOLD_NOTES} AND v.reporters >= {THRESHOLD_REPORTERS})))"""
UNIT_NAME = "COALESCE(NULLIF(u.office, ''), u.login)"  # SQL: what the unit `u` is called; null if there is none
_SELECT = f"""SELECT i.*, {UNIT_NAME} AS unit_name,
 (SELECT CAST(COALESCE(SUM(m.notes), 0) AS BIGINT) FROM issue_months m WHERE m.issue = i.number) AS present,
 (SELECT CAST(COALESCE(SUM(m.fixed_notes), 0) AS BIGINT) FROM issue_months m WHERE m.issue = i.number) AS fixed
 FROM issues i LEFT JOIN accounts u ON u.id = i.unit"""


def exists_for(viewer: Viewer) -> str:
    """SQL that is true for issues the viewer may see. Nothing in it comes from outside but the account as argument $2."""
    if viewer.role == "reader":
        return "CAST($2 AS TEXT) IS NOT NULL"
    if viewer.role == "unit":
        return f"i.unit = $2 AND {VISIBLE}"
    return f"CAST($2 AS TEXT) IS NOT NULL AND {VISIBLE}"


def _issue(row: Row, viewer: Viewer, months: list[tuple[int, int]] | None = None) -> Issue:
    values = {name: row[name] for name in Issue.__struct_fields__ if name not in ("shown", "band", "urgent")}
    opinion = row["lane"] == "opinion"
    shown = not opinion or viewer.role != "reader" or (months is not None and visible(months))
    # outside the desk the figure of an opinion issue moves only when the reader confirms, never as notes come in
    count = row["present"] if not opinion or viewer.role == "reader" else max(row["fixed"], THRESHOLD_NOTES)
    return Issue(**values, urgent=bool(row["urgent"]), shown=shown, band=band(int(count)))


async def one(conn: Conn, viewer: Viewer, number: int) -> Issue:
    """Raises Missing for an unknown, foreign or hidden issue."""
    if not 0 < number <= BIGGEST:
        raise Missing
    rows = await conn.fetch(
        f"{_SELECT} WHERE i.number = $3 AND {conn.among('i.area', 1)} AND {exists_for(viewer)}",
        viewer.scope,
        viewer.account,
        number,
    )
    if not rows:
        raise Missing
    return _issue(rows[0], viewer, await months(conn, number))


async def months(conn: Conn, number: int) -> list[tuple[int, int]]:
    """Notes and distinct reporters per month of receipt. For judging only, never shown."""
    rows = await conn.fetch("SELECT notes, reporters FROM issue_months WHERE issue = $1 ORDER BY month", number)
    return [(int(row["notes"]), int(row["reporters"])) for row in rows]


def _where(conn: Conn, viewer: Viewer, wanted: Filter) -> tuple[str, list[object]]:
    """The filter but for its state."""
    areas = viewer.scope if wanted.areas is None else [code for code in wanted.areas if code in viewer.codes]
    parts = [conn.among("i.area", 1), exists_for(viewer)]
    args: list[object] = [areas, viewer.account]
    if wanted.lane:
        args.append(wanted.lane)
        parts.append(f"i.lane = ${len(args)}")
    if wanted.kind:
        args.append(wanted.kind)
        parts.append(f"i.kind = ${len(args)}")
    if wanted.family:
        # an issue of notes on several topics is filed under their family
        args += [wanted.family, f"{wanted.family}.%", family(wanted.family)]
        parts.append(f"(i.topic = ${len(args) - 2} OR i.topic LIKE ${len(args) - 1} OR i.topic = ${len(args)})")
    return " AND ".join(f"({part})" for part in parts), args


def _in_state(state: State, day: int, at: int) -> str:
    """SQL: the issue `i` is in this state, with the numbers of the arguments for the local day and the instant."""
    match state:
        case "":
            return "i.number > 0"  # any
        case "active":
            return "i.status <> 'closed'"
        case "unanswered":
            return UNANSWERED
        case "overdue":
            return overdue(day, at)
        case "answered" | "closed":
            return f"i.status = '{state}'"


async def listing(
    conn: Conn, viewer: Viewer, wanted: Filter, now: int, *, offset: int = 0, limit: int = PAGE
) -> list[Issue]:
    """Issues as the office works through them: overdue first, then unanswered by due day, then answered, then closed."""
    where, args = _where(conn, viewer, wanted)
    n = len(args)
    rows = await conn.fetch(
        f"""{_SELECT} WHERE {where} AND {_in_state(wanted.state, n + 1, n + 2)} ORDER BY
        CASE WHEN {overdue(n + 1, n + 2)} THEN 0 WHEN {UNANSWERED} THEN 1 WHEN i.status = 'answered' THEN 2
        ELSE 3 END, i.urgent DESC, COALESCE(i.due_day, '9999'), i.number DESC LIMIT ${n + 3} OFFSET ${n + 4}""",
        *args,
        today(now),
        now,
        limit,
        offset,
    )
    held: dict[int, list[tuple[int, int]]] = {}
    for row in await conn.fetch(
        f"SELECT issue, notes, reporters FROM issue_months WHERE {conn.among('issue', 1, 'bigint')}",
        [row["number"] for row in rows],
    ):
        held.setdefault(row["issue"], []).append((int(row["notes"]), int(row["reporters"])))
    return [_issue(row, viewer, held.get(row["number"], [])) for row in rows]


async def counts(conn: Conn, viewer: Viewer, wanted: Filter, now: int) -> dict[State, int]:
    """How many issues of the filter are in each state, whatever state it names: the office's own work, so exact; hidden ones
    do not count for those who may not see them."""
    where, args = _where(conn, viewer, wanted)
    n = len(args)
    sums = [f"SUM(CASE WHEN {_in_state(one, n + 1, n + 2)} THEN 1 ELSE 0 END) AS {one}" for one in STATES]
    rows = await conn.fetch(f"SELECT {', '.join(sums)} FROM issues i WHERE {where}", *args, today(now), now)
    return {one: int(rows[0][one] or 0) for one in STATES}


async def open_for(
    conn: Conn, viewer: Viewer, *, wards: Sequence[str] = (), lane: str = "", family: str = ""
) -> list[Issue]:
    """Issues that notes may join: not closed, newest first. `wards`: the codes that mean the notes' ward (none: any)."""
    there = conn.among("i.ward", 3) if wards else "CAST($3 AS TEXT) IS NOT NULL"
    rows = await conn.fetch(
        f"""{_SELECT} WHERE {conn.among("i.area", 1)} AND {exists_for(viewer)} AND i.status <> 'closed'
        AND {there} AND ($4 = '' OR i.lane = $4) AND ($5 = '' OR i.topic = $5 OR i.topic LIKE $6)
        ORDER BY i.number DESC LIMIT 200""",
        viewer.scope,
        viewer.account,
        list(wards) or "",
        lane,
        family,
        f"{family}.%",
    )
    return [_issue(row, viewer, []) for row in rows]


async def history(conn: Conn, number: int) -> list[Event]:
    """What the office did, newest first. `actor` is a login, empty for the system."""
    rows = await conn.fetch(
        """SELECT e.at, e.what, e.detail, a.login FROM issue_events e LEFT JOIN accounts a ON a.id = e.actor
        WHERE e.issue = $1 ORDER BY e.id DESC LIMIT 500""",
        number,
    )
    return [Event(row["at"], row["login"] or "", row["what"], msgspec.json.decode(row["detail"])) for row in rows]


async def units(conn: Conn, chain: list[str]) -> list[tuple[str, str]]:
    """Accounts of units that hold one of these areas today (an issue's area and its ancestors): id and what they are called."""
    rows = await conn.fetch(
        f"""SELECT DISTINCT u.id, u.login, {UNIT_NAME} AS name FROM accounts u JOIN account_areas h ON h.account = u.id
        WHERE u.role = 'unit' AND u.disabled_at IS NULL AND h.valid_from <= $2 AND (h.valid_to IS NULL OR h.valid_to >= $2)
        AND {conn.among("h.area", 1)} ORDER BY u.login""",
        chain,
        today(clock.now()),
    )
    return list(_told_apart(rows).items())


async def unit_names(conn: Conn, ids: Sequence[str]) -> dict[str, str]:
    """What these units are called, each by a name of its own."""
    rows = await conn.fetch(
        f"SELECT u.id, u.login, {UNIT_NAME} AS name FROM accounts u WHERE {conn.among('u.id', 1)}", list(ids)
    )
    return _told_apart(rows)


def _told_apart(rows: Sequence[Row]) -> dict[str, str]:
    """Many wards call a unit the same: then the login says which one it is."""
    often = Counter(row["name"] for row in rows)
    return {row["id"]: row["name"] if often[row["name"]] == 1 else f"{row['name']} ({row['login']})" for row in rows}
