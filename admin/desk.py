"""The first reader's desk: the queue of released notes, and grouping several of them at once. Role reader only."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import LIVE, READER
from admin.forms import Form, personal, read_form
from admin.overview import fileable
from admin.pages import go, page
from admin.undoing import acted, offer, went
from storage import audit, desk, issues, openings, photos, suggest
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.database import reading
from storage.desk import PAGE, TABS, Tab
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.lanes import KINDS, family

AnyRequest = Request[Any, Any, Any]
TITLE_MAX = 160
LANES = ("place", "opinion")


def picks(form: Form) -> dict[str, int]:
    """The chosen notes with the revision each was shown at (`id:rev`)."""
    chosen = {}
    for value in form.all("pick"):
        id, _, rev = value.partition(":")
        chosen[id] = int(rev) if rev.isascii() and rev.isdigit() and len(rev) < 10 else -1
    return chosen


def _where(values: Any) -> dict[str, Any]:
    tab = values.get("tab", "new")
    lane, topic, number = values.get("lane", ""), values.get("topic", ""), values.get("page", "1")
    return {
        "tab": tab if tab in TABS else "new",
        "lane": lane if lane in LANES else "",
        "topic": family(topic) if topic.isascii() and topic.replace(".", "").isalnum() and len(topic) <= 8 else "",
        "page": int(number) if number.isascii() and number.isdigit() and 0 < int(number[:6]) < 10_000 else 1,
    }


def where_of(form: Form) -> dict[str, Any]:
    """The page a form was on."""
    return _where({name: form.raw(name) for name in ("tab", "lane", "topic", "page")})


def address(where: dict[str, Any], path: str = "/panel/desk") -> str:
    """The address of a page of the desk."""
    asked = {name: value for name, value in where.items() if value and (name, value) != ("page", 1)}
    return f"{path}?{urlencode(asked)}"


def _ward(notes: list[desk.DeskNote]) -> str:
    """The ward of these notes; empty – the reader's own area – if they are of several."""
    wards = {note.ward for note in notes}
    return wards.pop() if len(wards) == 1 else ""


async def show_desk(
    request: AnyRequest, viewer: Viewer, where: dict[str, Any], *, status: int = 200, **context: Any
) -> Response[str]:
    """One page of a tab. `context` brings back what was typed, with the reason why nothing was done."""
    async with writing() as w:  # the words are shown only once the trail says who read them
        conn = w.conn
        tab: Tab = where["tab"]
        notes = await desk.queue(
            conn,
            viewer,
            tab,
            lane=where["lane"],
            of_family=where["topic"],
            offset=(where["page"] - 1) * PAGE,
            limit=PAGE + 1,
        )
        counts = await desk.counts(conn, viewer)
        shown = notes[:PAGE]
        if shown:
            audit.record(w, viewer, "read.desk", area=_ward(shown), detail={"tab": tab, "notes": len(shown)})
        hints = await suggest.hints(conn, viewer, shown if tab != "quarantine" else [])
        facts: dict[str, Any] = await offer(request, conn, viewer, w.now)
        open_elsewhere = await openings.of(conn, viewer, [note.id for note in shown], w.now)
    pictures = await photos.of_notes([note.id for note in shown if note.photos])
    facts |= {
        "where": where,
        "notes": shown,
        "more": len(notes) > PAGE,
        "counts": counts,
        "choices": hints.choices,
        "likes": hints.likes,
        "twins": hints.twins,
        "open_elsewhere": open_elsewhere,
        "pictures": pictures,
        "families": fileable(await catalogue()),
        "kinds": KINDS,
        "chosen": {},
    }
    return await page(request, "desk.html", status=status, **{**facts, **context})


@get("/desk", opt=READER)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    if LIVE not in request.headers:  # back at the list, nothing is open any more
        async with writing() as w:
            await openings.leave(w, viewer)
    return await show_desk(request, viewer, _where(request.query_params))


