"""A line that fails on purpose: a TCP proxy with the eight toxics of Toxiproxy, seeded, every injected fault counted.

    with FaultProxy(installation.port, seed=7) as line:
        line.add(LimitData("up", bytes=100_000, times=3))   # three connections are cut after 100,000 bytes
        …                                                   # speak to line.url
        assert line.faults["limit_data"] == 3               # the test really was a test

`up` is client → server, `down` is server → client. `LimitData("down", bytes=0)` drops the answer of a request that
arrived. Tests call it from any thread; the proxy itself lives in a thread of its own.
"""

import asyncio
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, TypeVar

from processes import free_port

Way = Literal["up", "down"]
READ = 65536


@dataclass(eq=False)
class Toxic:
    """What is wrong with the line in one direction. `chance`: of touching a connection at all; `times`: it touches so
    many connections and then leaves the line alone."""

    way: Way
    chance: float = field(default=1.0, kw_only=True)
    times: int | None = field(default=None, kw_only=True)
    touched: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


@dataclass(eq=False)
class Latency(Toxic):
    """Everything comes `ms` ± `jitter` later."""

    ms: float
    jitter: float = 0


@dataclass(eq=False)
class Bandwidth(Toxic):
    """At most `kb` kilobytes a second; `shared`: over all connections together, as on one line."""

    kb: float
    shared: bool = field(default=False, kw_only=True)
    taken: float = field(default=0, init=False)

    def pause(self, size: int) -> float:
        """Seconds until so many bytes have passed."""
        if not self.shared:
            return size / (self.kb * 1000)
        now = time.monotonic()
        self.taken = max(self.taken, now) + size / (self.kb * 1000)
        return self.taken - now


@dataclass(eq=False)
class SlowClose(Toxic):
    """The end of the connection is told `ms` late."""

    ms: float


@dataclass(eq=False)
class Timeout(Toxic):
    """Nothing passes any more; closed after `ms`. 0: it hangs until the toxic is taken away."""

    ms: float


@dataclass(eq=False)
class ResetPeer(Toxic):
    """Nothing passes any more; after `ms` both ends get a reset instead of an orderly end."""

    ms: float = 0


@dataclass(eq=False)
class Slicer(Toxic):
    """Bytes come in slices of `size` ± `variation`, `ms` apart."""

    size: int
    variation: int = 0
    ms: float = 0


@dataclass(eq=False)
class LimitData(Toxic):
    """Exactly `bytes` pass, then the connection is closed in both directions."""

    bytes: int


T = TypeVar("T", bound=Toxic)


class _Over(Exception):
    """This connection ends now."""


