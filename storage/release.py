"""Opinion notes reach the desk in shuffled batches without a time (brief.md §2): with the full hour once five notes of
three reporters wait in a ward, else with the day. The beats are the clock's, not the notes', so that the moment a batch
appears says no more of a note than its hour or its day. Until then it is in nobody's stream but its author's."""

import random
import secrets

import msgspec

from storage import clock
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.conn import Row
from storage.database import reading
from storage.tables import Meta
from sync.bands import THRESHOLD_NOTES, THRESHOLD_REPORTERS

HOUR_MS = 3_600_000


class Last(msgspec.Struct, frozen=True):
    """The hour and the day of a ward's last beat, in `meta` under `release:<ward>`. A ward starts with the present ones."""

    hour: int
    day: str


async def release(now: int | None = None, *, all_waiting: bool = False) -> int:
    """Releases what is due; `all_waiting` does not wait for the hour or the day (sample data). Returns how many notes."""
    now = clock.now() if now is None else now
    async with reading() as conn:
        waiting = await conn.fetch(
            """SELECT ward, author, COUNT(*) AS notes FROM notes
            WHERE lane = 'opinion' AND NOT released AND status <> 'withdrawn' GROUP BY ward, author ORDER BY ward"""
        )
    areas = (await catalogue()).tree.read(clock.local_day(now))
    # a ward that was merged since keeps its code on its notes; they wait together with those of what came in its place
    groups: dict[str, list[Row]] = {}
    for row in waiting:
        groups.setdefault(areas.ward(row["ward"]) or row["ward"], []).append(row)
    released = 0
    for ward, rows in sorted(groups.items()):
        authors = {row["author"] for row in rows} - {None}
        enough = sum(row["notes"] for row in rows) >= THRESHOLD_NOTES and len(authors) >= THRESHOLD_REPORTERS
        async with writing(now) as w:
            released += await _release_ward(w, ward, sorted({row["ward"] for row in rows}), enough, all_waiting)
    return released


async def _release_ward(w: Writing, ward: str, wards: list[str], enough: bool, at_once: bool) -> int:
    conn, key = w.conn, f"release:{ward}"
    now = Last(w.now // HOUR_MS, clock.local_day(w.now).isoformat())
    fresh = {"key": key, "value": msgspec.json.encode(now).decode()}
    await conn.insert(Meta, [fresh], conflict="ON CONFLICT (key) DO NOTHING")
    row = (await conn.fetch(f"SELECT value FROM meta WHERE key = $1 {conn.locking}", key))[0]
    last = msgspec.json.decode(row["value"], type=Last)
    if not at_once and not (now.day > last.day or (enough and now.hour > last.hour)):
        return 0
    rows = await conn.fetch(
        f"""SELECT id, ward FROM notes WHERE {conn.among("ward", 1)} AND lane = 'opinion' AND NOT released
        AND status <> 'withdrawn' ORDER BY id {conn.locking}""",
        wards,
    )
    order = [(row["id"], row["ward"]) for row in rows]
    random.Random(secrets.randbits(64)).shuffle(order)
    for position, (id, own) in enumerate(order):
        await conn.fetch("UPDATE notes SET released = TRUE, desk_order = $2 WHERE id = $1", id, w.now + position)
        w.put(f"w:{own}", "notes", id)
    await conn.fetch("UPDATE meta SET value = $2 WHERE key = $1", key, fresh["value"])
    return len(order)
