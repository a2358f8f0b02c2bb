"""A transaction that gave way to another one is done again from its start: nobody is told of it, nothing typed is lost.

PostgreSQL ends one of two transactions that wait for each other; CockroachDB ends any that it cannot put in an order
with the others, and expects this loop (cockroachlabs.com/docs, "Transaction Retry Error Reference", client-side retry).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.conn import Commits, commits
from storage.failures import RACES

TRIES = 5
PAUSE_SECONDS = 0.02  # at most, before the first repeat; twice as long before each further one
T = TypeVar("T")


async def again(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` returns. It is called up to `TRIES` times while it ends with one of RACES and has committed nothing:
    what is durable already must not be done twice. Outside the database it may do only what can be done twice."""
    tries = 0
    while True:
        tries += 1
        seen = Commits()
        token = commits.set(seen)
        try:
            return await work()
        except RACES:
            if tries == TRIES or seen.n:
                raise
        finally:
            commits.reset(token)
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS * 2**tries))
