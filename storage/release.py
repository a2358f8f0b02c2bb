"""Opinion notes reach the desk in shuffled batches without a time (brief.md §2): with the full hour once five notes of
three reporters wait in a ward, else with the day. The beats are the clock's, not the notes', so that the moment a batch
appears says no more of a note than its hour or its day. Until then it is in nobody's stream but its author's."""

import random
import secrets

import msgspec

from storage import clock
from storage.catalogue import catalogue, meta, set_meta
from storage.changes import Writing, writing
from storage.conn import Row
from storage.database import reading
from storage.tables import Meta
from sync.bands import THRESHOLD_NOTES, THRESHOLD_REPORTERS

HOUR_MS = 3_600_000


KEY = "release"  # in `meta`: the last beat


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
    the first note after a quiet day would be released, and dated, the moment it came."""
    now = clock.now() if now is None else now
    beat = Beat.of(now)
    if not all_waiting:
        async with reading() as conn:
            known = await meta(conn, KEY)
        if known and msgspec.json.decode(known, type=Beat) == beat:
            return 0
    async with writing(now) as w:
        last = await _last(w, beat)
        if not all_waiting and beat.hour <= last.hour and beat.day <= last.day:
            return 0
        released = await _release(w, day_over=beat.day > last.day, at_once=all_waiting)
        if not all_waiting:
            await set_meta(w.conn, KEY, msgspec.json.encode(beat).decode())
    return released


async def _last(w: Writing, present: Beat) -> Beat:
    """The last beat; from here on only this transaction moves it."""
    fresh = {"key": KEY, "value": msgspec.json.encode(present).decode()}
    await w.conn.insert(Meta, [fresh], conflict="ON CONFLICT (key) DO NOTHING")
    row = (await w.conn.fetch(f"SELECT value FROM meta WHERE key = $1 {w.conn.locking}", KEY))[0]
    return msgspec.json.decode(row["value"], type=Beat)


async def _release(w: Writing, *, day_over: bool, at_once: bool) -> int:
    """What came before this hour goes where it is in company, what came before this day goes anyway."""
    hour, day = w.now - w.now % HOUR_MS, clock.day_begins(clock.local_day(w.now).isoformat())
    rows = await w.conn.fetch(
        f"""SELECT id, ward, author, received_at FROM notes WHERE lane = 'opinion' AND NOT released
        AND status <> 'withdrawn' AND COALESCE(received_at, 0) < $1 ORDER BY id {w.conn.locking}""",
        w.now + 1 if at_once else hour,
    )
    areas = (await catalogue()).tree.read(clock.local_day(w.now))
    # a ward that was merged since keeps its code on its notes; they wait together with those of what came in its place
    wards: dict[str, list[Row]] = {}
    for row in rows:
        wards.setdefault(areas.ward(row["ward"]) or row["ward"], []).append(row)
    released = 0
    for _, waiting in sorted(wards.items()):
        reporters = {row["author"] for row in waiting} - {None}
        company = len(waiting) >= THRESHOLD_NOTES and len(reporters) >= THRESHOLD_REPORTERS
        due = [row for row in waiting if at_once or company or (day_over and (row["received_at"] or 0) < day)]
        random.Random(secrets.randbits(64)).shuffle(due)
        for position, row in enumerate(due):
            sql = "UPDATE notes SET released = TRUE, desk_order = $2 WHERE id = $1"
            await w.conn.fetch(sql, row["id"], w.now + position)
            w.put(f"w:{row['ward']}", "notes", row["id"])
        released += len(due)
    return released
