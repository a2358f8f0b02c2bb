"""Backup: all rows of one moment and the photos they name, sealed to an offline key while the server goes on.

Left out on purpose: sign-ins, codes, guesses, claims, undos (they live seconds to hours), parts of photos not rebuilt yet
(their phones hold them), keys of months and the list of what was erased (both lie in the store and must outlive a restore),
the index of search.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from piccolo.apps.migrations.tables import Migration
from piccolo.columns import Boolean
from piccolo.table import Table

from storage import audit, backup_file, clock, photos
from storage.backup_file import Archive, Sum
from storage.bucket import media
from storage.catalogue import meta, set_meta
from storage.changes import writing
from storage.clock import DAY_MS
from storage.conn import Conn, Row
from storage.database import ALL_TABLES, current

FORMAT = 1
SUFFIX = ".sotay"
KEPT_DAYS = 30
ROWS = 2_000
LEFT_OUT = frozenset(
    {
        "sessions",
        "attempts",
        "enrolments",
        "openings",
        "undos",
        "upload_parts",
        "forgotten",
        "search_texts",
        "search_due",
    }
)
TABLES: tuple[type[Table], ...] = tuple(table for table in ALL_TABLES if table._meta.tablename not in LEFT_OUT)


class Header(msgspec.Struct, frozen=True):
    """What a backup says of itself first."""

    format: int
    at: int
    epoch: str
    migrations: list[str]


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself last: count and digest of every table and of the photos' copies."""

    tables: dict[str, dict[str, Any]]
    objects: dict[str, Any]


class Report(msgspec.Struct, frozen=True):
    """What was written: rows, objects, objects that were erased while it was, bytes of the file, old backups removed."""

    rows: int
    objects: int
    gone: int
    size: int
    removed: int


def encode(table: type[Table], row: Row) -> bytes:
    """A row in the one form both databases share."""
    flags = {column._meta.name for column in table._meta.columns if isinstance(column, Boolean)}
    plain = {name: bool(value) if name in flags and value is not None else value for name, value in row.items()}
    return msgspec.json.encode(plain, order="sorted")


async def pages(conn: Conn, table: type[Table], *, paged: bool = True) -> AsyncIterator[list[Row]]:
    """All rows of a table in pages, by its key; at once where an earlier version's had another key."""
    key, name = table._meta.primary_key._meta.name, table._meta.tablename
    if not paged:
        yield list(await conn.fetch(f"SELECT * FROM {name}"))
        return
    where, args = "", list[Any]()
    while True:
        sql = f'SELECT * FROM {name} {where} ORDER BY "{key}" LIMIT {ROWS}'
        rows = list(await conn.fetch(sql, *args))
        if rows:
            yield rows
        if len(rows) < ROWS:
            return
        where, args = f'WHERE "{key}" > $1', [rows[-1][key]]


@asynccontextmanager
async def snapshot() -> AsyncIterator[Conn]:
    """One moment of the database, however long reading it takes; nobody waits for it."""
    async with current().reading() as conn:
        postgres = conn.dialect == "postgres"
        await conn.fetch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if postgres else "BEGIN")
        try:
            yield conn
        finally:
            await conn.fetch("ROLLBACK")


async def ran_migrations() -> list[str]:
    return sorted(await Migration.get_migrations_which_ran(app_name="storage"))


async def back_up(path: Path, public: str) -> Report:
    """Writes a backup sealed to `public`; older ones of ours in the same folder go after their term. Raises BadKey,
    StoreAway, OSError: then there is no file."""
    to = backup_file.recipient(public)
    Migration._meta._db = current()  # type: ignore[assignment]
    now, sums, names = clock.now(), dict[str, Sum](), list[str]()
    backup_file.clear_left_over(path.parent, SUFFIX)
    with backup_file.writing_to(path, to) as archive:
        async with snapshot() as conn:
            header = Header(FORMAT, now, await meta(conn, "epoch"), await ran_migrations())
            archive.add("header.json", msgspec.json.encode(header))
            for table in TABLES:
                sums[table._meta.tablename] = await _write(archive, conn, table)
            kept = await conn.fetch("SELECT name FROM photos WHERE name IS NOT NULL AND state = 'stored' ORDER BY name")
            names = [row["name"] for row in kept]
        objects, gone = await _write_objects(archive, names)
        manifest = Manifest({name: one.said for name, one in sums.items()}, objects.said)
        archive.add("manifest.json", msgspec.json.encode(manifest))
    removed = _remove_old(path, now)
    async with writing() as w:
        await set_meta(w.conn, "backup_at", str(now))
        audit.record(w, audit.COMMAND, "data.backup", detail={"removed": removed})
    rows = sum(one.count for one in sums.values())
    return Report(rows, objects.count, gone, _size(path), removed)


async def _write(archive: Archive, conn: Conn, table: type[Table]) -> Sum:
    found, name = Sum(), table._meta.tablename
    part = 0
    async for rows in pages(conn, table):
        lines = [encode(table, row) for row in rows]
        for line in lines:
            found.add(line)
        part += 1
        archive.add(f"rows/{name}/{part:06d}", b"\n".join(lines))
    return found


async def _write_objects(archive: Archive, names: list[str]) -> tuple[Sum, int]:
    found, gone = Sum(), 0
    for name in names:
        for key in photos.object_names(name):
            data = await media().get(key)
            if data is None:  # the eraser was there meanwhile
                gone += 1
                continue
            found.add_object(key, data)
            archive.add(f"objects/{key}", data)
    return found, gone


def _size(path: Path) -> int:
    return path.stat().st_size


def _remove_old(path: Path, now: int) -> int:
    """Backups live 30 days (brief.md §2): ours beside this one, by the time they were written."""
    old = [
        one for one in path.parent.glob(f"*{SUFFIX}")
        if one != path and one.is_file() and one.stat().st_mtime * 1000 < now - KEPT_DAYS * DAY_MS
    ]  # fmt: skip
    for one in old:
        one.unlink(missing_ok=True)
    return len(old)