@post("/desk/group", opt=READER, status_code=200)
async def group(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """Groups the chosen notes into an issue, a new or an existing one. Provisional until the summary is confirmed."""
    form = await read_form(request)
    chosen, into = picks(form), form.raw("into")
    where = where_of(form)
    shown = partial(show_groups, key=form.raw("heap")[:36]) if form.raw("view") == "groups" else show_desk
    again: dict[str, Any] = {"typed": form.typed, "errors": form.errors, "chosen": chosen}
    title = form.text("title", TITLE_MAX, required=into == "new")
    form.typed["into"] = into
    kind = form.choice("kind", KINDS, required=False)
    if not chosen:
        return await shown(request, viewer, where, status=422, clash="panel.refused.none_chosen", **again)
    if form.errors or not (into == "new" or form.number("into") > 0):
        form.errors.setdefault("into", "panel.field.choose") if into != "new" else None
        return await shown(request, viewer, where, status=422, **again)
    async with reading() as conn:
        notes = await desk.some(conn, viewer, list(chosen))
    if not notes:
        raise Missing
    if into == "new" and not form.sure and (found := personal(await catalogue(), notes[0].ward, title)):
        return await shown(request, viewer, where, status=422, found=found, **again)
    number = 0 if into == "new" else form.number("into")

    async def work(w: Writing) -> int | None:
        if not number:
            return await issues.open_new(w, viewer, chosen, title, kind)
        await issues.join(w, viewer, chosen, number)
        return None

    back = address(where, "/panel/desk/groups" if form.raw("view") == "groups" else "/panel/desk")
    try:
        made, token = await acted(viewer, work, "grouped", back, notes=list(chosen), issues=[number] if number else [])
    except Clash:
        return await shown(request, viewer, where, status=409, clash="panel.desk.clash", **again)
    except Refused as refused:
        return await shown(request, viewer, where, status=422, clash=f"panel.refused.{refused.reason}", **again)
    if form.raw("view"):
        return went(back, "grouped", token)
    return went(f"/panel/issues/{made or number}", "grouped", token)


@post("/desk/{note_id:str}/open", opt=READER, status_code=303)
async def open_note(viewer: NamedDependency[Viewer], note_id: FromPath[str]) -> Redirect:
    """Reading begins; what the phone changes from now on is kept beside the note."""
    async with writing() as w:
        await desk.open_note(w, viewer, note_id)
    return go(f"/panel/desk/{note_id}")


# ---- proposals --------------------------------------------------------------------------------------------------


async def show_groups(
    request: AnyRequest, viewer: Viewer, where: dict[str, Any], *, status: int = 200, key: str = "", **context: Any
) -> Response[str]:
    """The notes of one lane and topic family, put together by what they say, each heap with a form of its own.
    `key`: the heap whose form comes back."""
    async with writing() as w:
        conn = w.conn
        waiting = await desk.heaps(conn, viewer)
        if not any((heap.lane, heap.topic) == (where["lane"], where["topic"]) for heap in waiting) and waiting:
            where = where | {"lane": waiting[0].lane, "topic": waiting[0].topic}
        notes = await desk.groupable(conn, viewer, where["lane"], where["topic"]) if waiting else []
        if notes:
            audit.record(w, viewer, "read.desk", area=_ward(notes), detail={"tab": "groups", "notes": len(notes)})
        cards, choices = await suggest.cards(conn, viewer, notes)
        facts = await offer(request, conn, viewer, w.now)
        facts["open_elsewhere"] = await openings.of(conn, viewer, [note.id for note in notes], w.now)
    facts |= {
        "where": where,
        "waiting": waiting,
        "cards": cards,
        "choices": choices,
        "counts": await _counts(viewer),
        "pictures": await photos.of_notes([note.id for note in notes if note.photos]),
        "kinds": KINDS,
        "chosen": {},
        "key": key,
    }
    return await page(request, "groups.html", status=status, **{**facts, **context})


async def _counts(viewer: Viewer) -> dict[Tab, int]:
    async with reading() as conn:
        return await desk.counts(conn, viewer)


@get("/desk/groups", opt=READER)
async def groups(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await show_groups(request, viewer, _where(request.query_params))


def tab_of(status: str) -> Tab:
    """The tab a note of this status lies in."""
    return next((tab for tab, statuses in TABS.items() if status in statuses), "new")
