"""The three-way merge of a note that nobody has read yet (wire.md §5): field by field against what the client assumed.

A field changed on one side only takes that side; changed on both sides, the later arrival (the client's) wins and the
loser is kept as an amendment. Photos are append-only: a union by id. Fields that belong to a lane move together: when
the two sides disagree on the lane, the arrival's whole content wins.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from sync.note import CLIENT_FIELDS, Content


class Merged(Struct, frozen=True):
    content: Content
    lost: dict[str, Any]  # held values that gave way to the client's
    client_lacks: bool  # the result has something the client's row has not


def merge(base: Content | None, held: Content, sent: Content) -> Merged:
    """Merges `sent` into `held`; `base` is what the client assumed (None: nothing, so every difference is later)."""
    photos = tuple(dict.fromkeys((*held.photos, *sent.photos)))
    if sent.lane != held.lane:
        lost = {name: value for name in CLIENT_FIELDS if (value := getattr(held, name)) not in (None, False, ())}
        return Merged(sent, lost, False)
    values: dict[str, Any] = {}
    lost = {}
    for name in CLIENT_FIELDS:
        ours, theirs = getattr(held, name), getattr(sent, name)
        if name == "photos" or ours == theirs:
            continue
        before = getattr(base, name) if base is not None else None
        if base is not None and theirs == before:
            continue  # only the held side changed
        values[name] = theirs
        if ours is not None and (base is None or ours != before):
            lost[name] = ours
    content = replace(held, **values, photos=photos)
    return Merged(content, lost, content != replace(sent, photos=photos) or set(photos) != set(sent.photos))
