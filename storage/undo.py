"""Taking back an act of the desk: how its notes and issues were before is kept for some seconds, then it is forgotten.

What is kept may hold words of a note that the act erased. So it is sealed with a key that goes into the reader's page and
nowhere else: neither the database nor a backup can be made to tell it. Confirming a summary cannot be taken back: it
forgets authors, and may not leave a copy of them; joining is provisional for that reason.
"""

import base64
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import audit, clock, issue_counts, issues, regroup
from storage.changes import Writing, writing
from storage.conn import Conn
from storage.database import reading
from storage.notes import announce
from storage.tables import Message
from storage.tables_grouping import Undo
from storage.viewer import Clash, Refused, Viewer
from sync.ids import version as id_version

SHOWN_MS = 10_000  # how long it is offered
KEPT_MS = SHOWN_MS + 2_000  # a click takes its way
NOTE = ("status", "topic", "text", "masked", "suspect", "place", "ask", "issue", "joined_at", "opened_at")
ISSUE = (
    "kind", "topic", "area", "title", "summary", "status", "truth", "outcome", "urgent", "confirmed_at", "closed_at",
    "merged_into", "unit", "due_day", "due_at", "routed_at",
)  # fmt: skip


class Before(msgspec.Struct):
    """Rows as they were, and the revisions the act left them at."""

    what: str  # said of the act: `cleared`, `grouped` …
    back: str  # the page it was done on
    notes: dict[str, dict[str, Any]] = {}
    amendments: dict[str, str] = {}
    messages: dict[str, dict[str, Any]] = {}
    issues: dict[str, dict[str, Any]] = {}
    note_revs: dict[str, int] = {}
    issue_revs: dict[str, int] = {}
    sent: list[str] = []  # messages the act wrote
    shifts: list[int] = []  # rows it added
    last_shift: int = 0


async def watch(w: Writing, what: str, back: str, *, notes: Sequence[str] = (), issues: Sequence[int] = ()) -> Before:
    """Holds the rows an act is about to change and remembers them. Ids that are not there are left to the act."""
    conn = w.conn
    before = Before(what, back)
    await regroup.lock(w, issues)
    rows = await conn.fetch(
        f"SELECT number, {', '.join(ISSUE)} FROM issues WHERE {conn.among('number', 1, 'bigint')}", _numbers(issues)
    )
    before.issues = {str(row["number"]): {name: row[name] for name in ISSUE} for row in rows}
    rows = await conn.fetch(
        f"SELECT id, {', '.join(NOTE)} FROM notes WHERE {conn.among('id', 1)} ORDER BY id {conn.locking}", _ids(notes)
    )
    before.notes = {row["id"]: {name: row[name] for name in NOTE} for row in rows}
    rows = await conn.fetch(f"SELECT id, fields FROM amendments WHERE {conn.among('note', 1)}", _ids(notes))
    before.amendments = {str(row["id"]): row["fields"] for row in rows}
    before.messages = {row["id"]: row for row in await _messages(conn, notes)}
    before.last_shift = int((await conn.fetch("SELECT COALESCE(MAX(id), 0) AS n FROM issue_shifts"))[0]["n"])
    return before


def _ids(notes: Sequence[str]) -> list[str]:
    return [id for id in notes if id_version(id)]


def _numbers(some: Sequence[int]) -> list[int]:
    return [n for n in some if 0 < n < 2**31]


async def _messages(conn: Conn, notes: Sequence[str]) -> list[dict[str, Any]]:
    sql = f"SELECT id, note, text, office, day FROM messages WHERE {conn.among('note', 1)}"
    return [dict(row) | {"office": bool(row["office"])} for row in await conn.fetch(sql, _ids(notes))]


async def keep(w: Writing, viewer: Viewer, before: Before, *, made: int | None = None) -> str:
    """Seals it, now that the act is done. `made`: an issue the act opened. Returns the token to take it back with."""
    conn = w.conn
    numbers = [*map(int, before.issues), *([made] if made else [])]
    ids = list(before.notes)
    rows = await conn.fetch(f"SELECT id, rev FROM notes WHERE {conn.among('id', 1)}", ids)
    before.note_revs = {row["id"]: row["rev"] for row in rows}
    rows = await conn.fetch(f"SELECT number, rev FROM issues WHERE {conn.among('number', 1, 'bigint')}", numbers)
    before.issue_revs = {str(row["number"]): row["rev"] for row in rows}
    before.sent = [row["id"] for row in await _messages(conn, ids) if row["id"] not in before.messages]
    rows = await conn.fetch(
        f"SELECT id FROM issue_shifts WHERE id > $2 AND {conn.among('issue', 1, 'bigint')}", numbers, before.last_shift
    )
    before.shifts = [int(row["id"]) for row in rows]
    id, key, nonce = secrets.token_hex(16), AESGCM.generate_key(256), secrets.token_bytes(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, msgspec.json.encode(before), f"{id}{viewer.account}".encode())
    row = {"id": id, "account": viewer.account, "until": w.now + KEPT_MS, "sealed": base64.b64encode(sealed).decode()}
    await conn.insert(Undo, [row])
    await conn.fetch("DELETE FROM undos WHERE until <= $1", w.now)
    return id + base64.urlsafe_b64encode(key).decode().rstrip("=")


