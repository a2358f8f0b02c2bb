"""Which steps this version knows and the database has taken, without loading any of them: every start looks."""

import sqlite3
from pathlib import Path

import asyncpg

from storage.database import reading

FOLDER = Path(__file__).parent / "piccolo_migrations"
PREFIX = "storage_"


class NewerDatabase(Exception):
    """The database was written by a newer version of Sổ Tay than this one."""


class OlderDatabase(Exception):
    """Steps of this version have not run yet. `left`: how many."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} steps")
        self.left = left


def known() -> frozenset[str]:
    """The ids of this version's steps, by the names of their files."""
    return frozenset(_id(path.stem.removeprefix(PREFIX)) for path in FOLDER.glob(f"{PREFIX}*.py"))


def _id(name: str) -> str:
    """`2026_11_22t22_00_00_000000` → `2026-11-22T22:00:00:000000`."""
    day, _, moment = name.partition("t")
    return f"{day.replace('_', '-')}T{moment.replace('_', ':')}"


async def ran() -> set[str]:
    """The ids of the steps the open database has taken; none where it has no tables yet."""
    try:
        async with reading() as conn:
            return {row["name"] for row in await conn.fetch("SELECT name FROM migration WHERE app_name = 'storage'")}
    except asyncpg.UndefinedTableError:
        return set()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return set()


async def missing() -> list[str]:
    """The steps of this version that the open database has not taken. Raises NewerDatabase."""
    taken, ours = await ran(), known()
    if unknown := sorted(taken - ours):
        raise NewerDatabase(", ".join(unknown))
    return sorted(ours - taken)


async def look() -> None:
    """Raises NewerDatabase, OlderDatabase unless the open database is exactly of this version."""
    if left := await missing():
        raise OlderDatabase(len(left))
