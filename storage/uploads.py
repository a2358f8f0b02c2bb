"""Photo bytes: offsets move by compare-and-set under a lease, parts are immutable objects, finishing is idempotent.

The order that holds under any crash: put the part's object → one transaction moves the offset, writes the part row and,
with the last part, finishes. An object without a row is an orphan for the sweeper; a row without an object cannot be. Two
processes need no sticky routing: the lease is in the row. HEAD changes it, and the next compare-and-set of whoever was
writing fails; so does that of two writers who began at the same place, but for the first.
"""

import contextlib
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from storage import clock, fault_points, photos
from storage.bucket import media
from storage.changes import Writing, writing
from storage.conn import Conn
from storage.database import current, reading
from storage.objects import StoreAway
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
    sha256: str
    lease: str
    lease_until: int
    expires_at: int


_STATE = """SELECT u.id, u.length, u.position AS "offset", u.done, u.lease, u.lease_until, u.expires_at,
 p.state, p.author, p.claim_hash, p.sha256 FROM uploads u JOIN photos p ON p.id = u.id WHERE u.id = $1"""


async def state(conn: Conn, id: str, lock: str = "") -> State | None:
    rows = await conn.fetch(f"{_STATE} {lock}", id)
    return msgspec.convert(dict(rows[0]) | {"done": bool(rows[0]["done"])}, State) if rows else None


async def look(id: str) -> State | None:
    async with reading() as conn:
        return await state(conn, id)


async def take_over(id: str) -> State:
    """Where the upload stands, and from now on stays: whoever is writing has lost its lease (HEAD never waits).

    Raises Problem `upload_unknown`, `upload_gone`.
    """
    async with writing() as w:
        now = await state(w.conn, id, "FOR UPDATE OF u" if w.conn.locking else "")
        if now is None:
            raise Problem("upload_unknown")
        if now.expires_at < w.now and not now.done:
            raise Problem("upload_gone")
        if not now.done:
            await w.conn.fetch("UPDATE uploads SET lease = $2, lease_until = 0 WHERE id = $1", id, _fresh())
        return now


def _fresh() -> str:
    return str(uuid.uuid4())


_MOVE = """UPDATE uploads SET position = $4, lease = $5, lease_until = $6, done = $7
 WHERE id = $1 AND lease = $2 AND position = $3 AND NOT done RETURNING id"""
_MOVE_AND_NAME = f"""WITH moved AS ({_MOVE}), named AS (INSERT INTO upload_parts (upload, start, size, "key")
 SELECT moved.id, p.start, p.size, p.key FROM moved, unnest($8::bigint[], $9::bigint[], $10::text[]) AS p (start, size, key))
SELECT id FROM moved"""


