"""Reading the office's streams of the log inside the server, each reader from its own place: totals, the index of search.

A reader's place is a row of `followers`; the row is the lock, so two workers never take in the same change twice.
"""

from collections.abc import Awaitable, Callable

from storage.changes import writing
from storage.conn import Conn
from storage.database import reading
from storage.tables import Follower

Take = Callable[[Conn, list[str]], Awaitable[None]]


async def follow(name: str, batch: int, take: Take) -> int:
    """Gives `take` the ids of notes that changed since `name` was here, stream by stream and `batch` at a time, each with
    the new place in one transaction; returns how many, once nothing is left."""
    seen = 0
    while (n := await _some(name, batch, take)) > 0:
        seen += n
    return seen


async def _some(name: str, batch: int, take: Take) -> int:
    async with reading() as conn:
        waiting = await conn.fetch(
            """SELECT s.name FROM streams s LEFT JOIN followers f ON f.stream = s.name AND f.name = $1
            WHERE s.name LIKE 'w:%' AND s.head > COALESCE(f.n, 0) ORDER BY s.name""",
            name,
        )
    return sum([await _stream(name, row["name"], batch, take) for row in waiting])


async def _stream(name: str, stream: str, batch: int, take: Take) -> int:
    async with writing() as w:
        conn = w.conn
        await conn.insert(
            Follower, [{"name": name, "stream": stream, "n": 0}], conflict="ON CONFLICT (name, stream) DO NOTHING"
        )
        sql = f"SELECT n FROM followers WHERE name = $1 AND stream = $2 {conn.locking}"
        reached = (await conn.fetch(sql, name, stream))[0]["n"]
        head = (await conn.fetch("SELECT head FROM streams WHERE name = $1", stream))[0]["head"]
        rows = await conn.fetch(
            """SELECT doc, n FROM log WHERE stream = $1 AND collection = 'notes' AND n > $2 AND n <= $3
            ORDER BY n LIMIT $4""",
            stream,
            reached,
            head,
            batch,
        )
        if rows:
            await take(conn, [row["doc"] for row in rows])
        to = rows[-1]["n"] if len(rows) == batch else head
        await conn.fetch("UPDATE followers SET n = $3 WHERE name = $1 AND stream = $2", name, stream, to)
        return len(rows)


async def behind(conn: Conn, name: str, now: int) -> int:
    """How long ago (ms) the oldest change came that `name` has not taken in; 0 if none is left."""
    rows = await conn.fetch(
        """SELECT MIN(l.at) AS at FROM log l LEFT JOIN followers f ON f.stream = l.stream AND f.name = $1
        WHERE l.stream LIKE 'w:%' AND l.n > COALESCE(f.n, 0)""",
        name,
    )
    return 0 if rows[0]["at"] is None else max(0, now - int(rows[0]["at"]))
