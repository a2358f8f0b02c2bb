"""When an answer is due: 24 hours for what is urgent, else as many working days as the ward has set."""

from typing import NamedTuple

from storage import clock
from storage.clock import HOUR_MS
from storage.conn import Conn
from sync import working_days
from sync.working_days import TERM_DAYS, URGENT_HOURS, Calendar

FAR = 2**62  # the end of a day, among its instants


class Due(NamedTuple):
    """Until the end of `day`; where the term is hours, until the instant `at`, which lies on that day."""

    day: str
    at: int | None


def sooner(one: Due, other: Due) -> bool:
    """Whether `one` is over before `other`."""
    return (one.day, one.at or FAR) < (other.day, other.at or FAR)


async def calendar(conn: Conn, ward: str) -> Calendar:
    """The days off of a ward: the common ones, save where the ward has a row of its own for the day."""
    rows = await conn.fetch("SELECT day, works FROM holidays WHERE ward IN ('', $1) ORDER BY ward", ward)
    kept = {str(row["day"]): bool(row["works"]) for row in rows}
    worked = frozenset(day for day, works in kept.items() if works)
    return Calendar(off=frozenset(kept) - worked, worked=worked)


async def days(conn: Conn, ward: str) -> int:
    """How many working days a unit of this ward has."""
    rows = await conn.fetch("SELECT days FROM ward_terms WHERE ward = $1", ward)
    return int(rows[0]["days"]) if rows else TERM_DAYS


async def due(conn: Conn, ward: str, *, urgent: bool, now: int) -> Due:
    """When an answer that is asked for now is due."""
    if urgent:
        at = now + URGENT_HOURS * HOUR_MS
        return Due(clock.local_day(at).isoformat(), at)
    return Due(
        working_days.after(clock.local_day(now), await days(conn, ward), await calendar(conn, ward)).isoformat(), None
    )
