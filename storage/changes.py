"""The change log: one counter row per stream, one log row per stream and document.

The counter rows are taken as the last statements before COMMIT, streams in sorted order, so the order of commits is the
order of numbers and no reader skips a row. Everything downstream (phones, totals, live panel) reads this log.
`writing()` is the only way to write it: changes noted during the block are published at its end.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
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
        self._closing: list[Callable[[Conn], Awaitable[None]]] = []

    def put(self, stream: str, collection: str, doc: str) -> None:
        self._changes[stream, collection, doc] = "put"

    def left(self, stream: str, collection: str, doc: str) -> None:
        """The document is gone from this stream (deleted, or moved to another one)."""
        self._changes[stream, collection, doc] = "left"

    def at_end(self, work: Callable[[Conn], Awaitable[None]]) -> None:
        """Runs `work` when all else is done, before the log is numbered: for rows on which everybody waits."""
        self._closing.append(work)

    async def close(self) -> None:
        for work in self._closing:
            await work(self.conn)

    def pending(self) -> list[Change]:
        return [Change(*key, op) for key, op in self._changes.items()]


@asynccontextmanager
async def writing(now: int | None = None) -> AsyncIterator[Writing]:
    """One transaction; its changes are published as its last statements. Anything raised inside rolls all of it back."""
    async with current().writing() as conn:
        w = Writing(conn, clock.now() if now is None else now)
        fault_points.point("write.begun")
        yield w
        await w.close()
        fault_points.point("write.before_publish")
        await publish(conn, w.pending(), w.now)
        fault_points.point("write.before_commit")
    fault_points.point("write.committed")


# one statement on PostgreSQL: the counter rows, on which everybody waits, are held a round trip less. The lists come as
# texts, since the driver would look at every element of an array; `unnest` keeps their order, so the streams are locked
# in sorted order and the rows of a stream are numbered in theirs.
_SEPARATOR = "\x1f"
_AT_ONCE = """WITH heads AS (
  INSERT INTO streams (name, head, floor)
  SELECT name, more, 0 FROM unnest(string_to_array($1, chr(31)), string_to_array($2, chr(31))::bigint[]) AS s (name, more)
  ON CONFLICT (name) DO UPDATE SET head = streams.head + excluded.head RETURNING name, head)
INSERT INTO log (stream, collection, doc, n, op, at)
  SELECT r.stream, r.collection, r.doc, heads.head - r.back, r.op, $8
  FROM unnest(string_to_array($3, chr(31)), string_to_array($4, chr(31)), string_to_array($5, chr(31)),
    string_to_array($6, chr(31)), string_to_array($7, chr(31))::bigint[]) AS r (stream, collection, doc, op, back)
  JOIN heads ON heads.name = r.stream
ON CONFLICT (stream, collection, doc) DO UPDATE SET n = excluded.n, op = excluded.op, at = excluded.at"""


def _backs(rows: list[Change], counts: Counter[str]) -> list[int]:
    """How far each row's number lies before the last one its stream gives out now."""
    left = counts.copy()
    backs = []
    for row in rows:
        left[row.stream] -= 1
        backs.append(left[row.stream])
    return backs


async def publish(conn: Conn, changes: Iterable[Change], now: int) -> None:
    """Numbers the changes and writes them to the log. Must be the last thing a transaction does (see the module)."""
    rows = sorted(changes)
    if not rows:
        return
    counts = Counter(row.stream for row in rows)
    if conn.dialect == "postgres":
        names = sorted(counts)
        stream, collection, doc, op = zip(*rows, strict=True)
        columns: tuple[Iterable[object], ...] = (
            names, (counts[name] for name in names), stream, collection, doc, op, _backs(rows, counts),
        )  # fmt: skip
        await conn.fetch(_AT_ONCE, *(_SEPARATOR.join(map(str, column)) for column in columns), now)
        return
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
