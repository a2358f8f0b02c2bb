"""Push, in one transaction: judge, create what is new; known(ids), judge, apply the rest; publish.

And `POST /v1/sync/{collection}/push`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath
from msgspec import UNSET

from server import auth, body
from storage import clock, marks, month_key, notes, photos, quota, space
from storage.again import again
from storage.catalogue import Catalogue, catalogue
from storage.changes import Writing, writing
from storage.devices import Phone, add_numbers
from sync import rules, windows, wire
from sync.mark import MarkRow, MessageRow
from sync.note import NoteRow
from sync.photo import PhotoRow
from sync.problems import Problem
from sync.wire import PushRow, Unreadable

_notes = msgspec.json.Decoder(NoteRow)
_photos = msgspec.json.Decoder(PhotoRow)
_messages = msgspec.json.Decoder(MessageRow)
_marks = msgspec.json.Decoder(MarkRow)
Masters = dict[str, list[dict[str, Any]]]


@post("/v1/sync/{collection:str}/push", opt={"policy": ("phone",)}, status_code=200)
async def push_endpoint(request: Request[Any, Any, Any], collection: FromPath[str]) -> Response[bytes]:
    """RxDB's push: an array of rows in, an array of masters of the rows not taken as sent out."""
    caller = await auth.phone(request)
    if collection not in wire.PUSHED:
        raise Problem("not_found")
    rows = await body.decoded(request, wire.push_decoder, wire.MAX_BODY)
    masters = await push(caller, {collection: rows})
    return Response(msgspec.json.encode(masters[collection]), media_type="application/json")


async def push(caller: Phone, pushed: dict[str, list[PushRow]]) -> Masters:
    """Stores what the law lets in, durably when it returns. The masters of the rows not taken as sent, by collection."""
    if sum(map(len, pushed.values())) > wire.MAX_ROWS:
        raise Problem("too_many_rows")
    space.check("text")
    world = await catalogue(caller.catalogue)
    month = windows.month_of(clock.local_day(clock.now()))
    key = await month_key.prepare(month) if pushed.get("notes") or pushed.get("marks") else None
    tag = month_key.tag(key, caller.account) if key else None

    async def once() -> Masters:
        async with writing() as w:
            # another month by now: under its key the same reporter would have a second tag, so better none
            same = windows.month_of(clock.local_day(w.now)) == month
            return await _push(w, caller, pushed, world, tag if same else None)

    return await again(once)


async def _push(
    w: Writing, caller: Phone, pushed: dict[str, list[PushRow]], world: Catalogue, tag: str | None
) -> Masters:
    masters: Masters = {collection: [] for collection in pushed}
    if "notes" in pushed:
        masters["notes"] = await _push_notes(w, caller, pushed["notes"], world, tag)
    for row in pushed.get("photos", ()):
        photo = wire.read_row(row.new, _photos)
        answer = photo.answer if isinstance(photo, Unreadable) else await photos.announce(w, photo, caller.account)
        masters["photos"] += [answer] if answer else []
    for row in pushed.get("messages", ()):
        message = wire.read_row(row.new, _messages)
        answer = (
            message.answer
            if isinstance(message, Unreadable)
            else await marks.take_message(w, message, caller.account, world)
        )
        masters["messages"] += [answer] if answer else []
    for row in pushed.get("marks", ()):
        mark = wire.read_row(row.new, _marks)
        answer = mark.answer if isinstance(mark, Unreadable) else await marks.take(w, mark, world, caller.areas, tag)
        masters["marks"] += [answer] if answer else []
    numbers = [row.seq for rows in pushed.values() for row in rows if row.seq is not UNSET]
    await add_numbers(w.conn, caller.device, numbers)
    await quota.count_rows(w, caller.device, caller.account, sum(map(len, pushed.values())))
    return masters


async def _push_notes(
    w: Writing, caller: Phone, rows: Sequence[PushRow], catalogue: Catalogue, tag: str | None
) -> list[dict[str, Any]]:
    author = rules.Author(caller.account, caller.areas, caller.expired)
    world = rules.World(
        today=clock.local_day(w.now),
        tree=catalogue.tree,
        topics=catalogue.topics,
        place_wards=catalogue.place_wards,
        gazetteer=catalogue.gazetteer,
    )
    answers: list[dict[str, Any]] = []
    readable: list[tuple[NoteRow, NoteRow | None]] = []
    for row in rows:
        note = wire.read_row(row.new, _notes)
        if isinstance(note, Unreadable):
            answers.append(note.answer)
        else:
            readable.append((note, _assumed(row)))
    for group in _without_repeats(readable):
        verdicts = await _take(w, group, author, world, tag)
        answers += [answer for note, _ in group if (answer := verdicts[note.id].answer) is not None]
    return answers


async def _take(
    w: Writing, group: list[tuple[NoteRow, NoteRow | None]], author: rules.Author, world: rules.World, tag: str | None
) -> dict[str, rules.Verdict]:
    """The verdicts on rows of different ids, stored. Most rows are new: what can be a new note is offered to the database
    as one, and only what it holds already, or what is refused as a new note, is looked up and judged against it.

    Locks: new ids are taken in their order, then held ones in theirs; whoever waits for a new id holds no held one, so
    two pushes never wait for each other in a circle.
    """
    new = [rules.judge(note, None, None, author, world) for note, assumed in group if assumed is None]
    stored = await notes.create(w, [verdict for verdict in new if verdict.outcome == "created"], tag)
    verdicts = {verdict.id: verdict for verdict in new if verdict.id in stored}
    rest = [(note, assumed) for note, assumed in group if note.id not in verdicts]
    if not rest:
        return verdicts
    held = await notes.known(w.conn, [note.id for note, _ in rest])
    judged = [rules.judge(note, assumed, held.get(note.id), author, world) for note, assumed in rest]
    await notes.apply(w, judged, tag)
    for verdict in judged:
        # the answer to the first copy was lost perhaps; the master comes by the next pull, whatever was pulled since
        known = held.get(verdict.id)
        if verdict.outcome == "noop" and verdict.answer is None and known and known.author:
            w.put(f"u:{known.author}", "notes", verdict.id)
    return verdicts | {verdict.id: verdict for verdict in judged}


def _assumed(row: PushRow) -> NoteRow | None:
    """What the client believed the server holds; unreadable beliefs count as none."""
    if isinstance(row.assumed, msgspec.UnsetType):
        return None
    note = wire.read_row(row.assumed, _notes)
    return None if isinstance(note, Unreadable) else note


def _without_repeats(rows: list[tuple[NoteRow, NoteRow | None]]) -> list[list[tuple[NoteRow, NoteRow | None]]]:
    """The first rows of all ids, then the second ones, and so on: a second row of an id is judged against what the first
    one left. The first group holds every id, so all locks are taken at once and in one order, whoever else sends them."""
    groups: list[list[tuple[NoteRow, NoteRow | None]]] = []
    seen: Counter[str] = Counter()
    for row in rows:
        turn = seen[row[0].id]
        seen[row[0].id] += 1
        if turn == len(groups):
            groups.append([])
        groups[turn].append(row)
    return groups
