"""Totals follow the office's streams: read the log from an own cursor, fold differences, show a daily snapshot of opinion.

Cost per change is constant and pages never count notes. `storage.recount` does it the slow way and must agree.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache

import msgspec

from storage import clock
from storage.catalogue import catalogue, set_meta
from storage.changes import Writing, writing
from storage.conn import Conn
from storage.database import reading
from storage.follow import follow
from storage.tables_office import Counted, Snapshot, Total
from storage.tables_overview import AreaSum
from sync.disclosure import publishable
from sync.note import Status
from sync.tally import Cell, Countable, Sum, cells, difference, sums

FOLLOWER = "totals"
BATCH = 2_000
COUNTABLE = "id, lane, ward, area, topic, status, in_week, in_month, released"


def countable(row: object) -> Countable:
    fields = dict(row)  # type: ignore[call-overload]
    status: Status = fields["status"]
    return Countable(
        lane=fields["lane"],
        ward=fields["ward"],
        area=fields["area"],
        topic=fields["topic"],
        status=status,
        in_week=fields["in_week"],
        in_month=fields["in_month"],
        released=bool(fields["released"]),
    )


def encoded(found: Iterable[Cell]) -> str:
    """What a note counts in, as it is kept beside it."""
    return msgspec.json.encode(sorted(found, key=lambda cell: (cell.period, cell.area))).decode()


async def hold(w: Writing) -> None:
    """Keeps every fold waiting until this transaction ends."""
    await w.conn.fetch(f"SELECT n FROM followers WHERE name = $1 ORDER BY stream {w.conn.locking}", FOLLOWER)


async def fold() -> int:
    """Folds what is new in all office streams into the totals; returns how many changes were folded."""
    return await follow(FOLLOWER, BATCH, _fold_notes)


async def _fold_notes(conn: Conn, ids: list[str]) -> None:
    notes = await conn.fetch(f"SELECT {COUNTABLE} FROM notes WHERE {conn.among('id', 1)}", ids)
    before = {
        row["note"]: msgspec.json.decode(row["cells"], type=list[Cell])
        for row in await conn.fetch(f"SELECT note, cells FROM counted WHERE {conn.among('note', 1)}", ids)
    }
    change: Counter[Cell] = Counter()
    counted = []
    for row in notes:
        after = cells(countable(row))
        change.update(difference(before.get(row["id"], ()), after))
        counted.append({"note": row["id"], "cells": encoded(after)})
    await conn.insert(Counted, counted, conflict="ON CONFLICT (note) DO UPDATE SET cells = excluded.cells")
    await _add(conn, change)


async def _add(conn: Conn, change: Counter[Cell]) -> None:
    rows = [
        {"lane": cell.lane, "area": cell.area, "topic": cell.topic, "period": cell.period, "n": n}
        for cell, n in sorted(change.items(), key=lambda item: msgspec.json.encode(item[0]))
        if n
    ]
    await conn.insert(
        Total, rows, conflict="ON CONFLICT (lane, area, topic, period) DO UPDATE SET n = totals.n + excluded.n"
    )
    tree = (await catalogue()).tree
    wider = [
        {"area": one.area, "topic": one.topic, "period": one.period, "n": n}
        for one, n in sorted(sums(change, tree.up).items())
        if n
    ]
    await conn.insert(
        AreaSum, wider, conflict="ON CONFLICT (area, period, topic) DO UPDATE SET n = area_sums.n + excluded.n"
    )


async def recount() -> dict[Cell, int]:
    """The totals counted anew from all notes; must equal the folded ones once everything is folded."""
    counts: Counter[Cell] = Counter()
    kinds = COUNTABLE.removeprefix("id, ")
    async with reading() as conn:
        for row in await conn.fetch(f"SELECT {kinds}, COUNT(*) AS n FROM notes GROUP BY {kinds}"):
            for cell in cells(countable(row)):
                counts[cell] += int(row["n"])
    return dict(counts)


async def folded() -> dict[Cell, int]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT lane, area, topic, period, n FROM totals WHERE n <> 0")
    return {Cell(row["lane"], row["area"], row["topic"], row["period"]): row["n"] for row in rows}


async def folded_sums() -> dict[Sum, int]:
    """The sums as they stand; must equal `sync.tally.sums` of the totals."""
    async with reading() as conn:
        rows = await conn.fetch("SELECT area, topic, period, n FROM area_sums WHERE n <> 0")
    return {Sum(row["area"], row["topic"], row["period"]): row["n"] for row in rows}


async def snapshot(*, again: bool = False) -> bool:
    """Takes today's snapshot of the opinion figures unless it was taken (`again`: replaces it, sample data only)."""
    async with writing() as w:
        today = clock.local_day(w.now).isoformat()
        taken = await w.conn.fetch("SELECT value FROM meta WHERE key = 'snapshot_day'")
        if taken and taken[0]["value"] >= today and not again:
            return False
        await _snapshot(w, today)
        return True


async def _snapshot(w: Writing, today: str) -> None:
    conn = w.conn
    await set_meta(conn, "snapshot_day", today)
    await set_meta(
        conn, "snapshot", secrets.token_hex(8)
    )  # whoever keeps tables made of it sees that it is another one
    await conn.fetch("DELETE FROM snapshots")
    areas = (await catalogue()).tree.read(date.fromisoformat(today))

    @cache
    def counted(code: str, period: str) -> str:
        """Where it is shown. What was merged within or after the window is weighed as the part it was shown as before, and
        not shown: as one large figure it would leave room for what the weeks beside it must not tell."""
        here = areas.current(code) or code
        return here if not areas.is_open(here) or areas.stood(here, period) else code

    counts: Counter[tuple[str, str, str]] = Counter()
    for row in await conn.fetch("SELECT area, topic, period, n FROM totals WHERE lane = 'opinion' AND n > 0"):
        counts[counted(row["area"], row["period"]), row["topic"], row["period"]] += int(row["n"])
    shown = publishable(counts, lambda area: areas.ward(area) or area, date.fromisoformat(today))
    rows = [
        {"day": today, "ward": areas.ward(area) or area, "area": area, "topic": topic, "period": period, "n": n}
        for (area, topic, period), n in sorted(shown.items())
        if (areas.current(area) or area) == area and (not areas.is_open(area) or areas.stood(area, period))
    ]
    await conn.insert(Snapshot, rows)
