""" "Still so" after an answer: kept until it passes the threshold or fades. Passing it reopens the issue.

The threshold is the one of the brief: 5 of 3 reporters in one month of receipt, in both lanes. Each mark stands with a tag
of its reporter that is good for this issue and month only, and goes with the marks (30 days) or when the issue moves on.
"""

import hashlib
import hmac

from storage import clock, issue_counts, issue_course
from storage.catalogue import Catalogue
from storage.changes import Writing, writing
from storage.conn import Conn
from storage.database import reading
from storage.issues import hold
from storage.tables_course import StillSo
from storage.viewer import Clash, Missing, Viewer
from sync import issue as course
from sync import windows
from sync.area import Held
from sync.bands import THRESHOLD_NOTES, THRESHOLD_REPORTERS, visible

PASSED = f"COUNT(*) >= {THRESHOLD_NOTES} AND COUNT(DISTINCT tag) >= {THRESHOLD_REPORTERS}"


async def take(w: Writing, number: int, areas: tuple[Held, ...], tag: str | None, world: Catalogue) -> None:
    """Keeps one for an answered or closed issue of a ward the reporter works in; of any other it says nothing."""
    number = await issue_counts.root(
        w.conn, number
    )  # what is said of a merged issue is said of the one it is read with
    rows = await w.conn.fetch("SELECT ward, status FROM issues WHERE number = $1", number)
    if not rows or rows[0]["status"] not in course.ISSUE["still_so"].before:
        return
    now = world.areas_now()
    if now.ward(rows[0]["ward"]) not in {now.ward(held.area) for held in areas}:
        return
    day = clock.local_day(w.now)
    own = hmac.new(tag.encode(), f"still so {number}".encode(), hashlib.sha256).hexdigest()[:32] if tag else None
    row = {"issue": number, "month": windows.month_of(day), "tag": own, "day": day.isoformat()}
    await w.conn.insert(StillSo, [row])


async def reopen(now: int) -> int:
    """Takes up again every issue whose answer was contradicted often enough. Returns how many."""
    async with reading() as conn:
        rows = await conn.fetch(f"SELECT DISTINCT issue FROM still_so GROUP BY issue, month HAVING {PASSED}")
    done = 0
    for number in sorted(int(row["issue"]) for row in rows):
        async with writing(now) as w:
            done += await _reopen(w, number)
    return done


async def _reopen(w: Writing, number: int) -> bool:
    rows = await w.conn.fetch("SELECT area FROM issues WHERE number = $1", number)
    everybody = Viewer("", "", "reader", (str(rows[0]["area"]),)) if rows else Viewer("", "", "reader", ())
    try:
        issue = await hold(w, everybody, number)
        if visible(await _months(w.conn, number)):  # somebody may have taken it up just now
            status = issue_course.next_state(issue, "still_so", course.PHONES)
            await issue_course.take_up(w, issue, status, "", "still_so")
            return True
    except (Missing, Clash):
        await issue_course.forget_still_so(w, number)
    return False


async def _months(conn: Conn, number: int) -> list[tuple[int, int]]:
    rows = await conn.fetch(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT tag) AS reporters FROM still_so WHERE issue = $1 GROUP BY month", number
    )
    return [(int(row["n"]), int(row["reporters"])) for row in rows]


async def count(conn: Conn, number: int) -> int:
    """How many since the last answer. For a band at a place matter only."""
    return sum(n for n, _ in await _months(conn, number))
