"""The page of the digest: choose a window, read what it will say, take it as a file."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from admin import digest, digest_files
from admin.access import OFFICE
from admin.callers import address_of
from admin.digest import Digest
from admin.digest_files import FORMATS
from admin.digest_form import FORMS, BadTemplate
from admin.export import REASON_MOST, File, give, is_same_person, reason_of
from admin.forms import read_form
from admin.overview import months, weeks
from admin.pages import page
from storage import clock, guesses
from storage.catalogue import Catalogue, catalogue
from storage.conn import Conn
from storage.database import reading
from storage.viewer import Missing, Viewer
from sync import windows

AnyRequest = Request[Any, Any, Any]


def _asked(request: AnyRequest, viewer: Viewer, world: Catalogue) -> tuple[str, str]:
    query = request.query_params
    area = query.get("area", "") or (viewer.codes[0] if viewer.codes else "")
    if area not in viewer.codes or not world.areas_now().is_open(area):
        raise Missing
    return area, query.get("period", "") or windows.week_of(clock.local_day(clock.now()))


async def _show(
    request: AnyRequest, viewer: Viewer, world: Catalogue, made: Digest, *, status: int = 200, **context: Any
) -> Response[str]:
    today = clock.local_day(clock.now())
    return await page(
        request,
        "digest.html",
        status=status,
        digest=made,
        address="/panel/digest?" + urlencode({"area": made.area, "period": made.period}),
        areas=[world.tree.by_code[code] for code in viewer.codes if world.areas_now().is_open(code)],
        weeks=weeks(today),
        months=months(today),
        formats=FORMATS,
        forms=FORMS,
        reason_most=REASON_MOST,
        **context,
    )


@get("/digest", opt=OFFICE)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """What the digest of the address says, and the form to take it."""
    world = await catalogue()
    area, period = _asked(request, viewer, world)
    async with reading() as conn:
        made = await digest.gather(conn, world, area, period, clock.local_day(clock.now()))
    return await _show(request, viewer, world, made)


@post("/digest", opt=OFFICE, status_code=200)
async def take(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Response[bytes]:
    """The file, for a reason, to the person who signed in."""
    world, today = await catalogue(), clock.local_day(clock.now())
    area, period = _asked(request, viewer, world)
    async with reading() as conn:
        shown = await digest.gather(conn, world, area, period, today)
    form = await read_form(request)
    reason = reason_of(form, world, viewer)
    form.choice("format", FORMATS)
    form.choice("form", FORMS)
    again = {"typed": form.typed, "errors": form.errors}
    if form.errors:
        return await _show(request, viewer, world, shown, status=422, **again)
    if not await guesses.may_guess(viewer.login, address_of(request)):
        return await _show(request, viewer, world, shown, status=429, wrong="panel.export.too_many", **again)
    if not await is_same_person(request, viewer, form):
        return await _show(request, viewer, world, shown, status=403, wrong="panel.export.wrong", **again)
    kind = next(one for one in FORMATS if one == form.typed["format"])
    look = next(one for one in FORMS if one == form.typed["form"])
    data_dir = request.app.state.settings.data_dir

    async def gather(conn: Conn) -> File:
        made = await digest.gather(conn, world, area, period, today)
        # drawing takes a while: not in the way of other requests
        return await asyncio.to_thread(
            digest_files.write, made, world, kind, look, lambda: digest_files.template_for(data_dir, look)
        )

    try:
        return await give(viewer, "digest", reason, gather, area=area, period=period, format=kind, form=look)
    except BadTemplate as bad:
        return await _show(request, viewer, world, shown, status=409, bad=bad, **again)
