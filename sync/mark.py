"""Marks: small insert-only signals, folded into counts and then forgotten. And messages about one note."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from sync.note import Code, Id
from sync.strict import Serial

MarkKind = Literal["plus_one", "still_so", "settled", "told", "read", "door", "void"]


class MarkRow(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A `marks` document as a client sends it. `door` counts one for the ward; `void` is a draft deleted before sending."""

    id: Id
    mark: MarkKind
    issue: Serial | UnsetType = UNSET
    answer: Id | UnsetType = UNSET
    door: Id | UnsetType = UNSET
    area: Code | UnsetType = UNSET
    deleted: bool = msgspec.field(name="_deleted", default=False)


class MessageRow(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A `messages` document: a reporter's reply about one of the account's notes."""

    id: Id
    note: Id
    claim: Annotated[str, Meta(max_length=22)]
    text: Annotated[str, Meta(min_length=1, max_length=600)]
    deleted: bool = msgspec.field(name="_deleted", default=False)
    # server fields as last seen: accepted, ignored
    at: Annotated[str, Meta(max_length=10)] | UnsetType = UNSET
    office: bool | UnsetType = UNSET
