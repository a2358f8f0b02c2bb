"""The key of a calendar month, under which distinct reporters are counted. Lives in the media store, outside backups.

A tag (HMAC of the account under the month's key) tells within one month whether two notes come from one reporter, and
nothing once the key is destroyed. If a key is lost, the parts of its month are never added to each other.
"""

import hashlib
import hmac
import secrets

from storage import fault_points
from storage.bucket import StoreAway, media
from storage.changes import writing
from storage.conn import Conn
from storage.tables import Meta

_kept: dict[str, bytes] = {}


def object_name(month: str) -> str:
    return f"window/{month}.key"


async def prepare(month: str) -> bytes | None:
    """The month's key, made if there is none. None while the store is away: notes are then taken without a tag."""
    if month in _kept:
        return _kept[month]
    try:
        key = await media().get(object_name(month)) or await _make(month)
    except StoreAway:
        return None
    if len(_kept) > 3:
        _kept.clear()
    _kept[month] = key
    return key


async def _make(month: str) -> bytes:
    """Hosts race on the first note of a month: one row of the database is the lock around look-and-put."""
    async with writing() as w:
        await _lock(w.conn)
        key = await media().get(object_name(month))
        if key is None:
            key = secrets.token_bytes(32)
            await media().put(object_name(month), key)
            fault_points.point("month_key.put")
        return key


async def _lock(conn: Conn) -> None:
    await conn.insert(
        Meta,
        [{"key": "month_key_lock", "value": ""}],
        conflict="ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )


def tag(key: bytes, account: str) -> str:
    return hmac.new(key, account.encode(), hashlib.sha256).hexdigest()[:32]


def forget() -> None:
    """Drops the keys kept in memory (destroyed months; tests with another store)."""
    _kept.clear()
