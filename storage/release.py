"""Opinion notes reach the desk in shuffled batches without a time: hourly once five notes of three reporters wait in a
ward, else once a day (brief.md §2). Until then they are in nobody's stream but their author's."""

import random
import secrets

import msgspec

from storage import clock
from storage.changes import Writing, writing
from storage.database import reading
from storage.tables import Meta
from sync.bands import THRESHOLD_NOTES, THRESHOLD_REPORTERS

HOUR_MS = 3_600_000


class Last(msgspec.Struct):
    """When a ward's last batch went, in `meta` under `release:<ward>`."""

    at: int = 0


async def release(now: int | None = None, *, all_waiting: bool = False) -> int:
    """Releases what is due; `all_waiting` does not wait for the hour or the day (sample data). Returns how many notes."""
    now = clock.now() if now is None else now
    async with reading() as conn:
        waiting = await conn.fetch(
            """SELECT ward, COUNT(*) AS notes, COUNT(DISTINCT author) AS reporters FROM notes
            WHERE lane = 'opinion' AND NOT released AND status <> 'withdrawn' GROUP BY ward ORDER BY ward"""
        )
    released = 0
    for row in waiting:
        enough = row["notes"] >= THRESHOLD_NOTES and row["reporters"] >= THRESHOLD_REPORTERS
        async with writing(now) as w:
            released += await _release_ward(w, row["ward"], HOUR_MS if enough else clock.DAY_MS, all_waiting)
    return released


async def _release_ward(w: Writing, ward: str, every: int, at_once: bool) -> int:
    conn, key = w.conn, f"release:{ward}"
    await conn.insert(Meta, [{"key": key, "value": "{}"}], conflict="ON CONFLICT (key) DO NOTHING")
    row = (await conn.fetch(f"SELECT value FROM meta WHERE key = $1 {conn.locking}", key))[0]
    if not at_once and w.now - msgspec.json.decode(row["value"], type=Last).at < every:
        return 0
    rows = await conn.fetch(
        f"""SELECT id FROM notes WHERE ward = $1 AND lane = 'opinion' AND NOT released AND status <> 'withdrawn'
        ORDER BY id {conn.locking}""",
        ward,
    )
    ids = [row["id"] for row in rows]
    random.Random(secrets.randbits(64)).shuffle(ids)
    for position, id in enumerate(ids):
        await conn.fetch("UPDATE notes SET released = TRUE, desk_order = $2 WHERE id = $1", id, w.now + position)
        w.put(f"w:{ward}", "notes", id)
    await conn.fetch("UPDATE meta SET value = $2 WHERE key = $1", key, msgspec.json.encode(Last(w.now)).decode())
    return len(ids)
