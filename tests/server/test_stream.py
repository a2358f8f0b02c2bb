"""`GET /v1/sync/stream` on a real server: news arrive, the stream ends with the token and with the server."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from cast import LAN
from installation import Installation
from storage import devices
from storage.changes import writing
from town import note, opened
from worlds import World


@pytest.fixture
async def served(settled: World) -> AsyncIterator[tuple[Installation, World]]:
    with Installation(settled) as running:
        yield running, settled


async def read_until(lines: AsyncIterator[str], wanted: str, seconds: float) -> bool:
    async def look() -> bool:
        async for line in lines:
            if line == wanted:
                return True
        return False

    return await asyncio.wait_for(look(), seconds)


async def test_news_arrive_and_the_stream_ends_with_the_token_and_the_server(
    served: tuple[Installation, World],
) -> None:
    running, world = served
    async with opened(world) as town:
        lan = await town.enrol(LAN)
        async with (
            httpx.AsyncClient(base_url=running.url, timeout=30) as http,
            http.stream("GET", "/v1/sync/stream", headers=lan.headers) as answer,
        ):
            assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            assert await read_until(lines, ":", 10)
            await asyncio.sleep(1.5)  # the watcher has seen where the streams stand
            assert await lan.push("notes", note()) == []
            assert await read_until(lines, 'data: "RESYNC"', 10)
            await devices.revoke(lan.enrolled["device_id"])
            await touch()
            assert not await read_until(lines, 'data: "RESYNC"', 10)  # it ends without another word
        minh = await town.enrol(LAN)
        async with (
            httpx.AsyncClient(base_url=running.url, timeout=30) as http,
            http.stream("GET", "/v1/sync/stream", headers=minh.headers) as answer,
        ):
            lines = answer.aiter_lines()
            start = time.monotonic()
            running.server.stop()
            assert not await read_until(lines, 'data: "RESYNC"', 10)
            assert time.monotonic() - start < 4
        running.start()


async def touch() -> None:
    async with writing() as w:
        w.put("g", "settings", "limits")


async def test_no_token_no_stream(served: tuple[Installation, World]) -> None:
    running, _ = served
    async with httpx.AsyncClient(base_url=running.url) as http:
        assert (await http.get("/v1/sync/stream")).status_code == 401
