"""P6: photos of 300 KB, durable when acknowledged, beside two tus servers nobody here wrote, in one run.

`python benchmarks/bench_uploads.py [ROUNDS] [FILES_PER_CLIENT] [PART…]` with parts fast, slow, sqlite, memory.
16 clients. Creation is left out for all three (ours is announced by a row of a batch); timed are the PATCHes alone. Ours:
token looked up, lease and compare-and-set in PostgreSQL, sha256 checked; `tuspyserver` syncs each PATCH, `@tus/server`
never syncs. Rounds take turns; medians of rates and of ratios. `slow`: each fsync of everybody takes 5 ms longer.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import httpx
from load import Prepared, Result, head, run
from slow_sync import slower

from postgres import Cluster
from processes import Child, free_port
from storage import database, devices, people, photos, sealing, secret, seed
from storage.changes import writing
from storage.migrate import migrate
from sync.photo import PhotoRow
from worlds import World

ROOT = Path(__file__).resolve().parents[1]
CLIENTS, SIZE, KB = 16, 300_000, 1024
DATA = secrets.token_bytes(SIZE)
BIN = Path(sys.executable).parent
GOALS = {"fast": {"one": 500, "64 KB": 300}, "slow": {"one": 400, "64 KB": 120}}
AHEAD = {"one": 2, "64 KB": 4}  # times the durable peer
PART = {"one": SIZE, "64 KB": 64 * KB}
ANNOUNCE = f"Tus-Resumable: 1.0.0\r\nUpload-Length: {SIZE}\r\n"


class Contestant:
    """A running server and how uploads are made on it: `new(count)` gives their addresses."""

    name = ""
    tokens = [""] * CLIENTS

    def __init__(self, folder: Path, extra: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder / type(self).__name__
        self.folder.mkdir()
        self.child = Child(self.command(), self.folder / "log", env=self.env() | extra, cwd=ROOT)
        self.child.wait_ready(self.answers)

    def command(self) -> list[str | Path]:
        raise NotImplementedError

    def env(self) -> dict[str, str]:
        return dict(os.environ)

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/none", timeout=1).status_code < 500
        except httpx.HTTPError:
            return False

    async def new(self, count: int, size: int = SIZE) -> list[str]:
        """Addresses of so many fresh uploads."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            made = []
            for _ in range(count):
                answer = await http.post("/files", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(size)})
                assert answer.status_code == 201, answer.text
                made.append(str(httpx.URL(self.url).join(answer.headers["location"])))
            return made

    async def load(self, files: int, part: int) -> Result:
        addresses = await self.new(files * CLIENTS)
        work = [
            [one for url in addresses[i::CLIENTS] for one in patches(url, DATA, part, self.tokens[i])]
            for i in range(CLIENTS)
        ]
        result = await run(self.port, work, b"", b"204")
        assert not result.bad, (self.name, result.bad, self.child.said()[-2000:])
        return result


def patches(url: str, data: bytes, part: int, token: str) -> Iterator[Prepared]:
    for at in range(0, len(data), part):
        piece = memoryview(data)[at : at + part]
        extra = "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n" + f"Upload-Offset: {at}\r\n"
        yield head(url, len(piece), token, "PATCH", extra), piece


