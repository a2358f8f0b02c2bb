"""The rumour desk: claims in the order of harm × spread, what was checked, how each stands."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import OFFICE
from admin.forms import Form, personal, read_form
from admin.pages import go, page
from storage import answers, clock, issue_views, overview, rumours
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.issue_views import Filter
from storage.viewer import Clash, Missing, Refused, Viewer
from sync import rumour, windows

AnyRequest = Request[Any, Any, Any]
MOST = 200
WEEKS, MONTHS = 5, 3


def periods() -> tuple[list[str], list[str]]:
    """The last weeks and months, newest first."""
    today = clock.local_day(clock.now())
    weeks = [windows.week_of(today - timedelta(days=7 * i)) for i in range(WEEKS)]
    months, first = [windows.month_of(today)], today.replace(day=1)
    while len(months) < MONTHS:
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(windows.month_of(first))
    return weeks, months


@get("/rumours", opt=OFFICE)
async def show_list(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """Unsettled claims first, by harm × spread; then what is settled."""
    async with reading() as conn:
        found = await issue_views.listing(conn, viewer, Filter(kind="rumour"), clock.now(), limit=MOST)
    waits = [one for one in found if one.truth in rumour.UNSETTLED and one.status != "closed"]
    waits.sort(key=lambda one: (-rumour.weight(one.harm, one.band), -one.number))
    settled = [one for one in found if one not in waits]
    return await page(request, "rumours.html", waits=waits, settled=settled, priority=rumour.priority)


async def show_one(
    request: AnyRequest, viewer: Viewer, number: int, *, status: int = 200, **context: Any
) -> Response[str]:
    world = await catalogue()
    now, (weeks, months) = world.areas_now(), periods()
    async with reading() as conn:
        issue = await issue_views.one(conn, viewer, number)
        if issue.kind != "rumour":
            raise Missing
        ward = now.ward(issue.ward) or issue.ward
        clusters = [
            code for code in now.within(ward) if world.tree.by_code[code].level == "cluster" and now.is_open(code)
        ]
        facts = {
            "issue": issue,
            "checks": await rumours.checks(conn, number),
            "versions": [one for one in await answers.of_issue(conn, number) if one.state not in ("draft", "approved")],
            "by_week": await rumours.spread(conn, issue.topic, [ward], weeks),
            "by_month": await rumours.spread(conn, issue.topic, sorted(clusters), months),
            "snapshot": await overview.snapshot_day(conn),
        }
    facts |= {"weeks": weeks, "months": months, "harms": rumour.HARMS, "truths": rumour.TRUTHS, "at": ""}
    facts |= {"priority": rumour.priority(issue.harm, issue.band), "spread": rumour.spread(issue.band)}
    return await page(request, "rumour.html", status=status, **{**facts, **context})


@get("/rumours/{number:int}", opt=OFFICE)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]) -> Response[str]:
    return await show_one(request, viewer, number)


def week(form: Form, name: str) -> str:
    """An ISO week that has begun."""
    value = form.text(name, 8, required=False)
    monday = windows.parse_week(value)
    if value and (monday is None or monday > clock.local_day(clock.now())):
        form.errors[name] = "panel.field.week"
    return value


@post("/rumours/{number:int}", opt=OFFICE, status_code=200)
async def judge(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """Harm, first week heard, and while no answer stands whether it is true."""
    form = await read_form(request)
    harm = int(form.choice("harm", ("0", "1", "2", "3")) or 0) if form.raw("harm").isascii() else 0
    first, truth, rev = week(form, "first_week"), form.choice("truth", rumour.TRUTHS), form.number("rev")
    kept = {"typed": form.typed, "errors": form.errors, "at": "judge"}
    if form.errors:
        return await show_one(request, viewer, number, status=422, **kept)
    try:
        async with writing() as w:
            await rumours.judge(w, viewer, number, rev, harm=harm, first_week=first, truth=truth)
    except Clash:
        return await show_one(request, viewer, number, status=409, clash="panel.issue.clash", **kept)
    except Refused as refused:
        return await show_one(request, viewer, number, status=422, clash=f"panel.refused.{refused.reason}", **kept)
    return go(f"/panel/rumours/{number}", "judged")


@post("/rumours/{number:int}/checks", opt=OFFICE, status_code=200)
async def check(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """A note on what was checked. Officials' words, so the rules of text cleaning warn."""
    form = await read_form(request)
    text = form.text("text", rumours.TEXT_MAX)
    kept = {"typed": form.typed, "errors": form.errors, "at": "check"}
    if form.errors:
        return await show_one(request, viewer, number, status=422, **kept)
    async with reading() as conn:
        ward = (await issue_views.one(conn, viewer, number)).ward
    if not form.sure and (found := personal(await catalogue(), ward, text)):
        return await show_one(request, viewer, number, status=422, found=found, **kept)
    async with writing() as w:
        await rumours.add_check(w, viewer, number, text)
    return go(f"/panel/rumours/{number}", "checked")
