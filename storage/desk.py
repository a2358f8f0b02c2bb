"""The first reader's desk: released notes in their queue, and what the reader makes of one. Raw texts are read here only.

A note's change carries the `rev` its form was made with: another one means a clash, and nothing is written.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from storage import audit, clock, forgotten, issue_counts
from storage.catalogue import Catalogue, catalogue
from storage.changes import Writing
from storage.conn import Conn, Row
from storage.notes import announce
from storage.tables import Message
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.ids import version as id_version
from sync.lanes import Topic, family

Tab = Literal["new", "cleared", "quarantine", "waiting"]
TABS: dict[Tab, tuple[str, ...]] = {
    "new": ("received", "read"),
    "cleared": ("cleared",),
    "quarantine": ("quarantined",),
    "waiting": ("needs_detail",),
}
ON_DESK = frozenset(status for statuses in TABS.values() for status in statuses)
PAGE = 50


class DeskNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note as the first reader sees it: no author, no time of receipt."""

    id: str
    lane: str
    kind: str
    topic: str
    area: str
    ward: str
    text: str | None
    masked: dict[str, int]
    suspect: bool
    reach: str | None
    day: str | None
    week: str | None
    place: str | None
    urgent: bool
    heard_via: str | None
    photos: list[str]
    status: str
    issue: int | None
    ask: str | None
    amendments: int
    rev: int
    pseudonym: str
    opened: bool
    answerable: bool  # its reporter can still be asked
    provisional: bool


_COLUMNS = """id, lane, kind, topic, area, ward, text, masked, suspect, reach, day, week, place, urgent, heard_via, photos,
 status, issue, ask, amendments, rev, pseudonym, opened_at, author, joined_at"""


def _note(row: Row) -> DeskNote:
    return DeskNote(
        id=row["id"],
        lane=row["lane"],
        kind=row["kind"],
        topic=row["topic"],
        area=row["area"],
        ward=row["ward"],
        text=row["text"],
        masked=msgspec.json.decode(row["masked"] or "{}", type=dict[str, int]),
        suspect=bool(row["suspect"]),
        reach=row["reach"],
        day=row["day"],
        week=row["week"],
        place=row["place"],
        urgent=bool(row["urgent"]),
        heard_via=row["heard_via"],
        photos=msgspec.json.decode(row["photos"] or "[]", type=list[str]),
        status=row["status"],
        issue=row["issue"],
        ask=row["ask"],
        amendments=row["amendments"],
        rev=row["rev"],
        pseudonym=row["pseudonym"],
        opened=row["opened_at"] is not None,
        answerable=row["author"] is not None,
        provisional=row["joined_at"] is not None,
    )


async def queue(
    conn: Conn, viewer: Viewer, tab: Tab, *, lane: str = "", of_family: str = "", offset: int = 0, limit: int = PAGE
) -> list[DeskNote]:
    """One page of a tab: urgent first, then in the order of the desk (which says nothing of times within a batch)."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM notes WHERE released AND {conn.among("status", 1)} AND {conn.among("area", 2)}
        AND ($3 = '' OR lane = $3) AND ($4 = '' OR topic = $4 OR topic LIKE $5)
        ORDER BY urgent DESC, desk_order, id LIMIT $6 OFFSET $7""",
        list(TABS[tab]),
        viewer.scope,
        lane,
        of_family,
        f"{of_family}.%",
        limit,
        offset,
    )
    return [_note(row) for row in rows]


async def counts(conn: Conn, viewer: Viewer) -> dict[Tab, int]:
    """How many notes lie in each tab. The reader sees each of them, so these are exact."""
    rows = await conn.fetch(
        f"""SELECT status, COUNT(*) AS n FROM notes WHERE released AND {conn.among("status", 1)} AND {conn.among("area", 2)}
        GROUP BY status""",
        sorted(ON_DESK),
        viewer.scope,
    )
    by_status = {row["status"]: int(row["n"]) for row in rows}
    return {tab: sum(by_status.get(status, 0) for status in statuses) for tab, statuses in TABS.items()}


