"""Splitting and merging issues. Nothing is deleted: every step stands in the history and can be taken back.

Notes that can still be read move themselves. Of confirmed opinion notes only counts are left: a part of them is split off
as a delta (`issue_counts`), starts with 0 reporters, and so stays at the desk until new notes lift it.
Merging moves nothing: the merged issue points at the one it is read with.
"""

from collections.abc import Sequence

import msgspec

from storage import desk, issue_counts, issue_views, issues
from storage.catalogue import catalogue
from storage.changes import Writing
from storage.conn import Conn
from storage.desk import DeskNote
from storage.issue_views import Issue
from storage.issues import COURSE, OTHER
from storage.tables_office import Issue as IssueRow
from storage.terms import FAR, Due
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.issue import WAITING
from sync.lanes import family
from sync.shifts import portions


async def split_notes(w: Writing, viewer: Viewer, number: int, rev: int, ids: Sequence[str], title: str) -> int:
    """Moves chosen notes to a new issue; provisional ones keep their 24 hours. Returns its number."""
    issue = await issues.hold(w, viewer, number, rev)
    if issue.status == "closed":
        raise Refused("issue_closed")
    if not ids:
        raise Refused("none_chosen")
    notes = await _movable(w, viewer, number, ids)
    new = await issues.begin(w, viewer, notes, title, issue.kind)
    settled: dict[tuple[int, str], int] = {}
    for row in await w.conn.fetch(
        f"SELECT issue, in_month FROM notes WHERE joined_at IS NULL AND {w.conn.among('id', 1)}", sorted(ids)
    ):
        where = int(row["issue"]), str(row["in_month"])
        settled[where] = settled.get(where, 0) + 1
    for (source, month), n in sorted(settled.items()):
        await issue_counts.add(w, source, month, -n)
        await issue_counts.add(w, new, month, n)
    await desk.change(w, [note.id for note in notes], issue=new)
    await _split(w, viewer, number, new)
    return new


async def _movable(w: Writing, viewer: Viewer, number: int, ids: Sequence[str]) -> list[DeskNote]:
    """The notes, held. A note of which only a count is left cannot be chosen."""
    revs = {note.id: note.rev for note in await desk.some(w.conn, viewer, ids)}
    if len(revs) != len(set(ids)):
        raise Missing
    notes = await desk.hold(w, viewer, revs)
    numbers = await issue_counts.members(w.conn, number)
    if any(note.issue not in numbers or not (note.provisional or note.lane == "place") for note in notes):
        raise Clash
    return notes


async def split_counts(
    w: Writing, viewer: Viewer, number: int, rev: int, month: str, n: int, title: str, summary: str
) -> int:
    """Splits `n` confirmed notes of a month off as a count, into a new issue with a summary of its own. Its number."""
    issue = await issues.hold(w, viewer, number, rev)
    if issue.status == "closed":
        raise Refused("issue_closed")
    if n not in (await splittable(w.conn, number)).get(month, []):
        raise Refused("not_that_many")
    row = {
        **{name: getattr(issue, name) for name in ("ward", "lane", "kind", "topic", "area", "urgent")},
        "truth": "unchecked" if issue.kind == "rumour" else "",
        "title": title,
        "summary": summary,
        "status": "open",
        "created_at": w.now,
        "confirmed_at": w.now,
    }
    new = int((await w.conn.insert(IssueRow, [row], returning="number"))[0]["number"])
    await issues.record(w, new, viewer.account, "opened")
    await issue_counts.add(w, number, month, -n)
    await issue_counts.add(w, new, month, n)
    await _split(w, viewer, number, new)
    return new


async def splittable(conn: Conn, number: int) -> dict[str, list[int]]:
    """How much may be split off as a count, by month. Only the issue's own part: what was merged into it can be taken
    out as a whole."""
    fixed = (await issue_counts.shifts(conn, [number]))[number]
    return {month: some for month, (notes, _) in sorted(fixed.items()) if (some := portions(notes))}


async def _split(w: Writing, viewer: Viewer, number: int, new: int) -> None:
    await issues.change(w, number, **await issues.traits(w, number))
    await issues.record(w, number, viewer.account, "split", **{OTHER: str(new)})
    await issues.record(w, new, viewer.account, "split_off", **{OTHER: str(number)})
    await issue_counts.recount(w, number)
    await issue_counts.recount(w, new)


