"""Databases as earlier versions left them (`tests/vectors/schema/`), loaded into a world; and the shape a database has."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from recorded_schema import FOLDER
from storage.database import current
from worlds import World

VERSIONS = tuple(sorted(path.name for path in FOLDER.iterdir()))
Rows = dict[str, list[dict[str, Any]]]
Shape = dict[str, set[str]]


def rows_of(version: str) -> Rows:
    found: Rows = {}
    for line in (FOLDER / version / "rows.jsonl").read_text(encoding="utf-8").splitlines():
        name, row = json.loads(line)
        found.setdefault(name, []).append(row)
    return found


def phone_of(version: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / version / "phone.json").read_text(encoding="utf-8")))


def last_step(version: str) -> str:
    return str(max(row["name"] for row in rows_of(version)["migration"]))


async def load(world: World, version: str) -> None:
    """An earlier version's database, with the secret it was signed under."""
    world.share_secret()
    kind = "sqlite" if world.name == "embedded" else "postgres"
    schema = (FOLDER / version / f"{kind}.sql").read_text(encoding="utf-8")
    if kind == "sqlite":
        _load_sqlite(Path(world.database_url.removeprefix("sqlite:///")), schema, rows_of(version))
    else:
        await _load_postgres(world.database_url, schema, rows_of(version))


def _load_sqlite(path: Path, schema: str, rows: Rows) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(schema)
        for name, some in rows.items():
            columns = ", ".join(f'"{column}"' for column in some[0])
            marks = ", ".join(f":{column}" for column in some[0])
            database.executemany(f'INSERT OR REPLACE INTO "{name}" ({columns}) VALUES ({marks})', some)
        database.commit()


async def _load_postgres(url: str, schema: str, rows: Rows) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(schema)
        for name, some in rows.items():
            for row in some:
                sql = f'INSERT INTO "{name}" SELECT * FROM json_populate_record(NULL::"{name}", $1::json)'
                await connection.execute(sql, json.dumps(row))
        numbered = await connection.fetch(
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_default LIKE 'nextval(%'"
        )
        for t, c in numbered:
            highest = f'(SELECT COALESCE(MAX("{c}"), 0) + 1 FROM "{t}")'
            await connection.execute(f"SELECT setval(pg_get_serial_sequence('{t}', '{c}'), {highest}, false)")
    finally:
        await connection.close()


async def shape() -> Shape:
    """Columns, indexes and triggers of the open database, by table; whatever order they were made in."""
    found: Shape = {}
    async with current().reading() as conn:
        if conn.dialect == "sqlite":
            sql = """SELECT t.name AS t, c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || COALESCE(c.dflt_value, '-') AS d
              FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
              UNION ALL SELECT tbl_name, type || ' ' || sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"""
        else:
            sql = """SELECT table_name::text AS t, concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable,
                column_default) AS d FROM information_schema.columns WHERE table_schema = 'public'
              UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
              UNION ALL SELECT event_object_table, concat_ws(' ', trigger_name, event_manipulation, action_statement)
                FROM information_schema.triggers"""
        for row in await conn.fetch(sql):
            # pg_dump writes an index's condition with more casts and brackets than it was made with
            said = re.sub(r"::[a-z ]+(\[\])?|[()]", "", row["d"]) if conn.dialect == "postgres" else row["d"]
            found.setdefault(row["t"], set()).add(" ".join(said.split()))
    return found


async def contents(like: Rows) -> Rows:
    """The same tables and columns out of the open database, as they were recorded."""
    found: Rows = {}
    async with current().reading() as conn:
        for name, some in like.items():
            columns = ", ".join(f'"{column}"' for column in some[0])
            rows = [dict(row) for row in await conn.fetch(f'SELECT {columns} FROM "{name}"')]
            found[name] = [{key: _plain(value) for key, value in row.items()} for row in rows]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return None  # `ran_on`, the one moment that is no number
    return int(value) if isinstance(value, bool) else value


def as_set(rows: list[dict[str, Any]], without: str = "ran_on") -> set[str]:
    return {json.dumps({key: value for key, value in row.items() if key != without}, sort_keys=True) for row in rows}
