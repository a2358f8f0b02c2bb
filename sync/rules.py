"""The law: what becomes of one pushed note. Pure: everything it needs to know is an argument, what to store is the result.

Order of thought: readable? → an id of this client? → seen before? → allowed here (topic, lane, area, place)? → cleaned →
created, merged, or kept beside what the office has begun to read. Outcomes are those of `wire.md` §3.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from sync import ids, mask, windows
from sync.area import AreaTree, Reading, standing
from sync.area import Held as HeldArea
from sync.lanes import Topic, foreign_field
from sync.merge import merge
from sync.note import Content, Held, NoteRow, Status, master
from sync.problems import reject

Outcome = Literal["created", "updated", "noop", "merged", "amended", "rejected"]
OLD_MACS = 20  # earlier versions of a note remembered against late copies; an unread note is seldom edited more often
UNREAD: frozenset[Status] = frozenset({"received", "quarantined"})


class Author(Struct, frozen=True):
    """Who pushes: an account and the areas it holds or held. Transport data; no rule looks at who it is."""

    account: str
    areas: tuple[HeldArea, ...]
    late: bool = False  # the token ran out lately: taken, but into quarantine


class World(Struct, frozen=True):
    """What the server knows when it judges."""

    today: date
    tree: AreaTree
    topics: Mapping[str, Topic]
    place_wards: Mapping[str, str]  # place id → code of its ward
    gazetteer: Callable[[str], mask.Gazetteer]  # place names of a ward

    @property
    def reading(self) -> Reading:
        """What the area codes mean today."""
        return self.tree.read(self.today)


class Extra(Struct, frozen=True):
    """A side that is kept beside the note: a late change (`late`) or what a merge did not take (`merge`)."""

    cause: Literal["late", "merge"]
    mac: str
    fields: dict[str, Any]


class Verdict(Struct, frozen=True, kw_only=True):
    """`state`: what to store (None: nothing). `answer`: the document for the array of rows not taken as sent."""

    id: str
    outcome: Outcome
    state: Held | None = None
    finds: dict[str, int] = {}
    extra: Extra | None = None
    answer: dict[str, Any] | None = None


class _Refused(Exception):
    def __init__(self, code: str, field: str = "") -> None:
        self.reject = reject(code, field)


def claim_hash(claim: str) -> str:
    return hashlib.sha256(claim.encode()).hexdigest()


def sent_mac(row: NoteRow, claim: str) -> str:
    """HMAC-SHA256 keyed with the claim over the client-owned fields as sent: recognises a replay without keeping the text."""
    fields = row.sent() | ({"_deleted": True} if row.deleted else {})
    return hmac.digest(claim.encode(), msgspec.json.encode(fields, order="sorted"), "sha256").hex()


def judge(row: NoteRow, assumed: NoteRow | None, held: Held | None, author: Author, world: World) -> Verdict:
    """The verdict on one decoded row. `held` must be locked by the caller until the verdict is stored."""
    try:
        return _judge(row, assumed, held, author, world)
    except _Refused as refused:
        own = msgspec.to_builtins(row)
        own.pop("claim", None)
        return Verdict(id=row.id, outcome="rejected", answer=own | {"status": "rejected", "reject": refused.reject})


def _judge(row: NoteRow, assumed: NoteRow | None, held: Held | None, author: Author, world: World) -> Verdict:
    if ids.version(row.id) is None:
        raise _Refused("id_bad", "id")
    if row.claim is UNSET or not ids.is_claim(row.claim):
        raise _Refused("missing_field" if row.claim is UNSET else "bad_value", "claim")
    mac = sent_mac(row, row.claim)
    if held is None:
        return _create(row, row.claim, mac, author, world)
    if held.author != author.account and not hmac.compare_digest(held.claim_hash, claim_hash(row.claim)):
        raise _Refused("id_taken", "id")
    if mac == held.sent_mac or mac in held.amendment_macs:
        # once the author is gone no pull brings the end of this note to the phone: the replay itself is answered
        return Verdict(id=row.id, outcome="noop", answer=None if held.author else master(held))
    if row.deleted:
        return _withdraw(row, held, mac)
    if held.status == "withdrawn":  # a copy that was long on its way: nothing of it may come back
        return Verdict(id=row.id, outcome="noop", answer=master(held))
    if mac in held.old_macs and not _knows(assumed, held, author, world):
        # a copy of an earlier version that was long on its way: it must not undo the later one
        return Verdict(id=row.id, outcome="noop", answer=master(held))
    content, finds, quarantine = _content(row, author, world)
    if content == replace(held.content, captured_at=content.captured_at):
        return Verdict(id=row.id, outcome="noop", answer=None if held.author else master(held))
    if (held.status in UNREAD and not held.opened) or held.status == "needs_detail":
        return _merge(row, assumed, held, content, finds, quarantine, mac, author, world)
    if held.content.text is None and content.text is not None:
        return _anew(held, content, finds, quarantine, mac)
    state = replace(held, amendments=held.amendments + 1, rev=held.rev + 1)
    fields = {name: value for name, value in msgspec.to_builtins(content).items() if name != "lane"}
    return Verdict(
        id=row.id, outcome="amended", state=state, extra=Extra("late", mac, fields), finds=finds, answer=master(state)
    )


def _create(row: NoteRow, claim: str, mac: str, author: Author, world: World) -> Verdict:
    content, finds, quarantine = _content(row, author, world)
    status: Status = "quarantined" if quarantine else "received"
    if row.deleted:  # kept as a bare stub, so that an earlier copy of the row arriving late does not revive it
        content, finds, status = replace(content, text=None, photos=(), place=None), {}, "withdrawn"
    state = Held(
        id=row.id,
        claim_hash=claim_hash(claim),
        sent_mac=mac,
        content=content,
        ward=world.reading.ward(content.area) or "",
        status=status,
        author=author.account,
        opened=False,
        rev=1,
        amendments=0,
    )
    return Verdict(id=row.id, outcome="created", state=state, finds=finds)


def _withdraw(row: NoteRow, held: Held, mac: str) -> Verdict:
    if held.status == "withdrawn":
        return Verdict(id=row.id, outcome="noop")
    if held.status in UNREAD and not held.opened:
        content = replace(held.content, text=None, photos=(), place=None)
        state = replace(held, content=content, status="withdrawn", sent_mac=mac, rev=held.rev + 1)
        return Verdict(id=row.id, outcome="updated", state=state)
    return Verdict(id=row.id, outcome="noop", answer=master(held))  # being read: it stays, the client is snapped back


def _anew(held: Held, content: Content, finds: dict[str, int], quarantine: bool, mac: str) -> Verdict:
    """New words for a note whose text is erased: they come to the desk as a new item, where the terms of erasing hold for
    them too; beside the note they would outlive it."""
    state = replace(
        held,
        content=replace(content, photos=tuple(dict.fromkeys((*held.content.photos, *content.photos)))),
        status="quarantined" if quarantine else "received",
        opened=False,
        issue=None,
        ask=None,
        sent_mac=mac,
        old_macs=(*held.old_macs, held.sent_mac)[-OLD_MACS:],
        rev=held.rev + 1,
    )
    return Verdict(id=held.id, outcome="merged", state=state, finds=finds, answer=master(state))


def _merge(
    row: NoteRow,
    assumed: NoteRow | None,
    held: Held,
    content: Content,
    finds: dict[str, int],
    quarantine: bool,
    mac: str,
    author: Author,
    world: World,
) -> Verdict:
    merged = merge(_base(assumed, author, world), held.content, content)
    status: Status = "quarantined" if quarantine else "received"
    state = replace(
        held,
        content=merged.content,
        ward=world.reading.ward(merged.content.area) or held.ward,
        status=status,
        sent_mac=mac,
        old_macs=(*held.old_macs, held.sent_mac)[-OLD_MACS:],
        rev=held.rev + 1,
        ask=None,
    )
    return Verdict(
        id=row.id,
        outcome="merged" if merged.client_lacks else "updated",
        state=state,
        finds=finds,
        extra=Extra("merge", mac, merged.lost) if merged.lost else None,
        answer=master(state) if merged.client_lacks else None,
    )


def _base(assumed: NoteRow | None, author: Author, world: World) -> Content | None:
    """What the client assumed, cleaned like everything else; an assumption that could not stand itself says nothing."""
    if assumed is None:
        return None
    try:
        return _content(assumed, author, world)[0]
    except _Refused:
        return None


def _knows(assumed: NoteRow | None, held: Held, author: Author, world: World) -> bool:
    """True if the client pushes on top of what is held now: it goes back to earlier words on purpose."""
    base = _base(assumed, author, world)
    return base is not None and base == replace(held.content, captured_at=base.captured_at, photos=base.photos)


def _content(row: NoteRow, author: Author, world: World) -> tuple[Content, dict[str, int], bool]:
    """The row's fields checked and cleaned; what cleaning found; whether it must wait in quarantine. Raises _Refused."""
    if row.kind is UNSET or row.topic is UNSET or row.area is UNSET:
        name = next(name for name in ("kind", "topic", "area") if getattr(row, name) is UNSET)
        raise _Refused("missing_field", name)
    topic = world.topics.get(row.topic)
    if topic is None:
        raise _Refused("unknown_topic", "topic")
    lane = topic.lanes[row.kind]
    if lane == "door":
        raise _Refused("door_topic", "topic")
    sent = row.sent()
    if (foreign := foreign_field(lane, frozenset(sent))) is not None:
        raise _Refused("lane_field", foreign)
    if lane == "opinion" and ids.version(row.id) != 4:
        raise _Refused("id_bad", "id")
    if row.heard_via is not UNSET and row.kind != "rumour":
        raise _Refused("lane_field", "heard_via")
    late = _check_area(row.area, lane, author, world)
    ward = world.reading.ward(row.area) or ""
    if row.place is not UNSET and not _in_ward(row.place, row.area, ward, world):
        raise _Refused("unknown_place", "place")
    photos = tuple(dict.fromkeys(row.photos)) if row.photos is not UNSET else ()
    if not all(ids.version(photo) for photo in photos):
        raise _Refused("id_bad", "photos")
    text, finds, suspect = None, {}, False
    if row.text is not UNSET:
        cleaned = mask.clean(row.text, world.gazetteer(ward))
        text, finds, suspect = cleaned.text, cleaned.finds, bool(cleaned.suspects)
    if not text and not photos and not row.deleted:
        raise _Refused("missing_field", "text")
    content = Content(
        kind=row.kind,
        topic=row.topic,
        area=row.area,
        lane=lane,
        text=text,
        reach=_or_none(row.reach),
        captured_at=_or_none(row.captured_at),
        place=_or_none(row.place),
        photos=photos,
        urgent=row.urgent is True,
        heard_via=_or_none(row.heard_via),
        day=windows.plausible_day(_or_none(row.day) or "", world.today) if lane == "place" else None,
        week=windows.plausible_week(_or_none(row.week) or "", world.today) if lane == "opinion" else None,
    )
    return content, finds, suspect or late


def _check_area(code: str, lane: str, author: Author, world: World) -> bool:
    """True if the note must wait in quarantine because the account held the area only until lately."""
    area = world.tree.get(code)
    if area is None:
        raise _Refused("unknown_area", "area")
    stands = standing(world.tree, author.areas, code, world.today)
    if stands == "foreign":
        raise _Refused("area_not_yours", "area")
    if area.level != ("cluster" if lane == "opinion" else "group"):
        raise _Refused("unknown_area", "area")
    return stands == "lately" or author.late


def _in_ward(place: str, area: str, ward: str, world: World) -> bool:
    """A place of the area's ward, as it was when the phone last heard of it or as it is read today."""
    its_ward = world.place_wards.get(place)
    if its_ward is None:
        return False
    return its_ward in (ward, world.tree.ward(area)) or world.reading.ward(its_ward) == ward


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value
