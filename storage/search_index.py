"""The index of search: follows issues, answers and notices by what triggers note, notes by the change log.

Words of a note leave it with the note's text, in the same statement (a trigger); everything else follows within a beat of
the worker. Only notes on the desk are in it, only answers that are drafted or published.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from storage import desk
from storage.catalogue import Catalogue, catalogue
from storage.changes import writing
from storage.conn import Conn
from storage.database import current
from storage.follow import follow as followed
from storage.tables_search import SearchText
from sync import fold

FOLLOWER = "search"
BATCH = 100  # in one go: rows are held and the worker's other tasks wait while words are made of them


async def follow() -> int:
    """Takes in what is new; returns how many things were looked at. Any number of processes may run it at once."""
    seen = 0
    while (n := await _due()) > 0:
        seen += n
    return seen + await followed(FOLLOWER, BATCH, partial(_take, await catalogue()))


async def rebuild() -> None:
    """Makes the index anew from what is stored: after a restore, or if it was lost."""
    async with writing() as w:
        await w.conn.fetch("DELETE FROM search_texts")
        await w.conn.fetch("DELETE FROM followers WHERE name = $1", FOLLOWER)
        for kind, table, key in (
            ("issue", "issues", "number"),
            ("answer", "answers", "id"),
            ("notice", "notices", "id"),
        ):
            await w.conn.fetch(
                f"INSERT INTO search_due (key) SELECT '{kind}:' || {key} FROM {table} WHERE true ON CONFLICT (key) DO NOTHING"
            )
    await follow()


async def settle() -> None:
    """SQLite's index keeps deleted words in its segments until they are merged: merges them all, so that they are gone."""
    if current().dialect == "sqlite":
        await current().run_ddl("INSERT INTO search_fts (search_fts) VALUES ('optimize')")


# ---- what triggers noted ----------------------------------------------------------------------------------------


async def _due() -> int:
    world = await catalogue()
    async with writing() as w:
        conn = w.conn
        skip = "FOR UPDATE SKIP LOCKED" if conn.dialect == "postgres" else ""
        rows = await conn.fetch(
            f"""DELETE FROM search_due WHERE key IN (SELECT key FROM search_due ORDER BY key LIMIT {BATCH} {skip})
            RETURNING key"""
        )
        wanted: dict[str, list[str]] = {"issue": [], "answer": [], "notice": []}
        for row in rows:
            kind, _, doc = str(row["key"]).partition(":")
            wanted[kind].append(doc)
        for kind, load in (("issue", _issues), ("answer", _answers), ("notice", _notices)):
            if wanted[kind]:
                await _replace(conn, kind, sorted(wanted[kind]), await load(conn, world, wanted[kind]))
        return len(rows)


async def _issues(conn: Conn, world: Catalogue, docs: Sequence[str]) -> list[dict[str, Any]]:
    numbers = [int(doc) for doc in docs]
    rows = await conn.fetch(
        f"SELECT number, area, ward, title, summary FROM issues WHERE {conn.among('number', 1, 'bigint')}", numbers
    )
    return [
        _row("issue", str(row["number"]), row["area"], row["ward"], (row["title"], row["summary"], str(row["number"])))
        for row in rows
    ]


async def _answers(conn: Conn, world: Catalogue, docs: Sequence[str]) -> list[dict[str, Any]]:
    rows = await conn.fetch(
        f"""SELECT s.id, s.issue, s.title, s.text, s.source, i.area, i.ward FROM answers s JOIN issues i ON i.number = s.issue
        WHERE {conn.among("s.id", 1)} AND s.state IN ('draft', 'approved', 'published')""",
        list(docs),
    )
    return [
        _row(
            "answer",
            row["id"],
            row["area"],
            row["ward"],
            (row["title"], row["text"], row["source"] or "", str(row["issue"])),
        )
        for row in rows
    ]


async def _notices(conn: Conn, world: Catalogue, docs: Sequence[str]) -> list[dict[str, Any]]:
    rows = await conn.fetch(f"SELECT id, areas, title, text FROM notices WHERE {conn.among('id', 1)}", list(docs))
    now, made = world.areas_now(), []
    for row in rows:
        areas = msgspec.json.decode(row["areas"], type=list[str])
        area = now.common(areas) or world.tree.common(areas) or ""
        made.append(_row("notice", row["id"], area, world.tree.ward(area) or "", (row["title"], row["text"])))
    return made


# ---- notes ------------------------------------------------------------------------------------------------------


async def _take(world: Catalogue, conn: Conn, docs: list[str]) -> None:
    docs = sorted(docs)
    await _replace(conn, "note", docs, await _on_desk(conn, world, docs))


async def _on_desk(conn: Conn, world: Catalogue, docs: Sequence[str]) -> list[dict[str, Any]]:
    """Held while they are read: who erases one waits, and its trigger then finds the words."""
    hold = "FOR SHARE" if conn.dialect == "postgres" else ""
    rows = await conn.fetch(
        f"""SELECT id, area, ward, text, place FROM notes WHERE {conn.among("id", 1)} AND released AND text IS NOT NULL
        AND {conn.among("status", 2)} ORDER BY id {hold}""",
        list(docs),
        sorted(desk.ON_DESK),
    )
    made = []
    for row in rows:
        place = world.places.get(row["place"] or "")
        made.append(_row("note", row["id"], row["area"], row["ward"], (row["text"], place.name if place else "")))
    return made


# ---- rows -------------------------------------------------------------------------------------------------------


def _row(kind: str, doc: str, area: str, ward: str, texts: Sequence[str]) -> dict[str, Any]:
    facts = (f"#{kind}", f"@{ward}")
    return {"kind": kind, "doc": doc, "area": area, "words": fold.marks(texts, facts)}


async def _replace(conn: Conn, kind: str, docs: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    await conn.fetch(f"DELETE FROM search_texts WHERE kind = $1 AND {conn.among('doc', 2)}", kind, list(docs))
    await conn.insert(SearchText, rows)
