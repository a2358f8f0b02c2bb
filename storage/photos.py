"""The stored photos: announcing, states, and the way of a received photo to its rebuilt copies.

`received` = all bytes are here as raw parts, waiting for the picture worker; `stored` = rebuilt copies exist and the raw
parts are gone; `rejected` = it never will be, with the reason. The row is the job: the worker claims it for a while.
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from storage import clock, fault_points, forgotten
from storage.bucket import media
from storage.changes import Writing, writing
from storage.conn import Conn, Row
from storage.database import reading
from storage.tables import Photo, Upload
from sync import ids
from sync.photo import HeldPhoto, PhotoRow, master
from sync.problems import reject
from sync.rules import claim_hash

CLAIM_MS = 60_000
MAX_TRIES = 5
UPLOAD_DAYS = 30  # wire.md §6: an unfinished or untethered upload is kept this long


def held(row: Row) -> HeldPhoto:
    return HeldPhoto(
        id=row["id"],
        note=row["note"],
        claim_hash=row["claim_hash"],
        sha256=row["sha256"],
        size=row["size"],
        state=row["state"],
        author=row["author"],
        offset=row["position"] or 0,
        reject=msgspec.json.decode(row["reject"]) if row["reject"] else None,
    )


_KNOWN = """SELECT p.id, p.note, p.claim_hash, p.sha256, p.size, p.state, p.author, p.reject, u.position
 FROM photos p LEFT JOIN uploads u ON u.id = p.id WHERE """


async def known(conn: Conn, some: Sequence[str]) -> dict[str, HeldPhoto]:
    rows = await conn.fetch(_KNOWN + conn.among("p.id", 1), list(some)) if some else []
    return {row["id"]: held(row) for row in rows}


async def documents(conn: Conn, some: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    return {id: master(one) for id, one in (await known(conn, some)).items()}


async def announce(w: Writing, row: PhotoRow, account: str | None) -> dict[str, Any] | None:
    """Takes a `photos` row: makes room for its bytes. Returns the document for a row not taken as sent, else None."""
    problem = _fault(row)
    if problem is None:
        problem, answer = await _announce(w, row, account)
        if problem is None:
            return answer
    own: dict[str, Any] = msgspec.to_builtins(row)
    own.pop("claim", None)
    return own | {"state": "rejected", "reject": problem}


def _fault(row: PhotoRow) -> dict[str, str] | None:
    if ids.version(row.id) is None:
        return reject("id_bad", "id")
    for name in ("note", "claim", "sha256", "size", "type"):
        if getattr(row, name) is msgspec.UNSET:
            return reject("missing_field", name)
    if ids.version(str(row.note)) is None or not ids.is_claim(str(row.claim)):
        return reject("bad_value", "note" if ids.is_claim(str(row.claim)) else "claim")
    return None


async def _announce(
    w: Writing, row: PhotoRow, account: str | None
) -> tuple[dict[str, str] | None, dict[str, Any] | None]:
    conn, own_hash = w.conn, claim_hash(str(row.claim))
    notes = await conn.fetch("SELECT claim_hash, lane, author FROM notes WHERE id = $1", row.note)
    if notes and notes[0]["claim_hash"] != own_hash and (account is None or notes[0]["author"] != account):
        return reject("id_taken", "note"), None
    if notes and notes[0]["lane"] != "place":
        return reject("lane_field", "photos"), None
    # a late photo of a note whose author is erased must not bring the pair back
    author = account if not notes or notes[0]["author"] is not None else None
    fresh = {
        "id": row.id,
        "note": row.note,
        "claim_hash": own_hash,
        "sha256": row.sha256,
        "size": row.size,
        "type": row.type,
        "state": "expected",
        "author": author,
        "created_at": w.now,
    }
    if await conn.insert(Photo, [fresh], conflict="ON CONFLICT (id) DO NOTHING", returning="id"):
        expires = w.now + UPLOAD_DAYS * clock.DAY_MS
        await conn.insert(
            Upload, [{"id": row.id, "length": row.size, "expires_at": expires}], conflict="ON CONFLICT DO NOTHING"
        )
        publish(w, row.id, author)
        return None, None
    before = (await known(conn, [row.id]))[row.id]
    if before.claim_hash != own_hash and before.author != account:
        return reject("id_taken", "id"), None
    if (before.note, before.sha256, before.size) != (row.note, row.sha256, row.size):
        return None, master(before)
    if before.author:  # the answer to the first copy was lost perhaps; the master comes by the next pull
        publish(w, row.id, before.author)
        return None, None
    return None, master(before)


def publish(w: Writing, id: str, author: str | None) -> None:
    if author is not None:
        w.put(f"u:{author}", "photos", id)


async def set_state(w: Writing, id: str, state: str, reason: str | None = None) -> None:
    """Moves a photo to a state and tells its phone."""
    told = msgspec.json.encode(reject(reason)).decode() if reason else None
    rows = await w.conn.fetch(
        "UPDATE photos SET state = $2, reject = $3 WHERE id = $1 RETURNING author, note", id, state, told
    )
    for row in rows:
        publish(w, id, row["author"])


async def receive(w: Writing, id: str) -> None:
    """All bytes are here and right: the photo waits for the picture worker. The exact time is transport data, like the
    author, and goes with it."""
    rows = await w.conn.fetch(
        """UPDATE photos SET state = 'received', reject = NULL,
        received_at = CASE WHEN author IS NULL THEN received_at ELSE $2 END WHERE id = $1 RETURNING author""",
        id,
        w.now,
    )
    for row in rows:
        publish(w, id, row["author"])


async def claim(now: int) -> dict[str, Any] | None:
    """Takes one received photo for processing, for a minute; another worker gets another one."""
    async with writing(now) as w:
        skip = f"{w.conn.locking} SKIP LOCKED" if w.conn.locking else ""
        rows = await w.conn.fetch(
            # `=`, not `IN`: PostgreSQL may run the select of an `IN` again and again, and each time lock one more row
            f"""UPDATE photos SET claimed_until = $2, tries = tries + 1 WHERE id =
            (SELECT id FROM photos WHERE state = 'received' AND claimed_until < $1 ORDER BY created_at LIMIT 1 {skip})
            RETURNING id, note, tries, sha256""",
            now,
            now + CLAIM_MS,
        )
        return dict(rows[0]) if rows else None


async def give_back(id: str) -> None:
    """Ends a claim whose work could not be done for want of the store; the try does not count."""
    async with writing() as w:
        await w.conn.fetch(
            "UPDATE photos SET claimed_until = 0, tries = tries - 1 WHERE id = $1 AND state = 'received'", id
        )


def object_names(name: str) -> tuple[str, str]:
    """Keys of the large and the small copy."""
    return f"photos/{name}/1600.jpg", f"photos/{name}/320.jpg"


async def keep(id: str, large: bytes, small: bytes, width: int, height: int, raw_keys: Sequence[str]) -> None:
    """Names the rebuilt copies, stores them, says `stored`, then removes the raw parts. Every step may be repeated.

    The row names the copies before they exist: a copy no row names is an orphan for the sweeper.
    """
    name = secrets.token_hex(16)
    keys = object_names(name)
    async with writing() as w:
        if not await w.conn.fetch(
            "UPDATE photos SET name = $2 WHERE id = $1 AND state = 'received' RETURNING id", id, name
        ):
            return
    await media().put(keys[0], large)
    fault_points.point("keep.large")
    await media().put(keys[1], small)
    fault_points.point("keep.small")
    async with writing() as w:
        rows = await w.conn.fetch(
            """UPDATE photos SET width = $3, height = $4
            WHERE id = $1 AND name = $2 AND state = 'received' RETURNING id""",
            id,
            name,
            width,
            height,
        )
        if rows:
            await set_state(w, id, "stored")
            await _tell_office(w, id)
            await w.conn.fetch("DELETE FROM upload_parts WHERE upload = $1", id)
    fault_points.point("keep.stored")
    await media().delete(*(raw_keys if rows else keys))


async def refuse(id: str, reason: str, raw_keys: Sequence[str]) -> None:
    """The photo never will be shown; its bytes go."""
    async with writing() as w:
        await set_state(w, id, "rejected", reason)
        await w.conn.fetch("DELETE FROM upload_parts WHERE upload = $1", id)
    fault_points.point("refuse.told")
    await media().delete(*raw_keys)


async def drop(w: Writing, id: str) -> tuple[str, ...]:
    """An official saw more than a place in a stored photo: it is taken out for good, its phone is told, and a restore will
    not bring it back. Returns the objects to delete once this is committed; nothing if there is no such picture."""
    rows = await w.conn.fetch(
        f"SELECT id, name FROM photos WHERE id = $1 AND state = 'stored' AND name IS NOT NULL {w.conn.locking}", id
    )
    for row in rows:
        keys = await _take_out(w, row)
        await _tell_office(w, id)
        await forgotten.remember(w, "photo", [id])
        return keys
    return ()


async def keep_out(w: Writing, ids: Sequence[str]) -> list[str]:
    """Photos that were taken out (`drop`) after a backup was made: they stay out, whatever the backup knows of them. Returns
    the objects to delete once this is committed."""
    keys: list[str] = []
    for row in await w.conn.fetch(
        f"SELECT id, name FROM photos WHERE {w.conn.among('id', 1)} AND state <> 'rejected' ORDER BY id {w.conn.locking}",
        list(ids),
    ):
        keys += await _take_out(w, row)
    return keys


async def _take_out(w: Writing, row: Row) -> tuple[str, ...]:
    await w.conn.fetch("UPDATE photos SET name = NULL, width = NULL, height = NULL WHERE id = $1", row["id"])
    await set_state(w, row["id"], "rejected", "picture_dropped")
    return object_names(row["name"]) if row["name"] else ()


async def _tell_office(w: Writing, id: str) -> None:
    for row in await w.conn.fetch(
        "SELECT n.id, n.ward, n.released FROM photos p JOIN notes n ON n.id = p.note WHERE p.id = $1", id
    ):
        if row["released"]:
            w.put(f"w:{row['ward']}", "photos", id)


async def of_notes(notes: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The photos of notes as the desk shows them: id, state, size."""
    async with reading() as conn:
        rows = await conn.fetch(
            f"""SELECT id, note, state, width, height FROM photos WHERE {conn.among("note", 1)}
            AND (state <> 'stored' OR name IS NOT NULL) ORDER BY id""",
            list(notes),
        )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["note"], []).append(dict(row))
    return found


