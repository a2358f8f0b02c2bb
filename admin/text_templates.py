"""The ward's text templates: words to begin an answer with."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import OFFICE
from admin.forms import personal, read_form
from admin.pages import go, page
from storage import text_templates
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.text_templates import TEXT_MAX, TITLE_MAX
from storage.viewer import Missing, Viewer

AnyRequest = Request[Any, Any, Any]


async def wards_of(viewer: Viewer) -> list[str]:
    """The open wards among the viewer's areas."""
    world = await catalogue()
    now = world.areas_now()
    return [code for code in viewer.codes if world.tree.by_code[code].level == "ward" and now.is_open(code)]


async def show_all(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    wards = await wards_of(viewer)
    async with reading() as conn:
        facts = {"templates": await text_templates.listing(conn, wards), "wards": wards, "editing": ""}
    return await page(request, "templates.html", status=status, **{**facts, **context})


@get("/templates", opt=OFFICE)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    edited = request.query_params.get("edit", "")
    if not edited:
        return await show_all(request, viewer)
    async with reading() as conn:
        found = await text_templates.one(conn, viewer, edited)
    return await show_all(request, viewer, editing=found.id, typed={"title": found.title, "text": found.text})


@post("/templates", opt=OFFICE, status_code=200)
async def save(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    form = await read_form(request)
    editing, wards = form.raw("id"), await wards_of(viewer)
    if not wards:
        raise Missing
    ward = form.choice("ward", wards)
    title, text = form.text("title", TITLE_MAX), form.text("text", TEXT_MAX)
    kept = {"editing": editing, "typed": form.typed, "errors": form.errors}
    if form.errors:
        return await show_all(request, viewer, status=422, **kept)
    if not form.sure and (found := personal(await catalogue(), ward, title, text)):
        return await show_all(request, viewer, status=422, found=found, **kept)
    async with writing() as w:
        await text_templates.save(w, viewer, ward, title, text, editing)
    return go("/panel/templates", "template_saved")


@post("/templates/{template_id:str}/remove", opt=OFFICE, status_code=303)
async def remove(viewer: NamedDependency[Viewer], template_id: FromPath[str]) -> Redirect:
    async with writing() as w:
        await text_templates.remove(w, viewer, template_id)
    return go("/panel/templates", "template_removed")