def _check_id(id: str) -> None:
    """What is no id has nothing behind it, and PostgreSQL refuses some of what an address may hold."""
    if id_version(id) is None:
        raise Missing


async def one(conn: Conn, viewer: Viewer, id: str) -> DeskNote:
    """Raises Missing for an unknown, foreign or unreleased note."""
    _check_id(id)
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM notes WHERE id = $1 AND released AND {conn.among('area', 2)}", id, viewer.scope
    )
    if not rows:
        raise Missing
    return _note(rows[0])


async def some(conn: Conn, viewer: Viewer, ids: Sequence[str]) -> list[DeskNote]:
    """The notes of these ids that exist for the viewer, in the order of the desk."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM notes WHERE {conn.among("id", 1)} AND released AND {conn.among("area", 2)}
        ORDER BY urgent DESC, desk_order, id""",
        [id for id in ids if id_version(id)],
        viewer.scope,
    )
    return [_note(row) for row in rows]


class Heap(msgspec.Struct, frozen=True):
    """Notes that wait to be grouped, of one lane and topic family."""

    lane: str
    topic: str
    notes: int


_GROUPABLE = "released AND status IN ('received', 'read', 'cleared') AND text IS NOT NULL"


async def heaps(conn: Conn, viewer: Viewer) -> list[Heap]:
    """What waits to be grouped, most first. The reader sees each of them, so these are exact."""
    found: Counter[tuple[str, str]] = Counter()
    for row in await conn.fetch(
        f"""SELECT lane, topic, COUNT(*) AS n FROM notes WHERE {_GROUPABLE} AND {conn.among("area", 1)}
        GROUP BY lane, topic""",
        viewer.scope,
    ):
        found[row["lane"], family(row["topic"])] += int(row["n"])
    return [Heap(*where, n) for where, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


async def groupable(conn: Conn, viewer: Viewer, lane: str, of_family: str, limit: int = 160) -> list[DeskNote]:
    """Notes of a heap, in the order of the desk."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM notes WHERE {_GROUPABLE} AND {conn.among("area", 1)} AND lane = $2
        AND (topic = $3 OR topic LIKE $4) ORDER BY urgent DESC, desk_order, id LIMIT $5""",
        viewer.scope,
        lane,
        of_family,
        f"{of_family}.%",
        limit,
    )
    return [_note(row) for row in rows]


async def in_issue(conn: Conn, viewer: Viewer, number: int) -> list[DeskNote]:
    """Notes of an issue that may still be read: provisional ones, and of the place lane those whose text is kept."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM notes WHERE {conn.among("issue", 1, "bigint")} AND {conn.among("area", 2)}
        AND (joined_at IS NOT NULL OR lane = 'place') ORDER BY desk_order, id LIMIT 200""",
        await issue_counts.members(conn, number),
        viewer.scope,
    )
    return [_note(row) for row in rows]


async def amendments(conn: Conn, id: str) -> list[dict[str, Any]]:
    """What a phone changed after reading began, and the sides merges did not take."""
    rows = await conn.fetch(
        "SELECT fields, cause, day FROM amendments WHERE note = $1 AND fields <> '{}' ORDER BY id", id
    )
    return [{"fields": msgspec.json.decode(row["fields"]), "cause": row["cause"], "day": row["day"]} for row in rows]


async def last_hand(conn: Conn, note: DeskNote) -> str:
    """The login of the official who was the last to do something to a note; empty if nobody did, or it is forgotten."""
    if note.issue is not None:
        sql, subject = "SELECT actor AS a FROM issue_events WHERE issue = $1 ORDER BY id DESC LIMIT 1", note.issue
    else:
        sql = "SELECT actor AS a FROM audit WHERE subject = $1 AND action LIKE 'note.%' ORDER BY n DESC LIMIT 1"
        subject = note.pseudonym  # type: ignore[assignment]
    rows = await conn.fetch(f"SELECT s.login FROM accounts s JOIN ({sql}) e ON e.a = s.id", subject)
    return rows[0]["login"] if rows else ""