async def picture(id: str, *, small: bool) -> tuple[str, bytes] | None:
    """Ward and bytes of a stored photo's copy, or None. A photo without a name was erased."""
    async with reading() as conn:
        rows = await conn.fetch(
            """SELECT p.name, n.ward FROM photos p JOIN notes n ON n.id = p.note
            WHERE p.id = $1 AND p.state = 'stored' AND p.name IS NOT NULL""",
            id,
        )
    if not rows:
        return None
    data = await media().get(object_names(rows[0]["name"])[1 if small else 0])
    return None if data is None else (rows[0]["ward"], data)


async def expected(conn: Conn, account: str) -> list[dict[str, Any]]:
    """The account's photos whose bytes the server still waits for, with how far they have come."""
    rows = await conn.fetch(
        """SELECT p.id, u.position FROM photos p JOIN uploads u ON u.id = p.id
        WHERE p.author = $1 AND p.state = 'expected' ORDER BY p.created_at LIMIT 100""",
        account,
    )
    return [{"photo_id": row["id"], "offset": row["position"]} for row in rows]


async def again(id: str) -> None:
    """The raw bytes are gone: the phone, which keeps its copy until `stored`, sends them again."""
    async with writing() as w:
        await w.conn.fetch("DELETE FROM upload_parts WHERE upload = $1", id)
        # nobody who began to write before may go on
        sql = "UPDATE uploads SET position = 0, done = FALSE, lease = $2, lease_until = 0 WHERE id = $1"
        await w.conn.fetch(sql, id, str(uuid.uuid4()))
        await set_state(w, id, "expected")
