"""Accounts, for administrators: list, add, role and areas with dates, an end, a new password. Every change is in the trail.

A password is shown once, on the answer to the form that made it; it is kept as a hash only.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from itertools import pairwise
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import ADMINISTRATOR
from admin.forms import Form, personal, read_form
from admin.issues import today
from admin.pages import go, page
from storage import passwords, people, phones, staff
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.database import reading
from storage.people import LOGIN
from storage.staff import KINDS, New, Staff
from storage.viewer import Clash, Viewer
from sync.area import Held
from sync.mask import fold

AnyRequest = Request[Any, Any, Any]
OFFICE_MAX = 80


async def open_areas(viewer: Viewer) -> list[Any]:
    world = await catalogue()
    now = world.areas_now()
    return [world.tree.by_code[code] for code in viewer.codes if now.is_open(code)]


async def _list(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    query = request.query_params
    asked, role = fold(query.get("q", "")[:40]).strip(), query.get("role", "")
    async with reading() as conn:
        found = await staff.listing(conn, viewer)
    shown = [one for one in found if asked in one.login and role in ("", one.role)]
    facts = {"accounts": shown, "q": asked, "role": role, "roles": people.ROLES, "kinds": KINDS}
    return await page(
        request, "accounts.html", status=status, areas=await open_areas(viewer), many=len(found), **facts | context
    )


@get("/accounts", opt=ADMINISTRATOR)
async def show_list(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _list(request, viewer)


def held(form: Form, viewer: Viewer, *, required: bool) -> list[Held]:
    """The area that a form adds, from today on unless it says a later day."""
    area, begins = form.raw("area"), form.day("from", required=False, from_day=today()) or today()
    ends = form.day("until", required=False, from_day=begins)
    form.typed["area"] = area
    if not area and not required:
        return []
    if area not in viewer.codes:
        form.errors["area"] = "panel.field.choose"
    return [Held(area, begins, ends or None)]


def _kind(form: Form, role: str) -> str:
    kind = form.choice("kind", KINDS, required=False)
    return (kind or KINDS[0]) if role == "reporter" else ""


@post("/accounts/add", opt=ADMINISTRATOR, status_code=200)
async def add(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """Officials get a password, which is shown now; reporters get a code for a phone, later."""
    form = await read_form(request)
    login, role = form.text("login", 40), form.choice("role", people.ROLES)
    kind, areas = _kind(form, role), held(form, viewer, required=True)
    if login and "login" not in form.errors:
        if LOGIN.fullmatch(login) is None:
            form.errors["login"] = "panel.accounts.login_form"
        elif await people.by_login(login):
            form.errors["login"] = "panel.accounts.login_taken"
    if form.errors:
        return await _list(request, viewer, status=422, typed=form.typed, errors=form.errors)
    password = "" if role == "reporter" else passwords.drawn()
    new = New(
        login=login,
        role=role,
        kind=kind,
        areas=tuple(areas),
        password_hash=await passwords.hashed(password) if password else None,
    )
    try:
        async with writing() as w:
            id = (await staff.add(w, viewer, [new]))[0]
    except Clash:
        form.errors["login"] = "panel.accounts.login_taken"
        return await _list(request, viewer, status=409, typed=form.typed, errors=form.errors)
    if not password:
        return go(f"/panel/accounts/{id}", "account_made")
    return await made(request, [(login, password)])


async def made(request: AnyRequest, fresh: list[tuple[str, str]], reporters: int = 0) -> Response[str]:
    """The page that shows new passwords, once."""
    return await page(request, "accounts_made.html", fresh=fresh, reporters=reporters)


# ---- one account --------------------------------------------------------------------------------------------------


async def _one(
    request: AnyRequest, viewer: Viewer, id: str, form: Form | None = None, *, status: int = 200, clash: str = ""
) -> Response[str]:
    async with reading() as conn:
        account = await staff.one(conn, viewer, id)
        own = await phones.listing(conn, viewer, account=id)
    return await page(
        request,
        "account_one.html",
        status=422 if form else status,
        account=account,
        phones=own,
        roles=people.ROLES,
        kinds=KINDS,
        areas=await open_areas(viewer),
        typed=form.typed if form else {},
        errors=form.errors if form else {},
        clash=clash,
    )


@get("/accounts/{account_id:str}", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer], account_id: FromPath[str]) -> Response[str]:
    return await _one(request, viewer, account_id)


@post("/accounts/{account_id:str}", opt=ADMINISTRATOR, status_code=200)
async def change(
    request: AnyRequest, viewer: NamedDependency[Viewer], account_id: FromPath[str]
) -> Response[str] | Redirect:
    """Role, kind, and areas with dates: those held get a last day, one may be added."""
    form = await read_form(request)
    async with reading() as conn:
        account = await staff.one(conn, viewer, account_id)
    role = form.choice("role", people.ROLES)
    kind = _kind(form, role)
    office = form.text("office", OFFICE_MAX, required=False) if role == "unit" else ""
    if personal(await catalogue(), account.areas[0].area if account.areas else "", office):
        form.errors["office"] = "panel.accounts.office_person"
    areas = _kept(form, account) + held(form, viewer, required=False)
    if not form.errors and _overlap(areas):
        form.errors["area"] = "panel.accounts.twice"
    if not form.errors and not any(one.valid_to is None or one.valid_to >= today() for one in areas):
        form.errors["area"] = "panel.accounts.no_area"
    if form.errors:
        return await _one(request, viewer, account_id, form)
    password = passwords.drawn() if account.role == "reporter" and role != "reporter" else ""
    kept = await passwords.hashed(password) if password else None
    return await _do(
        request,
        viewer,
        account_id,
        lambda w: staff.change(w, viewer, account_id, form.raw("mark"), role, kind, office, areas, kept),
        "account_changed",
        (account.login, password) if password else None,
    )


def _kept(form: Form, account: Staff) -> list[Held]:
    """What the account holds or held, with the last days the form gives."""
    sent = dict(zip(form.all("holding"), form.all("to"), strict=False))
    kept = []
    for one in account.areas:
        last = sent.get(f"{one.area}|{one.valid_from}", one.valid_to or "").strip()
        if last and (_day(last) is None or last < one.valid_from):
            form.errors["to"] = "panel.field.day"
        kept.append(Held(one.area, one.valid_from, last or None))
    return kept


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _overlap(areas: list[Held]) -> bool:
    """True if one area is held twice on some day."""
    ordered = sorted(areas, key=lambda one: (one.area, one.valid_from))
    return any(
        one.area == following.area and (one.valid_to or "9") >= following.valid_from
        for one, following in pairwise(ordered)
    )


async def _do(
    request: AnyRequest,
    viewer: Viewer,
    id: str,
    act: Callable[[Writing], Awaitable[None]],
    said: str,
    fresh: tuple[str, str] | None = None,
) -> Response[str] | Redirect:
    try:
        async with writing() as w:
            await act(w)
    except Clash:
        return await _one(request, viewer, id, status=409, clash="panel.accounts.clash")
    return await made(request, [fresh]) if fresh else go(f"/panel/accounts/{id}", said)


@post("/accounts/{account_id:str}/reset", opt=ADMINISTRATOR, status_code=200)
async def reset(
    request: AnyRequest, viewer: NamedDependency[Viewer], account_id: FromPath[str]
) -> Response[str] | Redirect:
    """A new password, shown once; the second factor goes."""
    form = await read_form(request)
    async with reading() as conn:
        account = await staff.one(conn, viewer, account_id)
    password = passwords.drawn()
    kept = await passwords.hashed(password)
    return await _do(
        request,
        viewer,
        account_id,
        lambda w: staff.reset(w, viewer, account_id, form.raw("mark"), kept),
        "",
        (account.login, password),
    )


@post("/accounts/{account_id:str}/disable", opt=ADMINISTRATOR, status_code=200)
async def disable(
    request: AnyRequest, viewer: NamedDependency[Viewer], account_id: FromPath[str]
) -> Response[str] | Redirect:
    mark = (await read_form(request)).raw("mark")
    return await _do(
        request, viewer, account_id, lambda w: staff.disable(w, viewer, account_id, mark), "account_disabled"
    )


@post("/accounts/{account_id:str}/enable", opt=ADMINISTRATOR, status_code=200)
async def enable(
    request: AnyRequest, viewer: NamedDependency[Viewer], account_id: FromPath[str]
) -> Response[str] | Redirect:
    mark = (await read_form(request)).raw("mark")
    return await _do(
        request, viewer, account_id, lambda w: staff.enable(w, viewer, account_id, mark), "account_enabled"
    )
