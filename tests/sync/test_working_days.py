"""Terms in working days: the shipped holidays, the ward's own days, and what holds for any calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sync import working_days
from sync.windows import parse_day
from sync.working_days import Calendar, after, between

SHIPPED = Calendar(
    off=frozenset(one.day for one in working_days.shipped() if not one.works),
    worked=frozenset(one.day for one in working_days.shipped() if one.works),
)
days = some.dates(date(2025, 12, 1), date(2028, 1, 31))
texts = some.builds(date.isoformat, days)
calendars = some.builds(Calendar, off=some.frozensets(texts, max_size=80), worked=some.frozensets(texts, max_size=20))


@pytest.mark.parametrize(
    ("first", "n", "last"),
    [
        ("2026-11-20", 1, "2026-11-23"),  # Friday to Monday
        ("2026-11-23", 1, "2026-11-25"),  # over Culture Day
        ("2026-11-25", 10, "2026-12-09"),
        ("2026-02-13", 1, "2026-02-23"),  # over the Lunar New Year
        ("2026-08-21", 1, "2026-08-22"),  # a Saturday worked in exchange
        ("2026-08-28", 1, "2026-09-03"),
        ("2027-02-04", 2, "2027-02-15"),
    ],
)
def test_terms_over_the_shipped_holidays(first: str, n: int, last: str) -> None:
    assert after(date.fromisoformat(first), n, SHIPPED) == date.fromisoformat(last)


def test_the_shipped_table_says_nothing_twice_and_nothing_idle() -> None:
    lines = working_days.shipped()
    assert len({one.day for one in lines}) == len(lines) > 20
    for one in lines:
        day = parse_day(one.day)
        assert day is not None and one.vi and one.en
        assert (day.weekday() >= working_days.SATURDAY) is one.works, f"{one.day} changes nothing"


@given(days, some.integers(1, 30), calendars)
def test_a_term_ends_on_a_working_day_with_just_so_many_before(first: date, n: int, calendar: Calendar) -> None:
    last = after(first, n, calendar)
    assert calendar.works(last) and between(first, last, calendar) == n
    assert between(first, last - timedelta(days=1), calendar) == n - 1
    assert last > first and last == after(after(first, 1, calendar), n - 1, calendar)


@given(days, some.integers(1, 30), calendars, days)
def test_a_day_off_never_brings_a_term_forward(first: date, n: int, calendar: Calendar, off: date) -> None:
    more = Calendar(off=calendar.off | {off.isoformat()}, worked=calendar.worked - {off.isoformat()})
    assert after(first, n, more) >= after(first, n, calendar)
    assert after(first + timedelta(days=1), n, calendar) >= after(first, n, calendar)


@given(days, days, days, calendars)
def test_working_days_add_up(a: date, b: date, c: date, calendar: Calendar) -> None:
    a, b, c = sorted((a, b, c))
    assert between(a, b, calendar) + between(b, c, calendar) == between(a, c, calendar) <= (c - a).days
    assert between(c, a, calendar) == 0
