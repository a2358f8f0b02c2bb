"""The slow way to the totals: every note counted anew, compared with what was folded, and put right if asked.

The folded figures are differences since the first note. This proves them, and is the remedy should a difference ever be lost.
"""

from collections import Counter

import msgspec

from storage import totals
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.tables_office import Counted, Total
from storage.tables_overview import AreaSum
from sync.tally import Cell, Sum, cells, sums

PAGE = 5_000


class Found(msgspec.Struct, frozen=True):
    """How many cells there are, and how many stood wrong: totals, and sums of whole areas."""

    cells: int
    wrong: int
    sums: int
    wrong_sums: int


async def check() -> Found:
    """Folds what waits, then compares. On a running installation a cell may move between the two looks, so a difference
    counts only if it stands in a second look."""
    await totals.fold()
    wrong, folded = await _differences()
    if wrong:
        await totals.fold()
        again, folded = await _differences()
        wrong &= again
    tree = (await catalogue()).tree
    right = {one: n for one, n in sums(folded, tree.up).items() if n}
    held = await totals.folded_sums()
    off = {one for one in {*right, *held} if right.get(one, 0) != held.get(one, 0)}
    if off:  # a fold in between moves both
        folded, held = await totals.folded(), await totals.folded_sums()
        right = {one: n for one, n in sums(folded, tree.up).items() if n}
        off &= {one for one in {*right, *held} if right.get(one, 0) != held.get(one, 0)}
    return Found(len(folded), len(wrong), len(held), len(off))


async def _differences() -> tuple[set[Cell], dict[Cell, int]]:
    counted, folded = await totals.recount(), await totals.folded()
    return {cell for cell in {*counted, *folded} if counted.get(cell, 0) != folded.get(cell, 0)}, folded


async def mend() -> None:
    """Writes the totals anew from all notes, in one transaction that no fold runs beside. A note that changes meanwhile is
    folded afterwards, as a difference from what was counted here."""
    async with writing() as w:
        await totals.hold(w)
        found: Counter[Cell] = Counter()
        last: str | None = ""
        while last is not None:
            counted, last = await _count_page(w, last)
            found += counted
        await w.conn.fetch("DELETE FROM totals")
        await w.conn.fetch("DELETE FROM area_sums")
        rows = [
            {"lane": cell.lane, "area": cell.area, "topic": cell.topic, "period": cell.period, "n": n}
            for cell, n in sorted(found.items(), key=lambda item: msgspec.json.encode(item[0]))
        ]
        wider: list[tuple[Sum, int]] = sorted(sums(found, (await catalogue()).tree.up).items())
        for start in range(0, len(rows), PAGE):
            await w.conn.insert(Total, rows[start : start + PAGE])
        for start in range(0, len(wider), PAGE):
            await w.conn.insert(
                AreaSum,
                [
                    {"area": s.area, "topic": s.topic, "period": s.period, "n": n}
                    for s, n in wider[start : start + PAGE]
                ],
            )


async def _count_page(w: Writing, after: str) -> tuple[Counter[Cell], str | None]:
    """Counts the next notes by id and keeps what each adds; the id to go on from, None at the end."""
    rows = await w.conn.fetch(f"SELECT {totals.COUNTABLE} FROM notes WHERE id > $1 ORDER BY id LIMIT $2", after, PAGE)
    found: Counter[Cell] = Counter()
    kept = []
    for row in rows:
        own = cells(totals.countable(row))
        found.update(own)
        kept.append({"note": row["id"], "cells": totals.encoded(own)})
    await w.conn.insert(Counted, kept, conflict="ON CONFLICT (note) DO UPDATE SET cells = excluded.cells")
    return found, rows[-1]["id"] if len(rows) == PAGE else None
