"""A photo's row: announced by its phone, its bytes come by tus. `claim` is its note's claim."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from sync.note import Id
from sync.strict import Count

PhotoState = Literal["expected", "received", "stored", "rejected"]
PHOTO_MAX_BYTES = 8 * 1024 * 1024


class PhotoRow(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A `photos` document as a client sends it."""

    id: Id
    note: Id | UnsetType = UNSET
    claim: Annotated[str, Meta(max_length=22)] | UnsetType = UNSET
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | UnsetType = UNSET
    size: Annotated[int, Meta(ge=1, le=PHOTO_MAX_BYTES)] | UnsetType = UNSET
    type: Literal["image/jpeg"] | UnsetType = UNSET
    deleted: bool = msgspec.field(name="_deleted", default=False)
    state: PhotoState | UnsetType = UNSET
    offset: Count | UnsetType = UNSET
    reject: dict[str, str] | UnsetType = UNSET


class HeldPhoto(Struct, frozen=True, kw_only=True):
    id: str
    note: str
    claim_hash: str
    sha256: str
    size: int
    state: PhotoState
    author: str | None
    offset: int = 0
    reject: dict[str, str] | None = None


def master(held: HeldPhoto) -> dict[str, Any]:
    """The document a client gets."""
    document: dict[str, Any] = {
        "id": held.id,
        "note": held.note,
        "sha256": held.sha256,
        "size": held.size,
        "type": "image/jpeg",
        "state": held.state,
        "offset": held.offset,
        "_deleted": False,
    }
    if held.reject:
        document["reject"] = held.reject
    return document
