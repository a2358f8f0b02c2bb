"""What the office makes of notes: group them, take them out, confirm. Nothing is merged by deletion. Its further course:
`storage/issue_course.py`.

Joining is provisional for 24 hours. Confirming the summary makes it lasting: in the same transaction the opinion notes'
texts are erased and every note's author is forgotten, so the counts of that part are fixed (`storage/issue_counts.py`).
Locks are taken in one order everywhere: issues by number, then notes by id. Splitting, merging: `storage/regroup.py`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from storage import audit, clock, desk, fault_points, issue_counts, issue_views, suggest, terms
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.clock import DAY_MS
from storage.conn import Conn
from storage.desk import DeskNote
from storage.issue_views import Issue
from storage.notes import forget_author
from storage.tables_office import Issue as IssueRow
from storage.tables_office import IssueEvent
from storage.viewer import Clash, Missing, Refused, Viewer
from sync import windows
from sync.issue import WAITING
from sync.lanes import family

PROVISIONAL_MS = DAY_MS
GROUPABLE = frozenset({"received", "read", "cleared", "needs_detail"})
NEWS = "i:"  # with a ward: the stream of the issues that exist for its whole office
OTHER = "other"  # in an event: the number of a second issue, which the reader alone may know of
COURSE = "course"  # in an event: unit and term before and after it, to put them back
GONE = ("returned", "merged")  # closed without an outcome of their own: their notes are elsewhere
OUTCOMES = ("done", "explained", "referred", "not_possible")


async def hold(w: Writing, viewer: Viewer, number: int, rev: int | None = None) -> Issue:
    """The issue, locked until COMMIT. Raises Missing (unknown, foreign or hidden), or Clash if it is not at `rev`."""
    if not 0 < number <= issue_views.BIGGEST:
        raise Missing
    await w.conn.fetch(f"SELECT number FROM issues WHERE number = $1 {w.conn.locking}", number)
    issue = await issue_views.one(w.conn, viewer, number)
    if rev is not None and issue.rev != rev:
        raise Clash
    return issue


async def change(w: Writing, number: int, **columns: object) -> None:
    sets = "".join(f', "{name}" = ${i}' for i, name in enumerate(columns, 2))
    await w.conn.fetch(f"UPDATE issues SET rev = rev + 1{sets} WHERE number = $1", number, *columns.values())


async def record(w: Writing, number: int, actor: str, what: str, words: str = "", **detail: str) -> None:
    """One line of the issue's history and of the audit trail. Never how many notes: exact numbers are not shown anywhere.

    `words` are an official's and stay in the history: what the trail holds nobody could take back.
    """
    told = detail | ({"words": words} if words else {})
    row = {"issue": number, "at": w.now, "actor": actor, "what": what, "detail": msgspec.json.encode(told).decode()}
    await w.conn.insert(IssueEvent, [row])
    ward = (await w.conn.fetch("SELECT ward FROM issues WHERE number = $1", number))[0]["ward"]
    w.at_end(partial(_tell, w, number))
    plain = {name: value for name, value in detail.items() if name not in (OTHER, COURSE)}
    audit.record(w, actor or audit.WORKER, f"issue.{what}", number, area=ward, detail=plain)


async def _tell(w: Writing, number: int, conn: Conn) -> None:
    """News for open pages of the office (`admin/live.py`), if the issue exists for all of it: of a hidden one not even that
    something happened to it is told. A place issue that is gone was there for all."""
    there = f"({issue_views.VISIBLE} OR i.lane = 'place')"
    for row in await conn.fetch(f"SELECT i.ward FROM issues i WHERE i.number = $1 AND {there}", number):
        w.put(f"{NEWS}{row['ward']}", "issues", str(number))


# ---- grouping ---------------------------------------------------------------------------------------------------


async def open_new(w: Writing, viewer: Viewer, revs: Mapping[str, int], title: str, kind: str = "") -> int:
    """A new issue from notes of one ward, lane and topic family. Returns its number."""
    notes = await _groupable(w, viewer, revs)
    number = await begin(w, viewer, notes, title, kind)
    await _join(w, number, notes)
    return number


async def begin(w: Writing, viewer: Viewer, notes: Sequence[DeskNote], title: str, kind: str = "") -> int:
    """An issue for these notes, which are not in it yet. Returns its number."""
    now = (await catalogue()).areas_now()
    topics, kinds = {note.topic for note in notes}, [note.kind for note in notes]
    first = notes[0]
    row = {
        "ward": now.ward(first.ward) or first.ward,
        "lane": first.lane,
        "kind": kind or ("rumour" if "rumour" in kinds else max(kinds, key=kinds.count)),
        "topic": first.topic if len(topics) == 1 else family(first.topic),
        "area": now.common([note.area for note in notes]) or first.ward,
        "title": title,
        "summary": "",
        "status": "open",
        "urgent": any(note.urgent for note in notes),
        "created_at": w.now,
    }
    if row["kind"] == "rumour":
        row |= {"truth": "unchecked", "first_week": windows.week_of(clock.local_day(w.now))}
    number = int((await w.conn.insert(IssueRow, [row], returning="number"))[0]["number"])
    await record(w, number, viewer.account, "opened")
    return number


async def join(w: Writing, viewer: Viewer, revs: Mapping[str, int], number: int) -> None:
    """Adds notes to an issue of the same ward, lane and topic family."""
    issue = await hold(w, viewer, number)
    if issue.status == "closed":
        raise Refused("issue_closed")
    notes = await _groupable(w, viewer, revs)
    first, now = notes[0], (await catalogue()).areas_now()
    if (now.ward(first.ward), first.lane, family(first.topic)) != (
        now.ward(issue.ward),
        issue.lane,
        family(issue.topic),
    ):
        raise Refused("other_family")
    topics = {issue.topic, *(note.topic for note in notes)}
    turned = not issue.urgent and any(note.urgent for note in notes)
    await record(w, number, viewer.account, "joined")
    await change(
        w,
        number,
        topic=issue.topic if len(topics) == 1 else family(issue.topic),
        area=now.common([issue.area, *(note.area for note in notes)]) or issue.ward,
        urgent=issue.urgent or turned,
        **(await hasten(w, viewer, issue) if turned else {}),
    )
    await fit_unit(w, number, viewer.account)
    await _join(w, number, notes)


async def traits(w: Writing, number: int) -> dict[str, object]:
    """Topic, area and urgency as the notes still in an issue have them. Of confirmed opinions only counts are left: such an
    issue keeps its own."""
    conn = w.conn
    (issue,) = await conn.fetch("SELECT ward, lane, confirmed_at FROM issues WHERE number = $1", number)
    rows = await conn.fetch(
        f"SELECT topic, area, urgent FROM notes WHERE {conn.among('issue', 1, 'bigint')}",
        await issue_counts.members(conn, number),
    )
    if not rows or (issue["lane"] == "opinion" and issue["confirmed_at"] is not None):
        return {}
    topics, now = {row["topic"] for row in rows}, (await catalogue()).areas_now()
    urgent = any(row["urgent"] for row in rows)
    return {
        "topic": topics.pop() if len(topics) == 1 else family(rows[0]["topic"]),
        "area": now.common([row["area"] for row in rows]) or issue["ward"],
        "urgent": urgent,
        **({} if urgent else await put_back(w, number, "hastened")),
    }


async def hasten(w: Writing, viewer: Viewer, issue: Issue) -> dict[str, object]:
    """The term of an issue that turned urgent: 24 hours from now, where its unit had longer."""
    soon = await terms.due(w.conn, issue.ward, urgent=True, now=w.now)
    before = terms.Due(issue.due_day or "", issue.due_at)
    if issue.status not in WAITING or not before.day or not terms.sooner(soon, before):
        return {}
    after: dict[str, object] = {"due_day": soon.day, "due_at": soon.at}
    kept = both({"due_day": before.day, "due_at": before.at}, after)
    await record(w, issue.number, viewer.account, "hastened", due=soon.day, **{COURSE: kept})
    return after


def both(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """What an event changed of unit and term, as `put_back` reads it."""
    return msgspec.json.encode([before, after]).decode()


async def put_back(w: Writing, number: int, what: str, other: int | None = None) -> dict[str, object]:
    """What an issue's unit and term were before its last event of this kind (with that `other` issue); nothing if they were
    changed since, or the event changed none."""
    for row in await w.conn.fetch(
        "SELECT detail FROM issue_events WHERE issue = $1 AND what = $2 ORDER BY id DESC", number, what
    ):
        detail = msgspec.json.decode(row["detail"], type=dict[str, str])
        if other is not None and detail.get(OTHER) != str(other):
            continue
        if COURSE not in detail:
            break
        before, after = msgspec.json.decode(detail[COURSE], type=tuple[dict[str, Any], dict[str, Any]])
        (now,) = await w.conn.fetch("SELECT * FROM issues WHERE number = $1", number)
        return before if all(now[name] == value for name, value in after.items()) else {}
    return {}


async def fit_unit(w: Writing, number: int, actor: str) -> None:
    """An issue that grew beyond the areas of its unit is the office's again: the unit could not even see it."""
    (row,) = await w.conn.fetch("SELECT area, unit, status FROM issues WHERE number = $1", number)
    if row["unit"] is None or row["status"] != "routed":
        return
    chain = sorted((await catalogue()).areas_now().holders(row["area"]))
    if row["unit"] not in dict(await issue_views.units(w.conn, chain)):
        await change(w, number, unit=None, routed_at=None, status="open")
        await record(w, number, actor, "outgrown")


