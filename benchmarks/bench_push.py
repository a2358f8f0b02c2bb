"""P1, P2: pushes of 50 notes with all rules on, against a bare endpoint (PostgreSQL) and direct sqlite3, in one run.

`python benchmarks/bench_push.py [ROUNDS] [BATCHES_PER_CLIENT]`. PostgreSQL: 2 server processes, 32 clients over 24 wards,
then one hot ward (no bar). SQLite: 1 process. Rounds of ours and of the reference take turns; medians of ratios.
"""

import asyncio
import json
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import httpx
from load import Result, request, run

from postgres import Cluster
from processes import Child, free_port
from storage import database, devices, people, sealing, secret, seed
from storage.changes import writing
from storage.migrate import migrate
from storage.tables import Area
from worlds import World

CLIENTS, WARDS, BATCH = 32, 24, 50
TEXT = "Ngõ ngập sau mưa lớn, nước rút rất chậm, bà con đi lại khó khăn, đề nghị nạo vét cống sớm trước mùa bão"
BIN = Path(sys.executable).parent


def body(group: str) -> bytes:
    fields = {"kind": "observation", "topic": "10.1", "area": group, "text": TEXT, "day": "2026-11-20", "reach": "some"}
    rows = [
        {"newDocumentState": {"id": str(uuid.uuid4()), "claim": secrets.token_urlsafe(16), **fields}}
        for _ in range(BATCH)
    ]
    return json.dumps(rows, ensure_ascii=False).encode()


async def prepare(world: World, hot: bool) -> list[tuple[str, str]]:
    """Groups in many wards and a reporter for each client; (group, enrolment code)."""
    secret.use(world.secret_file)
    async with database.opened(world.database_url):
        await migrate()
        await sealing.settle()
        await seed.shipped()
        async with writing() as w:
            wards = [
                row["code"] for row in await w.conn.fetch("SELECT code FROM areas WHERE level = 'ward' ORDER BY code")
            ]
            rows = []
            for ward in wards[:WARDS]:
                rows.append(
                    {"code": f"{ward}-K1", "parent": ward, "level": "cluster", "name": "K", "valid_from": "2025-07-01"}
                )
                rows += [
                    {
                        "code": f"{ward}-T{i:02d}",
                        "parent": f"{ward}-K1",
                        "level": "group",
                        "name": "T",
                        "valid_from": "2025-07-01",
                    }
                    for i in range(CLIENTS)
                ]
            await w.conn.insert(Area, rows, conflict="ON CONFLICT (code) DO NOTHING")
        found = []
        for i in range(CLIENTS):
            group = f"{wards[0 if hot else i % WARDS]}-T{i:02d}"
            account = await people.create(f"bench-{secrets.token_hex(6)}", "reporter", [group])
            found.append((group, (await devices.new_code(account.id, lasts_ms=devices.SHEET_MS)).secret))
        return found


async def ours(port: int, people_: list[tuple[str, str]], batches: int, clients: int) -> Result:
    url = f"http://127.0.0.1:{port}"
    work = []
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        for group, code in people_[:clients]:
            answer = await http.post("/v1/enrol", json={"code": code})
            token = answer.json().get("token") or TOKENS[code]
            TOKENS[code] = token
            work.append([request(f"{url}/v1/sync/notes/push", body(group), token) for _ in range(batches)])
    return await run(port, work)


TOKENS: dict[str, str] = {}


async def bare(port: int, batches: int, clients: int) -> Result:
    url = f"http://127.0.0.1:{port}/bare"
    return await run(port, [[request(url, body("x")) for _ in range(batches)] for _ in range(clients)])


def serve(app: str, world: World, port: int, workers: int, folder: Path) -> Child:
    command = [
        BIN / "uvicorn",
        app,
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    child = Child(
        command, folder / f"{app.partition(':')[0]}.log", env=world.env, cwd=Path(__file__).resolve().parents[1]
    )

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/", timeout=1).status_code < 500
        except httpx.HTTPError:
            return False

    child.wait_ready(ready)
    return child


def direct_sqlite(path: Path, batches: int) -> float:
    """Notes a second of sqlite3 alone: WAL, FULL, 50 rows a transaction, as many columns as ours."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    names = [f"c{i}" for i in range(30)]
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, {', '.join(f'{name} TEXT' for name in names)})"
    )
    rows = [[(str(uuid.uuid4()), TEXT, *["x"] * 29) for _ in range(BATCH)] for _ in range(batches)]
    start = time.perf_counter()
    for some in rows:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO notes VALUES ({', '.join('?' * 31)})", some)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return batches * BATCH / seconds


async def postgres(rounds: int, batches: int, folder: Path) -> None:
    cluster = Cluster()
    try:
        for hot in (False, True):
            world = World("production", cluster.url(cluster.create_database()), f"file://{folder}/media", folder)
            staff = await prepare(world, hot)
            ports = free_port(), free_port()
            children = [
                serve("server.asgi:app", world, ports[0], 2, folder),
                serve("benchmarks.bare:app", world, ports[1], 2, folder),
            ]
            ratios, rates, p99 = [], [], []
            for i in range(rounds + 1):
                one, other = await ours(ports[0], staff, batches, CLIENTS), await bare(ports[1], batches, CLIENTS)
                assert one.bad == other.bad == 0, (one.bad, other.bad)
                if i:  # the first round warms statements and caches of both
                    ratios.append(one.rate / other.rate)
                    rates.append(one.rate * BATCH)
                    p99.append(one.p99)
            name = "one hot ward (no bar)" if hot else f"{WARDS} wards, goal 0.35"
            print(
                f"P1 PostgreSQL, 2 processes, {CLIENTS} clients, {name}: {statistics.median(ratios):.2f} of bare "
                f"({statistics.median(rates):,.0f} notes/s, p99 of a batch {statistics.median(p99):.0f} ms)"
            )
            for child in children:
                child.stop()
    finally:
        cluster.stop()


async def sqlite(rounds: int, batches: int, folder: Path) -> None:
    world = World("embedded", f"sqlite:///{folder / 'sotay.db'}", f"file://{folder}/media", folder)
    staff = await prepare(world, False)
    port = free_port()
    child = serve("server.asgi:app", world, port, 1, folder)
    ratios, rates = [], []
    for i in range(rounds + 1):
        one = await ours(port, staff, batches, 8)
        direct = direct_sqlite(folder / "direct.db", batches * 8)
        assert one.bad == 0
        if i:
            ratios.append(one.rate * BATCH / direct)
            rates.append(one.rate * BATCH)
    child.stop()
    share, rate = statistics.median(ratios), statistics.median(rates)
    print(f"P2 SQLite, 1 process: {share:.2f} of direct sqlite3, goal 0.25 ({rate:,.0f} notes/s)")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    batches = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    for part in (postgres, sqlite):
        with tempfile.TemporaryDirectory(prefix="sotay-bench-") as folder:
            asyncio.run(part(rounds, batches, Path(folder)))


if __name__ == "__main__":
    main()
