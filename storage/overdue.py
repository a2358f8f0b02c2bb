"""Whether the eraser or the backup is past its term, also where it never ran: said by the system page, the doctor and the
figures alike."""

from datetime import date, timedelta

from storage import clock
from storage.catalogue import meta
from storage.clock import DAY_MS
from storage.conn import Conn

MADE = "made_at"  # in `meta`: when the installation was made
BACKUP_MS = 2 * DAY_MS


async def made_at(conn: Conn) -> int:
    """When the installation was made; 0 for one that is older than this fact."""
    return int(await meta(conn, MADE) or 0)


def eraser_late(last: date | None, made: int, now: int) -> bool:
    """It runs every day; a fresh installation has a day for the first time."""
    return made < now - DAY_MS if last is None else last < clock.local_day(now) - timedelta(days=1)


def backup_late(at: int | None, made: int, now: int) -> bool:
    return made < now - DAY_MS if at is None else at < now - BACKUP_MS
