"""Answers to issues: drafted by the reader or the unit, approved and published by an officer, versioned.

An issue has at most one draft, approved or not (`sync/issue.py` has the states).
Publishing puts the answer into the streams of its areas and replaces the version before.
An opinion issue below the threshold can't be answered for its area, only by a notice to the whole ward.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from storage import clock, issue_counts, issues
from storage.changes import Writing
from storage.conn import Conn, Row
from storage.issue_course import forget_still_so, next_state
from storage.issue_views import Issue
from storage.tables_office import Answer as AnswerRow
from storage.viewer import Clash, Refused, Viewer
from sync import issue as course

TITLE_MAX, TEXT_MAX, SOURCE_MAX = 160, 600, 200
PLAIN = ("answered", "checking")
TRUTHS = ("checking", "true", "partly_true", "false", "cannot_settle")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person writes. `area` is the issue's own or its ward."""

    title: str
    text: str
    status: str
    area: str
    source: str = ""
    valid_to: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    issue: int
    version: int
    areas: list[str]
    title: str
    text: str
    status: str
    source: str | None
    valid_to: str | None
    state: str
    created_at: int
    published_at: int | None
    writer: str
    approver: str


def statuses(kind: str) -> tuple[str, ...]:
    """The statuses an answer to an issue of this kind may have: a rumour needs one that says whether it is true."""
    return TRUTHS if kind == "rumour" else PLAIN


async def of_issue(conn: Conn, number: int) -> list[Answer]:
    """All versions, newest first."""
    rows = await conn.fetch(
        """SELECT s.*, COALESCE(w.login, '') AS writer, COALESCE(a.login, '') AS approver FROM answers s
        LEFT JOIN accounts w ON w.id = s.written_by LEFT JOIN accounts a ON a.id = s.approved_by
        WHERE s.issue = $1 ORDER BY s.version DESC, s.created_at DESC""",
        number,
    )
    return [_answer(row) for row in rows]


def _answer(row: Row) -> Answer:
    values = {name: row[name] for name in Answer.__struct_fields__ if name != "areas"}
    return Answer(**values, areas=msgspec.json.decode(row["areas"], type=list[str]))


async def save(w: Writing, viewer: Viewer, number: int, rev: int, draft: Draft) -> str:
    """Writes the issue's draft (made if there is none); what was approved is a draft again. Returns the answer's id."""
    issue = await issues.hold(w, viewer, number, rev)
    next_state(issue, "draft", viewer.role)
    _check(issue, draft)
    id = await _write(w, viewer, issue, draft)
    await issues.change(w, number)
    await issues.record(w, number, viewer.account, "drafted")
    return id


async def approve(w: Writing, viewer: Viewer, number: int, rev: int, draft: Draft) -> str:
    """Approves the draft as it stands in the form: the office may publish it, word for word. Returns the answer's id."""
    issue = await issues.hold(w, viewer, number, rev)
    next_state(issue, "approve", viewer.role)
    _check(issue, draft, settled=True)
    id = await _write(w, viewer, issue, draft)
    await _approve(w, viewer, id)
    await issues.change(w, number)
    await issues.record(w, number, viewer.account, "approved")
    return id


async def publish(w: Writing, viewer: Viewer, number: int, rev: int, draft: Draft) -> str:
    """Approves the draft as it stands in the form and publishes it to its area, both at once. Returns the answer's id."""
    issue = await issues.hold(w, viewer, number, rev)
    next_state(issue, "approve", viewer.role)
    _check(issue, draft, settled=True)
    id = await _write(w, viewer, issue, draft)
    await _approve(w, viewer, id)
    await issues.record(w, number, viewer.account, "approved")
    await _send(w, viewer, issue, id, draft)
    return id


async def publish_approved(w: Writing, viewer: Viewer, number: int, rev: int) -> None:
    """Publishes what an officer approved, word for word."""
    issue = await issues.hold(w, viewer, number, rev)
    held = next((one for one in await of_issue(w.conn, number) if one.state == "approved"), None)
    if held is None:
        raise Clash
    draft = Draft(
        title=held.title,
        text=held.text,
        status=held.status,
        area=held.areas[0],
        source=held.source or "",
        valid_to=held.valid_to or "",
    )
    _check(issue, draft, settled=True)
    await _send(w, viewer, issue, held.id, draft)


