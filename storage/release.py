"""Opinion notes reach the desk in shuffled batches without a time (brief.md §2): with the full hour once five notes of
three reporters wait in a ward, else with the day. The beats are the clock's, not the notes', so that the moment a batch
appears says no more of a note than its hour or its day. Until then it is in nobody's stream but its author's."""

import random
import secrets

import msgspec

from storage import clock
from storage.catalogue import catalogue, meta, set_meta
from storage.changes import Writing, writing
from storage.database import reading
from sync.bands import THRESHOLD_NOTES, THRESHOLD_REPORTERS

HOUR_MS = 3_600_000
KEY = "release"  # in `meta`: the last beat
WAITING = "lane = 'opinion' AND NOT released AND status <> 'withdrawn'"


class Beat(msgspec.Struct, frozen=True):
    """The hour (since 1970) and the local day of the last beat of this installation. It begins with the present ones."""

    hour: int
    day: str

    @classmethod
    def of(cls, now: int) -> "Beat":
        return cls(now // HOUR_MS, clock.local_day(now).isoformat())


async def release(now: int | None = None, *, all_waiting: bool = False) -> int:
    """Releases what is due with a new hour or day; `all_waiting` waits for neither (sample data). Returns how many notes.

    Beats pass whether or not anything waits, and what came after one waits for the next, however late the worker is: else
    the first note after a quiet day would be released, and dated, the moment it came. Several workers may do it at once, and
    one that was killed in the middle does the rest: a ward is released in one transaction, the beat is kept after the last.
    """
    now = clock.now() if now is None else now
    beat = Beat.of(now)
    async with reading() as conn:
        known = await meta(conn, KEY)
        last = msgspec.json.decode(known, type=Beat) if known else beat
        if known and not all_waiting and beat.hour <= last.hour and beat.day <= last.day:
            return 0
        waiting = await conn.fetch(f"SELECT DISTINCT ward FROM notes WHERE {WAITING} ORDER BY ward")
    areas = (await catalogue()).tree.read(clock.local_day(now))
    # a ward that was merged since keeps its code on its notes; they wait together with those of what came in its place
    together: dict[str, list[str]] = {}
    for row in waiting:
        together.setdefault(areas.ward(row["ward"]) or row["ward"], []).append(row["ward"])
    released = 0
    for _, wards in sorted(together.items()) if known or all_waiting else ():
        async with writing(now) as w:
            released += await _release(w, wards, day_over=beat.day > last.day, at_once=all_waiting)
    if not all_waiting:
        async with writing(now) as w:
            await set_meta(w.conn, KEY, msgspec.json.encode(beat).decode())
    return released


async def _release(w: Writing, wards: list[str], *, day_over: bool, at_once: bool) -> int:
    """What came before this hour goes if it is in company, what came before this day goes anyway."""
    hour, day = w.now - w.now % HOUR_MS, clock.day_begins(clock.local_day(w.now).isoformat())
    rows = await w.conn.fetch(
        f"""SELECT id, ward, author, received_at FROM notes WHERE {w.conn.among("ward", 1)} AND {WAITING}
        AND COALESCE(received_at, 0) < $2 ORDER BY id {w.conn.locking}""",
        wards,
        w.now + 1 if at_once else hour,
    )
    reporters = {row["author"] for row in rows} - {None}
    company = len(rows) >= THRESHOLD_NOTES and len(reporters) >= THRESHOLD_REPORTERS
    due = [row for row in rows if at_once or company or (day_over and (row["received_at"] or 0) < day)]
    random.Random(secrets.randbits(64)).shuffle(due)
    for position, row in enumerate(due):
        await w.conn.fetch(
            "UPDATE notes SET released = TRUE, desk_order = $2 WHERE id = $1", row["id"], w.now + position
        )
        w.put(f"w:{row['ward']}", "notes", row["id"])
    return len(due)
