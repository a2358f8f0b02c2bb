"""Every name under which the product could keep, send, ask for or log something: what the boundary walk looks at.

A name is written `kind:where.what`, e.g. `table:notes.area`, `struct:sync.note.NoteRow.text`, `form:desk.html.pick`.
"""

import ast
import csv
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
from litestar import Litestar

import admin
import server
import storage
import sync
from server.openapi import document
from storage.database import ALL_TABLES, reading
from tree import ROOT, matching, text

QUIET = ("migrations", "__main__", "asgi")  # importing these does something, or they are generated
LOGGERS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


def tables() -> Iterator[str]:
    for table in ALL_TABLES:
        yield f"table:{table._meta.tablename}"
        for column in table._meta.columns:
            yield f"table:{table._meta.tablename}.{column._meta.db_column_name}"


async def schema() -> list[str]:
    """The columns of the migrated database, whoever made them."""
    async with reading() as conn:
        if conn.dialect == "sqlite":
            sql = """SELECT m.name AS t, c.name AS c FROM sqlite_schema m JOIN pragma_table_info(m.name) c
            WHERE m.type IN ('table', 'view')"""
        else:
            sql = """SELECT table_name AS t, column_name AS c FROM information_schema.columns
            WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"""
        rows = await conn.fetch(sql)
    names = {f"table:{row['t']}.{row['c']}" for row in rows}
    return sorted(names | {name.rpartition(".")[0] for name in names})


def modules() -> Iterator[ModuleType]:
    for package in (sync, storage, admin, server):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not any(word in found.name for word in QUIET):
                yield importlib.import_module(found.name)


def structs() -> Iterator[str]:
    """Fields of every Struct, by the name they have on the wire: what is sent, kept as JSON, or handed to a template."""
    seen = set()
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct:
                if value in seen or value.__module__.partition(".")[0] not in ("sync", "storage", "admin", "server"):
                    continue
                seen.add(value)
                for name in {*value.__struct_encode_fields__, *value.__struct_fields__}:
                    yield f"struct:{value.__module__}.{value.__name__}.{name}"


def routes(app: Litestar) -> Iterator[str]:
    for route in app.routes:
        yield f"route:{route.path}"


def openapi() -> Iterator[str]:
    """Every key and every parameter's name of the OpenAPI document."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("in"), str) and isinstance(value.get("name"), str):
                yield value["name"]
            for key, inner in value.items():
                if key not in ("name", "email", "summary", "description"):  # the document's own words
                    yield key
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    for key in set(walk(document())):
        yield f"openapi:{key}"


def forms() -> Iterator[str]:
    """Field names of the panel's forms, also where a template puts them together, and what its links ask for."""
    for path in matching("admin/templates/*.html"):
        body = text(path)
        for name in re.findall(r"""\bname=["']([^"']+)["']""", body):
            yield f"form:{path.name}.{name}"
        for name in re.findall(r"[?&](?:amp;)?([a-z_]+)=", body):
            yield f"form:{path.name}.{name}"
    for path in matching("admin/*.py"):
        for name in re.findall(r"""form\.(?:raw|text|number|day|choice|all)\(\s*["']([^"']+)["']""", text(path)):
            yield f"form:{path.name}.{name}"
        for name in re.findall(r"""quer\w*(?:\.get\(|\[)["']([^"']+)["']""", text(path)):
            yield f"form:{path.name}.{name}"


def words() -> Iterator[str]:
    for key in json.loads(text(ROOT / "sync/words/vi.json")):
        yield f"word:{key}"


def csvs() -> Iterator[str]:
    for path in matching("*.csv"):
        if path.parts[0] not in ("tests", "benchmarks"):
            for column in next(csv.reader(text(path).splitlines())):
                yield f"csv:{path.name}.{column}"


def logged() -> Iterator[str]:
    """What log calls name: the words of their sentences and every identifier among their arguments."""
    for path in matching("server/**/*.py", "server/*.py", "admin/*.py", "storage/*.py", "sync/*.py"):
        for node in ast.walk(ast.parse(text(path))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in LOGGERS and isinstance(node.func.value, ast.Name) and "log" in node.func.value.id:
                for part in (inner for argument in [*node.args, *node.keywords] for inner in ast.walk(argument)):
                    found = {ast.Constant: "value", ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg"}
                    value = getattr(part, found.get(type(part), ""), None)
                    if isinstance(value, str):
                        yield from (f"log:{path.as_posix()}.{word}" for word in re.findall(r"\w+", value))
