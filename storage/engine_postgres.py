"""PostgreSQL through Piccolo's engine, mended where a failed COMMIT or a cancel would leak a connection.

Piccolo's own transaction returns its connection and resets its context variable only when COMMIT succeeds; eight failed
commits emptied a pool of five. Here both happen in `finally`. Nothing connects at import.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextvars import Token
from functools import lru_cache
from itertools import chain
from typing import Any, Literal, cast

import asyncpg
from asyncpg.pool import Pool
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.table import Table

from storage.conn import Conn, Dialect, Row, committed, no_address, values_of

ACQUIRE_SECONDS = 5.0
COMMAND_SECONDS = 60.0
MOST_ARGUMENTS = 32_000  # PostgreSQL's own limit is 32,767 in one statement
STATEMENTS = 500  # kept per connection: inserts come in up to a hundred sizes


class PostgresConn:
    dialect: Dialect = "postgres"
    locking = "FOR UPDATE"

    def __init__(self, connection: Any) -> None:
        self.raw = connection

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        rows: Sequence[Row] = await self.raw.fetch(sql, *args)
        return rows

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        await self.raw.executemany(sql, rows)

    def among(self, column: str, n: int, kind: str = "text") -> str:
        return f"{column} = ANY(${n}::{kind}[])"

    async def insert(
        self, table: type[Table], rows: Sequence[Mapping[str, Any]], conflict: str = "", returning: str = ""
    ) -> Sequence[Row]:
        names = tuple(rows[0]) if rows else ()
        most = MOST_ARGUMENTS // max(1, len(names))
        found: list[Row] = []
        values = values_of(names)
        for start in range(0, len(rows), most):
            some = rows[start : start + most]
            sql = _insert(table._meta.tablename, names, len(some), conflict, returning)
            found += await self.fetch(sql, *chain.from_iterable(map(values, some)))
        return found


@lru_cache(maxsize=512)
def _insert(table: str, names: tuple[str, ...], count: int, conflict: str, returning: str) -> str:
    """Several rows by VALUES: the driver spends 0.4 of the time it needs for arrays and `unnest` (measured, 50 rows)."""
    columns = ", ".join(f'"{name}"' for name in names)
    width = len(names)
    rows = ", ".join("(" + ", ".join(f"${row * width + i + 1}" for i in range(width)) + ")" for row in range(count))
    tail = f" RETURNING {returning}" if returning else ""
    return f"INSERT INTO {table} ({columns}) VALUES {rows} {conflict}{tail}"


async def _nothing_to_reset(connection: Any) -> None:
    """We set nothing on a connection and take no session locks on the pool's, so the round trip of asyncpg's own reset
    is saved; an open transaction is rolled back by the pool before this is called."""


class SafePostgresTransaction(PostgresTransaction):
    """Gives its connection back and resets the context whatever COMMIT, ROLLBACK or a cancel did."""

    engine: "SafePostgresEngine"

    async def __aenter__(self) -> "SafePostgresTransaction":
        if self._parent is not None:
            return cast(SafePostgresTransaction, self._parent)
        self.connection = await self.engine.take()
        try:
            self.transaction = self.connection.transaction()
            await self.transaction.start()
        except BaseException:
            await self.engine.give(self.connection)
            raise
        self.context: Token[Any] = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        if self._parent:
            return False
        try:
            if exception_type is not None:
                if not self._rolled_back:
                    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                        await self.transaction.rollback()
            elif not self._committed and not self._rolled_back:
                await self.transaction.commit()
                committed()
        finally:
            self.engine.current_transaction.reset(self.context)
            await asyncio.shield(self.engine.give(self.connection))
        return False


class SafePostgresEngine(PostgresEngine):
    """`open()` makes the pool; every acquire has a time limit, so that a lost server is an error and not a hang."""

    dialect: Dialect = "postgres"

    def __init__(self, url: str, pool_size: int) -> None:
        self.url = url
        self.pool_size = pool_size
        super().__init__(config={"dsn": url, "timeout": ACQUIRE_SECONDS, "statement_cache_size": STATEMENTS})

    async def get_version(self) -> float:
        """Never connects: the engine is made at import, when the server may be away."""
        return 0.0

    async def open(self) -> None:
        if self.pool is not None:
            return
        try:
            await self.start_connection_pool(
                min_size=1,
                max_size=self.pool_size,
                command_timeout=COMMAND_SECONDS,
                max_inactive_connection_lifetime=300,
                reset=_nothing_to_reset,
            )
        except (
            ValueError,
            OverflowError,
            asyncpg.ClientConfigurationError,
        ) as error:  # a port that is none
            raise no_address("SOTAY_DATABASE_URL") from error

    async def close(self) -> None:
        if self.pool is not None:
            await self.close_connection_pool()

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Prepared statements know the tables as they were; within a transaction the driver does not try again."""
        done = await super().run_ddl(ddl, in_pool)
        if current := self.current_transaction.get():
            await current.connection.reload_schema_state()
        return done

    def _pool(self) -> Pool:
        if self.pool is None:
            raise RuntimeError("the database is not open")
        return self.pool

    async def take(self) -> Any:
        return await self._pool().acquire(timeout=ACQUIRE_SECONDS)

    async def give(self, connection: Any) -> None:
        await self._pool().release(connection)

    def connections(self) -> Mapping[Literal["open", "idle"], int]:
        return {"open": self._pool().get_size(), "idle": self._pool().get_idle_size()}

    def transaction(self, allow_nested: bool = True) -> SafePostgresTransaction:
        return SafePostgresTransaction(engine=self, allow_nested=allow_nested)

    async def _run_in_pool(self, query: str, args: Sequence[Any] | None = None) -> Any:
        async with self._pool().acquire(timeout=ACQUIRE_SECONDS) as connection:
            return await connection.fetch(query, *(args or ()))

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Conn]:
        async with self.transaction() as transaction:
            yield PostgresConn(transaction.connection)

    def alone(self) -> contextlib.AbstractAsyncContextManager[Conn]:
        return self.reading()  # outside a transaction each statement commits

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[Conn]:
        current = self.current_transaction.get()
        if current is not None:
            yield PostgresConn(current.connection)
            return
        async with self._pool().acquire(timeout=ACQUIRE_SECONDS) as connection:
            yield PostgresConn(connection)
