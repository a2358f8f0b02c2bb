"""What a ward sets for itself: the usual term, the script card, days off, and names that are never masked."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin.access import ADMINISTRATOR
from admin.forms import personal, read_form
from admin.issues import today
from admin.pages import go, page
from storage import clock, master, terms
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.documents import MIN_CLIENT
from storage.master import DayOff
from storage.viewer import Missing, Viewer

AnyRequest = Request[Any, Any, Any]
SCRIPT_MOST = 600
NAMES_MOST = 60
DAYS_MOST = 60


def ward_of(request: AnyRequest, viewer: Viewer, asked: str = "") -> str:
    """The ward the page is about: the one asked for, else the viewer's first."""
    own = master.wards(viewer)
    ward = asked or request.query_params.get("ward", "") or (own[0] if own else "")
    if ward not in own:
        raise Missing
    return ward


async def _settings(
    request: AnyRequest, viewer: Viewer, ward: str, *, status: int = 200, **context: Any
) -> Response[str]:
    since = (clock.local_day(clock.now()) - timedelta(days=30)).isoformat()
    async with reading() as conn:
        script = await master.script(conn, ward)
        facts: dict[str, Any] = {
            "typed": {"days": str(await terms.days(conn, ward)), "script_vi": script["vi"], "script_en": script["en"]},
            "days_off": await master.days_off(conn, ward, since),
        }
    facts |= {"ward": ward, "wards": master.wards(viewer), "min_client": MIN_CLIENT, "script_most": SCRIPT_MOST}
    return await page(request, "ward.html", status=status, **facts | context)


@get("/ward", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _settings(request, viewer, ward_of(request, viewer))


@post("/ward", opt=ADMINISTRATOR, status_code=200)
async def save(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """Term and script card. Issues that are routed already keep their day."""
    form = await read_form(request)
    ward = ward_of(request, viewer, form.raw("ward"))
    form.text("days", 3)
    days = form.number("days")
    vi, en = form.text("script_vi", SCRIPT_MOST, required=False), form.text("script_en", SCRIPT_MOST, required=False)
    if not 1 <= days <= DAYS_MOST:
        form.errors["days"] = "panel.ward.days_range"
    if form.errors:
        return await _settings(request, viewer, ward, status=422, typed=form.typed, errors=form.errors)
    if not form.sure and (found := personal(await catalogue(), ward, vi, en)):
        return await _settings(request, viewer, ward, status=422, typed=form.typed, found=found)
    async with writing() as w:
        await master.save_ward(w, viewer, ward, days, vi, en)
    return go(f"/panel/ward?ward={ward}", "saved")


@post("/ward/day", opt=ADMINISTRATOR, status_code=200)
async def save_day(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """A day off of the ward, or a day worked in exchange; `do=drop` takes the ward's own row back."""
    form = await read_form(request)
    ward, day = ward_of(request, viewer, form.raw("ward")), form.day("day")
    if form.raw("do") == "drop" and not form.errors:
        async with writing() as w:
            await master.drop_day(w, viewer, ward, day)
        return go(f"/panel/ward?ward={ward}", "saved")
    vi, en = form.text("vi", 80), form.text("en", 80, required=False)
    if day and day < today():
        form.errors["day"] = "panel.field.past"
    if form.errors:
        return await _settings(request, viewer, ward, status=422, errors=form.errors)
    async with writing() as w:
        await master.save_day(w, viewer, DayOff(ward, day, vi, en or vi, form.raw("works") == "1"))
    return go(f"/panel/ward?ward={ward}", "saved")


# ---- names ------------------------------------------------------------------------------------------------------


async def _names(request: AnyRequest, viewer: Viewer, ward: str, *, status: int = 200, **context: Any) -> Response[str]:
    async with reading() as conn:
        names = await master.names(conn, ward)
    return await page(
        request,
        "names.html",
        status=status,
        ward=ward,
        wards=master.wards(viewer),
        names=names,
        most=NAMES_MOST,
        **context,
    )


@get("/names", opt=ADMINISTRATOR)
async def show_names(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _names(request, viewer, ward_of(request, viewer))


@post("/names", opt=ADMINISTRATOR, status_code=200)
async def add_names(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """One place name a line; they are masked no more, neither here nor on phones, so nothing else belongs there."""
    form = await read_form(request)
    ward = ward_of(request, viewer, form.raw("ward"))
    lines = [" ".join(line.split()) for line in form.text("names", 120 * NAMES_MOST).split("\n")]
    fresh = [line for line in lines if line]
    if len(fresh) > NAMES_MOST or any(len(one) > 120 or len(one) < 2 for one in fresh):
        form.errors["names"] = "panel.field.too_long"
    if any(char.isdigit() for one in fresh for char in one):
        form.errors["names"] = "panel.names.digits"
    if form.errors:
        return await _names(request, viewer, ward, status=422, typed=form.typed, errors=form.errors)
    async with writing() as w:
        await master.add_names(w, viewer, ward, fresh)
    return go(f"/panel/names?ward={ward}", "saved")


@post("/names/drop", opt=ADMINISTRATOR, status_code=200)
async def drop_name(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Redirect:
    form = await read_form(request)
    ward = ward_of(request, viewer, form.raw("ward"))
    async with writing() as w:
        await master.drop_name(w, viewer, ward, form.raw("id"))
    return go(f"/panel/names?ward={ward}", "saved")