async def withdraw(w: Writing, viewer: Viewer, number: int, rev: int) -> None:
    """Takes the published answer back: it leaves the phones with their next sync, and the issue waits for an answer again.
    Of an issue that is closed meanwhile only the answer goes."""
    issue = await issues.hold(w, viewer, number, rev)
    if not any(one.state == "published" for one in await of_issue(w.conn, number)):
        raise Clash
    await _move(w, number, "withdraw", viewer.role)
    # open or with its unit (that somebody looks was no answer), or closed: it stays so
    status = next_state(issue, "withdraw", viewer.role) if issue.status == "answered" else issue.status
    await issues.change(w, number, status=status, truth="unchecked" if issue.kind == "rumour" else "")
    await issues.record(w, number, viewer.account, "withdrawn")


def _check(issue: Issue, draft: Draft, *, settled: bool = False) -> None:
    """`settled`: the answer is to stand; what is said of a rumour then needs the official source it rests on."""
    if not issue.shown:
        raise Refused("hidden")
    if issue.confirmed_at is None:
        raise Refused("unconfirmed")
    if draft.status not in statuses(issue.kind):
        raise Refused("no_truth")
    if settled and issue.kind == "rumour" and draft.status != "checking" and not draft.source:
        raise Refused("no_basis")
    if draft.area not in (issue.area, issue.ward):
        raise Clash


async def _approve(w: Writing, viewer: Viewer, id: str) -> None:
    await w.conn.fetch("UPDATE answers SET state = 'approved', approved_by = $2 WHERE id = $1", id, viewer.account)


async def _send(w: Writing, viewer: Viewer, issue: Issue, id: str, draft: Draft) -> None:
    """`checking` tells the residents that somebody looks; it is no answer yet, the issue stays due."""
    checking = draft.status == "checking"
    status = next_state(issue, "say_checking" if checking else "publish", viewer.role)
    await _move(w, issue.number, "replace", viewer.role)
    await w.conn.fetch("UPDATE answers SET state = 'published', published_at = $2 WHERE id = $1", id, w.now)
    w.put(f"a:{draft.area}", "answers", id)
    truth = ("unchecked" if checking else draft.status) if issue.kind == "rumour" else ""
    answered_at = issue.answered_at if checking else issue.answered_at or w.now
    await issues.change(w, issue.number, truth=truth, status=status, answered_at=answered_at)
    await issues.record(w, issue.number, viewer.account, "published", status=draft.status)
    await forget_still_so(w, issue.number)


async def _write(w: Writing, viewer: Viewer, issue: Issue, draft: Draft) -> str:
    conn = w.conn
    row: dict[str, Any] = {
        "issues": msgspec.json.encode(await issue_counts.members(conn, issue.number)).decode(),
        "topic": issue.topic,
        "areas": msgspec.json.encode([draft.area]).decode(),
        "title": draft.title,
        "text": draft.text,
        "status": draft.status,
        "source": draft.source or None,
        "valid_to": draft.valid_to or None,
    }
    row |= {"state": "draft", "approved_by": None}
    held = await conn.fetch("SELECT id FROM answers WHERE issue = $1 AND state IN ('draft', 'approved')", issue.number)
    if held:
        sets = ", ".join(f'"{name}" = ${i}' for i, name in enumerate(row, 2))
        await conn.fetch(f"UPDATE answers SET {sets} WHERE id = $1", held[0]["id"], *row.values())
        return str(held[0]["id"])
    last = await conn.fetch("SELECT COALESCE(MAX(version), 0) AS n FROM answers WHERE issue = $1", issue.number)
    row |= {
        "id": str(uuid.uuid4()),
        "issue": issue.number,
        "version": last[0]["n"] + 1,
        "written_by": viewer.account,
        "created_at": w.now,
    }
    await conn.insert(AnswerRow, [row])
    return str(row["id"])


async def _move(w: Writing, number: int, act: str, who: str) -> None:
    """Moves the published answer of the issue, if there is one, out of the phones."""
    after = course.step(course.ANSWER, act, "published", who)
    for row in await w.conn.fetch(
        "UPDATE answers SET state = $2 WHERE issue = $1 AND state = 'published' RETURNING id, areas", number, after
    ):
        for area in msgspec.json.decode(row["areas"], type=list[str]):
            w.left(f"a:{area}", "answers", row["id"])


async def documents(conn: Conn, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """The published answers of these ids as phones get them (wire.md §3); others are missing."""
    found = {}
    for row in await conn.fetch(
        f"SELECT * FROM answers WHERE {conn.among('id', 1)} AND state = 'published'", list(ids)
    ):
        document = {name: row[name] for name in ("id", "issue", "version", "topic", "title", "text", "status")}
        document |= {"issues": msgspec.json.decode(row["issues"]), "areas": msgspec.json.decode(row["areas"])}
        document |= {name: row[name] for name in ("source", "valid_to") if row[name]}
        found[row["id"]] = document | {"published_at": clock.iso(row["published_at"]), "_deleted": False}
    return found
