"""Which processes live with the database: server processes and workers share a lock while they run, and what must not run
beside any of them – a restore – takes it alone. A lock of the database or of a file, so it ends with the process that holds
it, however that ends."""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable

from storage.database import current
from storage.engine_postgres import SafePostgresEngine
from storage.engine_sqlite import PooledSqliteEngine

LOCK = 0x6C697665  # beside that of `storage/migrate.py`
AGAIN_SECONDS = 1.0
log = logging.getLogger("sotay.alive")


class Alive(Exception):
    """A server or a worker runs on this database."""


class Restoring(Exception):
    """A restore is on its way: nothing starts beside it."""


@contextlib.asynccontextmanager
async def living() -> AsyncIterator[None]:
    """While the block runs nobody is `alone`. Raises Restoring."""
    async with contextlib.AsyncExitStack() as stack:
        lost = await _hold(stack, shared=True)
        keeper = asyncio.create_task(_keep(stack, lost))
        stack.callback(keeper.cancel)
        yield


@contextlib.asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """While the block runs no server and no worker starts. Raises Alive."""
    async with contextlib.AsyncExitStack() as stack:
        await _hold(stack, shared=False)
        yield


async def _hold(stack: contextlib.AsyncExitStack, *, shared: bool) -> asyncio.Event:
    """Takes the lock until the stack ends; the event says that it was lost before."""
    engine, lost = current(), asyncio.Event()
    if isinstance(engine, SafePostgresEngine):
        taken = await _in_database(engine, stack, lost.set, shared=shared)
    else:
        assert isinstance(engine, PooledSqliteEngine)
        taken = _in_file(engine.path + ".living", stack, shared=shared)
    if not taken:
        raise Restoring if shared else Alive
    return lost


async def _in_database(
    engine: SafePostgresEngine, stack: contextlib.AsyncExitStack, lost: Callable[[], None], *, shared: bool
) -> bool:
    """On a connection of its own: those of the pool come and go."""
    connection = await engine.get_new_connection()
    kind = "_shared" if shared else ""
    try:
        taken = bool(await connection.fetchval(f"SELECT pg_try_advisory_lock{kind}($1)", LOCK))
    except BaseException:
        connection.terminate()
        raise
    if taken:
        connection.add_termination_listener(lambda _: lost())
        stack.callback(connection.terminate)
    else:
        connection.terminate()
    return taken


def _in_file(path: str, stack: contextlib.AsyncExitStack, *, shared: bool) -> bool:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return False
    stack.callback(os.close, handle)
    return True


async def _keep(stack: contextlib.AsyncExitStack, lost: asyncio.Event) -> None:
    """PostgreSQL was restarted, the line was cut: the process goes on, so it takes the lock again."""
    while True:
        await lost.wait()
        try:
            lost = await _hold(stack, shared=True)
        except Restoring:  # meanwhile nobody was alive here: what this process remembers is not what comes back
            log.critical("a restore began while the database was away: this process ends")
            signal.raise_signal(signal.SIGTERM)
            return
        except Exception as error:  # the database is away
            log.warning("the lock of the living is not held", extra={"error": type(error).__name__})
            await asyncio.sleep(AGAIN_SECONDS)
