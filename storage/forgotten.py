"""What was erased is listed outside the database and its backups for 31 days, so that a restore does not bring it back.

The erasing transaction leaves a row per note or photo (`remember`); the worker carries the rows to the store (`flush`), where the
list is complete from the moment it began. A restore of something older than the list takes all opinion texts and authors.
"""

import secrets
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from storage import clock
from storage.bucket import media
from storage.changes import Writing, writing
from storage.clock import DAY_MS
from storage.database import reading
from storage.tables_backup import Forgotten

What = Literal["text", "author", "photo"]
KEPT_DAYS = 31  # a backup lives 30
PREFIX, BEGUN = "erased/", "erased/begun"
BATCH = 5_000


class List(NamedTuple):
    """Notes whose words, and whose author, were erased, and photos the office took out; complete for what happened after
    `since` (ms)."""

    since: int
    text: frozenset[str]
    author: frozenset[str]
    photo: frozenset[str]


async def remember(w: Writing, what: What, some: Iterable[str]) -> None:
    rows = [{"id": f"{one}:{what}", "at": w.now} for one in some]
    if rows:
        await w.conn.insert(Forgotten, rows, conflict="ON CONFLICT (id) DO NOTHING")


async def flush() -> int:
    """Carries what is remembered to the store; how many. A kill in between lists some twice. Raises StoreAway."""
    if await media().get(BEGUN) is None:
        await media().put(BEGUN, msgspec.json.encode({"since": clock.now()}))
    carried = 0
    while True:
        async with reading() as conn:
            ids = [row["id"] for row in await conn.fetch(f"SELECT id FROM forgotten ORDER BY id LIMIT {BATCH}")]
        if not ids:
            return carried
        day = clock.local_day(clock.now()).isoformat()
        await media().put(f"{PREFIX}{day}-{secrets.token_hex(8)}", msgspec.json.encode(ids))
        async with writing() as w:
            await w.conn.fetch(f"DELETE FROM forgotten WHERE {w.conn.among('id', 1)}", ids)
        carried += len(ids)


async def old(now: int) -> list[str]:
    """Parts of the list no backup can need any more. Raises StoreAway."""
    last = clock.local_day(now - KEPT_DAYS * DAY_MS).isoformat()
    return [key for key in await media().keys(PREFIX) if key != BEGUN and key.removeprefix(PREFIX)[:10] < last]


async def listed() -> List | None:
    """The list, or None where there is none. Raises StoreAway."""
    begun = await media().get(BEGUN)
    if begun is None:
        return None
    ids: set[str] = set()
    for key in await media().keys(PREFIX):
        if key != BEGUN:
            ids.update(msgspec.json.decode(await media().get(key) or b"[]", type=list[str]))

    def of(what: What) -> frozenset[str]:
        return frozenset(id.partition(":")[0] for id in ids if id.endswith(f":{what}"))

    return List(msgspec.json.decode(begun)["since"], of("text"), of("author"), of("photo"))
