"""Photo bytes: offsets move by compare-and-set under a lease, parts are immutable objects, finishing is idempotent.

The order that holds under any crash: put the part's object → one transaction moves the offset and writes the part row.
An object without a row is an orphan for the sweeper; a row without an object cannot be. Two processes need no sticky
routing: the lease is a row. HEAD takes the lease away from a stalled writer, whose next compare-and-set then fails.
"""

import hashlib
import uuid

import msgspec

from storage import clock, fault_points, photos
from storage.bucket import media
from storage.changes import writing
from storage.conn import Conn
from storage.database import reading
from storage.tables import UploadPart
from sync.problems import Problem

LEASE_MS = 90_000


class State(msgspec.Struct, frozen=True):
    """Where an upload stands, and who may touch it."""

    id: str
    length: int
    offset: int
    done: bool
    state: str
    author: str | None
    claim_hash: str
    lease: str
    lease_until: int
    expires_at: int


_STATE = """SELECT u.id, u.length, u.position AS "offset", u.done, u.lease, u.lease_until, u.expires_at,
 p.state, p.author, p.claim_hash FROM uploads u JOIN photos p ON p.id = u.id WHERE u.id = $1"""


async def _state(conn: Conn, id: str, lock: str = "") -> State | None:
    rows = await conn.fetch(f"{_STATE} {lock}", id)
    return msgspec.convert(dict(rows[0]) | {"done": bool(rows[0]["done"])}, State) if rows else None


async def look(id: str) -> State | None:
    async with reading() as conn:
        return await _state(conn, id)


async def take_lease(id: str, offset: int | None) -> tuple[State, str]:
    """Becomes the one writer. With `offset` (PATCH) it must be the present one and nobody else may be writing.

    Without (HEAD) the lease is taken from whoever has it, so that HEAD never waits and its answer stays true.
    Raises Problem `upload_unknown`, `upload_gone`, `upload_offset`, `upload_busy`.
    """
    lease = str(uuid.uuid4())
    async with writing() as w:
        lock = "FOR UPDATE OF u" if w.conn.locking else ""
        state = await _state(w.conn, id, lock)
        if state is None:
            raise Problem("upload_unknown")
        if state.expires_at < w.now and not state.done:
            raise Problem("upload_gone")
        if offset is not None:
            if state.offset != offset:
                raise Problem("upload_offset")
            if state.lease and state.lease_until > w.now:
                raise Problem("upload_busy")
        until = w.now + LEASE_MS if offset is not None else 0
        await w.conn.fetch(
            "UPDATE uploads SET lease = $2, lease_until = $3 WHERE id = $1",
            id,
            lease if offset is not None else "",
            until,
        )
    return state, lease


async def release(id: str, lease: str) -> None:
    async with writing() as w:
        await w.conn.fetch("UPDATE uploads SET lease = '', lease_until = 0 WHERE id = $1 AND lease = $2", id, lease)


async def add_part(id: str, lease: str, offset: int, data: bytes) -> int:
    """Makes one part durable and moves the offset. Returns the new offset. Raises Problem `upload_offset` if the lease
    was lost meanwhile (the object is left for the sweeper), StoreAway if the store is away."""
    key = f"raw/{id}/{offset:010d}-{uuid.uuid4().hex}"
    await media().put(key, data)
    fault_points.point("part.put")
    async with writing() as w:
        moved = await w.conn.fetch(
            """UPDATE uploads SET position = $4, lease_until = $5
            WHERE id = $1 AND lease = $2 AND position = $3 AND NOT done RETURNING id""",
            id,
            lease,
            offset,
            offset + len(data),
            w.now + LEASE_MS,
        )
        if moved:
            await w.conn.insert(UploadPart, [{"upload": id, "start": offset, "size": len(data), "key": key}])
    if not moved:
        await media().delete(key)
        raise Problem("upload_offset")
    return offset + len(data)


async def parts(conn: Conn, id: str) -> list[str]:
    rows = await conn.fetch('SELECT "key" FROM upload_parts WHERE upload = $1 ORDER BY start', id)
    return [row["key"] for row in rows]


async def raw_bytes(id: str) -> tuple[bytes, list[str]] | None:
    """All bytes of a finished upload and the keys of its parts; None if a part is missing."""
    async with reading() as conn:
        keys = await parts(conn, id)
    pieces = [await media().get(key) for key in keys]
    if any(piece is None for piece in pieces):
        return None
    return b"".join(piece for piece in pieces if piece is not None), keys


