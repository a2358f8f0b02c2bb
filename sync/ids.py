"""Ids are made by the client: UUIDv7 or v4 in lower case. Opinion notes use v4 only, since v7 holds the millisecond."""

import re

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([47])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_CLAIM = re.compile(r"[A-Za-z0-9_-]{22}")


def version(id: str) -> int | None:
    """4 or 7, or None if `id` is no id at all (nil and max are none, as they carry no version)."""
    match = _UUID.fullmatch(id)
    return int(match[1]) if match else None


def is_claim(claim: str) -> bool:
    """128 random bits in base64url without padding: 22 characters."""
    return _CLAIM.fullmatch(claim) is not None
