"""The limit to stand near: a bare endpoint that decodes 50 notes, stores them durably by one statement, and knows no rule."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from litestar import Litestar, Request, Response, post

COLUMNS = ("id", "claim", "kind", "topic", "area", "text", "day", "reach")
TABLE = f"CREATE TABLE IF NOT EXISTS bare (id text PRIMARY KEY, {', '.join(f'{name} text' for name in COLUMNS[1:])})"
SQL = (
    f"INSERT INTO bare ({', '.join(COLUMNS)}) SELECT * FROM unnest({', '.join(f'${i + 1}::text[]' for i in range(8))}) "
    "ON CONFLICT DO NOTHING RETURNING id"
)


class Note(msgspec.Struct):
    id: str
    claim: str
    kind: str
    topic: str
    area: str
    text: str
    day: str
    reach: str


class Row(msgspec.Struct):
    new: Note = msgspec.field(name="newDocumentState")


_decoder = msgspec.json.Decoder(list[Row])


@post("/bare", status_code=200)
async def bare(request: Request[Any, Any, Any]) -> Response[bytes]:
    rows = [row.new for row in _decoder.decode(await request.body())]
    async with request.app.state.pool.acquire() as connection:
        await connection.fetch(SQL, *([getattr(row, name) for row in rows] for name in COLUMNS))
    return Response(b"[]", media_type="application/json")


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(os.environ["SOTAY_DATABASE_URL"], min_size=1, max_size=8)
    await app.state.pool.execute(TABLE)
    yield
    await app.state.pool.close()


app = Litestar(route_handlers=[bare], lifespan=[lifespan], openapi_config=None)
