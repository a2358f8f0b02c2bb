"""R6: every 2xx to a push comes after the fsync of its commit, seen by strace. R7: when fsync fails, nothing is promised.

CI: 30 pushes a world under strace, 60 pushes with 30 % failing fsyncs; `--full`: 200 and 300. The traced server is the
real one. SQLite: what was written to the WAL is synced when the answer is written. PostgreSQL: the WAL is synced after
COMMIT was received and before the answer is written.
"""

import asyncio
import re
import signal
import subprocess
from pathlib import Path

import asyncpg
import pytest

from installation import Installation
from postgres import Cluster
from processes import Child, wait_until
from pushing_phones import Crowd, PushingPhone, check_all_there_once, tokens
from town import note
from worlds import World

CALLS = "fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg,recvfrom"
FIU = Path("/usr/lib/fiu")  # Debian's fiu-utils


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Trace:
    """strace on some processes, whatever they fork included, as one file in the order of events."""

    def __init__(self, folder: Path, pids: list[int]) -> None:
        self.file = folder / "strace.out"
        who = [part for pid in pids for part in ("-p", str(pid))]
        self.strace = Child(
            ["strace", "-f", "-y", "-s", "48", "-e", f"trace={CALLS}", "-o", self.file, *who], folder / "strace.log"
        )
        wait_until(lambda: self.strace.said().count("attached") >= len(pids) or not self.strace.is_alive, 20, "strace")
        assert self.strace.is_alive, self.strace.said()

    def __enter__(self) -> "Trace":
        return self

    def __exit__(self, *_: object) -> None:
        self.strace.stop(signal.SIGINT)

    def events(self) -> list[tuple[str, str]]:
        """(what, detail) of finished calls: `wrote` and `synced` with a path, `commit`, `answer` with its status."""
        found: list[tuple[str, str]] = []
        begun: dict[str, str] = {}
        for line in self.file.read_text("utf-8", "replace").splitlines():
            pid, _, rest = line.partition(" ")
            rest = rest.strip()
            if "<unfinished ...>" in rest:
                begun[pid] = rest.removesuffix("<unfinished ...>")
                # an answer counts from the moment its write begins
                found += [("answer", status) for status in re.findall(r'"HTTP/1\.1 (\d{3})', rest)]
                continue
            resumed = "resumed>" in rest
            if resumed:
                rest = begun.pop(pid, "") + rest.split("resumed>", 1)[1]
            call = re.match(r"(\w+)\(\d+<([^>]*)>", rest)
            if call is None:
                continue
            name, path = call.groups()
            worked = re.search(r"= (-?\d+)", rest.rsplit(")", 1)[-1])
            if name in ("fsync", "fdatasync") and worked and worked.group(1) == "0":
                found.append(("synced", path))
            elif name in ("pwrite64", "pwritev"):
                found.append(("wrote", path))
            elif name == "recvfrom" and "COMMIT;" in rest:
                found.append(("commit", path))
            elif not resumed:
                found += [("answer", status) for status in re.findall(r'"HTTP/1\.1 (\d{3})', rest)]
        return found


def proofs(events: list[tuple[str, str]], wal: str, began: str) -> tuple[int, int]:
    """How many 200s had the sync of their commit before them, and how many had not."""
    good = bad = 0
    open_work, synced = False, False
    for what, detail in events:
        if what == began and (wal in detail or began == "commit"):
            open_work, synced = True, False
        elif what == "synced" and wal in detail and open_work:
            synced = True
        elif what == "answer" and detail == "200":
            good, bad = (good + 1, bad) if open_work and synced else (good, bad + 1)
            open_work = synced = False
    return good, bad