async def messages(conn: Conn, id: str) -> list[Row]:
    """What was written about a note after asking back."""
    return list(await conn.fetch("SELECT text, office, day FROM messages WHERE note = $1 ORDER BY day, id", id))


async def photo_note(conn: Conn, viewer: Viewer, photo: str) -> DeskNote | None:
    """The note a photo belongs to, if it exists for the viewer."""
    _check_id(photo)
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM notes WHERE id = (SELECT note FROM photos WHERE id = $1) AND released
        AND {conn.among("area", 2)}""",
        photo,
        viewer.scope,
    )
    return _note(rows[0]) if rows else None


async def pictures_of_issue(conn: Conn, viewer: Viewer, number: int) -> list[str]:
    """Ids of the stored photos of an issue's place notes, for the unit that repairs and the officer."""
    rows = await conn.fetch(
        f"""SELECT p.id FROM photos p JOIN notes n ON n.id = p.note
        WHERE {conn.among("n.issue", 1, "bigint")} AND n.lane = 'place'
        AND n.status IN ('in_issue', 'closed') AND p.state = 'stored' AND p.name IS NOT NULL
        AND {conn.among("n.area", 2)} ORDER BY p.id LIMIT 60""",
        await issue_counts.members(conn, number),
        viewer.scope,
    )
    return [row["id"] for row in rows]


async def hold(w: Writing, viewer: Viewer, revs: Mapping[str, int]) -> list[DeskNote]:
    """The notes, locked until COMMIT in the order of their ids. Raises Missing, or Clash if one is not at its `rev`."""
    for id in revs:
        _check_id(id)
    rows = await w.conn.fetch(
        f"""SELECT {_COLUMNS} FROM notes WHERE {w.conn.among("id", 1)} AND released AND {w.conn.among("area", 2)}
        ORDER BY id {w.conn.locking}""",
        sorted(revs),
        viewer.scope,
    )
    if len(rows) != len(revs):
        raise Missing
    if any(row["rev"] != revs[row["id"]] for row in rows):
        raise Clash
    return [_note(row) for row in rows]


async def _on_desk(w: Writing, viewer: Viewer, id: str, rev: int) -> DeskNote:
    note = (await hold(w, viewer, {id: rev}))[0]
    if note.status not in ON_DESK:
        raise Clash
    return note


async def change(w: Writing, ids: Sequence[str], **columns: Any) -> None:
    """Writes columns of held notes; counts as opening them. The new state is published."""
    sets = "".join(f', "{name}" = ${i}' for i, name in enumerate(columns, 3))
    await w.conn.fetch(
        f"""UPDATE notes SET rev = rev + 1, opened_at = COALESCE(opened_at, $2){sets} WHERE {w.conn.among("id", 1)}""",
        list(ids),
        w.now,
        *columns.values(),
    )
    await announce(w, ids)


async def open_note(w: Writing, viewer: Viewer, id: str) -> None:
    """Reading begins: from now on the phone's changes are kept beside the note. Opening twice changes nothing."""
    _check_id(id)
    rows = await w.conn.fetch(
        f"""SELECT status, opened_at, pseudonym, ward FROM notes
        WHERE id = $1 AND released AND {w.conn.among("area", 2)} {w.conn.locking}""",
        id,
        viewer.scope,
    )
    if not rows:
        raise Missing
    if rows[0]["opened_at"] is None:
        await change(w, [id], status="read" if rows[0]["status"] == "received" else rows[0]["status"])
        audit.record(w, viewer, "note.opened", rows[0]["pseudonym"], area=rows[0]["ward"])


def _note_act(w: Writing, viewer: Viewer, action: str, note: DeskNote) -> None:
    audit.record(w, viewer, action, note.pseudonym, area=note.ward)


