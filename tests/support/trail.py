"""Tampering with the audit trail as somebody with all rights on the database but without the key would."""

import random
from collections.abc import Callable
from typing import Any

from storage.changes import writing
from storage.database import reading
from storage.tables_audit import AuditHead, AuditRow

Row = dict[str, Any]
NAMES = ("n", "at", "actor", "area", "action", "subject", "detail", "salt", "seal", "hash")
TEXTS = ("actor", "area", "action", "subject", "detail", "salt", "seal", "hash")


async def trail() -> tuple[list[Row], list[Row]]:
    """All rows in order, and the head's row."""
    async with reading() as conn:
        rows = await conn.fetch(f"SELECT {', '.join(NAMES)} FROM audit ORDER BY n")
        heads = await conn.fetch("SELECT id, n, hash FROM audit_head")
    return [dict(row) for row in rows], [dict(row) for row in heads]


async def put(rows: list[Row], heads: list[Row]) -> None:
    """Replaces the whole trail by these rows, as they are."""
    async with writing() as w:
        await w.conn.fetch("DELETE FROM audit")
        await w.conn.fetch("DELETE FROM audit_head")
        await w.conn.insert(AuditRow, rows)
        await w.conn.insert(AuditHead, heads)


def edit(rng: random.Random, rows: list[Row]) -> None:
    row, name = rng.choice(rows), rng.choice(("at", *TEXTS))
    if name == "at":
        row["at"] += rng.choice((-1, 1, 60_000))
    elif row[name] is None or row[name] == "" or rng.random() < 0.2:
        row[name] = "x" if row[name] in (None, "") else ("" if name != "salt" else None)
    else:
        at = rng.randrange(len(row[name]))
        row[name] = row[name][:at] + ("b" if row[name][at] != "b" else "c") + row[name][at + 1 :]


def blank(rng: random.Random, rows: list[Row]) -> None:
    row = rng.choice([row for row in rows if row["salt"] is not None])
    row |= {"subject": None, "detail": None, "salt": None}


def delete(rng: random.Random, rows: list[Row]) -> None:
    del rows[rng.randrange(len(rows) - 1)]  # the last one is a cut of the tail


def delete_and_close_up(rng: random.Random, rows: list[Row]) -> None:
    at = rng.randrange(len(rows) - 1)
    del rows[at]
    for row in rows[at:]:
        row["n"] -= 1


def swap(rng: random.Random, rows: list[Row]) -> None:
    one, other = rng.sample(range(len(rows)), 2)
    rows[one]["n"], rows[other]["n"] = rows[other]["n"], rows[one]["n"]
    rows.sort(key=lambda row: int(row["n"]))


def swap_what_they_say(rng: random.Random, rows: list[Row]) -> None:
    one, other = rng.sample([row for row in rows if row["salt"] is not None], 2)
    for name in ("subject", "detail", "salt", "seal"):
        one[name], other[name] = other[name], one[name]


def insert(rng: random.Random, rows: list[Row]) -> None:
    """A copy of a row, put in anywhere, the end and before the beginning included."""
    at = rng.randrange(len(rows) + 1)
    copy = dict(rng.choice(rows))
    copy["n"] = rows[at]["n"] if at < len(rows) else rows[-1]["n"] + 1
    if at == 0 and rng.random() < 0.5:
        copy["n"] = rng.choice((0, -7))
    else:
        for row in rows[at:]:
            row["n"] += 1
    rows.insert(at, copy)


def shift(rng: random.Random, rows: list[Row]) -> None:
    at = rng.randrange(len(rows))
    for row in rows[at:]:
        row["n"] += 1


TAMPERINGS: tuple[Callable[[random.Random, list[Row]], None], ...] = (
    edit, blank, delete, delete_and_close_up, swap, swap_what_they_say, insert, shift,
)  # fmt: skip
