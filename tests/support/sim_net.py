"""Simulated time, the line between model phones and the server, and the places where the server's process may die.

Everything happens one event at a time in the order of simulated time, so a seed gives one course of events. Every fault
is counted where it happens; `trace` is a hash over every request, answer and decision.
"""

import hashlib
import heapq
import itertools
import random
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest import mock

from litestar import Litestar

from model_phone import Ask, Heard, ModelPhone, Pause, Steps
from storage import bucket, catalogue, month_key
from storage.bucket import Media
from storage.engine_sqlite import Kept, SqliteConn
from storage.objects import StoreAway

SILENCE_MS = 60_000  # how long the app waits for an answer
LINE_FAULTS = (
    "request lost", "answer lost", "delivered twice", "late copy", "request cut", "answer cut", "slow link",
    "server killed", "database away", "store away", "captive portal",
)  # fmt: skip
Work = Callable[[], Awaitable[None] | None]


class Died(sqlite3.OperationalError):
    """The server's process ended at this statement."""


class Gate:
    """Stands before every statement and every object: the process may end there, or the database or store be away."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.kind = ""
        self.dead = False
        self.between: Callable[[], Awaitable[object]] | None = None  # another process, just after a part is put

    def arm(self, kind: str, left: int) -> None:
        self.kind, self.left, self.dead = kind, left, False

    def disarm(self) -> bool:
        """True if what was armed has happened."""
        happened = self.left is not None and self.left < 0
        self.left, self.kind, self.dead = None, "", False
        return happened

    def step(self, store: bool = False) -> None:
        if self.dead:
            raise Died("the process is gone")
        elsewhere = (self.kind == "store away") != store
        if self.left is None or (elsewhere and self.kind != "server killed"):
            return
        self.left -= 1
        if self.left >= 0:
            return
        if self.kind == "server killed":
            self.dead = True
            raise Died("the process is gone")
        raise StoreAway("away") if store else sqlite3.OperationalError("database is locked")


class GatedMedia(Media):
    """An object store in memory behind the gate."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.objects: dict[str, bytes] = {}

    async def put(self, key: str, data: bytes) -> None:
        self.gate.step(store=True)
        self.objects[key] = data
        if self.gate.between is not None and key.startswith("raw/"):
            between, self.gate.between = self.gate.between, None
            left, self.gate.left = self.gate.left, None  # that one lives in another process
            await between()
            self.gate.left = left

    async def get(self, key: str) -> bytes | None:
        self.gate.step(store=True)
        return self.objects.get(key)

    async def digest(self, keys: Sequence[str]) -> Any:
        self.gate.step(store=True)
        pieces = [self.objects.get(key) for key in keys]
        if any(piece is None for piece in pieces):
            return None
        return hashlib.sha256(b"".join(piece for piece in pieces if piece is not None))

    async def delete(self, *keys: str) -> None:
        self.gate.step(store=True)
        for key in keys:
            self.objects.pop(key, None)

    async def keys(self, prefix: str) -> list[str]:
        self.gate.step(store=True)
        return sorted(key for key in self.objects if key.startswith(prefix))

    def close(self) -> None:
        self.objects.clear()


