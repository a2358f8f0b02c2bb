"""One note at the desk: reading it and what to do with it. Every form carries the revision the note was shown at."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import LIVE, READER
from admin.desk import address, tab_of, where_of
from admin.forms import Form, Found, hard, read_form
from admin.pages import only_rev, page
from admin.photos import GONE
from admin.undoing import acted, went
from storage import audit, desk, issues, openings, photos, suggest
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.database import reading
from storage.desk import DeskNote
from storage.viewer import Clash, Refused, Viewer
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
        on_desk = note.status in desk.ON_DESK
        elsewhere = await openings.take(w, viewer, note_id, now.ward(note.ward) or note.ward) if on_desk else ""
        hints = await suggest.hints(conn, viewer, [note])
        likes = hints.likes.get(note_id, [])
        order = {like.number: at for at, like in enumerate(likes)}
        facts: dict[str, Any] = {
            "note": note,
            "tab": tab_of(note.status),
            "on_desk": on_desk,
            "elsewhere": elsewhere,
            "seen": seen(note),
            "amendments": await desk.amendments(conn, note_id) if note.amendments else [],
            "messages": await desk.messages(conn, note_id),
            "likes": likes,
            "titles": {issue.number: issue.title for issue in hints.choices},
            "choices": sorted(hints.choices, key=lambda issue: order.get(issue.number, len(order))),
            "counts": await desk.counts(conn, viewer),
            "changed": [],
            "topics": desk.topics_of(await catalogue(), note),
        }
    facts |= {
        "pictures": [] if note.status in GONE else (await photos.of_notes([note_id])).get(note_id, []),
        "text_max": TEXT_MAX,
        "ask_max": ASK_MAX,
        "kinds": KINDS,
    }
    return await page(request, "note.html", status=status, **{**facts, **context})


def seen(note: DeskNote) -> str:
    """What a form was made with, so that a clash can say what changed since. No words: a short digest of them."""
    words = hashlib.sha256((note.text or "").encode()).hexdigest()[:8]
    return f"{note.status}.{note.amendments}.{words}"


async def what_changed(viewer: Viewer, note_id: str, before: str) -> list[tuple[str, dict[str, Any]]]:
    """Keys of the words catalogue with their values: how the note differs from what the form was made with, and who was
    the last to do something to it."""
    async with reading() as conn:
        note = await desk.one(conn, viewer, note_id)
        last = await desk.last_hand(conn, note)
    status, _, rest = before.partition(".")
    amendments, _, words = rest.partition(".")
    now_amendments, _, now_words = seen(note).partition(".")[2].partition(".")
    found: list[tuple[str, dict[str, Any]]] = []
    if note.issue:
        found.append(("panel.changed.grouped", {"number": note.issue}))
    elif status != note.status:
        found.append((f"panel.changed.{note.status}", {}))
    if words and words != now_words:
        found.append(("panel.changed.text", {}))
    if amendments and amendments != now_amendments:
        found.append(("panel.changed.amended", {}))
    if last:
        found.append(("panel.changed.by", {"who": last}))
    return found


@get("/desk/{note_id:str}", opt=READER)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]) -> Response[str]:
    if LIVE in request.headers:
        async with reading() as conn:
            return only_rev((await desk.one(conn, viewer, note_id)).rev)
    return await show_note(request, viewer, note_id)


async def _do(
    request: AnyRequest,
    viewer: Viewer,
    note_id: str,
    form: Form,
    work: Callable[[Writing], Awaitable[None]],
    said: str,
    into: int = 0,
) -> Response[str] | Redirect:
    """Does it and goes back to where the note came from, offering to take it back; on a clash shows the note as it is now,
    what changed, and what was typed."""
    async with reading() as conn:
        note = await desk.one(conn, viewer, note_id)
    back = address(where_of(form) | ({} if form.raw("tab") else {"tab": tab_of(note.status)}))

    async def act(w: Writing) -> None:
        await work(w)
        await openings.drop(w, viewer, note_id, note.ward)

    try:
        _, token = await acted(viewer, act, said, back, notes=[note_id], issues=[into] if into else [])
    except Clash:
        return await show_note(
            request,
            viewer,
            note_id,
            status=409,
            clash="panel.note.clash",
            typed=form.typed,
            errors=form.errors,
            changed=await what_changed(viewer, note_id, form.raw("seen")[:40]),
        )
    except Refused as refused:
        return await show_note(request, viewer, note_id, status=422, clash=f"panel.refused.{refused.reason}")
    return went(back, said, token)


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


@post("/desk/{note_id:str}/refile", opt=READER, status_code=200)
async def refile(
    request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]
) -> Response[str] | Redirect:
    form = await read_form(request)
    rev, topic = form.number("rev"), form.raw("topic")[:8]
    return await _do(request, viewer, note_id, form, lambda w: desk.refile(w, viewer, note_id, rev, topic), "refiled")


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
    rev = _rev(request, form)
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


@post("/desk/{note_id:str}/join", opt=READER, status_code=200)
async def join(
    request: AnyRequest, viewer: NamedDependency[Viewer], note_id: FromPath[str]
) -> Response[str] | Redirect:
    """Follows a suggestion: the note alone, into the issue that was proposed."""
    form = await read_form(request)
    rev, into = _rev(request, form), request.query_params.get("into", "")
    number = int(into) if into.isascii() and into.isdigit() and len(into) < 10 else 0
    return await _do(
        request,
        viewer,
        note_id,
        form,
        lambda w: issues.join(w, viewer, {note_id: rev}, number),
        "grouped",
        into=number,
    )


@post("/desk/{note_id:str}/hold", opt=READER | {"by_itself": True}, status_code=204)
async def hold(viewer: NamedDependency[Viewer], note_id: FromPath[str]) -> None:
    """A page that shows the note is still open."""
    now = (await catalogue()).areas_now()
    async with writing() as w:
        note = await desk.one(w.conn, viewer, note_id)
        if note.status in desk.ON_DESK:
            await openings.take(w, viewer, note_id, now.ward(note.ward) or note.ward)
