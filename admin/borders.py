"""Borders of areas from the ward's own GeoJSON file: looked at first, as the overview would draw them, then taken, and taken
back. The same as `sotay areas import FILE.geojson`.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin import charts, overview
from admin.access import ADMINISTRATOR
from admin.forms import Form, read_form
from admin.overview import Window
from admin.pages import go, page
from storage import outlines
from storage.catalogue import Catalogue, catalogue
from storage.changes import writing
from storage.conn import Conn
from storage.database import reading
from storage.viewer import Viewer
from sync import outline
from sync.outline import LARGEST, BadOutline, Ring

AnyRequest = Request[Any, Any, Any]
MAPS_MOST = 6


class Shown(msgspec.Struct, frozen=True):
    """The map of one area. `lacking`: what lies in it without a border; with any, the overview draws tiles instead."""

    window: Window
    map: charts.Map | None
    lacking: list[str]


async def _maps(
    conn: Conn, viewer: Viewer, world: Catalogue, touched: Collection[str], new: Mapping[str, list[Ring]]
) -> list[Shown]:
    """The maps these outlines are part of, those of the largest areas first."""
    now = world.areas_now()
    above = {up[1] for code in touched if len(up := now.up(code)) > 1 and up[1] in viewer.codes}
    found = []
    for area in sorted(above, key=lambda code: (len(now.up(code)), code))[:MAPS_MOST]:
        parts = now.children(area)
        there = {*await outlines.of(conn, parts), *new}
        window, drawn = await overview.map_of(conn, viewer, world, area, new)
        found.append(Shown(window, drawn, [code for code in parts if code not in there]))
    return found


async def _page(
    request: AnyRequest,
    viewer: Viewer,
    *,
    status: int = 200,
    new: Mapping[str, list[Ring]] | None = None,
    **context: Any,
) -> Response[str]:
    """With `new` a preview of it, else what is kept."""
    world = await catalogue()
    async with reading() as conn:
        kept = await outlines.kept(conn, viewer)
        last = await outlines.last(conn, viewer)
        maps = await _maps(conn, viewer, world, new or kept, new or {})
    facts: dict[str, Any] = {
        "maps": maps,
        "new": new or {},
        "kept": kept,
        "last": last,
        "areas": list(last.before if last else {}),
    }
    facts |= {"carried": outline.written(new) if new else "", "largest": LARGEST // 1_000_000}
    return await page(request, "borders.html", status=status, **facts | context)


@get("/areas/borders", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _page(request, viewer)


async def _sent(form: Form) -> bytes:
    """The file a form carries, or what its preview carries along. Raises BadOutline."""
    file = await form.file("file", LARGEST)
    data = file[1] if file else form.raw("carried").encode()
    if not data:
        raise BadOutline("none")
    return data


@post("/areas/borders", opt=ADMINISTRATOR, status_code=200)
async def take(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """A file: how it would look, nothing is kept. `do=apply` with what was shown: these areas' borders are replaced."""
    form = await read_form(request)
    world = await catalogue()
    try:
        data, names = await _sent(form), outlines.named(world, viewer)
        found = await asyncio.to_thread(outline.read, data, names)
    except BadOutline as bad:
        return await _page(request, viewer, status=422, bad=bad)
    if form.raw("do") != "apply":
        return await _page(request, viewer, new=found)
    async with writing() as w:
        await outlines.take(w, found, world, viewer)
    return go("/panel/areas/borders", "borders_taken")


@post("/areas/borders/undo", opt=ADMINISTRATOR, status_code=200)
async def undo(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Redirect:
    form = await read_form(request)
    async with writing() as w:
        await outlines.take_back(w, viewer, form.number("change"))
    return go("/panel/areas/borders", "undone")
