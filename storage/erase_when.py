"""When a note was received, as far as that is still known: for the terms of the eraser (`n` is the note in SQL)."""

from typing import NamedTuple

from storage import clock
from storage.clock import DAY_MS
from sync import windows


class Cut(NamedTuple):
    """A moment some days ago, in every form a receipt is kept in. Its fields are the arguments of `aged`."""

    at: int
    week: str
    month: str

    @property
    def day(self) -> str:
        return clock.local_day(self.at).isoformat()


def cut(now: int, days: int) -> Cut:
    at = now - days * DAY_MS
    day = clock.local_day(at)
    return Cut(at, windows.week_of(day), windows.month_of(day))


def aged_most(first: int) -> str:
    """SQL: the note came before the cut (arguments `$first` …), or may have come before it for all that is known."""
    return f"""(n.received_at <= ${first} OR
 (n.received_at IS NULL AND n.in_week <= ${first + 1} AND n.in_month <= ${first + 2}))"""


def aged(first: int) -> str:
    """The same for the text it has now: new words for an erased opinion come with the next batch, as a new item of the
    desk; they are as old as that."""
    new = f"n.lane = 'opinion' AND n.received_at IS NULL AND NOT (n.released AND n.desk_order <= ${first})"
    return f"({aged_most(first)} AND NOT ({new}))"
