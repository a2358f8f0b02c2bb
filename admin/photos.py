"""Photos of places, rebuilt from pixels. The reader sees those of the desk and takes out what shows more than a place; unit
and officer see those of an issue they see."""

import contextlib
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import READER, WRITERS
from admin.pages import go
from storage import audit, desk, issue_counts, issue_views, photos
from storage.bucket import media
from storage.changes import writing
from storage.objects import StoreAway
from storage.viewer import Missing, Viewer

AnyRequest = Request[Any, Any, Any]
SIZES = {"1600": False, "320": True}
GONE = frozenset({"redirected", "withdrawn", "rejected", "expired"})
HEADERS = {
    # a picture is only ever a picture: nothing in it may run, load or be framed
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Content-Disposition": "inline",
    "Cache-Control": "private, no-store",
}


@get("/photos/{photo_id:str}/{size:str}", opt=WRITERS)
async def show(viewer: NamedDependency[Viewer], photo_id: FromPath[str], size: FromPath[str]) -> Response[bytes]:
    if size not in SIZES:
        raise Missing
    async with writing() as w:
        conn = w.conn
        note = await desk.photo_note(conn, viewer, photo_id)
        if note is None or note.status in GONE:
            raise Missing
        if viewer.role != "reader":
            if note.issue is None or note.status not in ("in_issue", "closed"):
                raise Missing
            await issue_views.one(conn, viewer, await issue_counts.root(conn, note.issue))
        if not SIZES[size]:  # small ones stand in pages, which are in the trail themselves
            audit.record(w, viewer, "read.photo", note.pseudonym, area=note.ward)
    try:
        found = await photos.picture(photo_id, small=SIZES[size])
    except StoreAway:
        return Response(b"", status_code=503, headers={"Retry-After": "10"}, media_type="image/jpeg")
    if found is None:
        raise Missing
    return Response(found[1], media_type="image/jpeg", headers=HEADERS)


@post("/photos/{photo_id:str}/drop", opt=READER, status_code=303)
async def drop(viewer: NamedDependency[Viewer], photo_id: FromPath[str]) -> Redirect:
    """The photo goes for good: taking it back would mean to keep a face a little longer."""
    async with writing() as w:
        note = await desk.photo_note(w.conn, viewer, photo_id)
        keys = () if note is None or note.status in GONE else await photos.drop(w, photo_id)
        if note is None or not keys:
            raise Missing
        audit.record(w, viewer, "note.photo_dropped", note.pseudonym, area=note.ward)
    with contextlib.suppress(StoreAway):  # no row names them any more: the sweeper takes them else
        await media().delete(*keys)
    return go(f"/panel/issues/{note.issue}" if note.issue else f"/panel/desk/{note.id}", "photo_dropped")
