"""Many accounts from one table: every row's faults are named, and either all of them are made or none.

There is no column for a name of a person, a phone number or an address: a table that has one is refused as a whole.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from admin import imports, sheets
from admin.access import ADMINISTRATOR
from admin.accounts import made
from admin.forms import read_form
from admin.issues import today
from admin.sheets import Line, Unreadable, key_of
from storage import passwords, people, staff
from storage.area_list import area_named
from storage.catalogue import Catalogue, catalogue
from storage.changes import writing
from storage.database import reading
from storage.people import LOGIN
from storage.staff import KINDS, New
from storage.viewer import Clash, Viewer
from sync.area import Held
from sync.words import both

AnyRequest = Request[Any, Any, Any]
WHAT = "accounts"
COLUMNS = {
    "login": ("Tên đăng nhập", "Tài khoản", "Account"),
    "role": ("Vai trò",),
    "kind": ("Loại", "Loại cộng tác viên"),
    "area": ("Khu vực", "Tổ dân phố", "Areas"),
    "from": ("Từ ngày",),
    "until": ("Đến ngày", "To"),
}
REQUIRED = ("login", "role", "area")


def _words(prefix: str, names: tuple[str, ...]) -> dict[str, str]:
    """What may be written for each of `names`, in either language → the name."""
    return {key_of(said): name for name in names for said in (name, *both(f"{prefix}.{name}").values())}


def judged(lines: list[Line], world: Catalogue, viewer: Viewer, taken: set[str]) -> list[New]:
    """The accounts these rows stand for; what is wrong is written on the rows. `taken`: logins that exist."""
    roles, kinds = _words("panel.role", people.ROLES), _words("panel.accounts.kind", KINDS)
    seen: dict[str, int] = {}
    found = []
    for line in lines:
        login = line.cells.get("login", "")
        if LOGIN.fullmatch(login) is None:
            line.fault("login", login=login)
        elif login in taken:
            line.fault("login_taken", login=login)
        elif login in seen:
            line.fault("login_twice", login=login, row=str(seen[login]))
        seen.setdefault(login, line.n)
        role = roles.get(key_of(line.cells.get("role", "")), "")
        if not role:
            line.fault("role", role=line.cells.get("role", ""))
        said = line.cells.get("kind", "")
        kind = kinds.get(key_of(said), "") if said else KINDS[0]
        if not kind:
            line.fault("kind", kind=said)
        areas = _areas(line, world, viewer)
        found.append(New(login=login, role=role, kind=kind if role == "reporter" else "", areas=areas))
    return found


def _areas(line: Line, world: Catalogue, viewer: Viewer) -> tuple[Held, ...]:
    begins, ends = line.day("from") or today(), line.day("until")
    if begins < today():
        line.fault("past", day=line.cells["from"])
    if ends and ends < begins:
        line.fault("before", day=line.cells["until"])
    codes: dict[str, None] = {}
    for said in line.cells.get("area", "").replace(";", ",").split(","):
        if not said.strip():
            continue
        matching = area_named(world, viewer.codes, said)
        if len(matching) != 1:
            line.fault("area_many" if matching else "area", area=said.strip())
        codes.update(dict.fromkeys(matching[:1]))
    if not codes and not line.faults:
        line.fault("area", area="")
    if len(codes) > staff.AREAS_MOST:
        line.fault("areas", n=str(staff.AREAS_MOST))
    return tuple(Held(code, begins, ends or None) for code in codes)


async def judged_now(lines: list[Line], viewer: Viewer) -> list[New]:
    """`judged` by what is there at this moment."""
    async with reading() as conn:
        taken = {one.login for one in await staff.everybody(conn)}
    return judged(lines, await catalogue(), viewer, taken)


@get("/accounts/import", opt=ADMINISTRATOR)
async def show(request: AnyRequest) -> Response[str]:
    return await imports.show(request, WHAT, COLUMNS)


@post("/accounts/import", opt=ADMINISTRATOR, status_code=200)
async def take(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """A file: what would be made, nothing is. `do=apply` with the rows shown: all of it, judged once more."""
    form = await read_form(request)
    try:
        lines = await sheets.sent(form, COLUMNS, REQUIRED)
    except Unreadable as bad:
        return await imports.show(request, WHAT, COLUMNS, wrong=bad)
    accounts = await judged_now(lines, viewer)
    if form.raw("do") != "apply" or any(line.faults for line in lines):
        return await imports.preview(request, WHAT, COLUMNS, lines)
    fresh = [(one.login, passwords.drawn()) for one in accounts if one.role != "reporter"]
    hashes = {login: await passwords.hashed(password) for login, password in fresh}
    ready = [
        New(login=one.login, role=one.role, kind=one.kind, areas=one.areas, password_hash=hashes.get(one.login))
        for one in accounts
    ]
    try:
        async with writing() as w:
            await staff.add(w, viewer, ready)
    except Clash:  # somebody made one of them meanwhile: shown with the fault it has now
        await judged_now(lines, viewer)
        return await imports.preview(request, WHAT, COLUMNS, lines, clash="panel.import.clash")
    return await made(request, fresh, len(ready) - len(fresh))
