"""Marks and messages from phones. A mark is folded into counts; only its bare id stays, against replays."""

from collections.abc import Sequence
from typing import Any

import msgspec

from storage import clock, still_so
from storage.catalogue import Catalogue
from storage.changes import Writing
from storage.conn import Conn
from storage.tables import Mark, MarkCount, MarkId, Message
from sync import ids, mask, windows
from sync.area import Held
from sync.mark import MarkRow, MessageRow
from sync.problems import reject
from sync.rules import claim_hash


async def take(
    w: Writing, row: MarkRow, world: Catalogue, areas: tuple[Held, ...] = (), tag: str | None = None
) -> dict[str, Any] | None:
    """Counts a mark once. Returns the document for a row not taken, else None.

    `areas` and `tag` are the reporter's, for "still so" alone (`storage/still_so.py`).
    """
    if ids.version(row.id) is None:
        return _refused(row, "id_bad", "id")
    day = clock.local_day(w.now)
    fresh = await w.conn.insert(
        MarkId, [{"id": row.id, "day": day.isoformat()}], conflict="ON CONFLICT (id) DO NOTHING", returning="id"
    )
    if not fresh or row.mark == "void":
        return None
    area = await _area(w.conn, row, world)
    subject = next((str(v) for v in (row.issue, row.answer, row.door) if v is not msgspec.UNSET), "")
    await w.conn.insert(
        Mark, [{"id": row.id, "mark": row.mark, "area": area or None, "day": day.isoformat(), "folded": True}]
    )
    if row.mark == "still_so" and (number := await _issue(w.conn, row)):
        await still_so.take(w, number, areas, tag, world)
    await w.conn.insert(
        MarkCount,
        [{"mark": row.mark, "subject": subject, "area": area, "month": windows.month_of(day), "n": 1}],
        conflict="ON CONFLICT (mark, subject, area, month) DO UPDATE SET n = mark_counts.n + 1",
    )
    return None


async def _area(conn: Conn, row: MarkRow, world: Catalogue) -> str:
    """The area a mark is counted for. A formal channel: the ward. An opinion issue: the cluster, never the group, whatever
    the phone sent; likewise where the issue is unknown."""
    tree = world.tree
    found = tree.get(str(row.area)) if row.area is not msgspec.UNSET else None
    if found is None:
        return ""
    if row.mark == "door":
        return world.areas_now().ward(found.code) or ""
    if found.level == "group" and await _lane(conn, row) != "place":
        return found.parent
    return found.code


async def _issue(conn: Conn, row: MarkRow) -> int:
    """The issue a mark speaks of; 0 if none."""
    if row.issue is not msgspec.UNSET:
        return int(row.issue)
    if row.answer is msgspec.UNSET:
        return 0
    rows = await conn.fetch("SELECT issue FROM answers WHERE id = $1", row.answer)
    return int(rows[0]["issue"]) if rows else 0


async def _lane(conn: Conn, row: MarkRow) -> str:
    if row.answer is not msgspec.UNSET:
        sql, subject = "SELECT i.lane FROM answers a JOIN issues i ON i.number = a.issue WHERE a.id = $1", row.answer
        rows = await conn.fetch(sql, subject)
    elif row.issue is not msgspec.UNSET:
        rows = await conn.fetch("SELECT lane FROM issues WHERE number = $1", row.issue)
    else:
        return ""
    return str(rows[0]["lane"]) if rows else ""


async def take_message(w: Writing, row: MessageRow, account: str, world: Catalogue) -> dict[str, Any] | None:
    """Stores a reporter's reply about an own note, cleaned hard (suspects masked too)."""
    if ids.version(row.id) != 4:
        return _refused(row, "id_bad", "id")
    notes = await w.conn.fetch("SELECT author, claim_hash, ward, released FROM notes WHERE id = $1", row.note)
    if not notes:
        return _refused(row, "unknown_note", "note")
    if notes[0]["author"] != account and notes[0]["claim_hash"] != claim_hash(row.claim):
        return _refused(row, "unknown_note", "note")  # a foreign note and a missing one answer the same
    text = mask.clean(row.text, world.gazetteer(notes[0]["ward"]))
    day = clock.local_day(w.now).isoformat()
    fresh = await w.conn.insert(
        Message,
        [{"id": row.id, "note": row.note, "text": hard(text), "office": False, "day": day}],
        conflict="ON CONFLICT (id) DO NOTHING",
        returning="id",
    )
    if not fresh:
        held = await w.conn.fetch("SELECT note, office FROM messages WHERE id = $1", row.id)
        if held and (held[0]["note"] != row.note or held[0]["office"]):
            return _refused(row, "id_taken", "id")  # publishing it would show the foreign one
    if notes[0]["author"]:
        w.put(f"u:{notes[0]['author']}", "messages", row.id)
    if notes[0]["released"]:
        w.put(f"w:{notes[0]['ward']}", "messages", row.id)
    return None


def hard(cleaned: mask.Cleaned) -> str:
    """The cleaned text with its suspects masked as well, for messages to phones."""
    text = cleaned.text
    for start, end in sorted(cleaned.suspects, reverse=True):
        text = f"{text[:start]}[tên]{text[end:]}"
    return text


def _refused(row: MarkRow | MessageRow, code: str, field: str) -> dict[str, Any]:
    own: dict[str, Any] = msgspec.to_builtins(row)
    own.pop("claim", None)
    return own | {"status": "rejected", "reject": reject(code, field)}


async def message_documents(conn: Conn, some: Sequence[str]) -> dict[str, dict[str, Any]]:
    rows = await conn.fetch(f"SELECT id, note, text, day, office FROM messages WHERE {conn.among('id', 1)}", list(some))
    return {
        row["id"]: {"id": row["id"], "note": row["note"], "text": row["text"], "at": row["day"], "_deleted": False}
        | ({"office": True} if row["office"] else {})
        for row in rows
    }