class _Link:
    """One connection through the proxy."""

    def __init__(self, seed: str, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.rng = random.Random(seed)
        self.client, self.server = client, server
        self.passed = {"up": 0, "down": 0}
        self.chosen: dict[Toxic, bool] = {}
        self.touched: set[Toxic] = set()

    def end(self, *, reset: bool = False) -> None:
        for writer in (self.client, self.server):
            if reset:
                connection: socket.socket = writer.get_extra_info("socket")
                if connection.fileno() >= 0:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


class FaultProxy:
    """A proxy on a free port before `port`. Sound until a toxic is added; equal seeds fail equally."""

    def __init__(self, port: int, *, seed: int = 0, host: str = "127.0.0.1") -> None:
        self.host, self.target, self.seed = host, port, seed
        self.port = free_port(host)
        self.url = f"http://{host}:{self.port}"
        self.faults: Counter[str] = Counter()  # connections each toxic really touched; `down`: times it was taken down
        self.connections = 0
        self._toxics: tuple[Toxic, ...] = ()
        self._links: set[_Link] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        self.bring_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close(reset=False))
        self._call(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def add(self, *toxics: Toxic) -> Toxic:
        """From now on, for connections that are open already too. Returns the last one."""
        self._toxics += toxics
        return toxics[-1]

    def remove(self, toxic: Toxic) -> None:
        self._toxics = tuple(one for one in self._toxics if one is not toxic)

    def clear(self) -> None:
        self._toxics = ()

    def take_down(self) -> None:
        """No new connections, the open ones are reset."""
        self.faults["down"] += 1
        self._call(self._close(reset=True))

    def bring_up(self) -> None:
        self._call(self._listen())

    def cut_all(self) -> None:
        """Resets what is open now; the next connection is sound."""
        self._call(self._end_links(reset=True))

    # ---- inside the thread ------------------------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self.host, self.port)

    async def _close(self, *, reset: bool) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._end_links(reset=reset)

    async def _end_links(self, *, reset: bool) -> None:
        for link in tuple(self._links):
            link.end(reset=reset)
        await asyncio.sleep(0)

    async def _finish(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            answers, server = await asyncio.open_connection(self.host, self.target)
        except OSError:
            client.close()
            return
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        link = _Link(f"{self.seed}/{self.connections}", client, server)
        self._links.add(link)
        ways = [
            asyncio.ensure_future(self._pump(link, "up", reader, server)),
            asyncio.ensure_future(self._pump(link, "down", answers, client)),
        ]
        try:
            await asyncio.gather(*ways)
        except (_Over, OSError):
            pass
        finally:
            for way in ways:
                way.cancel()
            link.end()
            self._links.discard(link)
            self._serving.discard(task)

    async def _pump(self, link: _Link, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(READ):
            await self._hold(link, way)
            for piece, pause in self._pieces(link, way, data):
                limit = self._limit(link, way)
                room = len(piece) if limit is None else max(0, min(len(piece), limit.bytes - link.passed[way]))
                if room:
                    writer.write(piece[:room])
                    await writer.drain()
                    link.passed[way] += room
                if limit is not None and link.passed[way] >= limit.bytes and self._touch(link, limit):
                    link.end()
                    raise _Over
                await asyncio.sleep(pause)
        for toxic in self._of(link, way, SlowClose):
            if self._touch(link, toxic):
                await asyncio.sleep(toxic.ms / 1000)
        if writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()

    async def _hold(self, link: _Link, way: Way) -> None:
        """The toxics that let nothing pass, then those that let it pass late."""
        for toxic in self._of(link, way, Timeout):
            if self._touch(link, toxic):
                if toxic.ms:
                    await asyncio.sleep(toxic.ms / 1000)
                while not toxic.ms and toxic in self._toxics:  # noqa: ASYNC110 - taken away by another thread
                    await asyncio.sleep(0.02)
                link.end()
                raise _Over
        for reset in self._of(link, way, ResetPeer):
            if self._touch(link, reset):
                await asyncio.sleep(reset.ms / 1000)
                link.end(reset=True)
                raise _Over
        for late in self._of(link, way, Latency):
            if self._touch(link, late):
                await asyncio.sleep(max(0, late.ms + link.rng.uniform(-late.jitter, late.jitter)) / 1000)

    def _pieces(self, link: _Link, way: Way, data: bytes) -> Iterator[tuple[bytes, float]]:
        """The data in the pieces it passes in, each with the pause after it (seconds)."""
        slicer = next((toxic for toxic in self._of(link, way, Slicer) if self._touch(link, toxic)), None)
        narrow = next((toxic for toxic in self._of(link, way, Bandwidth) if self._touch(link, toxic)), None)
        while data:
            size = len(data)
            if narrow is not None:
                size = max(1, int(narrow.kb * 1000 * 0.05))
            if slicer is not None:
                size = min(size, max(1, slicer.size + link.rng.randint(-slicer.variation, slicer.variation)))
            piece, data = data[:size], data[size:]
            pause = 0.0 if slicer is None else slicer.ms / 1000
            yield piece, max(pause, 0.0 if narrow is None else narrow.pause(len(piece)))

    def _limit(self, link: _Link, way: Way) -> LimitData | None:
        """The tightest limit that still may strike."""
        limits = [one for one in self._of(link, way, LimitData) if one.times is None or one.touched < one.times]
        return min(limits, key=lambda one: one.bytes, default=None)

    def _of(self, link: _Link, way: Way, kind: type[T]) -> Iterator[T]:
        for toxic in self._toxics:
            if not isinstance(toxic, kind) or toxic.way != way:
                continue
            if link.chosen.setdefault(toxic, link.rng.random() < toxic.chance):
                yield toxic

    def _touch(self, link: _Link, toxic: Toxic) -> bool:
        """True if the toxic works on this connection; counted once a connection."""
        if toxic in link.touched:
            return True
        if toxic.times is not None and toxic.touched >= toxic.times:
            return False
        toxic.touched += 1
        link.touched.add(toxic)
        self.faults[toxic.name] += 1
        return True
