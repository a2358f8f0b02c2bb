"""P8, P9: pages of the office with totals of ten thousand and of ten million notes; how fast totals follow the log.

`python benchmarks/bench_overview.py [ROUNDS] [NOTES]`. PostgreSQL, 2 server processes. The large database's sums, snapshot
and issues are made directly (about 0.1 GB, gone afterwards); rounds of large and small take turns. For P9 phones push at full
speed beside a worker of their own, then NOTES notes (default 200,000) are folded and counted anew.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench_push import BIN, CLIENTS, ours, prepare, serve
from bench_push_grown import grow
from load import request, run

from postgres import Cluster
from processes import Child, free_port
from storage import clock, database, people, recount, seed, sessions, totals
from storage.catalogue import forget
from storage.changes import writing
from storage.database import reading
from sync import windows
from worlds import World

SMALL, LARGE = 10_000, 10_000_000
SMALL_WEEKS, LARGE_WEEKS = 12, 60
PAGES = 60  # requests a page, round and database
WARD = "11455"

# every area of the sample ward, and every other ward as a whole, × topics × windows
SUMS = """INSERT INTO area_sums (area, topic, period, n)
 SELECT a.code, t.code, p.period, 1 + floor(random() * 2 * $1)::bigint FROM areas a, topics t, unnest($2::text[]) AS p (period)
 WHERE (a.level = 'ward' OR a.code LIKE $3) AND t.code NOT LIKE 'D%' AND (a.code LIKE $3 OR ($4 AND t.parent = ''))
 ON CONFLICT DO NOTHING"""
SNAPSHOTS = """INSERT INTO snapshots (day, ward, area, topic, period, n)
 SELECT '2026-01-01', $2::text, a.code, t.code, p.period, 1 + floor(random() * 40)::bigint
 FROM areas a, topics t, unnest($1::text[]) AS p (period)
 WHERE t.code LIKE '%.%'
 AND ((a.code = $2::text AND p.period LIKE '%-W%') OR (a.parent = $2::text AND p.period NOT LIKE '%-W%'))"""
ISSUES = """INSERT INTO issues (ward, lane, kind, topic, area, title, summary, status, truth, outcome, urgent, created_at,
   confirmed_at, answered_at, closed_at, rev, due_day)
 SELECT w.code, 'place', 'observation', '10.1', w.code, 'Ngõ ngập ' || i, '',
   CASE WHEN i % 40 = 0 THEN 'routed' ELSE 'closed' END, '', 'done', false,
   $2::bigint - i * 60000, $2::bigint, $2::bigint, $2::bigint, 1, '2026-12-31'
 FROM (SELECT code FROM areas WHERE level = 'ward' ORDER BY code <> $3::text LIMIT $4) w, generate_series(1, $1) AS i"""
MONTHS = """INSERT INTO issue_months (issue, month, notes, reporters, fixed_notes, fixed_reporters)
 SELECT number, '2026-11', 7, 3, 7, 3 FROM issues"""


def periods(weeks: int) -> list[str]:
    now = clock.now()
    days = [clock.local_day(now - 7 * n * clock.DAY_MS) for n in range(weeks)]
    return sorted({windows.week_of(day) for day in days} | {windows.month_of(day) for day in days})


async def fill(world: World, notes: int) -> str:
    """Master data with figures of so many notes; gives the session of an officer of the sample ward."""
    large = notes == LARGE
    weeks = periods(LARGE_WEEKS if large else SMALL_WEEKS)
    await prepare(world, hot=True)
    async with database.opened(world.database_url):
        forget()
        await seed.sample_ward()
        account = await people.create("canbo", "officer", [WARD], password="mat-khau-do-toc-do")
        async with writing() as w:
            await w.conn.fetch(SUMS, max(1, notes // 60_000), weeks, f"{WARD}%", large)
            await w.conn.fetch(SNAPSHOTS, weeks, WARD)
            await w.conn.fetch(ISSUES, 1000 if large else 100, w.now, WARD, 100 if large else 1)
            await w.conn.fetch(MONTHS)
            counted = await w.conn.fetch("SELECT COUNT(*) AS n FROM area_sums WHERE area LIKE $1", f"{WARD}%")
        print(f"{notes:>10,} notes: {counted[0]['n']:,} sums of the ward, {len(weeks)} windows", flush=True)
        token = await sessions.begin(account.id, account.standing)
    async with database.opened(world.database_url) as engine, engine.alone() as conn:
        await conn.fetch("ANALYZE")
    return token


def addresses() -> dict[str, str]:
    month = windows.month_of(clock.local_day(clock.now()))
    return {
        "overview, week": "/panel/",
        "overview, month of opinions": f"/panel/?lane=opinion&period={month}",
        "matrix of a family": "/panel/?topic=10",
        "issue list": "/panel/issues",
        "answering": "/panel/answering",
        "coverage": "/panel/coverage",
    }


async def pages(worlds: dict[str, tuple[int, str]], rounds: int) -> None:
    """p95 of one page at a time, its ratio between the databases, and pages a second with eight at once."""
    for name, address in addresses().items():
        p95: dict[str, list[float]] = {world: [] for world in worlds}
        rates: dict[str, list[float]] = {world: [] for world in worlds}
        for _ in range(rounds):
            for world, (port, token) in worlds.items():
                one = request(
                    f"http://127.0.0.1:{port}{address}", b"", method="GET", extra=f"Cookie: sotay_session={token}\r\n"
                )
                alone = await run(port, [[one] * PAGES], good=b"")
                crowd = await run(port, [[one] * (PAGES // 4)] * 8, good=b"")
                assert alone.bad == crowd.bad == 0, (name, alone.bad, crowd.bad)
                p95[world].append(alone.p95)
                rates[world].append(crowd.rate)
        ratio = statistics.median(a / b for a, b in zip(p95["large"], p95["small"], strict=True))
        print(
            f"P8 {name}: p95 {statistics.median(p95['large']):.0f} ms (goal 25), "
            f"{statistics.median(rates['large']):.0f} pages/s (goal 50), × {ratio:.2f} of {SMALL:,} notes (goal 1.5)",
            flush=True,
        )


async def lag() -> float:
    """Age in seconds of the oldest change of the office's streams that is not folded yet."""
    async with reading() as conn:
        rows = await conn.fetch(
            """SELECT MIN(l.at) AS at FROM streams s LEFT JOIN followers f ON f.stream = s.name AND f.name = 'totals'
            JOIN log l ON l.stream = s.name AND l.n > COALESCE(f.n, 0)
            WHERE s.name LIKE 'w:%' AND s.head > COALESCE(f.n, 0)"""
        )
    return (clock.now() - rows[0]["at"]) / 1000 if rows[0]["at"] else 0.0


