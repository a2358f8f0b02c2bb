"""A note: the row a phone sends, and the state the server holds of it. Fields of `wire.md` §3; absent = omitted."""

import operator
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from sync.lanes import Kind, Lane
from sync.strict import LINE, Count, Serial

Status = Literal[
    "received",
    "quarantined",
    "read",
    "cleared",
    "needs_detail",
    "in_issue",
    "redirected",
    "closed",
    "withdrawn",
    "rejected",
    "expired",
]
Reach = Literal["some", "many", "very_many"]
HeardVia = Literal["talk", "market", "meeting", "online", "leaflet", "other"]

TEXT_MAX = 280
PHOTOS_MAX = 3
# the client's fields of a note, compared and merged one by one
CLIENT_FIELDS = (
    "kind",
    "topic",
    "area",
    "text",
    "reach",
    "day",
    "captured_at",
    "place",
    "photos",
    "urgent",
    "week",
    "heard_via",
)
# a client may echo these as last seen; they are ignored and snapped back
SERVER_FIELDS = ("status", "issue", "received_at", "rev", "amendments", "ask", "reject")

_client_values = operator.attrgetter(*CLIENT_FIELDS)

Id = Annotated[str, Meta(min_length=36, max_length=36, pattern=LINE)]
Code = Annotated[str, Meta(min_length=1, max_length=20, pattern=LINE)]
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]


class NoteRow(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A `notes` document as a client sends it. Strict: an unknown field is an error of the row."""

    id: Id
    claim: Annotated[str, Meta(max_length=22)] | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    topic: Code | UnsetType = UNSET
    area: Code | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    reach: Reach | UnsetType = UNSET
    day: Annotated[str, Meta(max_length=10)] | UnsetType = UNSET
    captured_at: Annotated[int, Meta(ge=0, le=1 << 52)] | UnsetType = UNSET
    place: Id | UnsetType = UNSET
    photos: Annotated[list[Id], Meta(max_length=PHOTOS_MAX)] | UnsetType = UNSET
    urgent: bool | UnsetType = UNSET
    week: Annotated[str, Meta(max_length=8)] | UnsetType = UNSET
    heard_via: HeardVia | UnsetType = UNSET
    deleted: bool = msgspec.field(name="_deleted", default=False)
    # server fields as last seen: accepted, ignored
    status: Status | UnsetType = UNSET
    issue: Serial | UnsetType = UNSET
    received_at: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    rev: Count | UnsetType = UNSET
    amendments: Count | UnsetType = UNSET
    ask: Annotated[str, Meta(max_length=600)] | UnsetType = UNSET
    reject: dict[str, str] | UnsetType = UNSET

    def sent(self) -> dict[str, Any]:
        """The client-owned fields as sent, without the absent ones."""
        values = zip(CLIENT_FIELDS, _client_values(self), strict=True)
        return {name: value for name, value in values if value is not UNSET}


class Content(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a note says, as the server keeps it: the client's fields after cleaning. `text` is None once erased."""

    kind: Kind
    topic: str
    area: str
    lane: Lane
    text: str | None = None
    reach: Reach | None = None
    day: str | None = None
    captured_at: int | None = None
    place: str | None = None
    photos: tuple[str, ...] = ()
    urgent: bool = False
    week: str | None = None
    heard_via: HeardVia | None = None


class Held(Struct, frozen=True, kw_only=True):
    """A note as the server holds it, as far as judging the next push needs it."""

    id: str
    claim_hash: str
    sent_mac: str
    content: Content
    ward: str
    status: Status
    author: str | None
    opened: bool
    rev: int
    amendments: int
    amendment_macs: frozenset[str] = frozenset()
    old_macs: tuple[str, ...] = ()
    issue: int | None = None
    received_at: str | None = None
    ask: str | None = None


class NoteDocument(Struct, frozen=True, omit_defaults=True):
    """What `master` makes of a held note, as a Struct: a cold phone reads thousands, and these are made and encoded at
    a fraction of a dict's cost. Absent = None."""

    id: str
    kind: str
    topic: str
    area: str
    status: str
    rev: int
    deleted: bool = msgspec.field(name="_deleted")
    text: str | None = None
    reach: str | None = None
    day: str | None = None
    captured_at: int | None = None
    place: str | None = None
    week: str | None = None
    heard_via: str | None = None
    issue: int | None = None
    ask: str | None = None
    photos: list[str] | None = None
    urgent: bool = False
    amendments: int = 0
    received_at: datetime | None = None


def master(held: Held) -> dict[str, Any]:
    """The document a client gets: content and server fields; never the claim, no text once erased, absent = omitted."""
    document: dict[str, Any] = {"id": held.id}
    for name in CLIENT_FIELDS:
        value = getattr(held.content, name)
        if value is not None and value is not False and value != ():
            document[name] = list(value) if name == "photos" else value
    document |= {"status": held.status, "rev": held.rev, "_deleted": held.status == "withdrawn"}
    if held.amendments:
        document["amendments"] = held.amendments
    for name in ("issue", "received_at", "ask"):
        if (value := getattr(held, name)) is not None:
            document[name] = value
    return document
