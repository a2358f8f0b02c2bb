"""Notices of the office to areas: drafted, approved, published, withdrawn. Also the only way to answer a hidden opinion issue."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from storage import audit, issue_views, issues
from storage.changes import Writing
from storage.conn import Conn, Row
from storage.tables_office import Notice as NoticeRow
from storage.viewer import Clash, Missing, Refused, Viewer
from sync import issue as course
from sync.bands import visible
from sync.ids import version as id_version

TITLE_MAX, TEXT_MAX = 160, 600


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a person writes; days are inclusive."""

    areas: tuple[str, ...]
    title: str
    text: str
    valid_from: str
    valid_to: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    areas: list[str]
    title: str
    text: str
    valid_from: str
    valid_to: str
    issues: list[int]
    state: str
    created_at: int
    published_at: int | None
    writer: str
    approver: str


_SELECT = """SELECT n.*, COALESCE(a.login, '') AS writer, COALESCE(b.login, '') AS approver FROM notices n
 LEFT JOIN accounts a ON a.id = n.written_by LEFT JOIN accounts b ON b.id = n.approved_by"""


def _notice(row: Row) -> Notice:
    values = {name: row[name] for name in Notice.__struct_fields__ if name not in ("areas", "issues")}
    areas = msgspec.json.decode(row["areas"], type=list[str])
    return Notice(**values, areas=areas, issues=msgspec.json.decode(row["issues"], type=list[int]))


def _within(notice: Notice, viewer: Viewer) -> bool:
    return set(notice.areas) <= set(viewer.codes)


async def listing(conn: Conn, viewer: Viewer) -> list[Notice]:
    """Notices that lie wholly in the viewer's areas: what waits to be published, drafts, then the newest."""
    rows = await conn.fetch(
        f"""{_SELECT} ORDER BY CASE n.state WHEN 'approved' THEN 0 WHEN 'draft' THEN 1 WHEN 'published' THEN 2 ELSE 3 END,
        n.created_at DESC LIMIT 500"""
    )
    return [notice for notice in map(_notice, rows) if _within(notice, viewer)][:100]


async def one(conn: Conn, viewer: Viewer, id: str) -> Notice:
    rows = await conn.fetch(f"{_SELECT} WHERE n.id = $1", id) if id_version(id) else []
    notice = _notice(rows[0]) if rows else None
    if notice is None or not _within(notice, viewer):
        raise Missing
    return notice


async def for_issue(conn: Conn, number: int) -> list[Notice]:
    rows = await conn.fetch(f"{_SELECT} WHERE n.issues LIKE $1 ORDER BY n.created_at DESC", f"%{number}%")
    return [notice for notice in map(_notice, rows) if number in notice.issues]


async def draft(
    w: Writing, viewer: Viewer, words: Words, *, id: str = "", seen: int = 0, issue: int | None = None
) -> str:
    """Writes a new draft, or changes the draft `id` that was last written at `seen`. Returns its id."""
    if not words.areas or not set(words.areas) <= set(viewer.codes):
        raise Missing
    row: dict[str, Any] = {
        "areas": msgspec.json.encode(words.areas).decode(),
        "title": words.title,
        "text": words.text,
        "valid_from": words.valid_from,
        "valid_to": words.valid_to,
    }
    if id:
        notice = await one(w.conn, viewer, id)
        await _lawful(w.conn, notice.issues, words.areas)
        sets = ", ".join(f'"{name}" = ${i}' for i, name in enumerate(row, 4))
        changed = await w.conn.fetch(
            f"""UPDATE notices SET created_at = $3, state = 'draft', approved_by = NULL, {sets}
            WHERE id = $1 AND state IN ('draft', 'approved') AND created_at = $2 RETURNING id""",
            id,
            seen,
            max(w.now, seen + 1),
            *row.values(),
        )
        if not changed:
            raise Clash
        audit.record(w, viewer, "notice.drafted", id, area=words.areas[0])
        return id
    linked = []
    if issue is not None:
        held = await issues.hold(w, viewer, issue)
        if held.confirmed_at is None:
            raise Refused("unconfirmed")
        linked = [issue]
        await _lawful(w.conn, linked, words.areas)
        await issues.record(w, issue, viewer.account, "notice_drafted")
    row |= {
        "id": str(uuid.uuid4()),
        "issues": msgspec.json.encode(linked).decode(),
        "state": "draft",
        "written_by": viewer.account,
        "created_at": w.now,
    }
    await w.conn.insert(NoticeRow, [row])
    audit.record(w, viewer, "notice.drafted", row["id"], area=words.areas[0])
    return str(row["id"])


