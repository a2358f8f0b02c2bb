"""Issues: the list, the page of one, and its course: confirm, take out, route, close, reopen."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import ISSUES, LIVE, OFFICE, READER
from admin.forms import Form, personal, read_form
from admin.overview import fileable
from admin.pages import go, only_rev, page
from admin.undoing import acted, offer, went
from storage import (
    answers,
    audit,
    clock,
    desk,
    issue_course,
    issue_views,
    issues,
    notices,
    photos,
    reach,
    regroup,
    still_so,
    suggest,
    terms,
    text_templates,
)
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.conn import Conn
from storage.database import reading
from storage.issue_course import REASONS
from storage.issue_views import PAGE, STATES, Filter, State
from storage.issues import OUTCOMES
from storage.viewer import Clash, Missing, Refused, Viewer
from sync import bands
from sync.lanes import family

AnyRequest = Request[Any, Any, Any]
TITLE_MAX, SUMMARY_MAX = 160, 1000


def today() -> str:
    return clock.local_day(clock.now()).isoformat()


@get("/issues", opt=ISSUES)
async def show_list(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """The filter stands in the address. An area outside the viewer's does not exist."""
    query, world = request.query_params, await catalogue()
    state: State = next((one for one in STATES if one == query.get("state", "active")), "")
    area, topic, number = query.get("area", ""), query.get("topic", ""), query.get("page", "1")
    if area and area not in viewer.codes:
        raise Missing
    lane = query.get("lane", "") if query.get("lane", "") in ("place", "opinion") else ""
    topic = topic if topic in world.topics else ""
    wanted = Filter(
        state=state, lane=lane, family=topic, areas=issue_views.concerning(world.areas_now(), area) if area else None
    )
    at = int(number) if number.isascii() and number.isdigit() and 0 < int(number[:6]) < 10_000 else 1
    async with reading() as conn:
        now = clock.now()
        found = await issue_views.listing(conn, viewer, wanted, now, offset=(at - 1) * PAGE, limit=PAGE + 1)
        counts = await issue_views.counts(conn, viewer, wanted, now)
    filters = {"lane": lane, "topic": topic, "area": area}
    return await page(
        request,
        "issues.html",
        issues=found[:PAGE],
        more=len(found) > PAGE,
        at=at,
        state=state,
        counts=counts,
        filters=filters,
        query=urlencode({name: value for name, value in filters.items() if value}),
        areas=[world.tree.by_code[code] for code in viewer.codes if world.areas_now().is_open(code)],
        families=fileable(world),
        states=STATES,
    )


async def show_issue(
    request: AnyRequest, viewer: Viewer, number: int, *, status: int = 200, **context: Any
) -> Response[str]:
    """The page of one issue. `context` brings back what was typed in one of its forms (`at` names the form)."""
    world = await catalogue()
    async with writing() as w:  # words and photos are shown only once the trail says who saw them
        conn = w.conn
        issue = await issue_views.one(conn, viewer, number)
        reader = viewer.role == "reader"
        # the unit goes there: it needs the places, days and words of a place issue (the masked ones; no opinion's)
        reads = reader or (viewer.role == "unit" and issue.lane == "place")
        notes = await desk.in_issue(conn, viewer, number) if reads else []
        shared = await desk.pictures_of_issue(conn, viewer, number) if not reads else []
        if shared or any(note.text is not None for note in notes):
            audit.record(w, viewer, "read.issue", number, area=issue.ward)
        versions = await answers.of_issue(conn, number)
        facts = {
            "issue": issue,
            "notes": notes,
            "loose": reader and any(note.provisional for note in notes),
            "versions": versions,
            "draft": next((one for one in versions if one.state in ("draft", "approved")), None),
            # a new version begins with the words that stand now
            "standing": next((one for one in versions if one.state == "published"), None),
            "notices": await notices.for_issue(conn, number),
            "events": await issue_views.history(conn, number),
            "units": await issue_views.units(conn, sorted(world.areas_now().holders(issue.area))),
            "pictures": await photos.of_notes([note.id for note in notes if note.photos]),
            "shared": shared,
            "reached": await reached(conn, issue, versions),
            "still": bands.band(await still_so.count(conn, number)) if issue.lane == "place" else "",
            "templates": await text_templates.listing(conn, [issue.ward]),
            "term": await issue_course.term(conn, issue, w.now),
            "term_days": await terms.days(conn, issue.ward),
            "splits": await regroup.splittable(conn, number) if reader and issue.lane == "opinion" else {},
            "kin": await suggest.kin(conn, viewer, issue) if reader and issue.status != "closed" else [],
        }
        facts |= await offer(request, conn, viewer, w.now)
    facts |= {
        "at": "",
        "statuses": answers.statuses(issue.kind),
        "outcomes": OUTCOMES,
        "reasons": REASONS,
        "since": (),
        "preview": None,
        "overdue": issue.overdue(clock.now()),
        "wide_only": not issue.shown,
        "family": family(issue.topic),
    }
    return await page(request, "issue.html", status=status, **{**facts, **context})