class Ours(Contestant):
    name = "sotay"
    workers = 2

    def __init__(self, folder: Path, extra: dict[str, str], world: World) -> None:
        self.world = world
        super().__init__(folder, extra)

    def command(self) -> list[str | Path]:
        options = [
            "--port",
            str(self.port),
            "--workers",
            str(self.workers),
            "--no-access-log",
            "--log-level",
            "warning",
        ]
        return [BIN / "uvicorn", "server.asgi:app", *options]

    def env(self) -> dict[str, str]:
        return self.world.env

    async def prepare(self) -> None:
        """A phone of its own for every client, as in life: photos of one account queue up at its stream."""
        self.accounts = [(await people.create(f"bench{i}", "reporter", [])).id for i in range(CLIENTS)]
        codes = [(await devices.new_code(account)).secret for account in self.accounts]
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            answers = [await http.post("/v1/enrol", json={"code": code}) for code in codes]
        self.tokens = [answer.json()["token"] for answer in answers]

    async def new(self, count: int, size: int = SIZE) -> list[str]:
        digest = hashlib.sha256(DATA * (size // SIZE) + DATA[: size % SIZE]).hexdigest()
        made = []
        async with writing() as w:
            for i in range(count):
                row = PhotoRow(
                    id=str(uuid.uuid4()),
                    note=str(uuid.uuid4()),
                    claim=secrets.token_urlsafe(16),
                    sha256=digest,
                    size=size,
                    type="image/jpeg",
                )
                assert await photos.announce(w, row, self.accounts[i % CLIENTS]) is None
                made.append(f"{self.url}/v1/uploads/{row.id}")
        return made


class OursAlone(Ours):
    workers = 1


class TusPy(Contestant):
    name = "tuspyserver"

    def command(self) -> list[str | Path]:
        options = ["--port", str(self.port), "--workers", "2", "--no-access-log", "--log-level", "warning"]
        return [BIN / "uvicorn", "benchmarks.peer_tuspy:app", *options]

    def env(self) -> dict[str, str]:
        return os.environ | {"PEER_FOLDER": str(self.folder / "files")}


class TusNode(Contestant):
    name = "@tus/server"

    def command(self) -> list[str | Path]:
        return ["node", ROOT / "benchmarks/peer_tus.mjs", str(self.port), self.folder, ROOT / "tests/foreign"]


def sink(folder: Path, part: int, each: int) -> float:
    """Files a second of nothing but the disk: each part a file of its own, synced, then its folder; 16 threads."""
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def write(client: int) -> None:
        for n in range(each):
            for at in range(0, SIZE, part):
                with (folder / f"{client}-{n}-{at}").open("xb", buffering=0) as file:
                    file.write(memoryview(DATA)[at : at + part])
                    os.fsync(file.fileno())
                os.fsync(handle)

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(write, range(CLIENTS)))
    seconds = time.perf_counter() - began
    os.close(handle)
    return CLIENTS * each / seconds


class SlowCluster(Cluster):
    """A PostgreSQL whose syncs are slow as well."""

    extra: dict[str, str] = {}

    def _env(self) -> dict[str, str]:
        return super()._env() | self.extra


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sotay-bench-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextlib.asynccontextmanager
async def installed(where: Path, world: World, extra: dict[str, str], kind: type[Ours] = Ours):  # type: ignore[no-untyped-def]
    secret.use(world.secret_file)
    async with database.opened(world.database_url):
        await migrate()
        await sealing.settle()
        await seed.shipped()
        ours = kind(where, extra, world)
        try:
            await ours.prepare()
            yield ours
        finally:
            ours.child.stop()


async def race(rounds: int, files: int, slow: bool) -> None:
    with folder() as where:
        extra = slower(where, 5) if slow else {}
        SlowCluster.extra = extra
        cluster = SlowCluster()
        try:
            world = World("", cluster.url(cluster.create_database()), f"file://{where}/media", where)
            async with installed(where, world, extra) as ours:
                field = [ours, TusPy(where, extra), TusNode(where, extra)]
                for kind, part in PART.items():
                    each = files if kind == "one" else max(2, files // 2)
                    rates: dict[str, list[float]] = {one.name: [] for one in field}
                    rates["disk"] = []
                    for i in range(rounds + 1):
                        for one in field:
                            result = await one.load(max(1, each // 4) if slow and one is field[1] else each, part)
                            if i:  # the first round warms
                                rates[one.name].append(result.rate / -(-SIZE // part))
                        if i and not slow:
                            rates["disk"].append(sink(where / f"{kind}{i}", part, each))
                    report(kind, slow, rates)
                for one in field[1:]:
                    one.child.stop()
        finally:
            cluster.stop()


def report(kind: str, slow: bool, rates: dict[str, list[float]]) -> None:
    own, durable, fast = (rates[name] for name in ("sotay", "tuspyserver", "@tus/server"))
    middle = {name: statistics.median(some) for name, some in rates.items() if some}
    disk = ""
    if rates["disk"]:
        share = statistics.median(a / b for a, b in zip(own, rates["disk"], strict=True))
        disk = f"; {share:.2f} of the bare disk {middle['disk']:.0f}"
    over = [statistics.median(a / b for a, b in zip(own, other, strict=True)) for other in (durable, fast)]
    noise = (max(own) - min(own)) / middle["sotay"]
    what = ("one PATCH" if kind == "one" else "64 KB parts") + (", fsync 5 ms slower" if slow else "")
    goal = GOALS["slow" if slow else "fast"][kind]
    print(
        f"P6 PostgreSQL + files, 2 processes, {what}: {middle['sotay']:.0f} files/s (goal {goal}); "
        f"{over[0]:.1f} × tuspyserver {middle['tuspyserver']:.0f} (goal {AHEAD[kind]}); "
        f"{over[1]:.2f} × @tus/server {middle['@tus/server']:.0f} (goal 1, does not sync){disk}; noise ±{noise / 2:.0%}",
        flush=True,
    )


async def sqlite(rounds: int, files: int) -> None:
    with folder() as where:
        world = World("", f"sqlite:///{where / 'sotay.db'}", f"file://{where}/media", where)
        async with installed(where, world, {}, OursAlone) as ours:
            for kind, part in PART.items():
                rates = [(await ours.load(files // 2, part)).rate / -(-SIZE // part) for _ in range(rounds + 1)][1:]
                print(
                    f"P6 SQLite + files, 1 process, {kind}: {statistics.median(rates):.0f} files/s (no bar)", flush=True
                )


def resident(pid: int) -> int:
    """Bytes of memory a process and its children hold."""
    total = 0
    for field in Path(f"/proc/{pid}/status").read_text().splitlines():
        if field.startswith("VmRSS"):
            total = int(field.split()[1]) * KB
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return total + sum(resident(int(child)) for child in children)


async def memory() -> None:
    """30 photos of 8 MiB at once: what the processes hold more than right before, at most."""
    size = 8 * KB * KB
    data = DATA * (size // SIZE) + DATA[: size % SIZE]
    with folder() as where:
        cluster = Cluster()
        try:
            world = World("", cluster.url(cluster.create_database()), f"file://{where}/media", where)
            async with installed(where, world, {}) as ours:
                await ours.load(4, SIZE)
                before = resident(ours.child.pid)
                most = [before]
                work = [
                    list(patches(url, data, size, ours.tokens[i % CLIENTS]))
                    for i, url in enumerate(await ours.new(30, size))
                ]
                loading = asyncio.ensure_future(run(ours.port, work, b"", b"204"))
                while not loading.done():
                    most.append(await asyncio.to_thread(resident, ours.child.pid))
                    await asyncio.sleep(0.01)
                result = loading.result()
                assert not result.bad, ours.child.said()[-2000:]
                more = (max(most) - before) / KB / KB
                print(
                    f"P6 memory, 30 × 8 MiB at once, 2 processes: +{more:.1f} MiB over {before / KB / KB:.0f} MiB (goal +32); "
                    f"{30 * 8 / result.seconds:.0f} MiB/s",
                    flush=True,
                )
        finally:
            cluster.stop()


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    parts = [word for word in sys.argv[1:] if not word.isdigit()] or ["fast", "slow", "sqlite", "memory"]
    rounds, files = (*numbers, 3, 12)[:2] if len(numbers) != 1 else (numbers[0], 12)
    for part in parts:
        if part in ("fast", "slow"):
            asyncio.run(race(rounds, files, part == "slow"))
        else:
            asyncio.run(sqlite(rounds, files) if part == "sqlite" else memory())


if __name__ == "__main__":
    main()