async def _groupable(w: Writing, viewer: Viewer, revs: Mapping[str, int]) -> list[DeskNote]:
    if not revs:
        raise Refused("none_chosen")
    notes = await desk.hold(w, viewer, revs)
    if any(note.status == "quarantined" for note in notes):
        raise Refused("quarantined")
    if any(note.status not in GROUPABLE for note in notes):
        raise Clash
    now = (await catalogue()).areas_now()
    if len({(now.ward(note.ward), note.lane, family(note.topic)) for note in notes}) > 1:
        raise Refused("other_family")
    return notes


async def _join(w: Writing, number: int, notes: Sequence[DeskNote]) -> None:
    await desk.change(w, [note.id for note in notes], status="in_issue", issue=number, joined_at=w.now, ask=None)
    await issue_counts.recount(w, number)


async def take_out(w: Writing, viewer: Viewer, number: int, rev: int, note: str) -> None:
    """A provisional note goes back to the desk. One already confirmed stays: only its count is left."""
    await hold(w, viewer, number, rev)
    found = await desk.one(w.conn, viewer, note)
    if found.issue not in await issue_counts.members(w.conn, number) or not found.provisional:
        raise Clash
    await desk.change(w, [note], status="cleared", issue=None, joined_at=None)
    await change(w, number, **await traits(w, number))
    await record(w, number, viewer.account, "left")
    await issue_counts.recount(w, number)


