"""Which issue a note may belong to, and which notes belong together: what the store knows for `sync/likeness.py`.

Of an issue the words the office wrote count, the notes that can still be read, and the weights kept of those erased.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from storage import issue_counts, issue_views
from storage.catalogue import Catalogue, catalogue
from storage.changes import Writing
from storage.conn import Conn, Row
from storage.desk import DeskNote
from storage.issue_views import Issue
from storage.tables_grouping import IssueWeights
from storage.viewer import Viewer
from sync.area import Reading
from sync.lanes import family
from sync.likeness import FAINT, Issues, Like, Weights, common, groups, kept, near, terms, weights

CHOSEN = 0.2  # a likeness from which it stands chosen, where the topic is the same
SURE = 0.1  # a likeness from which an issue of another topic is proposed
READABLE = 120  # of an issue's notes; more say nothing new


async def known(conn: Conn, issues: Sequence[Issue]) -> dict[int, Weights]:
    """What is known of each of these issues, with all that was merged into it."""
    found: dict[int, Weights] = {}
    world = await catalogue()
    now = world.areas_now()
    whose = {issue.number: issue.number for issue in issues}
    whose |= {part: top for part, top in (await issue_counts.roots(conn)).items() if top in whose}
    texts: dict[int, list[str]] = {}
    for row in await conn.fetch(
        f"""SELECT issue, text FROM notes WHERE {conn.among("issue", 1, "bigint")} AND text IS NOT NULL
        AND joined_at IS NOT NULL ORDER BY id""",
        sorted(whose),
    ):
        texts.setdefault(whose[int(row["issue"])], []).append(row["text"])
    for issue in issues:
        short = _short(world, now, issue.ward)
        office = f"{issue.title}. {issue.summary}"
        found[issue.number] = weights(texts.get(issue.number, [])[:READABLE], short, office)
    for row in await conn.fetch(
        f"SELECT issue, notes, terms FROM issue_weights WHERE {conn.among('issue', 1, 'bigint')}", sorted(whose)
    ):
        number = whose[int(row["issue"])]
        found[number] = found[number].plus(_weights(row))
    return found


def _short(world: Catalogue, now: Reading, ward: str) -> Mapping[str, str]:
    return world.synonyms(now.ward(ward) or ward).written_out


def _weights(row: Row) -> Weights:
    return Weights(row["notes"], msgspec.json.decode(row["terms"], type=dict[str, int]))


async def kin(conn: Conn, viewer: Viewer, issue: Issue) -> list[Issue]:
    """Open issues this one could be merged into, the nearest first."""
    world = await catalogue()
    now = world.areas_now()
    others = [
        one
        for one in await issue_views.open_for(
            conn,
            viewer,
            wards=now.means(now.ward(issue.ward) or issue.ward),
            lane=issue.lane,
            family=family(issue.topic),
        )
        if one.number != issue.number and (one.kind == "rumour") == (issue.kind == "rumour")
    ]
    near = Issues(await known(conn, others), _short(world, now, issue.ward)).nearest(
        f"{issue.title}. {issue.summary}", len(others)
    )
    order = {like.number: at for at, like in enumerate(near)}
    return sorted(others, key=lambda one: (order.get(one.number, len(order)), -one.number))


async def keep(w: Writing, notes: Sequence[Row]) -> None:
    """Keeps of notes that are being confirmed (`issue`, `ward`, `text`, `tag`) what many of them share; see `likeness.kept`."""
    if not notes:
        return
    short = _short(world := await catalogue(), world.areas_now(), notes[0]["ward"])  # an issue is of one ward
    by_issue: dict[int, list[tuple[str, str | None]]] = {}
    for row in notes:
        if row["text"]:
            by_issue.setdefault(int(row["issue"]), []).append((row["text"], row["tag"]))
    for issue, texts in sorted(by_issue.items()):
        left = kept(texts, short)
        if not left.terms:
            continue
        for row in await w.conn.fetch("SELECT notes, terms FROM issue_weights WHERE issue = $1", issue):
            left = left.plus(_weights(row))
        terms = msgspec.json.encode(dict(sorted(left.terms.items()))).decode()
        await w.conn.insert(
            IssueWeights,
            [{"issue": issue, "notes": left.notes, "terms": terms}],
            conflict="ON CONFLICT (issue) DO UPDATE SET notes = excluded.notes, terms = excluded.terms",
        )


# ---- at the desk ------------------------------------------------------------------------------------------------


class Hints(Struct, frozen=True):
    """For notes on a page: the issues each may join (`likes`, nearest first), those that say nearly the same (`twins`:
    id → how many others of the page), and all issues any of them may join."""

    likes: dict[str, list[Like]]
    twins: dict[str, int]
    choices: list[Issue]


class Card(Struct, frozen=True):
    """Notes that seem to speak of one matter. `shared`: words most of them have; `likes`: issues they may join."""

    notes: list[DeskNote]
    shared: list[str]
    likes: list[Like]
    into: int  # the issue that stands chosen already; 0: a new one


Heap = tuple[str, str, str]  # ward as it is today, lane, topic family


async def hints(conn: Conn, viewer: Viewer, notes: Sequence[DeskNote]) -> Hints:
    world = await catalogue()
    now = world.areas_now()
    heaps: dict[Heap, list[DeskNote]] = {}
    for note in notes:
        heaps.setdefault((now.ward(note.ward) or note.ward, note.lane, family(note.topic)), []).append(note)
    if not heaps:
        return Hints({}, {}, [])
    open_ones: dict[Heap, list[Issue]] = {}
    for issue in await issue_views.open_for(conn, viewer):
        heap = now.ward(issue.ward) or issue.ward, issue.lane, family(issue.topic)
        if heap in heaps:
            open_ones.setdefault(heap, []).append(issue)
    choices = [issue for some in open_ones.values() for issue in some]
    weights_of = await known(conn, choices)
    likes: dict[str, list[Like]] = {}
    twins: dict[str, int] = {}
    for heap, some in heaps.items():
        its, short = open_ones.get(heap, []), _short(world, now, heap[0])
        issues = Issues({issue.number: weights_of[issue.number] for issue in its}, short)
        for note in some:
            home = {issue.number for issue in its if issue.topic == note.topic}
            found = issues.nearest(note.text or "", home=home)
            # nothing is proposed without a reason a reader can see
            likes[note.id] = [
                like for like in found if like.shared and like.likeness >= (FAINT if like.number in home else SURE)
            ]
        twins |= _twins(some, short)
    return Hints(likes, twins, sorted(choices, key=lambda one: -one.number))


def _twins(notes: Sequence[DeskNote], short: Mapping[str, str]) -> dict[str, int]:
    sets = [(note.id, terms(note.text or "", short)) for note in notes]
    found: Counter[str] = Counter()
    for at, (id, mine) in enumerate(sets):
        for other, its in sets[at + 1 :]:
            if near(mine, its):
                found[id] += 1
                found[other] += 1
    return dict(found)


async def cards(conn: Conn, viewer: Viewer, notes: Sequence[DeskNote]) -> tuple[list[Card], list[Issue]]:
    """The notes in proposed groups, largest first, ward by ward; and the issues they may join."""
    found = await hints(conn, viewer, notes)
    world = await catalogue()
    now = world.areas_now()
    by_ward: dict[str, list[DeskNote]] = {}
    for note in notes:
        by_ward.setdefault(now.ward(note.ward) or note.ward, []).append(note)
    topics = {issue.number: issue.topic for issue in found.choices}
    made = []
    for ward, some in by_ward.items():
        by_id, short = {note.id: note for note in some}, _short(world, now, ward)
        for group in groups({note.id: note.text or "" for note in some}, short):
            its, likes = [by_id[id] for id in group], _of_group([found.likes[id] for id in group])
            mine = {one.topic for one in its} | {family(its[0].topic)}
            sure = [like.number for like in likes if like.likeness >= CHOSEN and topics[like.number] in mine]
            into = sure[0] if sure and len(mine) <= 2 else 0
            made.append(Card(its, common([note.text or "" for note in its], short), likes, into))
    return sorted(made, key=lambda card: -len(card.notes)), found.choices


def _of_group(likes: Sequence[Sequence[Like]]) -> list[Like]:
    """The issues most of a group's notes are near to, on average."""
    total: dict[int, list[Like]] = {}
    for some in likes:
        for like in some:
            total.setdefault(like.number, []).append(like)
    n = len(likes)
    mean = [
        Like(number, sum(one.likeness for one in some) / n, max(some, key=lambda one: one.likeness).shared)
        for number, some in total.items()
    ]
    return sorted(mean, key=lambda one: (-one.likeness, -one.number))[:3]
