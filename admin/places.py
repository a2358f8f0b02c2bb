"""Places of a ward: streets, markets, beaches … with other and old names. Never a household, never a coordinate."""

import unicodedata
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin.access import ADMINISTRATOR
from admin.accounts import open_areas
from admin.forms import personal, read_form
from admin.pages import go, page
from storage import master
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.master import ALIASES_MOST, PLACE_KINDS, PlaceLine
from storage.viewer import Viewer

AnyRequest = Request[Any, Any, Any]
NAME_MOST = 120


async def _list(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    async with reading() as conn:
        places = await master.places(conn, viewer)
    areas = await open_areas(viewer)
    facts = {"places": places, "areas": areas, "kinds": PLACE_KINDS, "editing": ""}
    return await page(request, "places.html", status=status, **facts | context)


@get("/places", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    edited = request.query_params.get("edit", "")
    if not edited:
        return await _list(request, viewer)
    async with reading() as conn:
        one = await master.place(conn, viewer, edited)
    typed = {"name": one.name, "kind": one.kind, "area": one.area, "others": ", ".join(one.aliases),
             "retired": "1" if one.retired else ""}  # fmt: skip
    return await _list(request, viewer, editing=one.id, typed=typed)


@post("/places", opt=ADMINISTRATOR, status_code=200)
async def save(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """A new place, or other facts of one. A name that looks like a person's or a house's is asked about once."""
    form = await read_form(request)
    name, kind = form.text("name", NAME_MOST), form.choice("kind", PLACE_KINDS)
    area, others = form.choice("area", viewer.codes), form.text("others", 600, required=False)
    form.typed["retired"] = form.raw("retired")
    aliases = tuple(
        dict.fromkeys(one.strip() for one in unicodedata.normalize("NFC", others).split(",") if one.strip())
    )
    if len(aliases) > ALIASES_MOST or any(len(one) > NAME_MOST for one in aliases):
        form.errors["others"] = "panel.field.too_long"
    kept = {"editing": form.raw("id"), "typed": form.typed, "errors": form.errors}
    if form.errors:
        return await _list(request, viewer, status=422, **kept)
    world = await catalogue()
    found = personal(world, world.areas_now().ward(area) or "", name, *aliases)
    if found.classes and not form.sure:
        return await _list(request, viewer, status=422, found=found, **kept)
    place = PlaceLine(
        id=form.raw("id"), area=area, name=name, kind=kind, aliases=aliases, retired=form.raw("retired") == "1"
    )
    async with writing() as w:
        await master.save_place(w, viewer, place)
    return go("/panel/places", "saved")