class Writer:
    """One PATCH. What was put is acknowledged only after `commit`.

    It begins without a write: it remembers the lease as it is and the first commit needs it unchanged. While more is to
    come it holds a lease of its own, so that others are told to wait. `complete` is true once the photo is received.
    """

    def __init__(self, state: State, offset: int) -> None:
        """Raises Problem `upload_gone`, `upload_offset`, `upload_busy`."""
        if state.expires_at < clock.now() and not state.done:
            raise Problem("upload_gone")
        if state.offset != offset:
            raise Problem("upload_offset")
        if state.lease_until > clock.now():
            raise Problem("upload_busy")
        self.upload = state
        self.offset = offset  # committed up to here
        self.end = offset  # put up to here
        self._lease = state.lease
        self.complete = state.done
        self._holds = False
        self._pending: list[dict[str, Any]] = []
        # Only a PATCH from the first byte can know the whole hash without reading the parts again.
        self._digest = hashlib.sha256() if offset == 0 else None

    async def put(self, data: bytes) -> None:
        """Makes the next bytes durable. Raises StoreAway."""
        key = f"raw/{self.upload.id}-{self.end:010d}-{uuid.uuid4().hex}"
        await media().put(key, data)
        if self._digest is not None:
            self._digest.update(data)  # 0.2 ms of 256 KB
        self._pending.append({"upload": self.upload.id, "start": self.end, "size": len(data), "key": key})
        self.end += len(data)
        fault_points.point("part.put")

    async def commit(self, *, more: bool) -> None:
        """One transaction: the offset moves over what was put, the parts get their rows, the lease is kept if `more` is
        to come, and the last part finishes the photo. Raises Problem `upload_offset` if the lease was lost meanwhile,
        `upload_checksum` if the photo is another one than announced: it then begins anew."""
        if not self._pending and (more or not self._holds):
            return
        more = more and self.end < self.upload.length
        right = await self._is_right() if self.end == self.upload.length else None
        fault_points.point("finish.checked")
        # Set aside first: if nobody can say whether COMMIT took, the objects are the sweeper's to judge.
        pending, self._pending = self._pending, []
        keys = [str(part["key"]) for part in pending]
        lost: list[str] = []
        if right is None:  # nothing to publish
            async with current().alone() as conn:
                moved = await self._move(conn, more, right, pending)
        else:
            async with writing() as w:
                moved = await self._move(w.conn, more, right, pending)
                lost = await _ended(w, self.upload.id, right) if moved else []
        fault_points.point("part.moved")
        if not moved:
            await _forget(keys)
            raise Problem("upload_offset")
        self.offset, self._holds, self.complete = self.end, more, right is True
        if right is False:
            await _forget([*lost, *keys])
            raise Problem("upload_checksum")

    async def hold(self) -> None:
        """Keeps others and the sweeper away while bytes are put that may only be committed together."""
        async with current().alone() as conn:
            if not await self._move(conn, True, None, []):
                raise Problem("upload_offset")
        self._holds = True

    async def leave(self) -> None:
        """Gives back the lease and removes what was put but not committed."""
        if self._holds:
            async with writing() as w:
                sql = "UPDATE uploads SET lease_until = 0 WHERE id = $1 AND lease = $2"
                await w.conn.fetch(sql, self.upload.id, self._lease)
            self._holds = False
        pending, self._pending = self._pending, []
        await _forget([str(part["key"]) for part in pending])

    async def _move(self, conn: Conn, more: bool, right: bool | None, named: Sequence[dict[str, Any]]) -> bool:
        """The compare-and-set, and the rows of the parts it moves over; on PostgreSQL one statement."""
        lease = _fresh() if more and not self._holds else self._lease
        end = named[-1]["start"] + named[-1]["size"] if named else self.offset
        until = clock.now() + LEASE_MS if more else 0
        position = 0 if right is False else end
        moving = [self.upload.id, self._lease, self.offset, position, lease, until, right is True]
        rows = [] if right is False else named
        if rows and conn.dialect == "postgres":
            columns = [[part[name] for part in rows] for name in ("start", "size", "key")]
            moved = await conn.fetch(_MOVE_AND_NAME, *moving, *columns)
        else:
            moved = await conn.fetch(_MOVE, *moving)
            if moved:
                await conn.insert(UploadPart, rows)
        if moved:
            self._lease = lease
        return bool(moved)

    async def _is_right(self) -> bool | None:
        """Whether all bytes together are the announced photo; None if they cannot be read now (the sweeper tries again)."""
        digest = self._digest
        if digest is None:
            async with reading() as conn:
                keys = await parts(conn, self.upload.id)
            digest = await _hash([*keys, *(str(part["key"]) for part in self._pending)])
        return None if digest is None else digest.hexdigest() == self.upload.sha256


