"""Brings the schema up to date, one process at a time: several hosts may start at once on one database."""

import asyncio
import contextlib
import fcntl
import io
import os
import secrets
import warnings
from collections.abc import AsyncIterator, Collection, Iterable
from typing import Any

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration

from storage import fault_points, piccolo_conf
from storage.catalogue import meta, set_meta
from storage.changes import writing
from storage.conn import Engine
from storage.database import current, reading
from storage.engine_postgres import SafePostgresEngine
from storage.engine_sqlite import PooledSqliteEngine
from storage.overdue import MADE
from storage.piccolo_app import APP_CONFIG
from storage.schema import NewerDatabase

LOCK = 0x507A7461  # "sota…": any fixed number of ours


class NoSuchStep(Exception):
    """Not a step this database has taken."""


@contextlib.asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    engine = current()
    if isinstance(engine, SafePostgresEngine):
        connection = await engine.get_new_connection()
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            yield
        finally:
            await connection.close()
    elif isinstance(engine, PooledSqliteEngine):
        handle = await asyncio.to_thread(_lock_file, engine.path + ".migrating")
        try:
            yield
        finally:
            os.close(handle)


def _lock_file(path: str) -> int:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)  # given up when the handle is closed, also by a crash
    return handle


async def migrate() -> list[str]:
    """Runs what has not run yet; returns the ids of all migrations now applied. Raises NewerDatabase."""
    engine = _chosen()
    manager = ForwardsMigrationManager(app_name=APP_CONFIG.app_name)
    async with _alone():
        fault_points.point("migrate.alone")
        await manager.create_migration_table()
        fault_points.point("migrate.began")
        modules, _ = await _known_and_ran(manager)
        # One transaction with the rows that say what ran: Piccolo writes those after each migration's own, and a crash in
        # between would leave a schema that no later run can build upon.
        async with engine.writing():
            await _forwards(manager)
        fault_points.point("migrate.schema")
        await _first_facts()
    return sorted(modules)


async def go_back(to: str) -> list[str]:
    """Undoes all steps after `to` (as migrate returned it from an earlier version), the newest first, in one transaction:
    what only they had room for is gone. Returns the undone ones. Raises NewerDatabase, NoSuchStep."""
    engine = _chosen()
    async with _alone():
        modules, ran = await _known_and_ran(ForwardsMigrationManager(app_name=APP_CONFIG.app_name))
        if to not in ran:
            raise NoSuchStep(to)
        later = [id for id in ran if id > to]
        async with engine.writing():
            await _backwards(modules, later)
    return sorted(later, reverse=True)


@contextlib.asynccontextmanager
async def as_after(steps: Collection[str]) -> AsyncIterator[None]:
    """For a block inside a transaction: the tables stand as these steps left them, and are up to date again after it. Their
    rows should be gone before: what only later steps had room for goes."""
    _chosen()
    manager = ForwardsMigrationManager(app_name=APP_CONFIG.app_name)
    modules, ran = await _known_and_ran(manager)
    later = set(ran) - set(steps)
    await _backwards(modules, later)
    yield
    if later:
        await _forwards(manager)


async def _forwards(manager: ForwardsMigrationManager) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings(action="ignore"):
        result = await manager.run_migrations(APP_CONFIG)
    if not result.success:
        raise RuntimeError(said.getvalue())


async def _backwards(modules: dict[str, Any], steps: Iterable[str]) -> None:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        for id in sorted(steps, reverse=True):
            step = await modules[id].forwards()
            await step.run(backwards=True)
            await Migration.delete().where(Migration.name == id).run()


async def pending() -> list[str]:
    """Migrations that have not run yet. Raises NewerDatabase."""
    _chosen()
    modules, ran = await _known_and_ran(ForwardsMigrationManager(app_name=APP_CONFIG.app_name))
    return sorted(set(modules) - set(ran))


def _chosen() -> Engine:
    """The engine in use, where Piccolo's migration managers look for it."""
    engine = current()
    os.environ["PICCOLO_CONF"] = piccolo_conf.__name__
    piccolo_conf.DB = engine
    Migration._meta._db = engine  # type: ignore[assignment]
    return engine


async def _known_and_ran(manager: ForwardsMigrationManager) -> tuple[dict[str, Any], list[str]]:
    """The migrations of this version by id, and the ids of those that ran here. Raises NewerDatabase."""
    modules: dict[str, Any] = manager.get_migration_modules(APP_CONFIG.resolved_migrations_folder_path)
    ran = await Migration.get_migrations_which_ran(app_name=APP_CONFIG.app_name)
    if unknown := sorted(set(ran) - set(modules)):
        raise NewerDatabase(", ".join(unknown))
    return modules, ran


async def _first_facts() -> None:
    async with reading() as conn:
        if await meta(conn, "epoch"):
            return
    async with writing() as w:
        await set_meta(w.conn, "epoch", secrets.token_hex(4))
        await set_meta(w.conn, MADE, str(w.now))
        await set_meta(w.conn, "catalogue", "1")
