"""What one note adds to the totals, and what a change of it adds: pure differences, folded by `storage.totals`.

Windows (brief.md §2): opinion – week = whole ward, month = cluster × topic, both by receipt, nothing finer.
Place – group × topic, by week and by month of receipt.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from sync.lanes import Lane
from sync.note import Status

NOT_COUNTED: frozenset[Status] = frozenset({"withdrawn", "rejected", "redirected"})


class Cell(msgspec.Struct, frozen=True, array_like=True):
    lane: Lane
    area: str
    topic: str
    period: str


class Countable(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a note that decide where it counts."""

    lane: Lane
    ward: str
    area: str
    topic: str
    status: Status
    in_week: str
    in_month: str
    released: bool


def cells(note: Countable) -> frozenset[Cell]:
    """The cells a note counts in (one each). Nothing before the desk has it, nothing once withdrawn or redirected."""
    if not note.released or note.status in NOT_COUNTED or note.lane == "door":
        return frozenset()
    week_area = note.ward if note.lane == "opinion" else note.area
    return frozenset(
        {
            Cell(note.lane, week_area, note.topic, note.in_week),
            Cell(note.lane, note.area, note.topic, note.in_month),
        }
    )


def difference(before: Iterable[Cell], after: Iterable[Cell]) -> Counter[Cell]:
    """What to add to the totals when a note's cells change; cells that stay are left out."""
    change: Counter[Cell] = Counter(after)
    change.subtract(before)
    return Counter({cell: n for cell, n in change.items() if n})


class Sum(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A place figure of an area with all that was ever under it, by family (`topic` is the family) or by topic."""

    area: str
    topic: str
    period: str


def sums(change: Mapping[Cell, int], up: Callable[[str], Iterable[str]]) -> Counter[Sum]:
    """What a change of cells adds to the sums. `up`: an area and all above it, as they lie by their codes; a code never
    moves, so a sum counted today is the sum counted any day. Place lane only: opinion has its own two windows, no more."""
    found: Counter[Sum] = Counter()
    for cell, n in change.items():
        if cell.lane == "place" and n:
            for area in up(cell.area):
                for topic in {cell.topic, cell.topic.partition(".")[0]}:
                    found[Sum(area, topic, cell.period)] += n
    return found
