"""Areas from a table, for the panel and for `sotay areas import`: new ones and new names; each row's faults are named.

Columns: code, parent, level, name, and the days from and until where they are known. An area that is there keeps its code,
parent and level: to move, merge or split it is a change of its own, since its notes must know where they went.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin import imports, sheets
from admin.access import ADMINISTRATOR
from admin.forms import read_form
from admin.pages import go
from admin.sheets import Line, Unreadable, key_of
from storage import area_changes, clock
from storage.area_changes import Unlawful
from storage.catalogue import catalogue
from storage.changes import writing
from storage.viewer import Clash, Missing, Viewer
from sync.area import Area, AreaTree, Level
from sync.area_change import ABOVE, CODE, NAME_MOST, new_faults
from sync.words import both

AnyRequest = Request[Any, Any, Any]
WHAT = "areas"
COLUMNS = {
    "code": ("Mã",),
    "parent": ("Mã cấp trên", "Thuộc"),
    "level": ("Cấp",),
    "name": ("Tên", "Tên khu vực"),
    "valid_from": ("Từ ngày", "From"),
    "valid_to": ("Đến ngày", "Until"),
}
REQUIRED = ("code", "parent", "level", "name")
LEVELS: dict[str, Level] = {
    key_of(said): level for level in ABOVE for said in (level, *both(f"panel.areas.level.{level}").values())
}


def judged(lines: Sequence[Line], tree: AreaTree) -> list[Area]:
    """The areas as these rows want them; what is wrong is written on the rows. The tree as a whole is judged too."""
    today = clock.local_day(clock.now())
    rows = {line.cells.get("code", ""): line for line in lines}
    seen: set[str] = set()
    after: list[Area] = []
    for line in lines:
        code, name = line.cells.get("code", ""), line.cells.get("name", "")
        level = LEVELS.get(key_of(line.cells.get("level", "")))
        if CODE.fullmatch(code) is None:
            line.fault("code", code=code)
        elif code in seen:
            line.fault("code_twice", code=code)
        seen.add(code)
        if level is None:
            line.fault("level", level=line.cells.get("level", ""))
        if not name or len(name) > NAME_MOST:
            line.fault("name", name=name[:40])
        parent = line.cells.get("parent", "")
        if parent and tree.get(parent) is None and parent not in rows:
            line.fault("parent", code=parent)
        begins, ends = line.day("valid_from"), line.day("valid_to")
        if begins > today.isoformat() or ends >= today.isoformat():
            line.fault("days_to_come", code=code)  # nobody would judge the tree of that day, and phones close at once
        known = tree.get(code)
        if known is not None and level is not None and (known.parent, known.level) != (parent, level):
            line.fault("moves", code=code)
        if not _is_under(code, parent):
            line.fault("prefix", code=code, parent=parent)
        if line.faults or level is None:
            continue
        area = known or Area(code, parent, level, name, begins or today.isoformat())
        area = msgspec.structs.replace(
            area, name=name, valid_from=begins or area.valid_from, valid_to=ends or area.valid_to
        )
        if area != known:
            after.append(area)
    if not any(line.faults for line in lines):
        for fault in new_faults(tree, after, today):
            (rows.get(fault.area) or lines[0]).fault(f"rule_{fault.rule}", area=fault.area)
    return after


def _is_under(code: str, parent: str) -> bool:
    """A cluster's or group's code begins with that of its ward: it decides in which stream phones find it."""
    return not re.search("[KT]", code) or code.split("-", maxsplit=1)[0] == parent.split("-", maxsplit=1)[0]


@get("/areas/import", opt=ADMINISTRATOR)
async def show(request: AnyRequest) -> Response[str]:
    return await imports.show(request, WHAT, COLUMNS)


@post("/areas/import", opt=ADMINISTRATOR, status_code=200)
async def take(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """A file: what would change, nothing is. `do=apply` with the rows shown: all of it, as one change to undo."""
    form = await read_form(request)
    try:
        lines = await sheets.sent(form, COLUMNS, REQUIRED)
    except Unreadable as bad:
        return await imports.show(request, WHAT, COLUMNS, wrong=bad)
    world = await catalogue()
    after = judged(lines, world.tree)
    if not any(line.faults for line in lines):
        _within(lines, viewer, world.tree, after)
    notes = [("panel.import.areas.would", {"new": sum(1 for one in after if world.tree.get(one.code) is None),
                                           "changed": sum(1 for one in after if world.tree.get(one.code))})]  # fmt: skip
    if form.raw("do") != "apply" or any(line.faults for line in lines):
        return await imports.preview(request, WHAT, COLUMNS, lines, notes=notes)
    try:
        async with writing() as w:
            await area_changes.apply(w, viewer, "imported", lambda tree: judged(lines, tree), version=world.version)
    except (Clash, Unlawful):
        return await imports.preview(request, WHAT, COLUMNS, lines, clash="panel.import.clash")
    return go("/panel/areas", "areas_changed")


def _within(lines: Sequence[Line], viewer: Viewer, tree: AreaTree, after: Sequence[Area]) -> None:
    for line in lines:
        mine = [area for area in after if area.code == line.cells["code"]]
        try:
            area_changes.check_scope(
                viewer, tree, [*mine, *(one for one in after if mine and one.code == mine[0].parent)]
            )
        except Missing:
            line.fault("area", area=line.cells["code"])