async def merge(w: Writing, viewer: Viewer, number: int, rev: int, into: int) -> None:
    """The issue is read with another one of its ward, lane and topic family from now on, and closed itself."""
    if number == into:
        raise Refused("same_issue")
    await lock(w, (number, into))
    issue, other = await issues.hold(w, viewer, number, rev), await issues.hold(w, viewer, into)
    now = (await catalogue()).areas_now()
    if "closed" in (issue.status, other.status):
        raise Refused("issue_closed")
    if _kin(issue, now.ward(issue.ward)) != _kin(other, now.ward(other.ward)):
        raise Refused("other_family")
    await issues.change(w, number, status="closed", outcome="merged", closed_at=w.now, merged_into=into)
    await issues.record(w, number, viewer.account, "merged", **{OTHER: str(into)})
    area = now.common([issue.area, other.area]) or other.ward
    course = await _inherited(w, viewer, issue, other, area)
    kept = {COURSE: issues.both({name: getattr(other, name) for name in course}, course)} if course else {}
    await issues.record(w, into, viewer.account, "took_in", **{OTHER: str(number)}, **kept)
    await issues.change(
        w,
        into,
        topic=other.topic if issue.topic == other.topic else family(other.topic),
        area=area,
        urgent=issue.urgent or other.urgent,
        **course,
    )
    await issues.fit_unit(w, into, viewer.account)
    await issue_counts.recount(w, into)
    await relink(w, into)


async def _inherited(w: Writing, viewer: Viewer, issue: Issue, other: Issue, area: str) -> dict[str, object]:
    """What `other`, which takes `issue` in, has of its course: the unit if it had none itself, and the earlier term. One that
    was answered owes nothing any more, and passes nothing on."""
    found: dict[str, object] = {}
    if other.status not in WAITING:
        return found
    dues = [Due(one.due_day, one.due_at) for one in (issue, other) if one.due_day is not None and one.status in WAITING]
    first = min(dues, key=lambda due: (due.day, due.at or FAR), default=None)
    if first is not None:
        found |= {"due_day": first.day, "due_at": first.at}
    units = dict(await issue_views.units(w.conn, sorted((await catalogue()).areas_now().holders(area))))
    if issue.status == "routed" and other.status == "open" and issue.unit is not None:
        if issue.unit in units:
            found |= {"unit": issue.unit, "routed_at": issue.routed_at, "status": "routed"}
            due = first.day if first is not None else ""
            await issues.record(w, other.number, viewer.account, "routed", unit=units[issue.unit], due=due)
        else:
            await issues.record(w, other.number, viewer.account, "outgrown")
    if issue.urgent and not other.urgent and first is not None:
        found |= await issues.hasten(w, viewer, msgspec.structs.replace(other, due_day=first.day, due_at=first.at))
    return found


def _kin(issue: Issue, ward: str | None) -> tuple[object, ...]:
    return ward, issue.lane, family(issue.topic), issue.kind == "rumour"


async def unmerge(w: Writing, viewer: Viewer, number: int, rev: int) -> None:
    """The issue stands by itself again, with its own notes and counts."""
    top = await issue_counts.root(w.conn, number)
    await lock(w, (number, top))
    issue = await issues.hold(w, viewer, number, rev)
    into = (await w.conn.fetch("SELECT merged_into FROM issues WHERE number = $1", number))[0]["merged_into"]
    if into is None or issue.outcome != "merged":
        raise Clash
    status = "answered" if issue.answered_at is not None else "routed" if issue.unit else "open"
    await issues.change(w, number, status=status, outcome="", closed_at=None, merged_into=None)
    await issue_counts.part(w, top)
    course = await issues.put_back(w, top, "took_in", number) if into == top else {}
    await issues.change(w, top, **{**await issues.traits(w, top), **course})
    await issues.record(w, number, viewer.account, "unmerged", **{OTHER: str(into)})
    await issues.record(w, top, viewer.account, "gave_back", **{OTHER: str(number)})
    for one in (number, top):
        await issue_counts.recount(w, one)
        await relink(w, one)


async def lock(w: Writing, numbers: Sequence[int]) -> None:
    """Holds several issues in the one order."""
    some = sorted({n for n in numbers if 0 < n <= issue_views.BIGGEST})
    await w.conn.fetch(
        f"SELECT number FROM issues WHERE {w.conn.among('number', 1, 'bigint')} ORDER BY number {w.conn.locking}", some
    )


async def relink(w: Writing, number: int) -> None:
    """The published answers of the issue hold for the notes of all that is read with it: phones go by the numbers."""
    numbers = msgspec.json.encode(await issue_counts.members(w.conn, number)).decode()
    for row in await w.conn.fetch(
        "SELECT id, areas FROM answers WHERE issue = $1 AND state = 'published' AND issues <> $2", number, numbers
    ):
        await w.conn.fetch("UPDATE answers SET issues = $2 WHERE id = $1", row["id"], numbers)
        for area in msgspec.json.decode(row["areas"], type=list[str]):
            w.put(f"a:{area}", "answers", row["id"])
