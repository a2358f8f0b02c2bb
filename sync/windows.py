"""Days, ISO weeks and months, the only windows the product knows. Text in, text out; "today" is always an argument."""

from datetime import date, timedelta

IMPLAUSIBLE_DAYS = 60  # wire.md §1: an older day or week, or one in the future, falls back to the day of receipt


def week_of(day: date) -> str:
    """`2026-W47` for 2026-11-22."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def month_of(day: date) -> str:
    return f"{day.year}-{day.month:02d}"


def parse_day(text: str) -> date | None:
    """The day, or None if the text is no `YYYY-MM-DD`."""
    if len(text) != 10:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None  # Python reads `2026-W47-1` too


def parse_week(text: str) -> date | None:
    """Monday of the ISO week, or None if the text is no `YYYY-Www`."""
    if len(text) != 8 or not text.isascii() or text[4:6] != "-W" or not (text[:4] + text[6:]).isdigit():
        return None
    try:
        return date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
    except ValueError:
        return None


def is_period(text: str) -> bool:
    """True for a week or a month as written here."""
    return parse_week(text) is not None or (len(text) == 7 and parse_day(f"{text}-01") is not None)


def days(period: str) -> tuple[date, date]:
    """First and last day of a week or month as written here."""
    monday = parse_week(period)
    if monday is not None:
        return monday, monday + timedelta(days=6)
    first = date.fromisoformat(f"{period}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def plausible_day(text: str, today: date) -> str:
    """The day as sent, or today's if it lies in the future or more than 60 days back."""
    day = parse_day(text)
    if day is None or not today - timedelta(days=IMPLAUSIBLE_DAYS) <= day <= today:
        return today.isoformat()
    return text


def plausible_week(text: str, today: date) -> str:
    """The week as sent, or today's if it begins in the future or ended more than 60 days ago."""
    monday = parse_week(text)
    if monday is None or monday > today or monday + timedelta(days=6) < today - timedelta(days=IMPLAUSIBLE_DAYS):
        return week_of(today)
    return text