async def finish(id: str) -> None:
    """If all bytes are here, checks the sha256 and hands the photo to the picture worker. May run any number of times,
    by PATCH, HEAD or the sweeper. A wrong sha256 empties the upload: the phone sends it again from 0."""
    async with reading() as conn:
        state = await _state(conn, id)
        rows = await conn.fetch("SELECT sha256 FROM photos WHERE id = $1", id)
        keys = await parts(conn, id)
    if state is None or state.done or state.offset != state.length:
        return
    digest = hashlib.sha256()
    for key in keys:  # one part at a time: many large photos may finish at once
        piece = await media().get(key)
        if piece is None:
            return
        digest.update(piece)
    right = digest.hexdigest() == rows[0]["sha256"]
    fault_points.point("finish.checked")
    async with writing() as w:
        lock = "FOR UPDATE OF u" if w.conn.locking else ""
        now = await _state(w.conn, id, lock)
        if now is None or now.done or now.offset != now.length:
            return
        if right:
            await w.conn.fetch("UPDATE uploads SET done = TRUE, lease = '', lease_until = 0 WHERE id = $1", id)
            await w.conn.fetch(
                "UPDATE photos SET received_at = $2 WHERE id = $1 AND author IS NOT NULL", id, w.now
            )  # the exact time is transport data, like the author
            await photos.set_state(w, id, "received")
        else:
            await w.conn.fetch("UPDATE uploads SET position = 0, lease = '', lease_until = 0 WHERE id = $1", id)
            await w.conn.fetch("DELETE FROM upload_parts WHERE upload = $1", id)
            await photos.set_state(w, id, "expected", "picture_hash")
    if not right:
        await media().delete(*keys)
        raise Problem("upload_checksum")


async def end(id: str) -> None:
    """tus termination: the bytes go; the photo's row stays, expected again unless it was already taken."""
    async with writing() as w:
        keys = await parts(w.conn, id)
        rows = await w.conn.fetch(
            "UPDATE uploads SET position = 0, lease = '' WHERE id = $1 AND NOT done RETURNING id", id
        )
        if not rows:
            return
        await w.conn.fetch("DELETE FROM upload_parts WHERE upload = $1", id)
    await media().delete(*keys)


async def unfinished(now: int) -> list[str]:
    """Uploads whose bytes are complete but whose finish was lost (a crash in between): for the sweeper."""
    async with reading() as conn:
        rows = await conn.fetch("SELECT id FROM uploads WHERE NOT done AND position = length AND lease_until < $1", now)
    return [row["id"] for row in rows]


async def sweep(now: int) -> int:
    """Removes expired uploads and objects no row knows. Returns how many objects went. Objects of an upload under a lease
    are left alone: their row may still be on its way. An upload whose bytes were all acknowledged never expires: its
    phone counts on them, only `finish` ends it."""
    async with writing(now) as w:
        expired = "SELECT id FROM uploads WHERE NOT done AND position < length AND expires_at < $1"
        gone = await w.conn.fetch(expired, now)
        ids = [row["id"] for row in gone]
        if ids:
            await w.conn.fetch(f"DELETE FROM upload_parts WHERE {w.conn.among('upload', 1)}", ids)
            await w.conn.fetch(f"DELETE FROM uploads WHERE {w.conn.among('id', 1)}", ids)
            sql = f"DELETE FROM photos WHERE state = 'expected' AND {w.conn.among('id', 1)} RETURNING id, author"
            for row in await w.conn.fetch(sql, ids):
                if row["author"] is not None:
                    w.left(f"u:{row['author']}", "photos", row["id"])
    # Objects are listed before rows are read: whatever is named while this runs is not on the list, or has its row.
    raw, copies = await media().keys("raw/"), await media().keys("photos/")
    async with writing() as w:
        # Whoever let its lease run out may add no row any more for a part that goes below.
        await w.conn.fetch("UPDATE uploads SET lease = '' WHERE lease <> '' AND lease_until <= $1", clock.now())
        kept = {row["key"] for row in await w.conn.fetch('SELECT "key" FROM upload_parts')}
        busy = {row["id"] for row in await w.conn.fetch("SELECT id FROM uploads WHERE lease_until > $1", clock.now())}
        named = await w.conn.fetch("SELECT name FROM photos WHERE name IS NOT NULL AND state IN ('received', 'stored')")
    names = {row["name"] for row in named}
    orphans = [key for key in raw if key not in kept and key.split("/")[1] not in busy]
    orphans += [key for key in copies if key.split("/")[1] not in names]
    await media().delete(*orphans)
    return len(orphans)