async def seconds(conn: Conn, viewer: Viewer, token: str, now: int) -> int:
    """How long the act of this token may still be taken back; 0: no more."""
    rows = await conn.fetch("SELECT until FROM undos WHERE id = $1 AND account = $2", token[:32], viewer.account)
    left = rows[0]["until"] - (KEPT_MS - SHOWN_MS) - now if rows else 0
    return max(0, -(-left // 1000))


async def take_back(w: Writing, viewer: Viewer, token: str) -> Before:
    """Puts everything back as it was before the act. Raises Refused if the time is over, Clash if it changed since."""
    rows = await w.conn.fetch(
        "DELETE FROM undos WHERE id = $1 AND account = $2 AND until > $3 RETURNING sealed",
        token[:32],
        viewer.account,
        w.now,
    )
    before = _open(rows[0]["sealed"], token, viewer) if rows else None
    if before is None:
        raise Refused("undo_late")
    await _check(w, before)
    await _issues_back(w, viewer, before)
    await _notes_back(w, viewer, before)
    for number in sorted(map(int, before.issue_revs)):
        await issue_counts.recount(w, number)
        await regroup.relink(w, number)
    return before


def _open(sealed: str, token: str, viewer: Viewer) -> Before | None:
    try:
        raw, key = base64.b64decode(sealed), base64.urlsafe_b64decode(token[32:] + "=")
        plain = AESGCM(key).decrypt(raw[:12], raw[12:], f"{token[:32]}{viewer.account}".encode())
    except (InvalidTag, ValueError):
        return None
    return msgspec.json.decode(plain, type=Before)


async def _check(w: Writing, before: Before) -> None:
    """Everything stands where the act left it, and is held."""
    conn = w.conn
    await regroup.lock(w, list(map(int, before.issue_revs)))
    for table, key, kind, revs in (
        ("issues", "number", "bigint", before.issue_revs),
        ("notes", "id", "text", before.note_revs),
    ):
        ids: list[Any] = sorted(map(int, revs)) if kind == "bigint" else sorted(revs)
        rows = await conn.fetch(
            f"SELECT {key}, rev FROM {table} WHERE {conn.among(key, 1, kind)} ORDER BY {key} {conn.locking}", ids
        )
        if {str(row[key]): row["rev"] for row in rows} != revs:
            raise Clash


async def _issues_back(w: Writing, viewer: Viewer, before: Before) -> None:
    await w.conn.fetch(f"UPDATE issue_shifts SET undone = TRUE WHERE {w.conn.among('id', 1, 'int')}", before.shifts)
    for number in sorted(map(int, before.issue_revs)):
        was = before.issues.get(str(number))
        if was is None:  # the act opened it; nothing is deleted
            await issues.change(w, number, status="closed", outcome="returned", closed_at=w.now)
        else:
            was["urgent"] = bool(was["urgent"])
            await issues.change(w, number, **was)
        await issues.record(w, number, viewer.account, "undone")


async def _notes_back(w: Writing, viewer: Viewer, before: Before) -> None:
    conn = w.conn
    for id, was in sorted(before.notes.items()):
        was["suspect"] = bool(was["suspect"])
        sets = "".join(f', "{name}" = ${i}' for i, name in enumerate(was, 2))
        rows = await conn.fetch(
            f"UPDATE notes SET rev = rev + 1{sets} WHERE id = $1 RETURNING pseudonym, ward, author", id, *was.values()
        )
        audit.record(w, viewer, "note.undone", rows[0]["pseudonym"], area=rows[0]["ward"])
        gone = await conn.fetch(
            f"DELETE FROM messages WHERE note = $1 AND {conn.among('id', 2)} RETURNING id", id, before.sent
        )
        there = {row["id"] for row in await conn.fetch("SELECT id FROM messages WHERE note = $1", id)}
        again = [row for row in before.messages.values() if row["note"] == id and row["id"] not in there]
        await conn.insert(Message, again)
        streams = [f"w:{rows[0]['ward']}", *([f"u:{rows[0]['author']}"] if rows[0]["author"] else [])]
        for stream in streams:
            for row in gone:
                w.left(stream, "messages", row["id"])
            for message in again:
                w.put(stream, "messages", message["id"])
    for amendment, fields in before.amendments.items():
        await conn.fetch("UPDATE amendments SET fields = $2 WHERE id = $1", int(amendment), fields)
    await announce(w, list(before.notes))


async def sweep(now: int | None = None) -> None:
    """What can no longer be taken back is forgotten."""
    now = clock.now() if now is None else now
    async with reading() as conn:
        due = await conn.fetch("SELECT id FROM undos WHERE until <= $1 LIMIT 1", now)
    if due:
        async with writing(now) as w:
            await w.conn.fetch("DELETE FROM undos WHERE until <= $1", now)
