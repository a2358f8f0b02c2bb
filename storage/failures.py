"""What an error of the database or the store means to the one who asked; only storage knows its drivers."""

import errno
import sqlite3
from typing import Literal

import asyncpg

from storage.notes import Raced
from storage.objects import StoreAway

Failure = Literal["away", "full", "raced"]
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the pool gives back a connection that the server had dropped
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
    TimeoutError,
)
_SQLITE_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)  # the second: no room for the index of its log
RACES = (Raced, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""The same rows were written by another connection at this moment: look again, they are known by now."""


def failure(error: BaseException) -> Failure | None:
    """`away`: try later; `full`: no space left; `raced`: try again at once; None: a fault of our own."""
    if isinstance(error, RACES):
        return "raced"
    if isinstance(error, asyncpg.DiskFullError):
        return "full"
    if isinstance(error, StoreAway):
        return "full" if "No space left" in str(error) else "away"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "full"
    if isinstance(error, sqlite3.OperationalError):
        return "full" if getattr(error, "sqlite_errorcode", None) in _SQLITE_FULL else "away"
    return "away" if isinstance(error, _AWAY) else None
