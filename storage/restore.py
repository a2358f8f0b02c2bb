"""Restore: a backup is read to its end and checked first, then put in place in one transaction, and what was erased since
it was made is erased again before anything is served.

The new epoch makes phones sync from the start and send again what they still hold. Until the eraser has run to its end
`meta.restoring` keeps servers and workers from starting.
"""

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from piccolo.columns import Serial

from storage import (
    audit,
    backup_file,
    clock,
    erase,
    forgotten,
    month_key,
    photos,
    schema,
    sealing,
    search_index,
    secret,
)
from storage.backup import FORMAT, LEFT_OUT, TABLES, Header, Manifest, encode, pages
from storage.backup_file import BadBackup, Sum
from storage.bucket import media
from storage.catalogue import bump, set_meta
from storage.changes import Writing, writing
from storage.clock import DAY_MS
from storage.conn import Conn
from storage.database import reading
from storage.migrate import as_after, migrate
from storage.notes import forget_author
from storage.tables import Meta

BY_NAME = {table._meta.tablename: table for table in TABLES}
META = Meta._meta.tablename


class NotEmpty(Exception):
    """There is an installation in this database already."""


class Checked(msgspec.Struct, frozen=True):
    """A backup that was read to its end and is whole; `mark`: of the secret its database was used with; `columns`: of each
    table that has rows."""

    header: Header
    manifest: Manifest
    mark: str
    columns: dict[str, frozenset[str]]


class Restored(msgspec.Struct, frozen=True):
    """What was restored, and what of it was erased again at once: notes' words, authors; `listed`: the list was complete.
    `factors`: second factors that went with a lost secret."""

    at: int
    rows: int
    objects: int
    texts: int
    authors: int
    listed: bool
    factors: int = 0


async def check(path: Path, key: Any) -> Checked:
    """Reads a whole backup and compares it with what it says of itself. Needs no database. Raises BadBackup, OSError."""
    migrations, mark = schema.known(), ""
    header: Header | None = None
    sums, objects = {name: Sum() for name in BY_NAME}, Sum()
    columns: dict[str, frozenset[str]] = {}
    manifest: Manifest | None = None
    with backup_file.reading_from(path, key) as members:
        for name, data in members:
            kind, _, rest = name.partition("/")
            if name == "header.json":
                header = _header(data, migrations)
            elif name == "manifest.json":
                manifest = msgspec.json.decode(data, type=Manifest)
            elif kind == "rows" and (table := rest.partition("/")[0]) in sums:
                lines = data.split(b"\n")
                columns[table] = frozenset(msgspec.json.decode(lines[0]))
                for line in lines:
                    sums[table].add(line)
                    if table == META and (row := msgspec.json.decode(line))["key"] == sealing.MARK:
                        mark = row["value"]
            elif kind == "objects":
                objects.add_object(rest, data)
    if header is None or manifest is None:
        raise BadBackup("broken", "no manifest")
    found = {name: one.said for name, one in sums.items() if name in manifest.tables}
    if manifest.objects != objects.said or manifest.tables != found:
        raise BadBackup("broken", "digests")
    return Checked(header, manifest, mark, columns)


def _header(data: bytes, migrations: Iterable[str]) -> Header:
    header = msgspec.json.decode(data, type=Header)
    if header.format > FORMAT or (unknown := set(header.migrations) - set(migrations)):
        raise BadBackup("newer", "" if header.format > FORMAT else ", ".join(sorted(unknown)))
    return header


async def is_empty() -> bool:
    """True also for a database without tables."""
    if not await schema.ran():
        return True
    async with reading() as conn:
        return not await conn.fetch("SELECT 1 AS one FROM accounts UNION ALL SELECT 1 FROM notes LIMIT 1")


async def restore(path: Path, key: Any, *, replace: bool = False, new_secret: bool = False) -> Restored:
    """Puts a backup in place of what the database holds, which is brought up to date first. Raises NotEmpty unless
    `replace`, WrongSecret unless `new_secret`; BadBackup, StoreAway, OSError: then nothing has changed but the tables'
    version and photos' copies, which the sweeper clears away."""
    checked = await check(path, key)
    header, manifest = checked.header, checked.manifest
    anew = bool(checked.mark) and not sealing.fits(checked.mark)
    if anew and not new_secret:
        sealing.compare(checked.mark)
    if not replace and not await is_empty():
        raise NotEmpty
    if (anew or not checked.mark) and secret.problem(secret.path()) == "missing":
        secret.make()
    await migrate()
    await forgotten.flush()
    erased = await forgotten.listed()
    now = clock.now()
    complete = erased is not None and erased.since <= header.at and header.at > now - forgotten.KEPT_DAYS * DAY_MS
    await _put_objects(path, key)
    months = {name.removeprefix(month_key.FOLDER).removesuffix(".key") for name in await media().keys(month_key.FOLDER)}
    there = set(await media().keys("photos/"))
    async with writing(now) as w:
        await _replace(w.conn, path, key, checked)
        await _settle(w, months, there)
        texts, authors = await _erase_again(w, erased if complete else None)
        dropped = await photos.keep_out(w, sorted(erased.photo if erased else ()))
        factors = await sealing.begin_anew(w) if anew else 0
        await set_meta(w.conn, "epoch", secrets.token_hex(4))
        await set_meta(w.conn, erase.RESTORING, "1")
        await bump(w)
        audit.record(w, audit.COMMAND, "data.restored", detail={"day": clock.local_day(header.at).isoformat()})
    month_key.forget()
    await media().delete(*dropped)
    await search_index.rebuild()
    await erase.erase(now, who=audit.COMMAND)
    rows = sum(one["count"] for one in manifest.tables.values())
    return Restored(header.at, rows, manifest.objects["count"], texts, authors, complete, factors)


