"""Topics, for administrators: names, new ones below a topic, retired ones with a successor; a coding sheet as a table.

The lanes of a topic are no setting: one below another has its parent's, a new top one the careful `opinion` for every kind.
Import takes the IFRC community-feedback coding sheet, three columns `type, category, code`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin import imports, sheets
from admin.access import ADMINISTRATOR
from admin.forms import Form, read_form
from admin.pages import go, page
from admin.sheets import Line, Unreadable, key_of
from storage import master
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.viewer import Clash, Missing, Viewer
from sync.lanes import Topic

AnyRequest = Request[Any, Any, Any]
WHAT = "topics"
COLUMNS = {"type": ("Loại phản hồi",), "category": ("Nhóm", "Chủ đề"), "code": ("Mã nội dung", "Nội dung")}
NAME_MOST = 120
# What kinds of feedback a sheet may speak of. A type decides no lane: kind and topic do, in the shipped table.
TYPES = frozenset(
    """question questions cau hoi|suggestion suggestions request requests de nghi gop y kien nghi|concern concerns ban khoan
 complaint complaints ban khoan phan nan|rumour rumours rumor rumors belief beliefs perception perceptions observation
 observations misconception misconceptions tin don quan sat|thanks thank you encouragement praise appreciation cam on
 ghi nhan|statement statements feedback other khac""".replace("\n", " ")
    .replace("|", " ")
    .split()
)
# Feedback that has a formal door of its own never becomes a topic of notes.
DOORS = ("sensitive", "sexual", "exploitation", "abuse", "safeguarding", "fraud", "corruption", "denunciation", "to cao",
         "khieu nai", "xam hai", "tham nhung", "nhay cam")  # fmt: skip
# A topic says what a matter is about, never what somebody thinks of it or who says it.
NEVER = ("hostile", "enemy", "reactionary", "anti state", "anti government", "loyal", "sentiment", "thu dich", "phan dong",
         "chong doi", "phan tu", "doi tuong", "xau doc", "trung thanh")  # fmt: skip


def unfit(words: str) -> str:
    """Why words are no topic: `never` or `door`; empty if they may be one."""
    said = f" {key_of(words)} "
    return next(
        (why for why, listed in (("never", NEVER), ("door", DOORS)) if any(f" {one} " in said for one in listed)), ""
    )


def judged(lines: Sequence[Line], known: Mapping[str, Topic]) -> list[Topic]:
    """The topics that a coding sheet adds; what is wrong is written on its rows. A category that is a topic already
    gives its lanes to what is below it."""
    tops = {
        key_of(name): topic
        for topic in known.values()
        if not topic.parent and not _is_door(topic)
        for name in (topic.vi, topic.en)
    }
    below = {(topic.parent, key_of(name)) for topic in known.values() for name in (topic.vi, topic.en)}
    added: list[Topic] = []
    used = set(known)
    for line in lines:
        category, code = line.cells.get("category", ""), line.cells.get("code", "")
        if not set(key_of(line.cells.get("type", "")).split()) <= TYPES:
            line.fault("feedback_type", type=line.cells.get("type", ""))
        for words in (category, code):
            if not words or len(words) > NAME_MOST:
                line.fault("name", name=words[:40])
            elif why := unfit(words):
                line.fault(f"topic_{why}", name=words)
        if line.faults:
            continue
        top = tops.get(key_of(category))
        if top is None:
            number = next((n for n in range(20, 99) if f"{n:02d}" not in used), 0)
            if not number:
                line.fault("topics_full")
                continue
            top = tops[key_of(category)] = Topic(f"{number:02d}", "", category, category, "more", master.careful())
            used.add(top.code)
            added.append(top)
        if (top.code, key_of(code)) in below:
            continue
        below.add((top.code, key_of(code)))
        added.append(Topic(_next_below(top.code, used), top.code, code, code, top.icon, dict(top.lanes)))
        used.add(added[-1].code)
    return added


def _is_door(topic: Topic) -> bool:
    return topic.code.startswith("D")


def _next_below(top: str, used: set[str]) -> str:
    return next(f"{top}.{n}" for n in range(1, 10_000) if f"{top}.{n}" not in used)


async def _list(request: AnyRequest, viewer: Viewer, *, status: int = 200, **context: Any) -> Response[str]:
    world = await catalogue()
    async with reading() as conn:
        may = await master.may_change_common(conn, viewer)
    topics = sorted(world.topics.values(), key=_order)
    return await page(request, "topics.html", status=status, topics=topics, may=may, **{"edited": ""} | context)


def _order(topic: Topic) -> tuple[bool, list[int]]:
    """By number, doors last."""
    return _is_door(topic), [int(part) if part.isdigit() else 0 for part in topic.code.split(".")]


@get("/topics", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _list(request, viewer, edited=request.query_params.get("edit", ""))


def _named(form: Form) -> tuple[str, str]:
    vi, en = form.text("vi", NAME_MOST), form.text("en", NAME_MOST)
    for field, words in (("vi", vi), ("en", en)):
        if why := unfit(words):
            form.errors[field] = f"panel.topics.{why}"
    return vi, en


@post("/topics/add", opt=ADMINISTRATOR, status_code=200)
async def add(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """A topic below another one, with its lanes."""
    form = await read_form(request)
    vi, en = _named(form)
    known = (await catalogue()).topics
    parent = known.get(
        form.choice("parent", [one.code for one in known.values() if not one.parent and not _is_door(one)])
    )
    if form.errors or parent is None:
        return await _list(request, viewer, status=422, typed=form.typed, errors=form.errors)
    new = Topic(_next_below(parent.code, set(known)), parent.code, vi, en, parent.icon, dict(parent.lanes))
    async with writing() as w:
        await master.add_topics(w, viewer, [new])
    return go("/panel/topics", "saved")


@post("/topics/{code:str}", opt=ADMINISTRATOR, status_code=200)
async def change(request: AnyRequest, viewer: NamedDependency[Viewer], code: FromPath[str]) -> Response[str] | Redirect:
    form = await read_form(request)
    if code not in (await catalogue()).topics:
        raise Missing
    vi, en = _named(form)
    if form.errors:
        return await _list(request, viewer, status=422, edited=code, typed=form.typed, errors=form.errors)
    retired, successor = form.raw("retired") == "1", form.raw("successor")
    async with writing() as w:
        await master.change_topic(w, viewer, code, vi, en, retired=retired, successor=successor)
    return go("/panel/topics", "saved")


@get("/topics/import", opt=ADMINISTRATOR)
async def import_form(request: AnyRequest) -> Response[str]:
    return await imports.show(request, WHAT, COLUMNS)


@post("/topics/import", opt=ADMINISTRATOR, status_code=200)
async def take(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """A coding sheet: what it would add; `do=apply` with the rows shown adds it."""
    form = await read_form(request)
    try:
        lines = await sheets.sent(form, COLUMNS, tuple(COLUMNS))
    except Unreadable as bad:
        return await imports.show(request, WHAT, COLUMNS, wrong=bad)
    added = judged(lines, (await catalogue()).topics)
    tops = [one for one in added if not one.parent]
    notes: list[tuple[str, dict[str, object]]] = [("panel.import.topics.would", {"tops": len(tops), "n": len(added)})]
    notes.extend(("panel.import.topics.one", {"code": one.code, "name": one.vi}) for one in tops[:10])
    if form.raw("do") != "apply" or any(line.faults for line in lines) or not added:
        return await imports.preview(request, WHAT, COLUMNS, lines, notes=notes)
    try:
        async with writing() as w:
            await master.add_topics(w, viewer, added, "data.coding")
    except Clash:
        return await imports.preview(request, WHAT, COLUMNS, lines, clash="panel.import.clash")
    return go("/panel/topics", "saved")
