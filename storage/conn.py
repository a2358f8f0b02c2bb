"""The small language both databases understand: SQL with `$1` placeholders over one connection.

Hot paths use it directly (Piccolo's query compiler costs 64–100 µs a row); everything else uses Piccolo's tables, which
take part in the same transaction through the engine's context variable.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

from piccolo.table import Table

Row = Mapping[str, Any]
Dialect = Literal["sqlite", "postgres"]


def values_of(names: Sequence[str]) -> Callable[[Row], tuple[Any, ...]]:
    """A row's values in the order of `names`."""
    if len(names) == 1:
        name = names[0]
        return lambda row: (row[name],)
    return operator.itemgetter(*names) if names else lambda row: ()


class BadSetting(ValueError):
    """A setting that cannot be used; the text names it and says what is right."""


def no_address(setting: str) -> BadSetting:
    """For an address that cannot be read, as an operator mistypes one. What stands in it is not said: where a password has a
    mark of its own, the pieces are not what they seem."""
    return BadSetting(
        f"{setting}: viết / write …://TÊN:MẬT_KHẨU@máy:cổng/… (NAME:PASSWORD@host:port); "
        "trong mật khẩu / in a password: / = %2F, @ = %40, : = %3A, # = %23, ? = %3F"
    )


class Commits:
    """How many transactions were committed by who looks; see `storage.again`."""

    n = 0


commits: ContextVar[Commits | None] = ContextVar("commits", default=None)


def committed() -> None:
    """An engine says that something is durable now."""
    if (seen := commits.get()) is not None:
        seen.n += 1


class Conn(Protocol):
    """One connection inside a transaction (or a read). Arguments may be str, int, bool, bytes, None or lists of str/int."""

    dialect: Dialect
    locking: str  # what a SELECT adds to hold its rows until COMMIT; empty where the whole database is held

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        """Runs one statement, returns its rows (by column name)."""

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs one statement for every row of arguments."""

    def among(self, column: str, n: int, kind: str = "text") -> str:
        """SQL that is true where `column` is in the list given as argument `$n`."""

    async def insert(
        self, table: type[Table], rows: Sequence[Mapping[str, Any]], conflict: str = "", returning: str = ""
    ) -> Sequence[Row]:
        """Inserts rows (all with the same keys) by one statement. `conflict`: e.g. `ON CONFLICT DO NOTHING`."""


class Engine(Protocol):
    """A database of an installation; see `storage.database`."""

    dialect: Dialect

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def writing(self) -> AbstractAsyncContextManager[Conn]: ...

    def alone(self) -> AbstractAsyncContextManager[Conn]:
        """For a statement that is a transaction of its own: PostgreSQL saves the round trips of BEGIN and COMMIT. More
        statements are one transaction on SQLite only."""

    def reading(self) -> AbstractAsyncContextManager[Conn]: ...

    async def run_ddl(self, ddl: str) -> Any: ...

    def connections(self) -> Mapping[Literal["open", "idle"], int]:
        """How many this process has to the database, and how many of them wait for work."""