async def reached(conn: Conn, issue: issue_views.Issue, versions: list[answers.Answer]) -> list[reach.Reach]:
    """How far the answer came that stands now; nothing if none does."""
    standing = next((one for one in versions if one.state == "published"), None)
    if standing is None:
        return []
    world = await catalogue()
    opinion = issue.lane == "opinion"
    return await reach.of_answer(conn, standing.id, standing.areas, world.tree, world.areas_now(), opinion=opinion)


@get("/issues/{number:int}", opt=ISSUES)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]) -> Response[str]:
    """`template` in the address begins the answer with a template's words."""
    chosen = request.query_params.get("template", "")
    if LIVE in request.headers:
        async with reading() as conn:
            return only_rev((await issue_views.one(conn, viewer, number)).rev)
    if not chosen:
        return await show_issue(request, viewer, number)
    async with reading() as conn:
        found = await text_templates.one(conn, viewer, chosen)
    return await show_issue(request, viewer, number, at="answer", typed={"title": found.title, "text": found.text})


async def do(
    request: AnyRequest,
    viewer: Viewer,
    number: int,
    form: Form,
    at: str,
    work: Callable[[Writing], Awaitable[object]],
    said: str,
    *,
    notes: Sequence[str] | None = None,
    others: Sequence[int] = (),
) -> Response[str] | Redirect:
    """Does it and shows the issue; if it cannot be done, shows the issue as it is now with what was typed in form `at`.

    With `notes` (those it changes, maybe none) it can be taken back; `others`: further issues it changes. If `work`
    returns a number, that issue is shown.
    """
    here = f"/panel/issues/{number}"

    async def act(w: Writing) -> int | None:
        made = await work(w)
        return made if isinstance(made, int) else None

    try:
        if notes is not None:
            made, token = await acted(viewer, act, said, here, notes=notes, issues=[number, *others])
            return went(f"/panel/issues/{made}" if made else here, said, token)
        async with writing() as w:
            await work(w)
    except Clash:
        async with reading() as conn:
            events = await issue_views.history(conn, number)
        since = events[: len(events) - max(form.number("seen"), 0)]
        context = {"clash": "panel.issue.clash", "typed": form.typed, "at": at, "since": since}
        return await show_issue(request, viewer, number, status=409, **context)
    except Refused as refused:
        context = {"clash": f"panel.refused.{refused.reason}", "typed": form.typed, "at": at}
        return await show_issue(request, viewer, number, status=422, **context)
    return go(here, said)


async def again(
    request: AnyRequest, viewer: Viewer, number: int, form: Form, at: str, *, status: int = 422, **context: Any
) -> Response[str]:
    """The form once more, with its errors, the warning or the preview."""
    facts = {"typed": form.typed, "errors": form.errors, "at": at} | context
    return await show_issue(request, viewer, number, status=status, **facts)


async def ward_of(viewer: Viewer, number: int) -> str:
    async with reading() as conn:
        return (await issue_views.one(conn, viewer, number)).ward


@post("/issues/{number:int}/confirm", opt=READER, status_code=200)
async def confirm(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """The summary stands for the notes from now on; opinion texts are erased with it."""
    form = await read_form(request)
    title, summary = form.text("title", TITLE_MAX), form.text("summary", SUMMARY_MAX)
    if form.errors:
        return await again(request, viewer, number, form, "confirm")
    if not form.sure and (found := personal(await catalogue(), await ward_of(viewer, number), title, summary)):
        return await again(request, viewer, number, form, "confirm", found=found)
    rev = form.number("rev")
    return await do(
        request,
        viewer,
        number,
        form,
        "confirm",
        lambda w: issues.confirm(w, viewer, number, rev, title, summary),
        "confirmed",
    )


@post("/issues/{number:int}/take-out", opt=READER, status_code=200)
async def take_out(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    form = await read_form(request)
    note, rev = form.raw("note"), form.number("rev")
    return await do(
        request,
        viewer,
        number,
        form,
        "",
        lambda w: issues.take_out(w, viewer, number, rev, note),
        "taken_out",
        notes=[note],
    )


@post("/issues/{number:int}/route", opt=OFFICE, status_code=200)
async def route(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    form = await read_form(request)
    unit, due = form.text("unit", 36), form.day("due", required=False, from_day=today())
    if form.errors:
        return await again(request, viewer, number, form, "route")
    rev = form.number("rev")
    return await do(
        request,
        viewer,
        number,
        form,
        "route",
        lambda w: issue_course.route(w, viewer, number, rev, unit, due),
        "routed",
    )


@post("/issues/{number:int}/close", opt=OFFICE, status_code=200)
async def close(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    form = await read_form(request)
    outcome = form.choice("outcome", OUTCOMES)
    if form.errors:
        return await again(request, viewer, number, form, "close", clash="panel.refused.no_outcome")
    rev = form.number("rev")
    return await do(
        request, viewer, number, form, "close", lambda w: issue_course.close(w, viewer, number, rev, outcome), "closed"
    )


@post("/issues/{number:int}/reopen", opt=OFFICE, status_code=200)
async def reopen(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    form = await read_form(request)
    rev = form.number("rev")
    return await do(
        request, viewer, number, form, "", lambda w: issue_course.reopen(w, viewer, number, rev), "reopened"
    )