async def confirm(w: Writing, viewer: Viewer, number: int, rev: int, title: str, summary: str) -> None:
    """The summary stands for its notes from now on. Opinion texts are erased, authors forgotten, counts fixed."""
    issue = await hold(w, viewer, number, rev)
    conn = w.conn
    numbers = await issue_counts.members(conn, number)
    rows = await conn.fetch(
        f"""SELECT id, issue, ward, text, tag FROM notes WHERE {conn.among("issue", 1, "bigint")} AND joined_at IS NOT NULL
        ORDER BY id {conn.locking}""",
        numbers,
    )
    ids = [row["id"] for row in rows]
    if not ids and issue.confirmed_at is None:
        raise Refused("no_notes")
    await issue_counts.fix(w, number)
    await suggest.keep(w, rows)
    fault_points.point("confirm.counted")
    if issue.lane == "opinion":
        await desk.forget_texts(w, ids)
    fault_points.point("confirm.texts_gone")
    await forget_author(w, ids)
    fault_points.point("confirm.authors_gone")
    if ids:
        erased = {"text": None, "masked": "{}"} if issue.lane == "opinion" else {}
        await desk.change(w, ids, joined_at=None, **erased)
    await issue_counts.recount(w, number)
    await change(w, number, title=title, summary=summary, confirmed_at=issue.confirmed_at or w.now)
    await record(w, number, viewer.account, "confirmed")


async def return_unconfirmed(now: int) -> int:
    """Notes that joined an issue 24 hours ago and were not confirmed go back to the queue. Returns how many."""
    async with writing(now) as w:
        rows = await w.conn.fetch(
            "SELECT DISTINCT issue FROM notes WHERE joined_at <= $1 AND issue IS NOT NULL", now - PROVISIONAL_MS
        )
    returned = 0
    for number in sorted(int(row["issue"]) for row in rows):
        async with writing(now) as w:
            returned += await _return(w, number, now - PROVISIONAL_MS)
    return returned


async def _return(w: Writing, number: int, until: int) -> int:
    conn = w.conn
    top = await issue_counts.root(conn, number)
    held = await conn.fetch(
        f"SELECT number, confirmed_at FROM issues WHERE {conn.among('number', 1, 'bigint')} ORDER BY number {conn.locking}",
        sorted({top, number}),
    )
    rows = await conn.fetch(
        f"SELECT id FROM notes WHERE issue = $1 AND joined_at <= $2 ORDER BY id {conn.locking}", number, until
    )
    ids = [row["id"] for row in rows]
    if not ids or not held:
        return 0
    await desk.change(w, ids, status="read", issue=None, joined_at=None)
    await issue_counts.recount(w, number)
    left = await conn.fetch("SELECT id FROM notes WHERE issue = $1 LIMIT 1", number)
    if not left and top == number and held[0]["confirmed_at"] is None:
        await change(w, number, status="closed", outcome="returned", closed_at=w.now)
    else:
        await change(w, number, **await traits(w, number))
        if top != number:
            await change(w, top, **await traits(w, top))
    await record(w, number, "", "returned")
    return len(ids)