async def clear(w: Writing, viewer: Viewer, id: str, rev: int) -> None:
    """Nothing in it points at a person: it may be grouped."""
    note = await _on_desk(w, viewer, id, rev)
    await change(w, [id], status="cleared", suspect=False)
    _note_act(w, viewer, "note.cleared", note)


def topics_of(world: Catalogue, note: DeskNote) -> list[Topic]:
    """The topics a note may be filed under: those that leave a note of its kind in its lane."""
    return [one for one in world.topics.values() if not one.retired and one.lanes.get(note.kind) == note.lane]


async def refile(w: Writing, viewer: Viewer, id: str, rev: int, topic: str) -> None:
    """A slip of the finger at the phone: the note belongs to another topic. Figures follow as with every change."""
    note = await _on_desk(w, viewer, id, rev)
    if topic not in {one.code for one in topics_of(await catalogue(), note)}:
        raise Refused("topic_lane")
    await change(w, [id], topic=topic, status="read" if note.status == "received" else note.status)
    _note_act(w, viewer, "note.refiled", note)


async def rewrite(w: Writing, viewer: Viewer, id: str, rev: int, text: str, finds: Mapping[str, int]) -> None:
    """Replaces the text by a cleaned one; the earlier text and what hung on it are gone. The note counts as cleared."""
    note = await _on_desk(w, viewer, id, rev)
    masked = dict(note.masked)
    for name, n in finds.items():
        masked[name] = masked.get(name, 0) + n
    await forget_texts(w, [id])
    await change(w, [id], status="cleared", suspect=False, text=text, masked=msgspec.json.encode(masked).decode())
    _note_act(w, viewer, "note.rewritten", note)


async def redirect(w: Writing, viewer: Viewer, id: str, rev: int) -> None:
    """It belongs to a formal channel: nothing of its content stays here."""
    note = await _on_desk(w, viewer, id, rev)
    await forget_texts(w, [id])
    await change(w, [id], status="redirected", suspect=False, text=None, masked="{}", place=None, ask=None)
    _note_act(w, viewer, "note.redirected", note)


async def ask(w: Writing, viewer: Viewer, id: str, rev: int, question: str) -> None:
    """Asks the reporter for detail; the note opens as an edit on the phone. `question` is masked already (hard).

    The question is also a message of the office: the conversation keeps it when the next one replaces `ask`.
    """
    note = await _on_desk(w, viewer, id, rev)
    if not note.answerable:
        raise Clash
    await change(w, [id], status="needs_detail", ask=question)
    message = str(uuid.uuid4())
    row = {
        "id": message,
        "note": id,
        "text": question,
        "office": True,
        "day": clock.local_day(w.now).isoformat(),
    }
    await w.conn.insert(Message, [row])
    authors = await w.conn.fetch("SELECT author FROM notes WHERE id = $1", id)
    w.put(f"u:{authors[0]['author']}", "messages", message)
    w.put(f"w:{note.ward}", "messages", message)
    _note_act(w, viewer, "note.asked", note)


async def forget_texts(w: Writing, ids: Sequence[str]) -> None:
    """What amendments, merge losers and messages say dies with a note's text (wire.md §5).

    The bare marks of amendments stay, so that a replay of one still adds none.
    """
    conn, some = w.conn, list(ids)
    await forgotten.remember(w, "text", some)
    await conn.fetch(f"UPDATE amendments SET fields = '{{}}' WHERE {conn.among('note', 1)}", some)
    for row in await conn.fetch(
        f"SELECT m.id, n.author FROM messages m JOIN notes n ON n.id = m.note WHERE {conn.among('m.note', 1)}", some
    ):
        if row["author"] is not None:
            w.left(f"u:{row['author']}", "messages", row["id"])
    await conn.fetch(f"DELETE FROM messages WHERE {conn.among('note', 1)}", some)
