"""Notices to areas: the reader drafts, the officer drafts, approves and withdraws; either publishes what is approved."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import OFFICE, OFFICER, NotAllowed
from admin.forms import personal, read_form
from admin.issues import today
from admin.overview import fileable
from admin.pages import Writer, go, page
from storage import clock, notices
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.notices import TEXT_MAX, TITLE_MAX, Words
from storage.viewer import Clash, Missing, Refused, Viewer
from sync import windows

AnyRequest = Request[Any, Any, Any]
THEMES_MOST = 5
SAID = {"draft": "notice_drafted", "approve": "notice_approved", "publish": "notice_published"}


async def show_notices(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    world = await catalogue()
    async with reading() as conn:
        facts = {
            "notices": await notices.listing(conn, viewer),
            "areas": [world.tree.by_code[code] for code in viewer.codes if world.areas_now().is_open(code)],
            "editing": "",
            "seen": 0,
            "chosen": [],
            "preview": None,
            "themes": fileable(world),
        }
    return await page(request, "notices.html", status=status, **{**facts, **context})


@get("/notices", opt=OFFICE)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """`edit`: a notice that is not published yet. `theme` (topics): begins one that says what to listen for this week."""
    edited = request.query_params.get("edit", "")
    if not edited:
        themes = request.query_params.getall("theme", [])[:THEMES_MOST]
        return await show_notices(request, viewer, **(await _listen_for(viewer, themes) if themes else {}))
    async with reading() as conn:
        notice = await notices.one(conn, viewer, edited)
    if notice.state not in ("draft", "approved"):
        raise Missing
    typed = {"title": notice.title, "text": notice.text, "from": notice.valid_from, "to": notice.valid_to}
    return await show_notices(
        request, viewer, typed=typed, chosen=notice.areas, editing=notice.id, seen=notice.created_at
    )


async def _listen_for(viewer: Viewer, topics: list[str]) -> dict[str, Any]:
    """Phones get it as a notice like any other: it is read, changed and approved before. In Vietnamese, as they do."""
    world, day = await catalogue(), clock.local_day(clock.now())
    write, known = Writer("vi", world), {one.code for one in fileable(world)}
    named = "; ".join(write.topic(code) for code in dict.fromkeys(topics) if code in known)
    if not named:
        return {}
    sunday = day + timedelta(days=6 - day.weekday())
    wards = [code for code in viewer.codes if (area := world.tree.get(code)) and area.level == "ward"]
    typed = {
        "title": write.t("panel.notice.themes.named", week=write.period(windows.week_of(day)).lower()),
        "text": write.t("panel.notice.themes.words", topics=named),
        "from": day.isoformat(),
        "to": sunday.isoformat(),
    }
    return {"typed": typed, "chosen": [code for code in wards if world.areas_now().is_open(code)]}


@post("/notices", opt=OFFICE, status_code=200)
async def write(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """`do`: `preview` shows it as phones will, `draft` keeps it; of officers `approve`, or `publish` at once."""
    form = await read_form(request)
    editing, seen, chosen = form.raw("id"), form.number("seen"), form.all("area")
    words = Words(
        areas=tuple(code for code in viewer.codes if code in chosen),
        title=form.text("title", TITLE_MAX),
        text=form.text("text", TEXT_MAX),
        valid_from=form.day("from"),
        valid_to=form.day("to", from_day=max(form.raw("from"), today())),
    )
    act = form.raw("do") if form.raw("do") in SAID else "preview"
    if act in ("approve", "publish") and viewer.role != "officer":
        raise NotAllowed
    if not words.areas or len(words.areas) != len(set(chosen)):
        form.errors["area"] = "panel.field.choose"
    kept: dict[str, Any] = {
        "chosen": chosen,
        "editing": editing,
        "seen": seen,
        "typed": form.typed,
        "errors": form.errors,
    }
    if form.errors:
        return await show_notices(request, viewer, status=422, **kept)
    world = await catalogue()
    ward = world.areas_now().ward(words.areas[0]) or ""
    found = personal(world, ward, words.title, words.text)
    if act == "preview":
        return await show_notices(request, viewer, found=found, preview=words, **kept)
    if found and not form.sure:
        return await show_notices(request, viewer, status=422, found=found, **kept)
    try:
        async with writing() as w:
            id = await notices.draft(w, viewer, words, id=editing, seen=seen)
            if act != "draft":
                await notices.approve(w, viewer, id, (await notices.one(w.conn, viewer, id)).created_at)
            if act == "publish":
                await notices.publish(w, viewer, id, (await notices.one(w.conn, viewer, id)).created_at)
    except Clash:
        return await show_notices(request, viewer, status=409, clash="panel.notice.clash", **kept | {"editing": ""})
    except Refused as refused:
        return await show_notices(request, viewer, status=422, clash=f"panel.refused.{refused.reason}", **kept)
    return go("/panel/notices", SAID[act])


@post("/notices/{notice_id:str}/publish", opt=OFFICE, status_code=303)
async def publish(
    request: AnyRequest, viewer: NamedDependency[Viewer], notice_id: FromPath[str]
) -> Response[str] | Redirect:
    """What an officer approved goes out, word for word."""
    form = await read_form(request)
    seen = form.number("seen")
    async with writing() as w:
        await notices.publish(w, viewer, notice_id, seen)
    return go("/panel/notices", "notice_published")


@post("/notices/{notice_id:str}/withdraw", opt=OFFICER, status_code=303)
async def withdraw(viewer: NamedDependency[Viewer], notice_id: FromPath[str]) -> Redirect:
    async with writing() as w:
        await notices.withdraw(w, viewer, notice_id)
    return go("/panel/notices", "notice_withdrawn")
