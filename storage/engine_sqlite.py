"""SQLite through Piccolo's engine, with kept connections: one writer behind a lock, a few readers, WAL + FULL.

Piccolo's stock engine opens a connection and a thread per query and lets writers starve each other in SQLite's busy
handler (200 parallel inserts: 14 "database is locked"). With one writer behind an asyncio lock 1,000 inserts gave none.
Every connection has its own thread; a statement costs one hop to it.
"""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Token
from functools import lru_cache
from itertools import chain
from typing import Any, Literal, TypeVar

import msgspec
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType
from piccolo.querystring import QueryString
from piccolo.table import Table

from storage.conn import Conn, Dialect, Row, committed, values_of

READERS = 3
BUSY_SECONDS = 30.0  # another process (the worker) may hold the write lock for a while
MOST_ARGUMENTS = 32_000  # SQLite's own limit is 32,766 in one statement
T = TypeVar("T")


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> str:
    return re.sub(r"\$(\d+)", r"?\1", sql)


def _arguments(args: Sequence[Any]) -> list[Any]:
    return [msgspec.json.encode(value).decode() if isinstance(value, list) else value for value in args]


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


class Kept:
    """A sqlite3 connection and the one thread that touches it. Stands where Piccolo expects an aiosqlite connection."""

    def __init__(self, path: str, read_only: bool) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._path = path
        self._read_only = read_only
        self._raw: sqlite3.Connection | None = None

    async def open(self) -> None:
        await self.call(lambda _: None)

    def _connection(self) -> sqlite3.Connection:
        if self._raw is None:
            raw = sqlite3.connect(
                self._path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                detect_types=sqlite3.PARSE_DECLTYPES,
                cached_statements=512,
                check_same_thread=False,
            )
            raw.row_factory = _as_dict
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA foreign_keys = ON")
            raw.execute("PRAGMA secure_delete = ON")  # an erased text leaves no bytes in free pages
            if self._read_only:
                raw.execute("PRAGMA query_only = ON")
            self._raw = raw
        return self._raw

    async def run(self, sql: str, rows: Sequence[Any] | None = None, args: Sequence[Any] = ()) -> None:
        """Executes, once or for each of `rows`. The cursor dies on the connection's thread: freed by another one it would
        reset a statement that is being executed anew."""

        def work(raw: sqlite3.Connection) -> None:
            if rows is None:
                raw.execute(sql, args).close()
            else:
                raw.executemany(sql, rows).close()

        await self.call(work)

    async def call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` on the connection's thread. A cancelled caller still waits: the statement may not be cut loose."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._connection()))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> None:
        """For Piccolo's savepoints and BEGIN/COMMIT/ROLLBACK."""
        await self.run(sql, args=args)

    async def fetch(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        return await self.call(lambda raw: raw.execute(sql, args).fetchall())

    @property
    def in_transaction(self) -> bool:
        """What SQLite says; asked without a hop to the thread, which is at rest then."""
        return self._raw is not None and self._raw.in_transaction

    async def close(self) -> None:
        if self._raw is not None:
            await self.call(lambda raw: raw.close())
            self._raw = None
        self._thread.shutdown(wait=False)


class SqliteConn:
    dialect: Dialect = "sqlite"
    locking = ""

    def __init__(self, kept: Kept) -> None:
        self.raw = kept

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        return await self.raw.fetch(_numbered(sql), _arguments(args))

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        await self.raw.run(_numbered(sql), rows)

    def among(self, column: str, n: int, kind: str = "text") -> str:
        del kind  # json_each keeps the types
        return f"{column} IN (SELECT value FROM json_each(${n}))"

    async def insert(
        self, table: type[Table], rows: Sequence[Mapping[str, Any]], conflict: str = "", returning: str = ""
    ) -> Sequence[Row]:
        if not rows:
            return []
        names = list(rows[0])
        columns = ", ".join(f'"{name}"' for name in names)
        one = "(" + ", ".join("?" * len(names)) + ")"
        head = f"INSERT INTO {table._meta.tablename} ({columns}) VALUES "
        if not returning:
            # executemany compiles once; "WHERE true" is not needed as there is no SELECT
            values = list(map(values_of(names), rows))
            await self.raw.run(f"{head}{one} {conflict}", values)
            return []
        most = MOST_ARGUMENTS // len(names)
        found: list[Row] = []
        for start in range(0, len(rows), most):
            some = rows[start : start + most]
            sql = f"{head}{', '.join([one] * len(some))} {conflict} RETURNING {returning}"
            found += await self.raw.fetch(sql, list(chain.from_iterable(map(values_of(names), some))))
        return found


class PooledSqliteTransaction(SQLiteTransaction):
    """BEGIN IMMEDIATE on the one writer, under the engine's lock; the lock is given back whatever happened."""

    engine: "PooledSqliteEngine"
    connection: Kept

    async def __aenter__(self) -> "PooledSqliteTransaction":
        if self._parent is not None:
            return self._parent  # type: ignore[return-value]
        await self.engine.write_lock.acquire()
        try:
            self.connection = self.engine.writer()
            await self.connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self.engine.write_lock.release()
            raise
        self.context: Token[Any] = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        if self._parent:
            return False
        try:
            if exception_type is None and not self._committed and not self._rolled_back:
                await self.connection.execute("COMMIT")
                self._committed = True
                committed()
        finally:
            self.engine.current_transaction.reset(self.context)
            try:
                if self.connection.in_transaction:
                    await self.connection.call(lambda raw: raw.rollback())
            finally:
                self.engine.write_lock.release()
        return False


class PooledSqliteEngine(SQLiteEngine):
    dialect: Dialect = "sqlite"

    def __init__(self, path: str) -> None:
        super().__init__(path=path)
        self.write_lock = asyncio.Lock()
        self._writer: Kept | None = None
        self._idle: asyncio.Queue[Kept] = asyncio.Queue()
        self._readers: list[Kept] = []

    async def open(self) -> None:
        if self._writer is not None:
            return
        self.write_lock = asyncio.Lock()
        self._idle = asyncio.Queue()
        self._writer = Kept(self.path, read_only=False)
        await self._writer.open()
        for _ in range(READERS):
            reader = Kept(self.path, read_only=True)
            await reader.open()
            self._readers.append(reader)
            self._idle.put_nowait(reader)

    async def close(self) -> None:
        kept = [*self._readers, *([self._writer] if self._writer else [])]
        self._readers, self._writer = [], None
        for connection in kept:
            await connection.close()

    def connections(self) -> Mapping[Literal["open", "idle"], int]:
        return {"open": len(self._readers) + 1, "idle": self._idle.qsize() + (not self.write_lock.locked())}

    def writer(self) -> Kept:
        if self._writer is None:
            raise RuntimeError("the database is not open")
        return self._writer

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> PooledSqliteTransaction:
        return PooledSqliteTransaction(self, TransactionType.immediate, allow_nested)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> Any:
        query, args = querystring.compile_string(engine_type=self.engine_type)
        return await self._run(query, args)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> Any:
        return await self._run(ddl, [])

    async def _run(self, query: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        current = self.current_transaction.get()
        if current is not None:
            rows: list[dict[str, Any]] = await current.connection.fetch(query, args)
            return rows
        if query.lstrip()[:6].upper() == "SELECT":
            async with self._reader() as reader:
                return await reader.fetch(query, args)
        async with self.write_lock:
            return await self.writer().fetch(query, args)

    @contextlib.asynccontextmanager
    async def _reader(self) -> AsyncIterator[Kept]:
        reader = await self._idle.get()
        try:
            yield reader
        finally:
            self._idle.put_nowait(reader)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Conn]:
        async with self.transaction() as transaction:
            yield SqliteConn(transaction.connection)

    def alone(self) -> contextlib.AbstractAsyncContextManager[Conn]:
        return self.writing()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[Conn]:
        """A reader outside a transaction sees each statement at its own time, as READ COMMITTED does on PostgreSQL."""
        current = self.current_transaction.get()
        if current is not None:
            yield SqliteConn(current.connection)
            return
        async with self._reader() as reader:
            yield SqliteConn(reader)
