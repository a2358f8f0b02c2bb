"""The first reader's desk: the queue of released notes, and grouping several of them at once. Role reader only."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import READER
from admin.forms import Form, personal, read_form
from admin.pages import go, page
from storage import audit, desk, issue_views, issues, photos
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.desk import PAGE, TABS, Tab
from storage.issues import family
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.lanes import KINDS

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
            family=where["topic"],
            offset=(where["page"] - 1) * PAGE,
            limit=PAGE + 1,
        )
        counts = await desk.counts(conn, viewer)
        shown = notes[:PAGE]
        if shown:
            audit.record(w, viewer, "read.desk", area=_ward(shown), detail={"tab": tab, "notes": len(shown)})
        wanted = {(note.ward, note.lane, family(note.topic)) for note in shown}
        choices = [
            issue
            for issue in await issue_views.open_for(conn, viewer, lane=where["lane"], family=where["topic"])
            if (issue.ward, issue.lane, family(issue.topic)) in wanted
        ]
    pictures = await photos.of_notes([note.id for note in shown if note.photos])
    facts = {
        "where": where,
        "notes": shown,
        "more": len(notes) > PAGE,
        "counts": counts,
        "choices": choices,
        "pictures": pictures,
        "families": [topic for topic in (await catalogue()).topics.values() if not topic.parent],
        "kinds": KINDS,
        "chosen": {},
    }
    return await page(request, "desk.html", status=status, **{**facts, **context})


@get("/desk", opt=READER)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await show_desk(request, viewer, _where(request.query_params))


@post("/desk/group", opt=READER, status_code=200)
async def group(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """Groups the chosen notes into an issue, a new or an existing one. Provisional until the summary is confirmed."""
    form = await read_form(request)
    chosen, into = picks(form), form.raw("into")
    where = _where({name: form.raw(name) for name in ("tab", "lane", "topic", "page")})
    again: dict[str, Any] = {"typed": form.typed, "errors": form.errors, "chosen": chosen}
    title = form.text("title", TITLE_MAX, required=into == "new")
    form.typed["into"] = into
    kind = form.choice("kind", KINDS, required=False)
    if not chosen:
        return await show_desk(request, viewer, where, status=422, clash="panel.refused.none_chosen", **again)
    if form.errors or not (into == "new" or form.number("into") > 0):
        form.errors.setdefault("into", "panel.field.choose") if into != "new" else None
        return await show_desk(request, viewer, where, status=422, **again)
    async with reading() as conn:
        notes = await desk.some(conn, viewer, list(chosen))
    if not notes:
        raise Missing
    if into == "new" and not form.sure and (found := personal(await catalogue(), notes[0].ward, title)):
        return await show_desk(request, viewer, where, status=422, found=found, **again)
    try:
        async with writing() as w:
            if into == "new":
                number = await issues.open_new(w, viewer, chosen, title, kind)
            else:
                number = form.number("into")
                await issues.join(w, viewer, chosen, number)
    except Clash:
        return await show_desk(request, viewer, where, status=409, clash="panel.desk.clash", **again)
    except Refused as refused:
        return await show_desk(request, viewer, where, status=422, clash=f"panel.refused.{refused.reason}", **again)
    return go(f"/panel/issues/{number}", "grouped")


@post("/desk/{note_id:str}/open", opt=READER, status_code=303)
async def open_note(viewer: NamedDependency[Viewer], note_id: FromPath[str]) -> Redirect:
    """Reading begins; what the phone changes from now on is kept beside the note."""
    async with writing() as w:
        await desk.open_note(w, viewer, note_id)
    return go(f"/panel/desk/{note_id}")


def tab_of(status: str) -> Tab:
    """The tab a note of this status lies in."""
    return next((tab for tab, statuses in TABS.items() if status in statuses), "new")
