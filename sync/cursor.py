"""Checkpoints: opaque to clients, one number per stream and the epoch of the database, everything under the key `c`.

RxDB merges checkpoints shallowly, so a second top-level key would be kept beside a newer first one.
"""

import base64
import binascii
from typing import Annotated

import msgspec
from msgspec import Meta

from sync.strict import UNREADABLE, Count

MAX_BYTES = 8192


class Cursor(msgspec.Struct, frozen=True):
    """`e`: epoch (changes on restore); `v`: the last number seen per stream."""

    e: Annotated[str, Meta(max_length=80)] = ""
    v: Annotated[dict[Annotated[str, Meta(max_length=60)], Count], Meta(max_length=4096)] = {}


class Checkpoint(msgspec.Struct, frozen=True):
    c: Cursor = Cursor()


_decoder = msgspec.json.Decoder(Checkpoint)


def decode(text: str) -> Cursor | None:
    """Reads `cp=<base64url JSON>` of a plain pull; None if it is none of ours."""
    if not text:
        return Cursor()
    if len(text) > MAX_BYTES:
        return None
    try:
        return _decoder.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))).c
    except (binascii.Error, ValueError, *UNREADABLE):
        return None


def encode(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(Checkpoint(cursor))).rstrip(b"=").decode()
