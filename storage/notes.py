"""The stored notes: what is known of an id, writing verdicts, announcing changes, forgetting authors."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from storage import clock, forgotten
from storage.changes import Writing
from storage.conn import Conn, Row
from storage.tables import Amendment, Note
from sync import mask, windows
from sync.note import Content, Held, NoteDocument
from sync.rules import Verdict

_KNOWN = """id, claim_hash, sent_mac, old_macs, lane, kind, topic, area, ward, text, reach, day, week, place, urgent,
heard_via, captured_at, photos, status, issue, ask, amendments, rev, author, received_at, opened_at"""


class Raced(Exception):
    """Another transaction stored one of the ids between looking and writing: judge again."""


async def known(conn: Conn, ids: Sequence[str], *, hold: bool = True) -> dict[str, Held]:
    """What the server holds of these ids. With `hold` their rows stay locked until COMMIT, in the order of the ids."""
    if not ids:
        return {}
    lock = conn.locking if hold else ""
    rows = await conn.fetch(f"SELECT {_KNOWN} FROM notes WHERE {conn.among('id', 1)} ORDER BY id {lock}", sorted(ids))
    amended = [row["id"] for row in rows if row["amendments"]]
    macs: dict[str, set[str]] = {}
    if amended:
        for row in await conn.fetch(f"SELECT note, mac FROM amendments WHERE {conn.among('note', 1)}", amended):
            macs.setdefault(row["note"], set()).add(row["mac"])
    return {row["id"]: held(row, frozenset(macs.get(row["id"], ()))) for row in rows}


def held(row: Row, amendment_macs: frozenset[str] = frozenset()) -> Held:
    return Held(
        id=row["id"],
        claim_hash=row["claim_hash"],
        sent_mac=row["sent_mac"],
        content=Content(
            kind=row["kind"],
            topic=row["topic"],
            area=row["area"],
            lane=row["lane"],
            text=row["text"],
            reach=row["reach"],
            day=row["day"],
            captured_at=row["captured_at"],
            place=row["place"],
            photos=tuple(msgspec.json.decode(row["photos"])),
            urgent=bool(row["urgent"]),
            week=row["week"],
            heard_via=row["heard_via"],
        ),
        ward=row["ward"],
        status=row["status"],
        author=row["author"],
        opened=row["opened_at"] is not None,
        rev=row["rev"],
        amendments=row["amendments"],
        amendment_macs=amendment_macs,
        old_macs=tuple(msgspec.json.decode(row["old_macs"])),
        issue=row["issue"],
        received_at=clock.iso(row["received_at"]) if row["received_at"] else None,
        ask=row["ask"],
    )


async def create(w: Writing, verdicts: Sequence[Verdict], tag: str | None) -> set[str]:
    """Stores new notes and notes them for publishing; the ids that were new. An id that is held already (or is being
    stored by another transaction, which is waited for) is left as it is."""
    received = _received(w.now, tag)
    rows = {v.id: _new_row(v, received) for v in sorted(verdicts, key=lambda v: v.id)}
    stored = await w.conn.insert(Note, list(rows.values()), conflict="ON CONFLICT (id) DO NOTHING", returning="id")
    ids = {row["id"] for row in stored}
    for id in ids:
        row = rows[id]
        _publish(w, id, row["author"], row["ward"], row["released"])
    return ids


async def apply(w: Writing, verdicts: Sequence[Verdict], tag: str | None) -> None:
    """Stores what the verdicts say and notes it for publishing. Raises Raced if an id was taken meanwhile."""
    fresh = [v for v in verdicts if v.outcome == "created" and v.state]
    if len(await create(w, fresh, tag)) != len(fresh):
        raise Raced
    for verdict in verdicts:
        if verdict.outcome in ("updated", "merged", "amended") and verdict.state:
            await _update(w, verdict, verdict.state)


def _content_row(content: Content) -> dict[str, Any]:
    return {
        "lane": content.lane,
        "kind": content.kind,
        "topic": content.topic,
        "area": content.area,
        "text": content.text,
        "reach": content.reach,
        "day": content.day,
        "week": content.week,
        "place": content.place,
        "urgent": content.urgent,
        "heard_via": content.heard_via,
        "captured_at": content.captured_at,
        "photos": msgspec.json.encode(content.photos).decode(),
    }


def _received(now: int, tag: str | None) -> dict[str, Any]:
    """What receipt adds to every note of a push."""
    today = clock.local_day(now)
    return {"tag": tag, "received_at": now, "in_week": windows.week_of(today), "in_month": windows.month_of(today)}


def _new_row(verdict: Verdict, received: dict[str, Any]) -> dict[str, Any]:
    state = verdict.state
    assert state is not None
    at_once = state.content.lane == "place"  # an opinion note waits for its batch (storage.release)
    return {
        **_content_row(state.content),
        **received,
        "id": state.id,
        "claim_hash": state.claim_hash,
        "sent_mac": state.sent_mac,
        "ward": state.ward,
        "mask_version": mask.VERSION,
        "masked": msgspec.json.encode(verdict.finds).decode(),
        "status": state.status,
        "amendments": 0,
        "rev": 1,
        "pseudonym": secrets.token_hex(3),
        "author": state.author,
        "released": at_once,
        "desk_order": received["received_at"] if at_once else 0,
    }


def _reopened(state: Held) -> dict[str, Any]:
    """A note that is to be read (again). An opinion note waits for the next batch of its ward, like a new one."""
    if state.opened or state.status not in ("received", "quarantined"):
        return {}
    return {"opened_at": None, "released": state.content.lane == "place"}


async def _update(w: Writing, verdict: Verdict, state: Held) -> None:
    if verdict.outcome == "amended":
        await w.conn.fetch(
            "UPDATE notes SET amendments = $2, rev = $3 WHERE id = $1", state.id, state.amendments, state.rev
        )
    else:
        row = _content_row(state.content) | {
            "ward": state.ward,
            "status": state.status,
            "sent_mac": state.sent_mac,
            "old_macs": msgspec.json.encode(state.old_macs).decode(),
            "rev": state.rev,
            "ask": state.ask,
            "issue": state.issue,
            **_reopened(state),
            "mask_version": mask.VERSION,
            "masked": msgspec.json.encode(verdict.finds).decode(),
        }
        sets = ", ".join(f'"{name}" = ${i}' for i, name in enumerate(row, 2))
        await w.conn.fetch(f"UPDATE notes SET {sets} WHERE id = $1", state.id, *row.values())
    if verdict.extra is not None:
        extra = verdict.extra
        fields = msgspec.json.encode(extra.fields).decode()
        day = clock.local_day(w.now).isoformat()
        await w.conn.insert(
            Amendment, [{"note": state.id, "mac": extra.mac, "fields": fields, "cause": extra.cause, "day": day}]
        )
    await announce(w, [state.id])


def _publish(w: Writing, id: str, author: str | None, ward: str, released: bool) -> None:
    if author is not None:
        w.put(f"u:{author}", "notes", id)
    if released:
        w.put(f"w:{ward}", "notes", id)


async def announce(w: Writing, ids: Sequence[str]) -> None:
    """Publishes the present state of notes: to their author's stream while known, to the office's once released."""
    if not ids:
        return
    sql = f"SELECT id, author, ward, released FROM notes WHERE {w.conn.among('id', 1)}"
    for row in await w.conn.fetch(sql, list(ids)):
        _publish(w, row["id"], row["author"], row["ward"], bool(row["released"]))


async def forget_author(w: Writing, ids: Sequence[str]) -> None:
    """Removes every trace of who wrote these notes: author, tag, exact time of receipt (of it the day stays, which orders
    the desk and the uploads), their rows in `u:` streams, the same on their photos. The hash of the claim stays, so that
    replays and late photos still work."""
    if not ids:
        return
    conn, some = w.conn, list(ids)
    await forgotten.remember(w, "author", some)
    photos = [row["id"] for row in await conn.fetch(f"SELECT id FROM photos WHERE {conn.among('note', 1)}", some)]
    messages = [row["id"] for row in await conn.fetch(f"SELECT id FROM messages WHERE {conn.among('note', 1)}", some)]
    authors = await conn.fetch(
        f"""SELECT author FROM notes WHERE author IS NOT NULL AND {conn.among("id", 1)}
        UNION SELECT author FROM photos WHERE author IS NOT NULL AND {conn.among("note", 1)}""",
        some,
    )
    await conn.fetch(
        f"""UPDATE notes SET author = NULL, tag = NULL, received_at = NULL, captured_at = NULL,
        desk_order = desk_order - desk_order % {clock.DAY_MS} WHERE {conn.among("id", 1)}""",
        some,
    )
    await conn.fetch(
        f"""UPDATE photos SET author = NULL, received_at = NULL, created_at = created_at - created_at % {clock.DAY_MS}
        WHERE {conn.among("id", 1)}""",
        photos,
    )
    await conn.fetch(
        f"UPDATE uploads SET expires_at = expires_at - expires_at % {clock.DAY_MS} WHERE {conn.among('id', 1)}", photos
    )
    docs = [*some, *photos, *messages]
    streams = [f"u:{row['author']}" for row in authors]
    await conn.fetch(f"DELETE FROM log WHERE {conn.among('stream', 1)} AND {conn.among('doc', 2)}", streams, docs)


async def documents(conn: Conn, ids: Sequence[str]) -> Mapping[str, NoteDocument]:
    """The documents phones get, by id: what `sync.note.master` makes of a held note, straight from the rows, since a cold
    phone reads thousands of them (a test holds the two together)."""
    rows = await conn.fetch(f"SELECT {_DOCUMENT} FROM notes WHERE {conn.among('id', 1)}", list(ids))
    return {row["id"]: _document(*row.values()) for row in rows}


_SAME = "id, kind, topic, area, status, rev, text, reach, day, captured_at, place, week, heard_via, issue, ask"
_DOCUMENT = f"{_SAME}, photos, urgent, amendments, received_at"


def _document(  # the columns of _DOCUMENT, in their order
    id: str, kind: str, topic: str, area: str, status: str, rev: int, text: str | None, reach: str | None,
    day: str | None, captured_at: int | None, place: str | None, week: str | None, heard_via: str | None,
    issue: int | None, ask: str | None, photos: str, urgent: object, amendments: int, received_at: int | None,
) -> NoteDocument:  # fmt: skip
    return NoteDocument(
        id, kind, topic, area, status, rev, status == "withdrawn", text, reach, day, captured_at, place, week, heard_via,
        issue, ask, None if photos == "[]" else msgspec.json.decode(photos), bool(urgent), amendments,
        None if received_at is None else datetime.fromtimestamp(received_at // 1000, UTC),
    )  # fmt: skip
