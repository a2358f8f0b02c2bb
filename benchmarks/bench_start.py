"""P12: how soon a web process is ready, and what it holds in memory idle and under the load of P1.

`python benchmarks/bench_start.py [STARTS] [BATCHES_PER_CLIENT]`. Ready: from the start of the process until `/ready` says
200, on SQLite (`sotay serve`, one process), median. Memory: resident set of the largest web process on PostgreSQL, two
processes, 32 clients. Beside it what an empty Python and a bare Litestar need to start, since the machine's pace varies.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import httpx
from bench_push import CLIENTS, ours, prepare, serve

from installation import SOTAY
from postgres import Cluster
from processes import Child, free_port
from worlds import World, embedded_world

MIB = 1024 * 1024
READY, IDLE, LOADED = 2.0, 160, 256


def seconds_until_ready(world: World) -> float:
    port = free_port()
    began = time.perf_counter()
    env = world.env | {"SOTAY_BASE_URL": f"http://127.0.0.1:{port}"}
    child = Child([SOTAY, "serve", "--port", str(port)], world.data_dir / "log", env=env)

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/ready", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False

    child.wait_ready(ready)
    took = time.perf_counter() - began
    child.stop()
    return took


def seconds_of(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    return time.perf_counter() - began


def start(starts: int) -> None:
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as folder:
        world = embedded_world(Path(folder))
        subprocess.run([SOTAY, "migrate"], env=world.env, check=True, capture_output=True)
        rows = [
            (
                seconds_until_ready(world),
                seconds_of("import litestar, piccolo.table, uvicorn, httptools"),
                seconds_of("pass"),
            )
            for _ in range(starts)
        ]
    ready, bare, empty = (statistics.median(column) for column in zip(*rows, strict=True))
    spread = max(row[0] for row in rows) - min(row[0] for row in rows)
    print(
        f"P12 ready after {ready:.2f} s (goal {READY:g}; spread {spread:.2f}); importing the framework alone {bare:.2f} s, "
        f"an empty Python {empty:.2f} s",
        flush=True,
    )


def largest(pid: int) -> int:
    """Resident bytes of the largest process among `pid` and its children."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    own = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return max([own, *(largest(int(child)) for child in children)])


async def memory(batches: int) -> None:
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as folder:
        cluster = Cluster()
        try:
            world = World("", cluster.url(cluster.create_database()), f"file://{folder}/media", Path(folder))
            staff = await prepare(world, False)
            port = free_port()
            child = serve("server.asgi:app", world, port, 2, Path(folder))
            for _ in range(20):
                await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{port}/ready", timeout=5)
            idle = largest(child.pid)
            result = await ours(port, staff, batches, CLIENTS)
            assert result.bad == 0
            loaded = largest(child.pid)
            child.stop()
        finally:
            cluster.stop()
    print(
        f"P12 memory of a web process: idle {idle / MIB:.0f} MiB (goal {IDLE}), after {batches * CLIENTS * 50:,} notes from "
        f"{CLIENTS} clients {loaded / MIB:.0f} MiB (goal {LOADED})",
        flush=True,
    )


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:]]
    start(numbers[0] if numbers else 7)
    asyncio.run(memory(numbers[1] if len(numbers) > 1 else 40))


if __name__ == "__main__":
    main()
