"""Bytes ↔ batches. Every row is decoded on its own, so that one bad row is one verdict and never blocks a queue."""

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from sync.cursor import Checkpoint
from sync.note import Code
from sync.problems import reject
from sync.strict import UNREADABLE, Tame

MAX_ROWS = 100
MAX_BODY = 256 * 1024
MAX_LIMIT = 1000
COLLECTIONS = (
    "notes",
    "photos",
    "messages",
    "marks",
    "areas",
    "topics",
    "places",
    "doors",
    "answers",
    "notices",
    "settings",
)
PUSHED = ("notes", "photos", "messages", "marks")
Collection = Literal[
    "notes", "photos", "messages", "marks", "areas", "topics", "places", "doors", "answers", "notices", "settings"
]
Pushed = Literal["notes", "photos", "messages", "marks"]


class PushRow(Struct, forbid_unknown_fields=True):
    """One row of a push. `seq` (batch only) is the device's running number; it never reaches the note."""

    new: msgspec.Raw = msgspec.field(name="newDocumentState")
    assumed: msgspec.Raw | UnsetType = msgspec.field(name="assumedMasterState", default=UNSET)
    seq: Annotated[int, Meta(ge=1, le=1 << 40)] | UnsetType = UNSET


class PullAsk(Struct, forbid_unknown_fields=True):
    cp: Checkpoint = Checkpoint()
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = 100


class Batch(Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/sync`."""

    v: Annotated[int, Meta(ge=0, le=1000)]
    device: Annotated[str, Meta(max_length=36)] = ""
    clock_ms: int = 0  # a clock may say anything: it is told, never refused (wire.md §1), and goes into no query
    seq_max: Annotated[int, Meta(ge=0, le=1 << 40)] = 0
    max_bytes: Annotated[int, Meta(ge=1024, le=4 << 20)] = MAX_BODY
    push: dict[Pushed, list[PushRow]] = {}
    pull: dict[Collection, PullAsk] = {}
    areas: Annotated[list[Code], Meta(max_length=200)] | UnsetType = UNSET  # what the phone believes its account holds


batch_decoder = msgspec.json.Decoder(Batch)
push_decoder = msgspec.json.Decoder(list[PushRow])
_loose = msgspec.json.Decoder(Tame)


class _Named(Struct):
    id: Annotated[str, Meta(max_length=36)]


_named = msgspec.json.Decoder(_Named)

T = TypeVar("T")


class Unreadable(Struct, frozen=True):
    """A row that could not be read: the document to answer with."""

    answer: dict[str, Any]


def read_row(raw: msgspec.Raw, decoder: "msgspec.json.Decoder[T]") -> T | Unreadable:
    """One document of a push, or its verdict. The row's own content comes back with the reason, never the claim; of
    content too wild to be sent back only the id does."""
    try:
        return decoder.decode(raw)
    except UNREADABLE as error:
        code, field = _cause(str(error))
    own: dict[str, Any] = {}
    try:
        own |= _loose.decode(raw)
    except UNREADABLE:
        try:
            own["id"] = _named.decode(raw).id
        except UNREADABLE:
            pass
    own.pop("claim", None)
    return Unreadable(own | {"status": "rejected", "reject": reject(code, field)})


def id_of(raw: msgspec.Raw) -> str | None:
    """The id of a pushed document, as far as one can be read."""
    try:
        return _named.decode(raw).id
    except UNREADABLE:
        return None


def _cause(message: str) -> tuple[str, str]:
    """Code and field from msgspec's words, e.g. ``Object contains unknown field `x` `` or ``… - at `$.kind` ``."""
    if match := re.search(r"unknown field `([^`]*)`", message):
        return "unknown_field", match[1][:40]
    if match := re.search(r"missing required field `([^`]*)`", message):
        return "missing_field", match[1][:40]
    if match := re.search(r"at `\$\.([A-Za-z0-9_]+)", message):
        return "bad_value", match[1][:40]
    return "row_unreadable", ""