async def rehearse(path: Path, key: Any) -> tuple[Header, int]:
    """Checks a backup and puts its rows into the (empty, migrated) database of this process; how many. Raises BadBackup."""
    checked = await check(path, key)
    header, manifest = checked.header, checked.manifest
    async with writing() as w:
        await _replace(w.conn, path, key, checked)
    return header, sum(one["count"] for one in manifest.tables.values())


async def _put_objects(path: Path, key: Any) -> None:
    with backup_file.reading_from(path, key) as members:
        for name, data in members:
            if name.startswith("objects/"):
                await media().put(name.removeprefix("objects/"), data)


async def _replace(conn: Conn, path: Path, key: Any, checked: Checked) -> None:
    """Rows of an earlier version come into tables of that version: its steps since then change rows as well. Raises
    BadBackup."""
    await _empty(conn, (*BY_NAME, *sorted(LEFT_OUT)))
    async with as_after(checked.header.migrations):
        await _empty(conn, checked.manifest.tables)  # a step back may put in what was shipped then
        with backup_file.reading_from(path, key) as members:
            for name, data in members:
                kind, _, rest = name.partition("/")
                if kind == "rows" and (table := BY_NAME.get(rest.partition("/")[0])) is not None:
                    await conn.insert(table, [msgspec.json.decode(line) for line in data.split(b"\n")])
        await prove(conn, checked)
    if conn.dialect == "postgres":
        for name, table in BY_NAME.items():
            if isinstance(table._meta.primary_key, Serial):
                key_name = table._meta.primary_key._meta.name
                highest = f'(SELECT COALESCE(MAX("{key_name}"), 0) + 1 FROM {name})'
                await conn.fetch(f"SELECT setval(pg_get_serial_sequence('{name}', '{key_name}'), {highest}, false)")


async def _empty(conn: Conn, names: Iterable[str]) -> None:
    for name in names:
        await conn.fetch(f"TRUNCATE {name}" if conn.dialect == "postgres" else f"DELETE FROM {name}")


async def prove(conn: Conn, checked: Checked) -> None:
    """What the database holds now is what the backup says. Raises BadBackup."""
    for name, said in checked.manifest.tables.items():
        table, found = BY_NAME[name], Sum()
        now_by = table._meta.primary_key._meta.name
        async for rows in pages(conn, table, paged=now_by in checked.columns.get(name, {now_by})):
            for row in rows:
                found.add(encode(table, row))
        if found.said != said:
            raise BadBackup("broken", name)


async def _settle(w: Writing, months: set[str], there: set[str]) -> None:
    """What lies outside a backup: parts of photos, keys of months, copies that were erased meanwhile."""
    conn = w.conn
    await conn.fetch("UPDATE photos SET state = 'expected' WHERE state = 'received'")
    await conn.fetch(
        """UPDATE uploads SET position = 0, done = FALSE, lease = '', lease_until = 0
        WHERE NOT done OR id IN (SELECT id FROM photos WHERE state = 'expected')"""
    )
    named = await conn.fetch("SELECT id, name FROM photos WHERE name IS NOT NULL")
    lost = [row["id"] for row in named if not there.issuperset(photos.object_names(row["name"]))]
    await conn.fetch(f"UPDATE photos SET name = NULL, width = NULL, height = NULL WHERE {conn.among('id', 1)}", lost)
    for table, month in (("notes", "in_month"), ("still_so", "month")):
        await conn.fetch(f"UPDATE {table} SET tag = NULL WHERE NOT ({conn.among(month, 1)})", sorted(months))


async def _erase_again(w: Writing, erased: forgotten.List | None) -> tuple[int, int]:
    """Words and authors that were erased after the backup was made. Without a complete list: all words of opinions, all
    authors."""
    if erased is None:
        rows = await w.conn.fetch("SELECT id FROM notes WHERE lane = 'opinion' AND text IS NOT NULL")
        texts = [row["id"] for row in rows]
        authors = [row["id"] for row in await w.conn.fetch("SELECT id FROM notes WHERE author IS NOT NULL")]
    else:
        texts = await _still(w.conn, "text IS NOT NULL", erased.text)
        authors = await _still(w.conn, "author IS NOT NULL", erased.author)
    for some in _slices(authors):  # first: what goes with the words is told to authors who are known
        await forget_author(w, some)
    for some in _slices(texts):
        await erase.wipe(w, some)
    return len(texts), len(authors)


async def _still(conn: Conn, where: str, ids: frozenset[str]) -> list[str]:
    rows = await conn.fetch(f"SELECT id FROM notes WHERE {where} AND {conn.among('id', 1)}", sorted(ids))
    return [row["id"] for row in rows]


def _slices(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]
