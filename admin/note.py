"""One note at the desk: reading it and what to do with it. Every form carries the revision the note was shown at."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import READER
from admin.desk import tab_of
from admin.forms import Form, Found, hard, read_form
from admin.pages import go, page
from storage import audit, desk, issue_views, photos
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.database import reading
from storage.issues import family
from storage.viewer import Clash, Viewer
from sync import mask
from sync.lanes import KINDS
from sync.note import TEXT_MAX

AnyRequest = Request[Any, Any, Any]
ASK_MAX = 300


async def show_note(
    request: AnyRequest, viewer: Viewer, note_id: str, *, status: int = 200, **context: Any
) -> Response[str]:
    now = (await catalogue()).areas_now()
    async with writing() as w:  # the words are shown only once the trail says who read them
        conn, note = w.conn, await desk.one(w.conn, viewer, note_id)
        if note.text is not None:
            audit.record(w, viewer, "read.note", note.pseudonym, area=note.ward)
        choices = await issue_views.open_for(
            conn, viewer, wards=now.means(now.ward(note.ward) or note.ward), lane=note.lane, family=family(note.topic)
        )
        facts: dict[str, Any] = {
            "note": note,
            "tab": tab_of(note.status),
            "on_desk": note.status in desk.ON_DESK,
            "amendments": await desk.amendments(conn, note_id) if note.amendments else [],
            "messages": await desk.messages(conn, note_id),
            "choices": choices,
            "counts": await desk.counts(conn, viewer),
        }
    facts |= {
        "pictures": (await photos.of_notes([note_id])).get(note_id, []),
        "text_max": TEXT_MAX,
        "ask_max": ASK_MAX,
        "kinds": KINDS,
    }
    return await page(request, "note.html", status=status, **{**facts, **context})


@get("/desk/{note_id:str}", opt=READER)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]) -> Response[str]:
    return await show_note(request, viewer, note_id)


async def _do(
    request: AnyRequest, viewer: Viewer, note_id: str, form: Form, work: Callable[[Writing], Awaitable[None]], said: str
) -> Response[str] | Redirect:
    """Does it and goes back to the tab the note came from; on a clash shows the note as it is now, with what was typed."""
    async with reading() as conn:
        tab = tab_of((await desk.one(conn, viewer, note_id)).status)
    try:
        async with writing() as w:
            await work(w)
    except Clash:
        return await show_note(
            request, viewer, note_id, status=409, clash="panel.note.clash", typed=form.typed, errors=form.errors
        )
    return go(f"/panel/desk?tab={tab}", said)


def _rev(request: AnyRequest, form: Form) -> int:
    rev = request.query_params.get("rev", "")
    return int(rev) if rev.isascii() and rev.isdigit() and len(rev) < 10 else form.number("rev")


@post("/desk/{note_id:str}/clear", opt=READER, status_code=200)
async def clear(
    request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]
) -> Response[str] | Redirect:
    form = await read_form(request)
    rev = _rev(request, form)
    return await _do(request, viewer, note_id, form, lambda w: desk.clear(w, viewer, note_id, rev), "cleared")


@post("/desk/{note_id:str}/rewrite", opt=READER, status_code=200)
async def rewrite(
    request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]
) -> Response[str] | Redirect:
    """The new text is cleaned like a phone's; while something like a name remains, the person must say it is none."""
    form = await read_form(request)
    text = form.text("text", TEXT_MAX)
    async with reading() as conn:
        note = await desk.one(conn, viewer, note_id)
    if form.errors:
        return await show_note(request, viewer, note_id, status=422, typed=form.typed, errors=form.errors)
    cleaned = mask.clean(text, (await catalogue()).gazetteer(note.ward))
    if cleaned.suspects and not form.sure:
        found = Found(list(cleaned.finds), [cleaned.text[start:end] for start, end in cleaned.suspects])
        form.typed["text"] = cleaned.text
        return await show_note(request, viewer, note_id, status=422, typed=form.typed, errors=form.errors, found=found)
    rev = form.number("rev")
    return await _do(
        request,
        viewer,
        note_id,
        form,
        lambda w: desk.rewrite(w, viewer, note_id, rev, cleaned.text, cleaned.finds),
        "rewritten",
    )


@post("/desk/{note_id:str}/redirect", opt=READER, status_code=200)
async def redirect(
    request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]
) -> Response[str] | Redirect:
    form = await read_form(request)
    rev = form.number("rev")
    return await _do(request, viewer, note_id, form, lambda w: desk.redirect(w, viewer, note_id, rev), "redirected")


@post("/desk/{note_id:str}/ask", opt=READER, status_code=200)
async def ask(request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]) -> Response[str] | Redirect:
    """The question goes to a phone, so everything in it that looks personal is masked without asking."""
    form = await read_form(request)
    question = form.text("question", ASK_MAX)
    async with reading() as conn:
        note = await desk.one(conn, viewer, note_id)
    if form.errors:
        return await show_note(request, viewer, note_id, status=422, typed=form.typed, errors=form.errors)
    rev, masked = form.number("rev"), hard(await catalogue(), note.ward, question)
    return await _do(request, viewer, note_id, form, lambda w: desk.ask(w, viewer, note_id, rev, masked), "asked")
