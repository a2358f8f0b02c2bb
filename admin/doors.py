"""Formal channels of a ward: where complaints, denunciations, crimes and emergencies go; phones show them, offline too."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin.access import ADMINISTRATOR
from admin.forms import read_form
from admin.pages import go, page
from storage import master
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.master import DoorLine
from storage.viewer import Viewer

AnyRequest = Request[Any, Any, Any]
HOW_MOST = 400


async def _list(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    async with reading() as conn:
        doors = await master.doors(conn, viewer)
    facts = {"doors": doors, "wards": master.wards(viewer), "topics": await _topics(), "editing": "", "chosen": ()}
    return await page(request, "doors.html", status=status, how_most=HOW_MOST, **facts | context)


async def _topics() -> list[str]:
    return [code for code in (await catalogue()).topics if code.startswith("D.")]


@get("/doors", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    edited = request.query_params.get("edit", "")
    if not edited:
        return await _list(request, viewer)
    async with reading() as conn:
        one = await master.door(conn, viewer, edited)
    typed = {"name": one.name, "ward": one.ward, "how_vi": one.how_vi, "how_en": one.how_en, "call": one.phone,
             "retired": "1" if one.retired else ""}  # fmt: skip
    return await _list(request, viewer, editing=one.id, typed=typed, chosen=one.topics)


@post("/doors", opt=ADMINISTRATOR, status_code=200)
async def save(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    form = await read_form(request)
    topics = [code for code in await _topics() if code in form.all("topic")]
    name, ward = form.text("name", 120), form.choice("ward", master.wards(viewer))
    how_vi, how_en = form.text("how_vi", HOW_MOST), form.text("how_en", HOW_MOST)
    call = form.text("call", 20, required=False)
    form.typed["retired"] = form.raw("retired")
    if not topics:
        form.errors["topic"] = "panel.field.choose"
    if call and not all(char in "0123456789 .+-" for char in call):
        form.errors["call"] = "panel.field.unreadable"
    if form.errors:
        kept = {"editing": form.raw("id"), "typed": form.typed, "errors": form.errors, "chosen": topics}
        return await _list(request, viewer, status=422, **kept)
    door = DoorLine(id=form.raw("id"), ward=ward, name=name, topics=tuple(topics), how_vi=how_vi, how_en=how_en, phone=call,
                    retired=form.raw("retired") == "1")  # fmt: skip
    async with writing() as w:
        await master.save_door(w, viewer, door)
    return go("/panel/doors", "saved")
