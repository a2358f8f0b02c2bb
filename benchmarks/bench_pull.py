"""P4, P5: a cold pull in pages of 1,000 against "SELECT + encode" of the same rows; a warm sync with nothing new.

`python benchmarks/bench_pull.py [ROUNDS]`. PostgreSQL, 2 server processes; rounds of ours and the reference take turns.
P5 is run with 2,000 and with 42,000 notes stored: its cost must not grow.
"""

import asyncio
import base64
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import httpx
import msgspec
from bench_push import body, prepare, serve
from load import request, run

from postgres import Cluster
from processes import free_port
from worlds import World

NOTES, PAGE, CLIENTS = 2000, 1000, 16
ROW = "id, kind, topic, area, text, reach, day, status, rev, received_at"
COLLECTIONS = ("areas", "topics", "places", "doors", "settings", "answers", "notices", "notes", "photos", "messages")


async def enrol(url: str, code: str) -> str:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        return str((await http.post("/v1/enrol", json={"code": code})).json()["token"])


async def fill(url: str, token: str, group: str, notes: int) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"}) as http:
        for _ in range(notes // 50):
            (await http.post("/v1/sync/notes/push", content=body(group))).raise_for_status()


async def cold(url: str, token: str) -> float:
    """Documents a second of one phone reading all its notes."""
    start, cp, seen = time.perf_counter(), "", 0
    async with httpx.AsyncClient(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"}) as http:
        while True:
            answer = (await http.get(f"/v1/sync/notes/pull?limit={PAGE}&cp={cp}")).content
            page = msgspec.json.decode(answer)
            seen += len(page["documents"])
            cp = _encode(page["checkpoint"])
            if not page["more"]:
                assert seen == NOTES, seen
                return seen / (time.perf_counter() - start)


def _encode(checkpoint: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(checkpoint).encode()).decode().rstrip("=")


async def select(database: str, group: str) -> float:
    connection = await asyncpg.connect(database)
    start = time.perf_counter()
    for offset in range(0, NOTES, PAGE):
        rows = await connection.fetch(
            f"SELECT {ROW} FROM notes WHERE area = $1 ORDER BY id LIMIT {PAGE} OFFSET {offset}", group
        )
        msgspec.json.encode([dict(row) for row in rows])
    rate = NOTES / (time.perf_counter() - start)
    await connection.close()
    return rate


async def warm(url: str, port: int, token: str) -> tuple[float, int]:
    """Requests a second of syncs with nothing new, and the bytes of one answer."""
    async with httpx.AsyncClient(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"}) as http:
        asks: dict[str, object] = {name: {"limit": 1000} for name in COLLECTIONS}
        while True:
            answer = (await http.post("/v1/sync", json={"v": 1, "pull": asks})).json()
            for name, page in answer.get("pull", {}).items():
                asks[name] = {"cp": page["checkpoint"], "limit": 1000}
            if not answer.get("pull"):
                break
        sent = json.dumps({"v": 1, "pull": asks}).encode()
        size = len((await http.post("/v1/sync", content=sent)).content)
    one = request(f"{url}/v1/sync", sent, token)
    result = await run(port, [[one] * 60 for _ in range(CLIENTS)], good=b"")
    assert result.bad == 0
    return result.rate, size


async def main(rounds: int, folder: Path) -> None:
    cluster = Cluster()
    try:
        world = World("production", cluster.url(cluster.create_database()), f"file://{folder}/media", folder)
        staff = await prepare(world, False)
        port = free_port()
        child = serve("server.asgi:app", world, port, 2, folder)
        url = f"http://127.0.0.1:{port}"
        (group, code), (other, second) = staff[0], staff[1]
        token, busy = await enrol(url, code), await enrol(url, second)
        await fill(url, token, group, NOTES)
        await cold(url, token)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(await cold(url, token))
            theirs.append(await select(world.database_url, group))
        share = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        rate = statistics.median(ours)
        print(f"P4 cold pull, pages of {PAGE}: {share:.2f} of SELECT + encode, goal 0.5 ({rate:,.0f} documents/s)")
        few = [await warm(url, port, token) for _ in range(rounds)]
        await fill(url, busy, other, 40_000)
        many = [await warm(url, port, token) for _ in range(rounds)]
        before, after = statistics.median(rate for rate, _ in few), statistics.median(rate for rate, _ in many)
        print(f"P5 warm sync: {after:,.0f} requests/s, {many[0][1]} bytes, goals 1,500 and 250")
        print(f"P5 its cost with 21 × the notes: × {before / after:.2f}, goal 1.2")
        child.stop()
    finally:
        cluster.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as name:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, Path(name)))
