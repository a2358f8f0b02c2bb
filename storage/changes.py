"""The change log: one counter row per stream, one log row per stream and document.

The counter rows are taken as the last statements before COMMIT, streams in sorted order, so the order of commits is the
order of numbers and no reader skips a row. Everything downstream (phones, totals, live panel) reads this log.
`writing()` is the only way to write it: changes noted during the block are published at its end.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple

from storage import clock, fault_points
from storage.conn import Conn
from storage.database import current
from storage.tables import LogRow, Stream

Op = Literal["put", "left"]


class Change(NamedTuple):
    stream: str
    collection: str
    doc: str
    op: Op = "put"


class Writing:
    """A transaction together with what it will publish."""

    def __init__(self, conn: Conn, now: int) -> None:
        self.conn = conn
        self.now = now
        self._changes: dict[tuple[str, str, str], Op] = {}

    def put(self, stream: str, collection: str, doc: str) -> None:
        self._changes[stream, collection, doc] = "put"

    def left(self, stream: str, collection: str, doc: str) -> None:
        """The document is gone from this stream (deleted, or moved to another one)."""
        self._changes[stream, collection, doc] = "left"

    def pending(self) -> list[Change]:
        return [Change(*key, op) for key, op in self._changes.items()]


@asynccontextmanager
async def writing(now: int | None = None) -> AsyncIterator[Writing]:
    """One transaction; its changes are published as its last statements. Anything raised inside rolls all of it back."""
    async with current().writing() as conn:
        w = Writing(conn, clock.now() if now is None else now)
        fault_points.point("write.begun")
        yield w
        fault_points.point("write.before_publish")
        await publish(conn, w.pending(), w.now)
        fault_points.point("write.before_commit")
    fault_points.point("write.committed")


async def publish(conn: Conn, changes: Iterable[Change], now: int) -> None:
    """Numbers the changes and writes them to the log. Must be the last thing a transaction does (see the module)."""
    rows = sorted(changes)
    if not rows:
        return
    counts = Counter(row.stream for row in rows)
    heads = await conn.insert(
        Stream,
        [{"name": name, "head": counts[name], "floor": 0} for name in sorted(counts)],
        conflict="ON CONFLICT (name) DO UPDATE SET head = streams.head + excluded.head",
        returning="name, head",
    )
    fault_points.point("publish.numbered")
    # rows are sorted by stream: counting down from the head inside each stream gives consecutive numbers
    number = {row["name"]: row["head"] - counts[row["name"]] for row in heads}
    log = []
    for row in rows:
        number[row.stream] += 1
        log.append(
            {
                "stream": row.stream,
                "collection": row.collection,
                "doc": row.doc,
                "n": number[row.stream],
                "op": row.op,
                "at": now,
            }
        )
    await conn.insert(
        LogRow,
        log,
        conflict="ON CONFLICT (stream, collection, doc) DO UPDATE SET n = excluded.n, op = excluded.op, at = excluded.at",
    )