def traced(world: World, count: int, cluster: Cluster | None) -> None:
    ((token, area),) = tokens(world, 1)
    server = Installation(world)
    pids = [cluster.child.pid, *children(cluster.child.pid)] if cluster else []
    server.start()
    try:
        if cluster:
            # its connection was made before strace came: a fresh one is forked from the traced postmaster
            pids = [cluster.child.pid, *children(cluster.child.pid)]
        phone = PushingPhone(server.url, token, area)
        assert phone.push([note(area=area)])  # the month's key, the phone's day: writes that are no push
        with Trace(world.data_dir, [*pids, server.server.pid]) as trace:
            for _ in range(count):
                assert phone.push([note(area=area) for _ in range(3)])
    finally:
        server.server.stop()
    good, bad = proofs(trace.events(), "pg_wal" if cluster else "-wal", "commit" if cluster else "wrote")
    print(f"R6 {world.name}: {good} of {count} answers after the fsync of their commit")
    assert (good, bad) == (count, 0)


def durable(world: World, request: pytest.FixtureRequest) -> Cluster | None:
    """The production world's server, after it said that it is set to be durable."""
    if world.name == "embedded":
        return None

    async def settings() -> list[str]:
        connection = await asyncpg.connect(world.database_url)
        said = [
            await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]
        await connection.close()
        return said

    assert asyncio.run(settings()) == ["on", "on", "on"]
    cluster = request.getfixturevalue("postgres")
    assert isinstance(cluster, Cluster)
    return cluster


@pytest.mark.timeout(120)
def test_every_answer_comes_after_the_fsync_of_its_commit(settled: World, request: pytest.FixtureRequest) -> None:
    traced(settled, 30, durable(settled, request))


@pytest.mark.full
@pytest.mark.timeout(600)
def test_two_hundred_answers_come_after_their_fsync(settled: World, request: pytest.FixtureRequest) -> None:
    traced(settled, 200, durable(settled, request))


def failing_fsync(world: World, count: int) -> None:
    phones = tokens(world, 1)
    server = Installation(world)
    fifo = world.data_dir / "fiu"
    preload = [FIU / "fiu_run_preload.so", FIU / "fiu_posix_preload.so"]
    assert all(file.exists() for file in preload), "fiu-utils is not installed: scripts/setup.sh faults"
    sound = dict(server.env)
    server.env |= {"LD_PRELOAD": " ".join(map(str, preload)), "FIU_CTRL_FIFO": str(fifo)}
    crowd = Crowd(server.url, phones)
    phone = crowd.phones[0]
    failed = 0
    server.start()
    try:
        for name in ("fsync", "fdatasync"):
            order = f"enable_random name=posix/io/sync/{name},probability=0.3,failinfo=5"
            subprocess.run(["fiu-ctrl", "-f", fifo, "-c", order, str(server.server.pid)], check=True, timeout=20)
        pushed = 0
        while pushed < count or failed < count * 0.3:
            assert pushed < 4 * count, f"only {failed} of {pushed} pushes met a failing fsync"
            batch = [note(area=phone.area) for _ in range(2)]
            phone.sent |= {one["id"]: one for one in batch}
            pushed += 1
            failed += not phone.push(batch)
    finally:
        server.server.kill()
    assert set(phone.statuses) <= {200, 500, 503, 507} and not crowd.lies(), (phone.statuses, crowd.lies())
    # what a crash leaves behind is looked at before the phone sends again
    promised = Crowd(server.url, phones)
    promised.phones[0].sent = {id: phone.sent[id] for id in phone.acknowledged}
    promised.phones[0].acknowledged = set(phone.acknowledged)
    check_all_there_once(world, promised)
    server.env = sound
    server.start()
    crowd.settle()
    server.server.stop()
    print(f"R7: {failed} of {pushed} pushes met a failing fsync, {dict(phone.statuses)}, 0 false acknowledgements")
    check_all_there_once(world, crowd)


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
@pytest.mark.timeout(120)
def test_a_failing_fsync_is_never_an_acknowledgement(settled: World) -> None:
    failing_fsync(settled, 60)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
@pytest.mark.timeout(600)
def test_three_hundred_pushes_with_failing_fsync(settled: World) -> None:
    failing_fsync(settled, 300)
