"""Terms of an answer: urgent matters in hours, the rest in working days, counted with the days off a ward has.

Monday to Friday are worked, but for the days off; a Saturday or Sunday may be worked in exchange. The day something is
handed over does not count, whatever the hour; the term ends with the last of its working days.
"""

import csv
from datetime import date, timedelta
from importlib.resources import files

import msgspec

URGENT_HOURS = 24  # danger to life or safety: within 24 hours, whatever day it is
TERM_DAYS = 10  # where a ward has set none
TERM_SHORTEST, TERM_LONGEST = 1, 30
SATURDAY = 5


class DayOff(msgspec.Struct, frozen=True):
    """One line of the table of days off. `works`: worked in exchange, though it is a Saturday or Sunday."""

    day: str
    vi: str
    en: str
    works: bool = False


class Calendar(msgspec.Struct, frozen=True):
    """Which days of the year differ from what the day of the week says; days as text `2026-11-22`."""

    off: frozenset[str] = frozenset()
    worked: frozenset[str] = frozenset()

    def works(self, day: date) -> bool:
        text = day.isoformat()
        return text in self.worked or (day.weekday() < SATURDAY and text not in self.off)


def after(day: date, n: int, calendar: Calendar) -> date:
    """The `n`th working day after `day` (from 1 on)."""
    while n > 0:
        day += timedelta(days=1)
        n -= calendar.works(day)
    return day


def between(first: date, last: date, calendar: Calendar) -> int:
    """How many working days lie after `first` up to and with `last`; 0 where `last` is not later."""
    return sum(calendar.works(first + timedelta(days=i + 1)) for i in range((last - first).days))


def shipped() -> list[DayOff]:
    """The public holidays of Viet Nam as shipped. Where the State moves a day, the office edits the row."""
    with files("sync").joinpath("data/holidays.csv").open(encoding="utf-8") as file:
        return [
            DayOff(day=line["day"], vi=line["vi"], en=line["en"], works=line["works"] == "1")
            for line in csv.DictReader(file)
        ]
