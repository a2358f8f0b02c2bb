"""P1 with 1,000,000 notes stored, with every fsync 5 ms slower, and at a fixed pace. Ours against ours, in one run.

`python benchmarks/bench_push_grown.py [ROUNDS] [BATCHES_PER_CLIENT] [NOTES]`. PostgreSQL, 2 server processes, 32 clients
over 24 wards, batches of 50. A full database and an empty one take turns (goal: ± 15 %), a slow disk and the same disk
(goal: ≥ 0.8); then 1,000 notes a second for ten seconds (goal: p99 of a batch ≤ 100 ms), and a bare `fsync` beside it.
"""

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from bench_push import BATCH, CLIENTS, TOKENS, body, ours, prepare, serve
from bench_uploads import SlowCluster
from load import Result, request, run
from slow_sync import slower

from postgres import Cluster
from processes import Child, free_port
from storage import database
from storage.changes import writing
from worlds import World

SLOWER_MS, PACE, SECONDS = 5, 1_000, 10


def as_deployed() -> dict[str, str]:
    """What docker-compose.yml sets PostgreSQL to."""
    command = (Path(__file__).parents[1] / "docker-compose.yml").read_text().partition('command: ["postgres"')[2]
    found = dict(re.findall(r'"-c", "([a-z_]+)=(\w+)"', command.partition("\n")[0]))
    assert found, "docker-compose.yml sets nothing"
    return found


async def grow(url: str, notes: int) -> None:
    """Copies the notes that were pushed until there are so many, each with its two rows of the log, as pushes leave them."""
    async with database.opened(url), writing() as w:
        first = (await w.conn.fetch("SELECT * FROM notes LIMIT 1"))[0]
        names = [name for name in dict(first) if name not in ("id", "claim_hash", "pseudonym", "desk_order")]
        held = (await w.conn.fetch("SELECT COUNT(*) AS n FROM notes"))[0]["n"]
        columns = ", ".join(f'"{name}"' for name in names)
        await w.conn.fetch(
            f"""CREATE TEMP TABLE grown ON COMMIT DROP AS SELECT gen_random_uuid()::text AS id, {columns},
            md5(random()::text) || md5(random()::text) AS claim_hash, md5(random()::text) AS pseudonym, random() AS r
            FROM notes, generate_series(1, $1)""",
            notes // held,
        )
        kinds = {
            row["column_name"]: row["data_type"]
            for row in await w.conn.fetch(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'notes'"
            )
        }
        order = "(r * 2000000000)::" + kinds["desk_order"]
        await w.conn.fetch(
            f"""INSERT INTO notes (id, {columns}, claim_hash, pseudonym, desk_order)
            SELECT id, {columns}, claim_hash, left(pseudonym, $1), {order} FROM grown""",
            len(str(first["pseudonym"])),
        )
        for stream in ("'u:' || author", "'w:' || ward"):
            await w.conn.fetch(
                f"""INSERT INTO log (stream, collection, doc, n, op, at)
                SELECT {stream}, 'notes', g.id, s.head + row_number() OVER (PARTITION BY {stream} ORDER BY g.id), 'put', $1
                FROM grown g JOIN streams s ON s.name = {stream}""",
                w.now,
            )
        await w.conn.fetch(
            "UPDATE streams s SET head = l.n FROM (SELECT stream, MAX(n) AS n FROM log GROUP BY stream) l WHERE l.stream = s.name"
        )
    async with database.opened(url) as engine, engine.alone() as conn:
        await conn.fetch("ANALYZE")


async def paced(port: int, staff: list[tuple[str, str]]) -> Result:
    """Every client sends its share of `PACE` notes a second, spread over the second; times from when it was due."""
    url = f"http://127.0.0.1:{port}/v1/sync/notes/push"
    gap = BATCH * CLIENTS / PACE
    results: list[Result] = []

    async def client(n: int, group: str, code: str) -> None:
        start = time.perf_counter() + gap * n / CLIENTS
        for i in range(round(SECONDS / gap)):
            await asyncio.sleep(max(0, start + i * gap - time.perf_counter()))
            results.append(await run(port, [[request(url, body(group), TOKENS[code])]]))

    await asyncio.gather(*(client(n, *one) for n, one in enumerate(staff)))
    return Result(SECONDS, [one.p50 / 1000 for one in results], sum(one.bad for one in results))


def bare_fsync(folder: Path) -> float:
    """Median milliseconds of writing and syncing 8 KiB."""
    times = []
    with (folder / "bare").open("wb", buffering=0) as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(b"x" * 8192)
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def place(cluster: Cluster, folder: Path, name: str) -> tuple[Child, int, list[tuple[str, str]], str]:
    here = folder / name
    here.mkdir()
    world = World("production", cluster.url(cluster.create_database()), f"file://{here}/media", here)
    staff, port = await prepare(world, False), free_port()
    child = serve("server.asgi:app", world, port, 2, here)
    await ours(port, staff, 4, CLIENTS)  # statements and caches are warm, and there is something to copy
    return child, port, staff, world.database_url


async def take_turns(ports: Mapping[str, tuple[int, list[tuple[str, str]]]], rounds: int, batches: int) -> list[float]:
    """Ratios of the first to the second."""
    ratios = []
    for _ in range(rounds):
        rates = [(await ours(port, staff, batches, CLIENTS)).rate for port, staff in ports.values()]
        ratios.append(rates[0] / rates[1])
    return ratios


async def measure(rounds: int, batches: int, notes: int, folder: Path) -> None:
    os.chmod(folder, 0o755)  # noqa: PTH101 - PostgreSQL, another user, loads the slow sync from it
    SlowCluster.extra = slower(folder, SLOWER_MS)
    tuned = as_deployed()
    plain, slow = Cluster(tuned), SlowCluster(tuned)
    try:
        empty, full = await place(plain, folder, "empty"), await place(plain, folder, "full")
        began = time.perf_counter()
        await grow(full[3], notes)
        print(f"{notes:,} notes copied in {time.perf_counter() - began:.0f} s", flush=True)
        ratios = await take_turns({"full": full[1:3], "empty": empty[1:3]}, rounds, batches)
        spread = ", ".join(f"{one:.2f}" for one in sorted(ratios))
        print(f"P1 with {notes:,} notes stored: {statistics.median(ratios):.2f} of empty ({spread}), goal 0.85–1.15")
        for name, one in (("empty", empty), ("full", full)):
            result = await paced(one[1], one[2])
            print(f"P1 at {PACE:,} notes/s, {name}: p50 {result.p50:.0f} ms, p99 {result.p99:.0f} ms, goal 100 "
                  f"({result.bad} bad; a bare fsync takes {bare_fsync(folder):.1f} ms)")  # fmt: skip
        full[0].stop()
        late = await place(slow, folder, "late")
        ratios = await take_turns({"late": late[1:3], "empty": empty[1:3]}, rounds, batches)
        print(f"P1 with each fsync {SLOWER_MS} ms slower: {statistics.median(ratios):.2f} of the same disk, goal 0.8")
        late[0].stop()
        empty[0].stop()
    finally:
        plain.stop()
        slow.stop()


def main() -> None:
    given = [int(one) for one in sys.argv[1:]]
    rounds, batches, notes = given + [3, 8, 1_000_000][len(given) :]
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as folder:
        asyncio.run(measure(rounds, batches, notes, Path(folder)))


if __name__ == "__main__":
    main()
