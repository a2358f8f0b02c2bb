"""The key of a calendar month, under which distinct reporters are counted. Lives in the media store, outside backups.

A tag (HMAC of the account under the month's key) tells within one month whether two notes come from one reporter, and
nothing once the key is destroyed. If a key is lost, the parts of its month are never added to each other.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from datetime import date, timedelta

from storage import clock, fault_points
from storage.bucket import media
from storage.changes import writing
from storage.conn import Conn
from storage.objects import StoreAway
from storage.tables import Meta

FOLDER = "window/"
KEPT_DAYS = 31  # after the month: the tags of its last notes are gone by then
WAIT_SECONDS = 1.0
PAUSE_SECONDS = 10.0
_kept: dict[str, bytes] = {}
_away_until = 0.0


def object_name(month: str) -> str:
    return f"{FOLDER}{month}.key"


async def prepare(month: str) -> bytes | None:
    """The month's key, made if there is none. None while the store is away or hangs: notes are then taken without a tag,
    and the store is not asked again for a while, so that texts never wait for it."""
    global _away_until
    if month in _kept:
        return _kept[month]
    if time.monotonic() < _away_until:
        return None
    try:
        key = await asyncio.wait_for(_find(month), WAIT_SECONDS)
    except (StoreAway, TimeoutError):
        _away_until = time.monotonic() + PAUSE_SECONDS
        return None
    _kept.clear()  # an earlier month's key is in no process longer than it is used
    _kept[month] = key
    return key


async def _find(month: str) -> bytes:
    return await media().get(object_name(month)) or await _make(month)


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


def _dies(name: str) -> date:
    """The day a key must be gone: 31 days after its month ended."""
    first = date.fromisoformat(f"{name.removeprefix(FOLDER).removesuffix('.key')}-01")
    return (first + timedelta(days=31)).replace(day=1) + timedelta(days=KEPT_DAYS - 1)


async def old(now: int) -> list[str]:
    """Objects of months whose key must be destroyed. Raises StoreAway."""
    today = clock.local_day(now)
    return [name for name in await media().keys(FOLDER) if _dies(name) <= today]


async def destroy_old(now: int) -> int:
    """From then on nothing tells whether two notes of that month came from one reporter. Returns how many keys went."""
    names = await old(now)
    await media().delete(*names)
    if names:
        forget()
    return len(names)


def forget() -> None:
    """Drops the keys kept in memory (destroyed months; tests with another store)."""
    global _away_until
    _kept.clear()
    _away_until = 0.0
