"""News inside one process: who waits for which streams. One query a second for all waiters together, no broker.

The heads of the streams are read from the database, so news made by another process or host arrive the same way.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import FrameType

from storage.database import reading

BEAT_SECONDS = 1.0


class News:
    """Tells waiters when a stream of theirs moved. `run()` must be running; `close()` wakes everybody for good."""

    def __init__(self) -> None:
        self._waiters: dict[asyncio.Event, frozenset[str]] = {}
        self._heads: dict[str, int] = {}
        self.closed = False

    @contextlib.contextmanager
    def waiting(self, streams: Iterable[str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of the streams has moved; the waiter clears it."""
        event = asyncio.Event()
        self._waiters[event] = frozenset(streams)
        try:
            yield event
        finally:
            del self._waiters[event]

    async def run(self) -> None:
        """Looks at the heads once a beat while anybody waits. Never ends by itself; errors of the database are waited out."""
        while not self.closed:
            if self._waiters:
                with contextlib.suppress(Exception):  # the database is away: no news; requests say so themselves
                    await self._look()
            await asyncio.sleep(BEAT_SECONDS)

    async def stand(self, streams: Iterable[str]) -> None:
        """Notes where the streams are now. Who waits calls it before it says that it listens; otherwise a change before
        the next beat would be taken for the state it began with."""
        for name, head in (await self._read(sorted(streams))).items():
            self._heads.setdefault(name, head)

    async def _read(self, names: list[str]) -> dict[str, int]:
        async with reading() as conn:
            rows = await conn.fetch(f"SELECT name, head FROM streams WHERE {conn.among('name', 1)}", names)
        return dict.fromkeys(names, 0) | {row["name"]: row["head"] for row in rows}

    async def _look(self) -> None:
        heads = await self._read(sorted(set().union(*self._waiters.values())))
        moved = {name for name, head in heads.items() if self._heads.get(name, head) != head}
        self._heads = heads
        for event, streams in self._waiters.items():
            if moved & streams:
                event.set()

    def listening(self) -> int:
        """How many wait now."""
        return len(self._waiters)

    def close(self) -> None:
        self.closed = True
        for event in self._waiters:
            event.set()


def before_exit(callback: Callable[[], object]) -> None:
    """Calls `callback` as soon as the process is asked to end. Servers wait for open answers before they tell the
    application, so a stream that does not end by itself would hold up the exit."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        earlier = signal.getsignal(name)

        def handler(number: int, frame: FrameType | None, earlier: object = earlier) -> None:
            loop.call_soon_threadsafe(callback)
            if callable(earlier):
                earlier(number, frame)

        signal.signal(name, handler)


@contextlib.asynccontextmanager
async def news() -> AsyncIterator[News]:
    """The process's news, running."""
    made = News()
    task = asyncio.create_task(made.run())
    before_exit(made.close)
    try:
        yield made
    finally:
        made.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
