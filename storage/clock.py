"""The server's clock, the only one that orders and counts. Tests move it; nothing else is mocked."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
FAR = 1 << 62  # after every instant


def system() -> int:
    return time.time_ns() // 1_000_000


_source: Callable[[], int] = system


def now() -> int:
    """Milliseconds since 1970 UTC."""
    return _source()


def move(source: Callable[[], int]) -> None:
    """Tests and sample data only: replaces the source of time (`system` puts it back)."""
    global _source
    _source = source


def local_day(ms: int) -> date:
    """The day in Vietnam (UTC+7, no daylight saving) of an instant."""
    return datetime.fromtimestamp(ms / 1000, VIETNAM).date()


def day_begins(day: str) -> int:
    """The first instant of a day `2026-11-22` in Vietnam."""
    return int(datetime.fromisoformat(day).replace(tzinfo=VIETNAM).timestamp() * 1000)


def iso(ms: int) -> str:
    """`2026-11-22T21:45:03Z`, as the wire carries instants."""
    return datetime.fromtimestamp(ms // 1000, UTC).isoformat()[:19] + "Z"
