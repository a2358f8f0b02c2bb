"""A clock that leapt. The eraser goes by the clock and what it takes is gone, so it believes one only that goes on from
the day it last ran on: a dead battery (1970) or a mistyped year must not cost a ward its notes.
"""

from datetime import date

from storage import clock
from storage.catalogue import meta
from storage.database import reading

DAYS = 14  # an office's longest holiday (Tết) is shorter; what the daily run cannot leave out while it works
ERASED_DAY = "erased_day"


class Leapt(Exception):
    """Today by the clock, and the day of the last run, do not follow each other."""

    def __init__(self, last: date, today: date) -> None:
        super().__init__(f"{last} → {today}")
        self.last, self.today = last, today


async def last_day() -> date | None:
    """The day of the eraser's last run; None before the first."""
    async with reading() as conn:
        said = await meta(conn, ERASED_DAY)
    return date.fromisoformat(said) if said else None


def is_one(last: date | None, today: date) -> bool:
    """True unless today follows the day of the last run, after DAYS at most."""
    return last is not None and not 0 <= (today - last).days <= DAYS


async def look() -> None:
    """Raises Leapt if the clock says a day before the last run's, or more than DAYS after it. Whoever knows better runs
    `sotay erase`: its day is the last one then."""
    last, today = await last_day(), clock.local_day(clock.now())
    if last is not None and is_one(last, today):
        raise Leapt(last, today)
