"""P13: pushes to two hosts with two processes each (127.0.0.1 and 127.0.0.2, data folders of their own) on one PostgreSQL
and S3, against one host with two processes, in one run.

`python benchmarks/bench_hosts.py [ROUNDS] [BATCHES_PER_CLIENT]`. 32 clients, each request to the other host. On two cores
four processes share what two had: the goal is that nothing is lost by going over hosts (≥ 0.85), not that it is faster.
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import httpx
from bench_push import BATCH, CLIENTS, body, prepare
from load import Result, request, run

from postgres import Cluster
from s3 import Store
from two_hosts import Host, two_hosts
from worlds import SECRET, production_world

GOAL = 0.85
At = list[tuple[str, int]]


async def enrolled(host: Host, people: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Group and token of each client."""
    async with httpx.AsyncClient(base_url=host.url, timeout=30) as http:
        answers = [(group, await http.post("/v1/enrol", json={"code": code})) for group, code in people]
    return [(group, answer.raise_for_status().json()["token"]) for group, answer in answers]


async def push(at: At, clients: list[tuple[str, str]], batches: int) -> Result:
    url = "http://127.0.0.1:8000/v1/sync/notes/push"
    return await run(at, [[request(url, body(group), token) for _ in range(batches)] for group, token in clients])


async def measure(rounds: int, batches: int, folder: Path) -> None:
    cluster, store = Cluster(), Store()
    try:
        world = production_world(folder, cluster, store)
        (folder / "secret").write_text(SECRET)
        people = await prepare(world, False)
        with two_hosts(world) as hosts:
            both: At = [(host.host, host.port) for host in hosts]
            clients = await enrolled(hosts[0], people)
            ratios, rates = [], []
            for n in range(rounds + 1):
                two, one = await push(both, clients, batches), await push(both[:1], clients, batches)
                assert two.bad == one.bad == 0, (two.bad, one.bad)
                if n:
                    ratios.append(two.rate / one.rate)
                    rates.append((two.rate * BATCH, one.rate * BATCH, two.p99))
    finally:
        cluster.stop()
        store.stop()
    two_rate, one_rate, p99 = (statistics.median(column) for column in zip(*rates, strict=True))
    print(
        f"P13 two hosts, 4 processes, {CLIENTS} clients: {statistics.median(ratios):.2f} of one host with 2 processes, goal "
        f"{GOAL} on two cores ({two_rate:,.0f} against {one_rate:,.0f} notes/s, p99 of a batch {p99:.0f} ms)"
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    batches = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as folder:
        asyncio.run(measure(rounds, batches, Path(folder)))


if __name__ == "__main__":
    main()