async def follow(url: str, world: World, folder: Path, notes: int) -> None:
    """P9: the lag beside pushes at full speed, then folding and counting anew."""
    staff = await prepare(world, hot=False)
    port = free_port()
    web = serve("server.asgi:app", world, port, 2, folder)
    worker = Child([BIN / "sotay", "worker"], folder / "worker.log", env=world.env)
    async with database.opened(url):
        pushing = asyncio.create_task(ours(port, staff, 40, CLIENTS))
        ages = []
        while not pushing.done():
            await asyncio.sleep(0.25)
            ages.append(await lag())
        began = time.perf_counter()
        while await lag():  # noqa: ASYNC110 - another process folds
            await asyncio.sleep(0.1)
        caught = time.perf_counter() - began
        result = await pushing
    worker.stop()
    web.stop()
    print(
        f"P9 at {result.rate * 50:,.0f} notes/s: lag {statistics.median(ages):.1f} s, at most {max(ages):.1f} s (goal 2); "
        f"all folded {caught:.1f} s after the last push",
        flush=True,
    )
    await grow(url, notes)
    async with database.opened(url):
        began = time.perf_counter()
        folded = await totals.fold()
        took = time.perf_counter() - began
        began = time.perf_counter()
        found = await recount.check()
        checked = time.perf_counter() - began
        wrong = found.wrong + found.wrong_sums
        print(
            f"P9 {folded:,} changes folded in {took:.0f} s ({folded / took:,.0f} a second); recount in {checked:.1f} s: "
            f"{wrong} of {found.cells:,} cells and {found.sums:,} sums stand wrong (goal 0)"
        )
        assert wrong == 0


async def main(rounds: int, notes: int, folder: Path) -> None:
    cluster = Cluster()
    try:
        worlds, children = {}, []
        for name, size in (("small", SMALL), ("large", LARGE)):
            place = folder / name
            place.mkdir()
            world = World("production", cluster.url(cluster.create_database()), f"file://{place}/media", place)
            token = await fill(world, size)
            port = free_port()
            children.append(serve("server.asgi:app", world, port, 2, place))
            worlds[name] = (port, token)
        await pages(worlds, rounds)
        for child in children:
            child.stop()
        place = folder / "follow"
        place.mkdir()
        world = World("production", cluster.url(cluster.create_database()), f"file://{place}/media", place)
        await follow(world.database_url, world, place, notes)
    finally:
        cluster.stop()


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as name:
        asyncio.run(main(*(given + [3, 200_000][len(given) :]), Path(name)))
