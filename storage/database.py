"""The one database of a process: chosen by URL, opened once, used by every table.

`sqlite:///var/sotay.db` (default), `postgresql://…`, `cockroachdb://…` (accepted, untested: no server to test with).
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from piccolo.table import Table

from storage import (
    tables,
    tables_areas,
    tables_audit,
    tables_backup,
    tables_course,
    tables_grouping,
    tables_office,
    tables_overview,
    tables_search,
)
from storage.conn import BadSetting, Conn, Engine
from storage.engine_postgres import SafePostgresEngine
from storage.engine_sqlite import PooledSqliteEngine

ALL_TABLES: tuple[type[Table], ...] = tuple(
    value
    for module in (
        tables,
        tables_office,
        tables_audit,
        tables_course,
        tables_grouping,
        tables_overview,
        tables_search,
        tables_backup,
        tables_areas,
    )
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Table) and value is not Table
)

logging.getLogger("piccolo.engine.base").setLevel(logging.WARNING)  # it announces each engine it makes

_current: Engine | None = None


POOL = 8  # connections of one process to PostgreSQL


def make_engine(url: str, pool: int = POOL) -> PooledSqliteEngine | SafePostgresEngine:
    """The engine for a database URL; nothing is opened yet. Raises BadSetting for an unknown scheme."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        path = Path(rest.removeprefix("/") if not rest.startswith("//") else rest[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        return PooledSqliteEngine(str(path))
    if scheme in ("postgresql", "postgres"):
        return SafePostgresEngine(url, pool)
    if scheme == "cockroachdb":
        return SafePostgresEngine("postgresql://" + rest, pool)
    raise BadSetting(
        f"SOTAY_DATABASE_URL: unknown scheme {scheme!r}; use sqlite:///…, postgresql://… or cockroachdb://…"
    )


def use(engine: Engine) -> None:
    """Makes `engine` the database of all tables of this process."""
    global _current
    _current = engine
    for table in ALL_TABLES:
        cast(Any, table._meta)._db = engine


def current() -> Engine:
    if _current is None:
        raise RuntimeError("no database was chosen; call storage.database.use() first")
    return _current


@asynccontextmanager
async def opened(url: str, pool: int = POOL) -> AsyncIterator[Engine]:
    """Chooses and opens the database of `url` for a `with` block; `pool`: how many connections PostgreSQL is asked for at
    most."""
    engine = make_engine(url, pool)
    await engine.open()
    use(engine)
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def reading() -> AsyncIterator[Conn]:
    async with current().reading() as conn:
        yield conn
