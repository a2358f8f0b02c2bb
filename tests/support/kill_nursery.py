"""Kills at every boundary: a process with everything loaded forks children that do one thing and die in the middle of it.

    python kill_nursery.py '{"world": {…}, "scenario": "push", "kills": 100, "seed": 7, "seconds": 60}'

For every kill three children are forked: one does the thing and dies by SIGKILL at its k-th boundary, telling through a
pipe what had been acknowledged; the next one opens the same world and looks. Boundaries are the named ones of
`storage.fault_points` and, here, every SQL statement and every object put, read or deleted. Prints one JSON line.
"""

import asyncio
import gc
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from asyncpg.transaction import Transaction

import kill_keeping
import kill_scenarios
from server.app import make_app
from storage import bucket, catalogue, database, fault_points, secret
from storage.bucket import Media
from storage.engine_postgres import PostgresConn, SafePostgresEngine
from storage.engine_sqlite import Kept, PooledSqliteEngine, SqliteConn
from town import settings_of
from worlds import World

Tell = Callable[[Any], None]
Work = Callable[[Tell], Awaitable[None]]
SCENARIOS = kill_scenarios.SCENARIOS | kill_keeping.SCENARIOS


def number_every_step() -> None:
    """Every statement and every object operation is a boundary too, passed when it is over."""

    def numbered(owner: type, name: str, label: str) -> None:
        inner = getattr(owner, name)

        async def outer(*args: Any, **kwargs: Any) -> Any:
            result = await inner(*args, **kwargs)
            fault_points.point(label)
            return result

        setattr(owner, name, outer)

    for conn in (SqliteConn, PostgresConn):
        for name in ("fetch", "many", "insert"):
            numbered(conn, name, f"sql.{name}")
    for engine in (PooledSqliteEngine, SafePostgresEngine):
        numbered(engine, "run_ddl", "sql.ddl")
        numbered(engine, "run_querystring", "sql.query")
    numbered(Kept, "execute", "sql.transaction")
    numbered(Transaction, "commit", "sql.transaction")
    for name in ("put", "get", "delete"):
        numbered(Media, name, f"object.{name}")


class Nursery:
    def __init__(self, world: World) -> None:
        self.world = world
        self.app = make_app(settings_of(world), already_open=True)

    def load(self) -> None:
        """Fills what processes keep in memory, so that no child has to."""

        async def once() -> None:
            async with database.opened(self.world.database_url):
                await catalogue.catalogue()

        asyncio.run(once())
        time.sleep(0.2)  # its threads end
        gc.freeze()  # children do not touch, and so do not copy, what is loaded

    def child(self, work: Work, seconds: float = 60) -> tuple[list[Any], int]:
        """Forks, runs `work`, returns what it told and how it ended (negative: by that signal)."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            signal.alarm(int(seconds))

            def tell(what: Any) -> None:
                os.write(writer, json.dumps(what).encode() + b"\n")

            try:
                asyncio.run(self._in_world(work, tell))
            except BaseException as error:  # whatever it was, the parent is told
                tell({"error": f"{type(error).__name__}: {error}"})
                os._exit(1)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = [json.loads(line) for line in pipe if line.endswith(b"\n")]
        _, status = os.waitpid(pid, 0)
        return told, os.waitstatus_to_exitcode(status)

    async def _in_world(self, work: Work, tell: Tell) -> None:
        media = Media(bucket.make_bucket(self.world.media_url))
        bucket.use(media)
        secret.use(self.world.secret_file)
        async with database.opened(self.world.database_url):
            await work(tell)
        media.close()


def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Counts the boundaries of a scenario once, then kills at them: all in turn, shuffled, until enough or out of time."""
    world = World(**(spec["world"] | {"data_dir": Path(spec["world"]["data_dir"])}))
    number_every_step()
    nursery = Nursery(world)
    scenario = SCENARIOS[spec["scenario"]](nursery)
    if scenario.needs_schema:
        nursery.load()
    rng, deadline = random.Random(spec["seed"]), time.monotonic() + spec["seconds"]
    faults: list[str] = []
    died: Counter[str] = Counter()
    state: dict[str, Any] = {}
    told, ended = nursery.child(partial(scenario.prepare, state=state))
    if ended:
        return {"faults": [f"prepare: {told}"], "kills": 0, "boundaries": 0, "died": {}}
    for line in told:
        state |= line
    names: list[str] = []
    order: list[int] = []
    kills = 0
    while kills < spec["kills"] and time.monotonic() < deadline and len(faults) < 5:
        plan = scenario.plan(rng, state)
        if not names:
            at = 0
        else:
            order = order or _order(names, rng)
            at = order.pop()
        told, ended = nursery.child(partial(_act, scenario=scenario, state=state, plan=plan, at=at))
        errors = [one["error"] for one in told if isinstance(one, dict) and "error" in one]
        if not names:
            names = [one["point"] for one in told if "point" in one]
            if errors or not names:
                return {"faults": [f"first run: {errors or 'no boundaries'}"], "kills": 0, "boundaries": 0, "died": {}}
        elif ended == -signal.SIGKILL:
            kills += 1
            died[names[at - 1]] += 1
        else:
            faults += [f"{at} ({names[at - 1]}): {errors}"] if errors else []
        acknowledged = [one["ack"] for one in told if "ack" in one]
        found, looked = nursery.child(partial(scenario.look, state=state, plan=plan, acks=acknowledged))
        where = f"{spec['scenario']} killed at {at} ({names[at - 1] if at else 'not at all'})"
        faults += [f"{where}: {one['fault']}" for one in found if "fault" in one]
        faults += [f"{where}: looking ended with {looked}: {found}"] if looked else []
        for one in found:
            state |= one.get("state", {})
    found, looked = nursery.child(partial(scenario.finish, state=state))
    faults += [f"at the end: {one}" for one in found if "fault" in one or "error" in one]
    return {"kills": kills, "boundaries": len(names), "died": died, "faults": faults}


def _order(names: list[str], rng: random.Random) -> list[int]:
    """All boundaries (from 1), to be popped from the end: the named ones come first."""
    every = rng.sample(range(1, len(names) + 1), len(names))
    return sorted(every, key=lambda at: not names[at - 1].startswith(("sql.", "object.")))


async def _act(tell: Tell, *, scenario: Any, state: dict[str, Any], plan: dict[str, Any], at: int) -> None:
    def begin() -> None:
        """From here on boundaries count."""
        if at:
            fault_points.arm(f"*#{at}")
        else:
            fault_points.listen(lambda name: tell({"point": name}))

    await scenario.act(tell, begin, state, plan)


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
