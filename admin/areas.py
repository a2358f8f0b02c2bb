"""Areas, for administrators: merge, split, rename, move, a new cluster or group; first shown, then done, and undone again.

What is shown is what is done: the form carries the version of the master data it was made with, and is refused once that
is another one. Import: `admin/area_import.py`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import ADMINISTRATOR
from admin.forms import Form, personal, read_form
from admin.pages import go, page
from storage import area_changes, area_effects, clock
from storage.area_changes import Make, Unlawful
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.viewer import Clash, Missing, Viewer
from sync import area_change
from sync.area import Area, AreaTree
from sync.area_change import NAME_MOST, Fault, Unfit

AnyRequest = Request[Any, Any, Any]
ACTS = ("rename", "merge", "split", "move", "cluster", "group")
NAMES_MOST = 12


class Asked(msgspec.Struct, frozen=True):
    """A change as the form asks for it."""

    what: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    parent: str

    def make(self, tree: AreaTree) -> Sequence[Area]:
        day = clock.local_day(clock.now())
        name = self.names[0] if self.names else ""
        match self.what:
            case "rename" if len(self.codes) == 1 and name:
                return area_change.rename(tree, self.codes[0], name, day)
            case "merge" if name:
                return area_change.merge(tree, self.codes, name, day)
            case "split" if len(self.codes) == 1:
                return area_change.split(tree, self.codes[0], self.names, day)
            case "move":
                return area_change.move(tree, self.codes, self.parent, day)
            case "cluster" if name:
                return area_change.new_cluster(tree, self.codes, name, day)
            case "group":
                return area_change.new_group(tree, self.parent, self.names, day)
        raise Unfit("asked")


class Row(msgspec.Struct, frozen=True):
    """An open area in the list."""

    code: str
    level: str
    name: str
    sample: bool


async def _list(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    world = await catalogue()
    now = world.areas_now()
    rows: list[Row] = []

    def add(code: str) -> None:
        area = world.tree.by_code[code]
        rows.append(Row(code, area.level, area.name, area.sample))
        for child in sorted(now.children(code)):
            add(child)

    own = [code for code in viewer.codes if now.is_open(code)]
    for code in own:
        if not set(now.up(code)[1:]) & set(own):
            add(code)
    async with reading() as conn:
        kept = await area_changes.listing(conn, viewer)
    facts = {"rows": rows, "kept": kept, "acts": ACTS, "what": "rename", "picked": (), "parent": "", "names": ""}
    return await page(request, "areas.html", status=status, name_most=NAME_MOST, **facts | context)


@get("/areas", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _list(request, viewer)


def _asked(form: Form) -> Asked:
    names = [" ".join(line.split()) for line in form.text("names", NAME_MOST * NAMES_MOST, required=False).split("\n")]
    kept = tuple(name for name in names if name)
    if len(kept) > NAMES_MOST or any(len(name) > NAME_MOST for name in kept):
        form.errors["names"] = "panel.field.too_long"
    return Asked(form.choice("what", ACTS), tuple(dict.fromkeys(form.all("pick"))), kept, form.raw("parent"))


@post("/areas", opt=ADMINISTRATOR, status_code=200)
async def change(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """`do=apply`: makes the change that was shown. Otherwise shows what it would mean; nothing is written."""
    form = await read_form(request)
    asked = _asked(form)
    kept = {"what": asked.what, "picked": asked.codes, "parent": asked.parent, "names": "\n".join(asked.names)}
    if form.errors:
        return await _list(request, viewer, status=422, errors=form.errors, **kept)
    world = await catalogue()
    ward = world.areas_now().ward((*asked.codes, asked.parent)[0]) or ""
    try:
        if form.raw("do") == "apply":
            async with writing() as w:
                await area_changes.apply(w, viewer, asked.what, asked.make, version=form.raw("version") or "-")
            return go("/panel/areas", "areas_changed")
        found = personal(world, ward, *asked.names)
        return await _shown(request, viewer, asked.what, asked.make, asked=asked, warned=found, at="/panel/areas")
    except Unfit as unfit:
        return await _list(request, viewer, status=422, unfit=unfit.reason, **kept)
    except Unlawful as broken:
        return await _list(request, viewer, status=409, broken=broken.faults, **kept)
    except Clash:
        return await _list(request, viewer, status=409, clash="panel.areas.clash", **kept)


async def _shown(
    request: AnyRequest, viewer: Viewer, what: str, make: Make, *, at: str, **context: Any
) -> Response[str]:
    """What a change would mean. Raises Unfit and Missing."""
    world = await catalogue()
    today: date = clock.local_day(clock.now())
    after = list(make(world.tree))
    area_changes.check_scope(viewer, world.tree, after)
    faults: list[Fault] = area_change.new_faults(world.tree, after, today)
    async with reading() as conn:
        effects = await area_effects.effects(conn, world.tree, after, today)
    tree = area_change.changed(world.tree, after).by_code
    facts: dict[str, Any] = {
        "pairs": [(world.tree.get(area.code), area) for area in after],
        "named": {code: tree[code].name for area in after for code in (area.parent, *area.successors) if code in tree},
        "faults": faults,
        "effects": effects,
        "version": world.version,
    }
    base: dict[str, Any] = {"asked": None, "warned": None}
    return await page(request, "area_change.html", what=what, at=at, **facts, **base | context)


@get("/areas/undo/{number:int}", opt=ADMINISTRATOR)
async def show_undo(request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]) -> Response[str]:
    """What taking a change back would mean."""
    if not 0 < number < 2**31:
        raise Missing
    async with reading() as conn:
        kept = await area_changes.one(conn, viewer, number)
    try:
        make = area_changes.undoing(kept, clock.now())
        return await _shown(request, viewer, "undone", make, at=f"/panel/areas/undo/{number}")
    except Unfit as unfit:
        return await _list(request, viewer, status=409, unfit=unfit.reason)


@post("/areas/undo/{number:int}", opt=ADMINISTRATOR, status_code=200)
async def undo(request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]) -> Response[str] | Redirect:
    if not 0 < number < 2**31:
        raise Missing
    form = await read_form(request)
    try:
        async with writing() as w:
            await area_changes.take_back(w, viewer, number, version=form.raw("version") or "-")
    except Unfit as unfit:
        return await _list(request, viewer, status=409, unfit=unfit.reason)
    except Unlawful as broken:
        return await _list(request, viewer, status=409, broken=broken.faults)
    except Clash:
        return await _list(request, viewer, status=409, clash="panel.areas.clash")
    return go("/panel/areas", "areas_changed")
