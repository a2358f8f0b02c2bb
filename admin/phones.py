"""Phones, for administrators: when each last synced, a token in two places, an end at once, and codes to enrol new ones.

A code on the screen works 10 minutes. A printed sheet works 24 hours, and only with four digits that go by another way:
they are printed on a page of their own. Neither is ever shown again, nor does it name a person.
"""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from admin import qr
from admin.access import ADMINISTRATOR
from admin.forms import read_form
from admin.pages import go, page
from storage import clock, devices, phones, staff
from storage.changes import writing
from storage.database import reading
from storage.staff import Staff
from storage.viewer import Refused, Viewer

AnyRequest = Request[Any, Any, Any]
SHEET_MOST = 60


class Card(msgspec.Struct, frozen=True):
    """One card of a sheet. `digits` stand on another page."""

    login: str
    area: str
    code: str
    digits: str
    picture: Markup


@get("/phones", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """`state=silent` shows those that have not synced for a week."""
    only_silent = request.query_params.get("state", "") == "silent"
    async with reading() as conn:
        found = await phones.listing(conn, viewer)
        reporters = [one for one in await staff.listing(conn, viewer) if one.role == "reporter" and not one.disabled]
    silent = [one for one in found if one.state == "works" and one.silent >= phones.SILENT_DAYS]
    return await page(
        request,
        "phones.html",
        phones=silent if only_silent else found,
        silent=len(silent),
        only_silent=only_silent,
        silent_days=phones.SILENT_DAYS,
        copied=[one for one in found if one.copied_day and one.state != "revoked"],
        reporters=sorted(reporters, key=lambda one: (one.devices > 0, one.login)),
        most=SHEET_MOST,
        today_=clock.local_day(clock.now()).isoformat(),
    )


def _address(request: AnyRequest, secret: str) -> str:
    return f"{request.app.state.settings.base_url}/app/#enrol={secret}"


def _fit(account: Staff) -> Staff:
    if account.disabled:
        raise Refused("account_disabled")
    return account


@post("/phones/code", opt=ADMINISTRATOR, status_code=200)
async def code(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """A code for one account, on the screen, 10 minutes."""
    form = await read_form(request)
    async with reading() as conn:
        account = _fit(await staff.one(conn, viewer, form.raw("account")))
    made = await devices.new_code(account.id, who=viewer)
    return await page(
        request,
        "enrol_code.html",
        account=account,
        code=made.typed,
        picture=qr.drawn(_address(request, made.secret), scale=6),
        expires_at=made.expires_at,
        minutes=devices.SCREEN_MS // 60_000,
        base_url=request.app.state.settings.base_url,
    )


@post("/phones/sheet", opt=ADMINISTRATOR, status_code=200)
async def sheet(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """Sheets to print: codes for several accounts, several on a page, their digits on a page of their own."""
    form = await read_form(request)
    chosen = list(dict.fromkeys(form.all("account")))
    if not chosen or len(chosen) > SHEET_MOST:
        raise Refused("sheet_none")
    async with reading() as conn:
        accounts = [_fit(await staff.one(conn, viewer, id)) for id in chosen]
    today = clock.local_day(clock.now()).isoformat()
    cards = []
    for account in accounts:
        made = await devices.new_code(account.id, sheet=True, who=viewer)
        area = next((held.area for held in account.holds(today)), "")
        cards.append(Card(account.login, area, made.typed, made.word, qr.drawn(_address(request, made.secret))))
    return await page(
        request,
        "enrol_sheet.html",
        cards=cards,
        expires_at=clock.now() + devices.SHEET_MS,
        base_url=request.app.state.settings.base_url,
    )


@post("/phones/{device_id:str}/revoke", opt=ADMINISTRATOR, status_code=303)
async def revoke(viewer: NamedDependency[Viewer], device_id: FromPath[str]) -> Redirect:
    """At once: the next request of the phone is refused. What it has not sent stays on it."""
    async with writing() as w:
        await phones.revoke(w, viewer, device_id)
    return go("/panel/phones", "device_revoked")
