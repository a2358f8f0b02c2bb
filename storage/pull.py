"""What is new for a reader in its streams since its cursor: pages of exact length, a document once a page."""

from collections.abc import Mapping, Sequence

import msgspec

from storage.conn import Conn
from storage.documents import Document, load
from sync.cursor import Cursor


class Page(msgspec.Struct, frozen=True):
    documents: list[Document]
    cursor: Cursor
    more: bool


class Streams(msgspec.Struct, frozen=True):
    """Heads and floors of a reader's streams, read before the rows: every row up to a head is visible by then, since the
    order of commits is the order of numbers."""

    heads: dict[str, int]
    floors: dict[str, int]


async def streams(conn: Conn, names: Sequence[str]) -> Streams:
    rows = await conn.fetch(f"SELECT name, head, floor FROM streams WHERE {conn.among('name', 1)}", list(names))
    heads = dict.fromkeys(names, 0) | {row["name"]: row["head"] for row in rows}
    return Streams(heads, {row["name"]: row["floor"] for row in rows if row["floor"]})


def behind_floor(cursor: Cursor, epoch: str, now: Streams) -> list[str]:
    """Streams that must be read from 0 again: another epoch, a number from the future, or tombstones already gone."""
    if cursor.e and cursor.e != epoch:
        return sorted(cursor.v)
    lost = []
    for name, n in cursor.v.items():
        if name in now.heads and (n > now.heads[name] or 0 < n < now.floors.get(name, 0)):
            lost.append(name)
    return sorted(lost)


async def with_news(conn: Conn, cursors: Mapping[str, Cursor], now: Streams) -> set[str]:
    """The collections that have anything beyond their cursors, found by one question for all: most syncs bring nothing."""
    behind = [
        (name, collection, cursor.v.get(name, 0))
        for collection, cursor in cursors.items()
        for name, head in now.heads.items()
        if cursor.v.get(name, 0) < head
    ]
    if not behind:
        return set()
    # both sides are lists read in step; SQLite reads them as JSON
    asked = (
        "unnest($1::text[], $2::text[], $3::bigint[]) AS a (stream, collection, since)"
        if conn.dialect == "postgres"
        else """(SELECT s.value AS stream, c.value AS collection, n.value AS since FROM json_each($1) s
        JOIN json_each($2) c ON c.key = s.key JOIN json_each($3) n ON n.key = s.key) a"""
    )
    rows = await conn.fetch(
        f"""SELECT DISTINCT a.collection FROM {asked} WHERE EXISTS (SELECT 1 FROM log l
        WHERE l.stream = a.stream AND l.collection = a.collection AND l.n > a.since)""",
        *(list(column) for column in zip(*behind, strict=True)),
    )
    return {row["collection"] for row in rows}


async def page(conn: Conn, collection: str, cursor: Cursor, epoch: str, now: Streams, limit: int) -> Page:
    """The next page of a collection. If more remains it holds exactly `limit` documents."""
    reached = {name: cursor.v.get(name, 0) for name in sorted(now.heads)}
    ids: dict[str, str] = {}
    more = False
    for name, head in sorted(now.heads.items()):
        if reached[name] >= head:
            continue
        while True:
            room = limit - len(ids)
            rows = await conn.fetch(
                """SELECT doc, n, op FROM log WHERE stream = $1 AND collection = $2 AND n > $3 AND n <= $4
                ORDER BY n LIMIT $5""",
                name,
                collection,
                reached[name],
                head,
                room + 1,
            )
            for row in rows:
                if row["doc"] not in ids and len(ids) == limit:
                    more = True
                    break
                ids[row["doc"]] = "put" if ids.get(row["doc"]) == "put" else row["op"]
                reached[name] = row["n"]
            if more or len(rows) <= room:
                break
        if more:
            break
        reached[name] = head
    documents = await _documents(conn, collection, ids, list(now.heads))
    return Page(documents, Cursor(epoch, {name: n for name, n in reached.items() if n}), more)


async def _documents(conn: Conn, collection: str, ids: dict[str, str], names: list[str]) -> list[Document]:
    left = [id for id, op in ids.items() if op == "left"]
    if left:  # gone from one stream, but perhaps present in another one of this reader
        sql = f"""SELECT doc FROM log WHERE collection = $1 AND op = 'put'
        AND {conn.among("doc", 2)} AND {conn.among("stream", 3)}"""
        for row in await conn.fetch(sql, collection, left, names):
            ids[row["doc"]] = "put"
    found = await load(conn, collection, [id for id, op in ids.items() if op == "put"])
    return [found.get(id) or {"id": id, "_deleted": True} for id in ids]
