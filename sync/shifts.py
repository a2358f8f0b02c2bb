"""What is fixed of an issue's counts: delta rows, folded per month. Pure.

Once notes are confirmed their tags are gone, so nobody can tell again how many reporters a part had. What is kept are
deltas: so many notes of at least so many reporters came in, so many notes went out. Reporters are never added up.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct


class Shift(Struct, frozen=True):
    """One delta. `notes` < 0: split off. A part that was split in comes with 0 reporters: whose it was is not known."""

    month: str
    notes: int
    reporters: int = 0


Fixed = dict[str, tuple[int, int]]  # month → notes, reporters


def fold(shifts: Iterable[Shift]) -> Fixed:
    """The deltas of one issue, in their order. Reporters: the most that came together, and never more than notes are left."""
    found: Fixed = {}
    for shift in shifts:
        notes, reporters = found.get(shift.month, (0, 0))
        notes += shift.notes
        found[shift.month] = (
            notes,
            min(max(reporters, shift.reporters), notes) if shift.notes else max(reporters, shift.reporters),
        )
    return found


def together(parts: Sequence[Fixed]) -> Fixed:
    """Several issues as one: notes are added, of the reporters the larger number is taken."""
    found: Fixed = {}
    for part in parts:
        for month, (notes, reporters) in part.items():
            before = found.get(month, (0, 0))
            found[month] = (before[0] + notes, max(before[1], reporters))
    return {month: (notes, min(reporters, notes)) for month, (notes, reporters) in found.items()}


def portions(notes: int, step: int = 5) -> list[int]:
    """How many notes may be split off: whole steps, so that no exact number is said."""
    return list(range(step, notes + 1, step))
