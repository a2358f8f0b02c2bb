"""What an error of the database or the store means to the one who asked; only storage knows its drivers."""

import errno
import socket
import sqlite3
from typing import Literal

import asyncpg

from storage.notes import Raced
from storage.objects import StoreAway

Failure = Literal["away", "full", "raced"]
Mistake = Literal["password", "missing", "host", "right", "folder"]
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
    socket.gaierror,
)
_MISTAKES: tuple[tuple[Mistake, tuple[type[BaseException], ...]], ...] = (
    ("password", (asyncpg.InvalidAuthorizationSpecificationError,)),  # also: no such user, not from this host
    ("missing", (asyncpg.InvalidCatalogNameError,)),
    ("host", (socket.gaierror,)),
    ("right", (asyncpg.InsufficientPrivilegeError,)),
)
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT)
_SQLITE_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)  # the second: no room for the index of its log
RACES = (Raced, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""The same rows were written by another connection at this moment: look again, they are known by now."""


def mistake(error: BaseException) -> Mistake | None:
    """What an operator wrote wrongly about the database, as the first connection shows: a key `cli.database.*`."""
    if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN:
        return "folder"
    return next((name for name, kinds in _MISTAKES if isinstance(error, kinds)), None)


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
    if isinstance(error, OSError) and (error.errno in _NO_WAY or str(error).startswith("Multiple exceptions")):
        return "away"  # the second: a name with several addresses, none of which answered (asyncio)
    if isinstance(error, sqlite3.OperationalError):
        return "full" if getattr(error, "sqlite_errorcode", None) in _SQLITE_FULL else "away"
    return "away" if isinstance(error, _AWAY) else None
