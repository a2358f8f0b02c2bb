"""The eraser's part for photos: objects first, then the rows that name them (see `storage.erase`).

The row of a photo stays, without a name: it answers its phone's replays, so that erased bytes are not sent again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from storage import photos
from storage.bucket import media
from storage.changes import writing
from storage.clock import DAY_MS
from storage.conn import Conn
from storage.database import reading
from storage.erase_when import aged_most, cut
from sync.problems import reject

BATCH = 50
CLOSED_DAYS = 59  # ≤ 60 days after its issue closed
MOST_DAYS = 364  # ≤ 12 months after receipt
ALONE_DAYS = 29  # without a note (wire.md §6): kept apart 30 days
RAW_DAYS = 6  # ≤ 7 days until rebuilt

_FROM_NOTES = "photos p JOIN notes n ON n.id = p.note"
_HERE = "(p.name IS NOT NULL OR p.state IN ('expected', 'received'))"
_ALONE = "NOT EXISTS (SELECT 1 FROM notes n WHERE n.id = p.note) AND p.created_at <= $1"
_RAW = "p.state = 'received' AND COALESCE(p.received_at, p.created_at) <= $1"


def _ended(now: int) -> tuple[str, tuple[Any, ...]]:
    where = f"""{_HERE} AND (n.status IN ('withdrawn', 'redirected', 'rejected', 'expired')
    OR (n.status = 'closed' AND (n.issue IS NULL OR EXISTS (SELECT 1 FROM issues i
        WHERE i.number = n.issue AND i.status = 'closed' AND i.closed_at <= $1)))
    OR {aged_most(2)})"""
    return where, (now - CLOSED_DAYS * DAY_MS, *cut(now, MOST_DAYS))


async def due(conn: Conn, now: int) -> dict[str, int]:
    """What `erase` would take, by term."""
    where, args = _ended(now)
    return {
        "photos": await _count(conn, _FROM_NOTES, where, args),
        "photos_alone": await _count(conn, "photos p", _ALONE, (now - ALONE_DAYS * DAY_MS,)),
        "raw_bytes": await _count(conn, "photos p", _RAW, (now - RAW_DAYS * DAY_MS,)),
        "lost_objects": len(await _lost()),
    }


async def _count(conn: Conn, source: str, where: str, args: tuple[Any, ...]) -> int:
    return int((await conn.fetch(f"SELECT COUNT(*) AS n FROM {source} WHERE {where}", *args))[0]["n"])


async def erase(now: int) -> dict[str, int]:
    """Erases what is due. Raises StoreAway."""
    where, args = _ended(now)
    done = {"photos": 0, "photos_alone": 0, "raw_bytes": 0}
    while rows := await _some(_FROM_NOTES, where, args):
        for row in rows:
            done["photos"] += await _end(row, now)
    while rows := await _some("photos p", _ALONE, (now - ALONE_DAYS * DAY_MS,)):
        for row in rows:
            done["photos_alone"] += await _drop(row, now)
    while rows := await _some("photos p", _RAW, (now - RAW_DAYS * DAY_MS,)):
        for row in rows:
            await media().delete(*await _parts(row["id"]))
            await photos.again(row["id"])
            done["raw_bytes"] += 1
    lost = await _lost()
    await media().delete(*lost)
    return done | {"lost_objects": len(lost)}


async def _some(source: str, where: str, args: Sequence[Any]) -> Sequence[Any]:
    async with reading() as conn:
        sql = f"SELECT p.id, p.name, p.author FROM {source} WHERE {where} ORDER BY p.id LIMIT {BATCH}"
        return await conn.fetch(sql, *args)


async def _parts(id: str) -> list[str]:
    async with reading() as conn:
        return [row["key"] for row in await conn.fetch('SELECT "key" FROM upload_parts WHERE upload = $1', id)]


def _copies(row: Any) -> tuple[str, ...]:
    return photos.object_names(row["name"]) if row["name"] else ()


async def _end(row: Any, now: int) -> int:
    """The bytes of a photo of a note that ended. One that was still on its way is refused: it has no place any more."""
    await media().delete(*_copies(row), *await _parts(row["id"]))
    async with writing(now) as w:
        conn, told = w.conn, msgspec.json.encode(reject("upload_gone")).decode()
        changed = await conn.fetch(
            """UPDATE photos SET name = NULL, width = NULL, height = NULL, claimed_until = 0,
            reject = CASE WHEN state IN ('expected', 'received') THEN $3 ELSE reject END,
            state = CASE WHEN state IN ('expected', 'received') THEN 'rejected' ELSE state END
            WHERE id = $1 AND COALESCE(name, '') = $2 RETURNING author""",
            row["id"],
            row["name"] or "",
            told,
        )
        if not changed:  # a copy was stored just now: the next look finds it
            return 0
        await conn.fetch("DELETE FROM upload_parts WHERE upload = $1", row["id"])
        # `done` lets no more bytes in, and a client that asks is told that it may stop
        await conn.fetch("UPDATE uploads SET done = TRUE, position = length, lease = '' WHERE id = $1", row["id"])
        photos.publish(w, row["id"], changed[0]["author"])
    return 1


async def _drop(row: Any, now: int) -> int:
    """A photo whose note never came."""
    await media().delete(*_copies(row), *await _parts(row["id"]))
    async with writing(now) as w:
        sql = f"DELETE FROM photos AS p WHERE p.id = $2 AND COALESCE(p.name, '') = $3 AND {_ALONE} RETURNING author"
        gone = await w.conn.fetch(sql, now - ALONE_DAYS * DAY_MS, row["id"], row["name"] or "")
        if gone:
            await w.conn.fetch("DELETE FROM upload_parts WHERE upload = $1", row["id"])
            await w.conn.fetch("DELETE FROM uploads WHERE id = $1", row["id"])
            if gone[0]["author"] is not None:
                w.left(f"u:{gone[0]['author']}", "photos", row["id"])
    return len(gone)


async def _lost() -> list[str]:
    """Copies that no row names: a worker was killed between storing them and saying so. While any photo waits for a
    worker, one may be just there: nothing is called lost then."""
    keys = await media().keys("photos/")
    async with reading() as conn:
        if await conn.fetch("SELECT id FROM photos WHERE state = 'received' LIMIT 1"):
            return []
        names = {row["name"] for row in await conn.fetch("SELECT name FROM photos WHERE name IS NOT NULL")}
    return [key for key in keys if key.split("/")[1] not in names]