async def append(photo: str, offset: int, data: bytes, *, account: str, claim_hash: str) -> str | None:
    """Bytes that came sealed, in one part: what is here already is skipped. None once they are here, else the code of the
    refusal. Raises StoreAway."""
    state = await look(photo)
    if state is None or not (state.author == account if state.author else claim_hash == state.claim_hash):
        return "upload_unknown"
    if offset + len(data) > state.length or not data:
        return "upload_length"
    if state.done or offset + len(data) <= state.offset:
        return None
    if offset > state.offset:
        return "upload_offset"
    try:
        writer = Writer(state, state.offset)
        try:
            await writer.put(data[state.offset - offset :])
            await writer.commit(more=False)
        finally:
            await writer.leave()
        if writer.offset == state.length and not writer.complete:
            await finish(photo)
    except Problem as problem:
        return problem.code
    return None


async def _forget(keys: Sequence[str]) -> None:
    with contextlib.suppress(StoreAway):  # then the sweeper finds them
        await media().delete(*keys)


async def _hash(keys: Sequence[str]) -> "hashlib._Hash | None":
    try:
        return await media().digest(keys)
    except StoreAway:
        return None


async def _ended(w: Writing, id: str, right: bool) -> list[str]:
    """All bytes were here: the photo is received, or begins anew. Returns the keys of parts that no row names any more."""
    if right:
        await photos.receive(w, id)
        return []
    lost = await w.conn.fetch('DELETE FROM upload_parts WHERE upload = $1 RETURNING "key"', id)
    await photos.set_state(w, id, "expected", "picture_hash")
    return [row["key"] for row in lost]


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
    by HEAD or the sweeper, after a PATCH that could not. A wrong sha256 empties the upload: the phone sends it again
    from 0. Raises Problem `upload_checksum`, StoreAway."""
    async with reading() as conn:
        before = await state(conn, id)
        keys = await parts(conn, id)
    if before is None or before.done or before.offset != before.length:
        return
    digest = await media().digest(keys)
    if digest is None:
        return
    right = digest.hexdigest() == before.sha256
    fault_points.point("finish.checked")
    async with writing() as w:
        moved = await w.conn.fetch(
            """UPDATE uploads SET done = $2, position = $3, lease = $4, lease_until = 0
            WHERE id = $1 AND NOT done AND position = length RETURNING id""",
            id,
            right,
            before.length if right else 0,
            _fresh(),
        )
        lost = await _ended(w, id, right) if moved else []
    if moved and not right:
        await _forget(lost)
        raise Problem("upload_checksum")


async def end(id: str) -> None:
    """tus termination: the bytes go; the photo's row stays, expected again unless it was already taken."""
    async with writing() as w:
        keys = await parts(w.conn, id)
        rows = await w.conn.fetch(
            "UPDATE uploads SET position = 0, lease = $2, lease_until = 0 WHERE id = $1 AND NOT done RETURNING id",
            id,
            _fresh(),
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
        strays = await _without_row(w.conn, raw)
        # Who put such a part may still be about to name it: it loses its lease, unless it holds one that runs.
        owners = sorted({_owner(key) for key in strays})
        sql = f"UPDATE uploads SET lease = $2 WHERE {w.conn.among('id', 1)} AND NOT done AND lease_until <= $3"
        await w.conn.fetch(sql, owners, _fresh(), clock.now())
        busy = {row["id"] for row in await w.conn.fetch("SELECT id FROM uploads WHERE lease_until > $1", clock.now())}
        orphans = [key for key in await _without_row(w.conn, strays) if _owner(key) not in busy]
        named = await w.conn.fetch("SELECT name FROM photos WHERE name IS NOT NULL AND state IN ('received', 'stored')")
    names = {row["name"] for row in named}
    orphans += [key for key in copies if key.split("/")[1] not in names]
    await media().delete(*orphans)
    return len(orphans)


async def _without_row(conn: Conn, keys: Sequence[str]) -> list[str]:
    kept = {row["key"] for row in await conn.fetch('SELECT "key" FROM upload_parts')} if keys else set()
    return [key for key in keys if key not in kept]


def _owner(key: str) -> str:
    """The upload a raw part belongs to: `raw/<id>-<offset>-<random>`."""
    return key.removeprefix("raw/")[:36]
