"""The course of an issue: handed to a unit, given back, closed, reopened. `sync/issue.py` says what follows from what."""

from storage import desk, issue_counts, issue_views, terms
from storage.catalogue import catalogue
from storage.changes import Writing
from storage.conn import Conn
from storage.issue_views import Issue
from storage.issues import GONE, OUTCOMES, change, hold, record
from storage.viewer import Clash, Missing, Refused, Viewer
from sync import issue as course

REASONS = ("not_ours", "other_area", "facts_missing", "other")


def next_state(issue: Issue, act: str, who: str) -> str:
    """The state the issue has after this act. Raises Refused where the role may not, or the issue is closed; else Clash."""
    try:
        return course.step(course.ISSUE, act, issue.status, who, routed=issue.unit is not None)
    except course.NotYours:
        raise Refused("officer_only" if course.ISSUE[act].by == (course.OFFICER,) else "not_yours") from None
    except course.NotThere:
        raise (Refused("issue_closed") if issue.status == "closed" else Clash) from None


async def route(w: Writing, viewer: Viewer, number: int, rev: int, unit: str, due_day: str = "") -> None:
    """Hands the issue to a unit that holds its area (or an ancestor), which sees it from then on.

    Due until the end of `due_day`, or if that is empty as `term` says.
    """
    issue = await hold(w, viewer, number, rev)
    status = next_state(issue, "route", viewer.role)
    if not issue.shown:
        raise Refused("hidden")
    known = dict(await issue_views.units(w.conn, sorted((await catalogue()).areas_now().holders(issue.area))))
    if unit not in known:
        raise Missing
    due = terms.Due(due_day, None) if due_day else await term(w.conn, issue, w.now)
    await change(w, number, unit=unit, due_day=due.day, due_at=due.at, routed_at=w.now, status=status)
    await record(w, number, viewer.account, "routed", unit=known[unit], due=due.day)


async def term(conn: Conn, issue: Issue, now: int) -> terms.Due:
    """When an answer is due if nobody sets a day: after the ward's term, or when it was due before it came back to the office."""
    if issue.unit is None and issue.due_day is not None:
        return terms.Due(issue.due_day, issue.due_at)
    return await terms.due(conn, issue.ward, urgent=issue.urgent, now=now)


async def refuse(w: Writing, viewer: Viewer, number: int, rev: int, reason: str, words: str) -> None:
    """The unit gives the issue back to the office and says why; it is counted. The day it was due on stays."""
    issue = await hold(w, viewer, number, rev)
    status = next_state(issue, "refuse", viewer.role)
    if reason not in REASONS:
        raise Refused("no_reason")
    await change(w, number, unit=None, routed_at=None, refusals=issue.refusals + 1, status=status)
    await record(w, number, viewer.account, "refused", words, why=reason)


async def close(w: Writing, viewer: Viewer, number: int, rev: int, outcome: str) -> None:
    """Ends the issue with an outcome; its notes are closed with it. A rumour needs a settled truth status."""
    issue = await hold(w, viewer, number, rev)
    status = next_state(issue, "close", viewer.role)
    if outcome not in OUTCOMES:
        raise Refused("no_outcome")
    if issue.confirmed_at is None or await _loose(w, number):
        raise Refused("unconfirmed")
    if issue.kind == "rumour" and issue.truth in ("", "unchecked"):
        raise Refused("no_truth")
    await change(w, number, status=status, outcome=outcome, closed_at=w.now)
    await record(w, number, viewer.account, "closed", outcome=outcome)
    await _set_notes(w, number, "in_issue", "closed")
    await forget_still_so(w, number)


async def reopen(w: Writing, viewer: Viewer, number: int, rev: int) -> None:
    """The matter came up again: the issue is worked on anew, with its history and a term of its own."""
    issue = await hold(w, viewer, number, rev)
    await take_up(w, issue, next_state(issue, "reopen", viewer.role), viewer.account, "reopened")


async def take_up(w: Writing, issue: Issue, status: str, actor: str, what: str) -> None:
    """The issue is open again. A unit that still has it gets a new term."""
    if issue.outcome in GONE:
        raise Clash
    due = terms.Due("", None)
    if issue.unit:
        due = await terms.due(w.conn, issue.ward, urgent=issue.urgent, now=w.now)
    await change(
        w,
        issue.number,
        status=status,
        outcome="",
        closed_at=None,
        due_day=due.day or None,
        due_at=due.at,
        reopenings=issue.reopenings + 1,
    )
    await record(w, issue.number, actor, what)
    await _set_notes(w, issue.number, "closed", "in_issue")
    await forget_still_so(w, issue.number)


async def forget_still_so(w: Writing, number: int) -> None:
    """What phones said about the answer before says nothing of what comes now."""
    await w.conn.fetch("DELETE FROM still_so WHERE issue = $1", number)


async def _loose(w: Writing, number: int) -> bool:
    return bool(await issue_counts.loose(w.conn, await issue_counts.members(w.conn, number)))


async def _set_notes(w: Writing, number: int, before: str, after: str) -> None:
    rows = await w.conn.fetch(
        f"""SELECT id FROM notes WHERE {w.conn.among("issue", 1, "bigint")} AND status = $2
        ORDER BY id {w.conn.locking}""",
        await issue_counts.members(w.conn, number),
        before,
    )
    if rows:
        await desk.change(w, [row["id"] for row in rows], status=after)
