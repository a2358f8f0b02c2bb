"""What a city needs, measured at one twentieth: `python benchmarks/bench_city.py [room|crowd]`. `docs/scale.md` reckons on.

Room: bytes a note takes in PostgreSQL with everything that hangs on it (log, figures, search, trail), by table, from sample
wards of two sizes; bytes of a rebuilt photo; what a backup takes. Crowd: 1,000 phones of 200 accounts bring 10 notes each
and fetch what is new, spread over 15 seconds, which is the pace of 20,000 phones that come back within five minutes.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "faults"))

from bench_push import serve
from test_many_phones import NOTES, Field, enrolled

from installation import SOTAY
from postgres import Cluster
from processes import free_port
from pushing_phones import p95
from storage import database, sealing, secret
from storage.migrate import migrate
from storage.seed import sample_ward, shipped
from worlds import World

SMALL, LARGE = 500, 4_000
PHONES, SECONDS = 1_000, 15.0
TICKS = os.sysconf("SC_CLK_TCK")


def sotay(world: World, *arguments: str, **settings: str) -> str:
    done = subprocess.run([SOTAY, *arguments], env=world.env | settings, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


async def tables(url: str) -> dict[str, int]:
    """Bytes of each table with its indexes, after a VACUUM FULL: what lives, without room for what lived."""
    async with database.opened(url) as engine, engine.alone() as conn:
        await conn.fetch("VACUUM FULL")
        rows = await conn.fetch(
            """SELECT c.relname AS name, pg_total_relation_size(c.oid) AS size FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'"""
        )
        return {str(row["name"]): int(row["size"]) for row in rows}


async def one(url: str, sql: str) -> float:
    async with database.opened(url) as engine, engine.alone() as conn:
        return float((await conn.fetch(sql))[0]["n"])


def room(cluster: Cluster, folder: Path) -> None:
    world = World("production", cluster.url(cluster.create_database()), f"file://{folder}/media", folder)
    sotay(world, "migrate")
    sotay(world, "demo", "--notes", str(SMALL), "--json")
    before = asyncio.run(tables(world.database_url))
    sotay(world, "demo", "--notes", str(LARGE), "--seed", "8", "--json")
    after = asyncio.run(tables(world.database_url))
    grown = {name: (size - before.get(name, 0)) / LARGE for name, size in after.items()}
    letters = asyncio.run(one(world.database_url, "SELECT AVG(LENGTH(text)) AS n FROM notes WHERE text <> ''"))
    print(f"a note of {letters:.0f} letters: {sum(grown.values()):.0f} bytes")
    for name, size in sorted(grown.items(), key=lambda one: -one[1])[:8]:
        print(f"  {name}: {size:.0f}")
    acts = asyncio.run(one(world.database_url, "SELECT COUNT(*) AS n FROM audit"))
    print(f"an act of the office in the trail: {after['audit'] / acts:.0f} bytes")
    photos = [path for path in (folder / "media").rglob("*") if path.is_file()]
    sizes = sorted(path.stat().st_size for path in photos)
    print(f"a photo, large and small: {2 * sum(sizes) / len(sizes) / 1000:.0f} kB ({len(sizes)} objects)")
    said = sotay(world, "backup-key", str(folder / "offline.key"))
    key = said.split("SOTAY_BACKUP_KEY=")[1].split()[0]
    began = time.monotonic()
    sotay(world, "backup", str(folder / "one.sotay"), SOTAY_BACKUP_KEY=key)
    took, size = time.monotonic() - began, (folder / "one.sotay").stat().st_size
    print(f"backup: {size / 1e6:.1f} MB in {took:.1f} s, start of the command included")


def processor(pid: int) -> float:
    """Seconds of processor time of a process and all below it."""
    parents: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        one = int(path.parent.name)
        parents.setdefault(int(fields[1]), []).append(one)
        used[one] = (int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])) / TICKS
    todo, total = [pid], 0.0
    while todo:
        one = todo.pop()
        total += used.get(one, 0.0)
        todo += parents.get(one, [])
    return total


def crowd(cluster: Cluster, folder: Path) -> None:
    world = World("production", cluster.url(cluster.create_database()), f"file://{folder}/media", folder)

    async def prepare() -> list[tuple[str, str]]:
        secret.use(world.secret_file)
        async with database.opened(world.database_url):
            await migrate()
            await sealing.settle()
            await shipped()
            await sample_ward()
        return await enrolled(world, PHONES)

    phones, port, rng = asyncio.run(prepare()), free_port(), random.Random(20)
    child = serve("server.asgi:app", world, port, 2, folder)
    found = Field(port)

    async def come() -> None:
        await asyncio.gather(*(found.phone(*phone, rng.random() * SECONDS, rng) for phone in phones))

    try:
        server, base = processor(child.pid), processor(cluster.child.pid)
        began = time.monotonic()
        asyncio.run(come())
        took = time.monotonic() - began
        server, base = processor(child.pid) - server, processor(cluster.child.pid) - base
    finally:
        child.stop()
    assert found.acknowledged == found.sent
    middle = sorted(found.seconds)[PHONES // 2]
    print(
        f"{PHONES} phones with {NOTES} notes each in {took:.1f} s: {PHONES / took:.0f} exchanges a second, "
        f"p50 {middle * 1000:.0f} ms, p95 {p95(found.seconds) * 1000:.0f} ms, {dict(found.statuses)}; "
        f"processor time of an exchange: server {server / PHONES * 1000:.1f} ms, PostgreSQL {base / PHONES * 1000:.1f} ms; "
        f"load {json.dumps(os.getloadavg())}"
    )


def main() -> None:
    wanted = sys.argv[1:] or ["room", "crowd"]
    cluster = Cluster()
    try:
        for name in wanted:
            with tempfile.TemporaryDirectory(prefix="sotay-city-") as folder:
                Path(folder).chmod(0o755)
                {"room": room, "crowd": crowd}[name](cluster, Path(folder))
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
