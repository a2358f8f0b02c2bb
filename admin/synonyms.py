"""Short forms of a ward: what people type for what. Search and the suggestions at the desk read them."""

import unicodedata
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin.access import ADMINISTRATOR
from admin.forms import personal, read_form
from admin.pages import go, page
from admin.ward import ward_of
from storage import master, synonyms
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.viewer import Viewer
from sync.synonyms import LONG_MOST, SHORT_MOST, is_long, is_short

AnyRequest = Request[Any, Any, Any]
ACTS = {"withdraw": synonyms.withdraw, "back": synonyms.put_back}


async def _list(request: AnyRequest, viewer: Viewer, ward: str, *, status: int = 200, **context: Any) -> Response[str]:
    async with reading() as conn:
        lines = await synonyms.lines(conn, ward)
    facts: dict[str, Any] = {"ward": ward, "wards": master.wards(viewer), "lines": lines, "editing": ""}
    facts |= {"short_most": SHORT_MOST, "long_most": LONG_MOST}
    return await page(request, "synonyms.html", status=status, **facts | context)


@get("/synonyms", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    ward, edited = ward_of(request, viewer), request.query_params.get("edit", "")
    async with reading() as conn:
        one = next((one for one in await synonyms.lines(conn, ward) if one.short == edited), None)
    typed = {"short": one.short, "long": one.long} if one else {}
    return await _list(request, viewer, ward, typed=typed, editing=one.short if one else "")


@post("/synonyms", opt=ADMINISTRATOR, status_code=200)
async def save(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """A short form and what it stands for; one that is there gets the new meaning. Persons have no short form here."""
    form = await read_form(request)
    ward = ward_of(request, viewer, form.raw("ward"))
    short = unicodedata.normalize("NFC", form.text("short", SHORT_MOST).casefold())
    long = unicodedata.normalize("NFC", " ".join(form.text("long", LONG_MOST).casefold().split()))
    if "short" not in form.errors and not is_short(short):
        form.errors["short"] = "panel.synonyms.no_short"
    if "long" not in form.errors and not is_long(short, long):
        form.errors["long"] = "panel.synonyms.no_long"
    kept = {"editing": form.raw("editing"), "typed": form.typed, "errors": form.errors}
    if form.errors:
        return await _list(request, viewer, ward, status=422, **kept)
    if not form.sure and (found := personal(await catalogue(), ward, form.typed["long"])):
        return await _list(request, viewer, ward, status=422, found=found, **kept)
    async with writing() as w:
        await synonyms.save(w, viewer, ward, short, long)
    return go(f"/panel/synonyms?ward={ward}", "saved")


@post("/synonyms/turn", opt=ADMINISTRATOR, status_code=200)
async def turn(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Redirect:
    """`do=withdraw`: it is an ordinary word here; `do=back` takes that back."""
    form = await read_form(request)
    ward, act = ward_of(request, viewer, form.raw("ward")), ACTS.get(form.raw("do"), synonyms.withdraw)
    async with writing() as w:
        await act(w, viewer, ward, form.raw("short"))
    return go(f"/panel/synonyms?ward={ward}", "saved")