@contextmanager
def gated(gate: Gate) -> Iterator[None]:
    """Puts the gate before the statements of SQLite (ROLLBACK is what the system does for a dead process: not gated)."""

    def before(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def stepped(*args: Any, **named: Any) -> Any:
            gate.step()
            return await original(*args, **named)

        return stepped

    async def at_once(kept: Kept, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Without the thread's hop, and without fsync: processes die here, machines don't."""
        if kept._raw is None:
            kept._connection().execute("PRAGMA synchronous = OFF")
        return work(kept._connection())

    with (
        mock.patch.object(Kept, "call", at_once),
        mock.patch.object(Kept, "fetch", before(Kept.fetch)),
        mock.patch.object(Kept, "execute", before(Kept.execute)),
        mock.patch.object(SqliteConn, "insert", before(SqliteConn.insert)),
    ):
        yield


@contextmanager
def chance_from(rng: random.Random) -> Iterator[None]:
    """The server's own ids and secrets come from the seed too, so that two runs can be compared byte by byte."""
    alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

    def token(n: int = 32) -> str:
        return "".join(rng.choice(alphabet) for _ in range(n + 11))

    def uuid4() -> uuid.UUID:
        return uuid.UUID(int=rng.getrandbits(128), version=4)

    with (
        mock.patch("uuid.uuid4", uuid4),
        mock.patch("secrets.token_hex", lambda n=32: rng.randbytes(n).hex()),
        mock.patch("secrets.token_bytes", lambda n=32: rng.randbytes(n)),
        mock.patch("secrets.token_urlsafe", token),
        mock.patch("secrets.choice", rng.choice),
        mock.patch("secrets.randbits", rng.getrandbits),
    ):
        yield


class Sim:
    """Simulated milliseconds, what is due when, the trace and the count of faults."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = 0
        self.faults: Counter[str] = Counter()
        self.trace = hashlib.sha256()
        self.events = 0
        self._due: list[tuple[int, int, Work]] = []
        self._order = itertools.count()

    def at(self, delay: float, work: Work) -> None:
        heapq.heappush(self._due, (self.now + int(delay), next(self._order), work))

    async def run(self, until: int) -> None:
        while self._due and self._due[0][0] <= until:
            self.now, _, work = heapq.heappop(self._due)
            self.events += 1
            waiting = work()
            if waiting is not None:
                await waiting
        self.now = max(self.now, until)

    def note(self, *facts: object) -> None:
        self.trace.update(repr((self.now, *facts)).encode())


class Server:
    """The real application in this process, called without a network."""

    def __init__(self, app: Litestar, sim: Sim, gate: Gate) -> None:
        self.app, self.sim, self.gate = app, sim, gate
        self.restarted: list[Callable[[], object]] = []  # what else dies with the process (planted bugs)
        self.before: list[Callable[[], Awaitable[object]]] = []

    def restart(self, *, cold: bool = False) -> None:
        """What a new process does not have: its caches (`cold`: also the master data, which is slow to read again)."""
        if cold:
            catalogue.forget()
        month_key.forget()
        for forget in self.restarted:
            forget()

    async def call(self, ask: Ask, *, cut: int | None = None) -> Heard:
        """One request to its end. `cut`: the line breaks after so many bytes of the body."""
        left, self.gate.left = self.gate.left, None
        for work in self.before:
            await work()
        self.gate.left = left
        pieces: list[dict[str, Any]] = [{"type": "http.request", "body": ask.body, "more_body": False}]
        if cut is not None:
            pieces = [{"type": "http.request", "body": ask.body[:cut], "more_body": True}]
        started: dict[str, Any] = {}
        body: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return pieces.pop(0) if pieces else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            elif message["type"] == "http.response.body":
                body.append(message.get("body", b""))

        headers = {"host": "127.0.0.1:8000", "content-length": str(len(ask.body)), **ask.headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": ask.method,
            "scheme": "http",
            "path": ask.path,
            "raw_path": ask.path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        await self.app(scope, receive, send)  # type: ignore[arg-type]
        answer = {name.decode().lower(): value.decode() for name, value in started.get("headers", ())}
        heard = Heard(started.get("status", 0), answer, b"".join(body))
        self.sim.note(ask.method, ask.path, ask.body, cut, heard.status, heard.body)
        return heard


class Driver:
    """A model phone in simulated time: it may be woken, hear, pause, and be killed at any of its steps."""

    def __init__(self, phone: ModelPhone, net: "Net") -> None:
        self.phone, self.net, self.sim = phone, net, net.sim
        self.steps: Steps | None = None
        self.ticket = 0  # of the request or pause the app waits for
        self.again = self.forced = False

    def kick(self, force: bool = False) -> None:
        if "session" not in self.phone.disk["kv"]:
            return
        if self.steps is not None:
            self.again, self.forced = True, self.forced or force
            return
        self.steps = self.phone.attempt(force)
        self._go(None)

    def _go(self, heard: Heard | None) -> None:
        assert self.steps is not None
        self.ticket += 1
        ticket = self.ticket
        try:
            step = self.steps.send(heard)
        except StopIteration as end:
            self.steps = None
            self.sim.note(self.phone.name, end.value)
            if self.again:
                forced, self.again, self.forced = self.forced, False, False
                self.sim.at(1, lambda: self.kick(forced))
            return
        if isinstance(step, Pause):
            self.sim.at(step.ms, lambda: self.hear(ticket, None))
        else:
            self.net.send(self, step)

    def hear(self, ticket: int, heard: Heard | None) -> None:
        if ticket == self.ticket and self.steps is not None:
            self._go(heard)

    def kill(self) -> None:
        """The app is killed: only the disk is left."""
        self.steps = None
        self.ticket += 1
        self.again = self.forced = False
        self.phone.reload()


class Net:
    """The line. While `rate` is above 0 that share of the requests meets a fault."""

    def __init__(self, server: Server, rate: float, weights: dict[str, float] | None = None) -> None:
        self.server, self.sim, self.rate = server, server.sim, rate
        self.weights = [(weights or {}).get(name, 1.0) for name in LINE_FAULTS]
        self.silent: list[tuple[Driver, int]] = []

    def send(self, driver: Driver, ask: Ask) -> None:
        sim, rng, ticket = self.sim, self.sim.rng, driver.ticket
        latency = rng.randint(20, 800)
        fault = rng.choices(LINE_FAULTS, self.weights)[0] if rng.random() < self.rate else ""
        if fault == "store away" and not ask.path.startswith("/v1/uploads"):
            fault = "request lost"
        if fault:
            sim.faults[fault] += 1
        sim.note(driver.phone.name, fault, latency)

        def hear(heard: Heard | None, delay: float) -> None:
            sim.at(delay, lambda: driver.hear(ticket, heard))

        def silence() -> None:
            self.silent.append((driver, ticket))
            hear(None, SILENCE_MS if rng.random() < 0.3 else rng.randint(1_000, 20_000))

        async def arrive() -> None:
            heard = await self.server.call(ask)
            silence() if fault == "answer lost" else hear(heard, latency)

        async def arrive_cut() -> None:
            await self.server.call(ask, cut=rng.randint(0, max(0, len(ask.body) - 1)))
            silence()

        async def arrive_ill() -> None:
            gate = self.server.gate
            gate.arm(fault, rng.randint(0, 14 if fault == "server killed" else 2))
            heard = await self.server.call(ask)
            gate.disarm()
            if fault == "server killed":  # also just before the answer, when the statements were fewer
                self.server.restart()
                silence()
            else:
                hear(heard, latency)

        async def copy() -> None:
            await self.server.call(ask)

        match fault:
            case "request lost":
                silence()
            case "captive portal":
                hear(Heard(200, {"content-type": "text/html"}, b"<html>wifi</html>"), latency)
            case "request cut":
                sim.at(latency, arrive_cut)
            case "server killed" | "database away" | "store away":
                sim.at(latency, arrive_ill)
            case "answer cut":
                sim.at(latency, copy)
                silence()
            case "slow link":
                sim.at(rng.randint(5_000, 40_000), arrive)
                latency = rng.randint(1_000, 19_000)
            case _:
                sim.at(latency, arrive)
        if fault == "delivered twice":
            sim.at(latency + rng.randint(0, 2_000), copy)
        if fault == "late copy":
            sim.at(rng.randint(60_000, 12 * 3_600_000), copy)

    def heal(self) -> None:
        """The line is good again: what hung is cut off within seconds, nothing new goes wrong."""
        self.rate = 0.0
        for driver, ticket in self.silent:
            self.sim.at(self.sim.rng.randint(0, 2_000), lambda driver=driver, ticket=ticket: driver.hear(ticket, None))
        self.silent.clear()


@asynccontextmanager
async def store(gate: Gate) -> AsyncIterator[GatedMedia]:
    media = GatedMedia(gate)
    bucket.use(media)
    yield media
    media.close()