async def _lawful(conn: Conn, numbers: Sequence[int], areas: Sequence[str]) -> None:
    """Of an opinion issue below the threshold nothing is told but to a whole ward: its very answer would say where it is
    from (brief.md §2). The refusal does not say that there is an issue."""
    for number in numbers:
        rows = await conn.fetch("SELECT lane, ward FROM issues WHERE number = $1", number)
        hidden = rows[0]["lane"] == "opinion" and not visible(await issue_views.months(conn, number))
        if hidden and list(areas) != [rows[0]["ward"]]:
            raise Refused("ward_only")


async def approve(w: Writing, viewer: Viewer, id: str, seen: int) -> None:
    """The draft may go out, word for word."""
    await _step(w, viewer, await one(w.conn, viewer, id), "approve", seen, approved_by=viewer.account)


async def publish(w: Writing, viewer: Viewer, id: str, seen: int) -> None:
    """What an officer approved goes out to its areas. The issues it answers count as answered."""
    notice = await _held(w, viewer, id)
    await _lawful(w.conn, notice.issues, notice.areas)
    await _step(w, viewer, notice, "publish", seen, published_at=w.now)
    for area in notice.areas:
        w.put(f"a:{area}", "notices", id)
    for number in notice.issues:
        await w.conn.fetch(
            """UPDATE issues SET rev = rev + 1, status = 'answered', answered_at = COALESCE(answered_at, $2)
            WHERE number = $1 AND status <> 'closed'""",
            number,
            w.now,
        )
        await issues.record(w, number, viewer.account, "notice_published")


async def withdraw(w: Writing, viewer: Viewer, id: str) -> None:
    """Takes a notice back: drafts are put aside, published ones leave the phones with their next sync."""
    notice = await _held(w, viewer, id)
    await _step(w, viewer, notice, "withdraw", notice.created_at)
    if notice.state != "published":
        return
    for area in notice.areas:
        w.left(f"a:{area}", "notices", id)
    for number in notice.issues:  # what it answered waits for an answer again, unless there is another one
        await w.conn.fetch(
            """UPDATE issues SET rev = rev + 1, status = CASE WHEN unit IS NULL THEN 'open' ELSE 'routed' END
            WHERE number = $1 AND status = 'answered'
            AND NOT EXISTS (SELECT 1 FROM answers s WHERE s.issue = $1 AND s.state = 'published')""",
            number,
        )
        await issues.record(w, number, viewer.account, "notice_withdrawn")


async def _held(w: Writing, viewer: Viewer, id: str) -> Notice:
    """The notice, with the issues it answers locked first: the order of locks."""
    notice = await one(w.conn, viewer, id)
    for number in sorted(notice.issues):
        await w.conn.fetch(f"SELECT number FROM issues WHERE number = $1 {w.conn.locking}", number)
    return notice


async def _step(w: Writing, viewer: Viewer, notice: Notice, act: str, seen: int, **columns: object) -> None:
    """One step of the table in `sync/issue.py`, if the notice is as it was seen. Raises Refused, or Clash."""
    try:
        after = course.step(course.NOTICE, act, notice.state, viewer.role)
    except course.NotYours:
        raise Refused("officer_only") from None
    except course.NotThere:
        raise Clash from None
    sets = "".join(f', "{name}" = ${i}' for i, name in enumerate(columns, 5))
    changed = await w.conn.fetch(
        f"UPDATE notices SET state = $2{sets} WHERE id = $1 AND state = $3 AND created_at = $4 RETURNING id",
        notice.id,
        after,
        notice.state,
        seen,
        *columns.values(),
    )
    if not changed:
        raise Clash
    what = {"approve": "approved", "publish": "published", "withdraw": "withdrawn"}[act]
    audit.record(w, viewer, f"notice.{what}", notice.id, area=notice.areas[0])


async def documents(conn: Conn, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """The published notices of these ids as phones get them (wire.md §3); others are missing."""
    found = {}
    for row in await conn.fetch(
        f"SELECT * FROM notices WHERE {conn.among('id', 1)} AND state = 'published'", list(ids)
    ):
        document = {name: row[name] for name in ("id", "title", "text")}
        document |= {"areas": msgspec.json.decode(row["areas"]), "from": row["valid_from"], "to": row["valid_to"]}
        if linked := msgspec.json.decode(row["issues"]):
            document["issues"] = linked
        found[row["id"]] = document | {"_deleted": False}
    return found
