"""Sealed items: unsent work only the server can open, one push row or one part of a photo each (docs/wire.md §10).

The rescue file is the same items, one a line, under a line that says what it is.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from sync import ids
from sync.problems import CODES
from sync.strict import LINE, UNREADABLE
from sync.wire import Pushed, PushRow

FORMAT = "sotay-sealed-1"
MAX_ITEMS = 100
MAX_FILE = 192 * 1024 * 1024  # 2,000 documents with photos fit; a panel takes no more at once
_B64 = r"^[A-Za-z0-9_-]+\Z"


class SealedItem(Struct, forbid_unknown_fields=True, frozen=True):
    """HPKE base mode: `enc` the encapsulated key, `ct` the ciphertext, both base64url without padding."""

    device: Annotated[str, Meta(min_length=36, max_length=36, pattern=LINE)]
    number: Annotated[int, Meta(ge=1, le=1 << 40)]
    enc: Annotated[str, Meta(min_length=87, max_length=87, pattern=_B64)]
    ct: Annotated[str, Meta(min_length=22, max_length=256 * 1024, pattern=_B64)]


decoder = msgspec.json.Decoder(Annotated[list[SealedItem], Meta(max_length=MAX_ITEMS)])
_item = msgspec.json.Decoder(SealedItem)


def info(device: str, number: int) -> bytes:
    """What an item is bound to: it opens as this item of this phone only."""
    return f"{FORMAT}\n{device}\n{number}".encode()


class SealedRow(Struct, tag_field="is", tag="row", forbid_unknown_fields=True, frozen=True):
    """`push_token` proves who sealed it: anybody may seal to a public key."""

    push_token: str
    collection: Pushed
    row: PushRow


class SealedPart(Struct, tag_field="is", tag="part", forbid_unknown_fields=True, frozen=True):
    """Bytes of a photo from `offset`; they follow the line."""

    push_token: str
    photo: str
    claim: str
    offset: Annotated[int, Meta(ge=0)]


_inner = msgspec.json.Decoder(SealedRow | SealedPart)


def inner(plain: bytes) -> tuple[SealedRow | SealedPart, bytes] | None:
    """What was inside: one line of JSON, then the bytes of a part. None if it is nothing of the kind."""
    line, _, rest = plain.partition(b"\n")
    try:
        found = _inner.decode(line)
    except UNREADABLE:
        return None
    if isinstance(found, SealedPart) and ids.version(found.photo) is None:
        return None
    return found, rest


class Refused(Struct, frozen=True):
    """`retry`: see the catalogue; with `later` the same item may succeed."""

    number: int
    code: str
    retry: Literal["never", "later", "after-fix"]


def refused(number: int, code: str) -> Refused:
    return Refused(number, code, CODES[code][0])


class Outcome(Struct, frozen=True):
    """Answer of `POST /v1/sealed`."""

    taken: list[int]
    refused: list[Refused]


class _Head(Struct, frozen=True):
    format: Literal["sotay-sealed-1"]
    items: Annotated[int, Meta(ge=0)]


_head = msgspec.json.Decoder(_Head)


class NoRescueFile(Exception):
    """The first line does not say so."""


def head(line: bytes) -> int:
    """How many items the file was written with. Raises NoRescueFile."""
    try:
        return _head.decode(line).items
    except UNREADABLE as error:
        raise NoRescueFile from error


def pieces(lines: Iterator[bytes], room: int) -> Iterator[list[SealedItem | None]]:
    """The items of a rescue file in runs of at most `room` bytes; None where a line was damaged on its way."""
    run: list[SealedItem | None] = []
    size = 0
    for line in lines:
        if not line.strip():
            continue
        if run and (len(run) == MAX_ITEMS or size + len(line) > room):
            yield run
            run, size = [], 0
        try:
            run.append(_item.decode(line))
        except UNREADABLE:
            run.append(None)
        size += len(line)
    if run:
        yield run
