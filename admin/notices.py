"""Notices to areas: the reader drafts, the officer drafts, publishes and withdraws."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import OFFICE, OFFICER, NotAllowed
from admin.forms import personal, read_form
from admin.issues import today
from admin.pages import go, page
from storage import notices
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.notices import TEXT_MAX, TITLE_MAX, Words
from storage.viewer import Clash, Missing, Viewer

AnyRequest = Request[Any, Any, Any]


async def show_notices(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    world = await catalogue()
    async with reading() as conn:
        facts = {
            "notices": await notices.listing(conn, viewer),
            "areas": [world.tree.by_code[code] for code in viewer.codes if world.areas_now().is_open(code)],
            "editing": "",
            "seen": 0,
            "chosen": [],
        }
    return await page(request, "notices.html", status=status, **{**facts, **context})


@get("/notices", opt=OFFICE)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    edited = request.query_params.get("edit", "")
    if not edited:
        return await show_notices(request, viewer)
    async with reading() as conn:
        notice = await notices.one(conn, viewer, edited)
    if notice.state != "draft":
        raise Missing
    typed = {"title": notice.title, "text": notice.text, "from": notice.valid_from, "to": notice.valid_to}
    return await show_notices(
        request, viewer, typed=typed, chosen=notice.areas, editing=notice.id, seen=notice.created_at
    )


@post("/notices", opt=OFFICE, status_code=200)
async def write(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """`do=draft` keeps it; `do=publish` (officers) sends it out at once."""
    form = await read_form(request)
    editing, seen, chosen = form.raw("id"), form.number("seen"), form.all("area")
    words = Words(
        areas=tuple(code for code in viewer.codes if code in chosen),
        title=form.text("title", TITLE_MAX),
        text=form.text("text", TEXT_MAX),
        valid_from=form.day("from"),
        valid_to=form.day("to", from_day=max(form.raw("from"), today())),
    )
    publish = form.raw("do") == "publish"
    if publish and viewer.role != "officer":
        raise NotAllowed
    if not words.areas or len(words.areas) != len(set(chosen)):
        form.errors["area"] = "panel.field.choose"
    kept = {"chosen": chosen, "editing": editing, "seen": seen, "typed": form.typed, "errors": form.errors}
    if form.errors:
        return await show_notices(request, viewer, status=422, **kept)
    world = await catalogue()
    ward = world.areas_now().ward(words.areas[0]) or ""
    if not form.sure and (found := personal(world, ward, words.title, words.text)):
        return await show_notices(request, viewer, status=422, found=found, **kept)
    try:
        async with writing() as w:
            id = await notices.draft(w, viewer, words, id=editing, seen=seen)
            if publish:
                await notices.publish(w, viewer, id, (await notices.one(w.conn, viewer, id)).created_at)
    except Clash:
        return await show_notices(request, viewer, status=409, clash="panel.notice.clash", **kept | {"editing": ""})
    return go("/panel/notices", "notice_published" if publish else "notice_drafted")


@post("/notices/{notice_id:str}/withdraw", opt=OFFICER, status_code=303)
async def withdraw(viewer: NamedDependency[Viewer], notice_id: FromPath[str]) -> Redirect:
    async with writing() as w:
        await notices.withdraw(w, viewer, notice_id)
    return go("/panel/notices", "notice_withdrawn")
