"""Search: one field over everything the office wrote, and for the first reader over the notes on the desk.

The address holds the whole question, so it can be kept and sent; without a script the form does the same. Notes that are
shown are noted in the trail like those of the desk. No number of hits is shown anywhere.
"""

import unicodedata
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from markupsafe import Markup, escape

from admin.access import ISSUES
from admin.pages import page
from storage import audit, search
from storage.catalogue import catalogue
from storage.changes import writing
from storage.search import KINDS
from storage.viewer import Missing, Viewer
from sync import fold
from sync.fold import Query

AnyRequest = Request[Any, Any, Any]
LONGEST = 120
SNIPPET = 180
LANES = ("place", "opinion")


def marked(text: str, query: Query, length: int = 0) -> Markup:
    """A text with its hits marked; of a long one with `length` the part around the first hit."""
    text = unicodedata.normalize("NFC", text)
    found = fold.spans(text, query)
    start, end = fold.snippet(text, found, length) if length else (0, len(text))
    out, done = Markup() + ("… " if start else ""), start
    for first, last in found:
        if first >= done and last <= end:
            out += escape(text[done:first]) + Markup('<mark class="hit">{}</mark>').format(text[first:last])
            done = last
    return out + escape(text[done:end]) + (" …" if end < len(text) else "")


@get("/search", opt=ISSUES)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """What was found, by kind. An area outside the viewer's does not exist."""
    asked, world = request.query_params, await catalogue()
    text = " ".join(asked.get("q", "")[:LONGEST].split())
    area, lane = asked.get("area", ""), asked.get("lane", "") if asked.get("lane", "") in LANES else ""
    offered = search.kinds_for(viewer)
    kinds = [one for one in offered if one == asked.get("kind", "")] or list(offered)
    if area and area not in viewer.codes:
        raise Missing
    now = world.areas_now()
    wards = sorted({ward for code in viewer.codes if (ward := now.ward(code))})
    query = fold.read(text, world.synonyms(*wards).ways)
    async with writing() as w:  # words of notes are shown only once the trail says who read them
        found = (
            await search.find(
                w.conn, viewer, query, world.tree, kinds=kinds, areas=now.within(area) if area else None, lane=lane
            )
            if query
            else {}
        )
        if (notes := found.get("note")) and notes.hits:
            audit.record(w, viewer, "read.search", area=world.tree.ward(notes.hits[0].area) or "")
    return await page(
        request,
        "search.html",
        text=text,
        query=query,
        found={kind: found[kind] for kind in KINDS if kind in found and found[kind].hits},
        kind=kinds[0] if len(kinds) == 1 else "",
        lane=lane,
        area=area,
        offered=offered,
        lanes=LANES,
        areas=[world.tree.by_code[code] for code in viewer.codes if now.is_open(code)],
        longest=LONGEST,
        marked=marked,
        snippet=SNIPPET,
    )
