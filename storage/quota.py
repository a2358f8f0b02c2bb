"""How much a phone may ask for: the limits of this interface, all of them, counted in the database for every process.

Honest phones never meet them: they send when something was written, on opening and once a minute at most, and after a
restore they send at most the 2,000 documents they hold. Counting is one statement in a transaction that writes anyway.
"""

import msgspec

from storage import clock
from storage.changes import Writing, writing
from storage.people import digest
from storage.tables import Attempt
from sync.problems import Problem

MINUTE_MS = 60_000
ENROL_WINDOW_MS = 15 * MINUTE_MS
ENROL_TRIES = 120  # from one address in a window: a whole ward may enrol behind one router; good tries don't count
LONGEST_PAUSE = 3_600  # seconds; a client that waits for the day's end asks again every hour


class Quota(msgspec.Struct, frozen=True):
    """`batches`: requests with rows a minute, by device. `rows`: pushed rows a day (in Vietnam), by account."""

    batches: int = 120
    rows: int = 5_000


_quota: Quota | None = None


def use(quota: Quota | None) -> None:
    """The limits of this process; None (tests) counts nothing."""
    global _quota
    _quota = quota


async def count_rows(w: Writing, device: str, account: str, rows: int) -> None:
    """Counts a request with rows. Raises Problem `too_many_requests` with the seconds to wait, and nothing is stored.

    Belongs near the end of a transaction: it holds the account's counter until COMMIT.
    """
    if _quota is None or not rows:
        return
    day = w.now - (w.now + clock.DAY_MS * 7 // 24) % clock.DAY_MS
    minute = w.now - w.now % MINUTE_MS
    counters = [
        {"bucket": f"batches:{device}", "opened_at": minute, "n": 1},
        {"bucket": f"rows:{account}", "opened_at": day, "n": rows},
    ]
    kept = await w.conn.insert(
        Attempt,
        counters,
        conflict="""ON CONFLICT (bucket) DO UPDATE SET opened_at = excluded.opened_at,
          n = CASE WHEN attempts.opened_at = excluded.opened_at THEN attempts.n + excluded.n ELSE excluded.n END""",
        returning="bucket, n",
    )
    counted = {row["bucket"].partition(":")[0]: row["n"] for row in kept}
    if counted["rows"] > _quota.rows:
        raise _wait(day + clock.DAY_MS - w.now)
    if counted["batches"] > _quota.batches:
        raise _wait(minute + MINUTE_MS - w.now)


def _wait(ms: int) -> Problem:
    return Problem("too_many_requests", after=min(LONGEST_PAUSE, ms // 1000 + 1))


def _address(address: str) -> str:
    return f"enrol:{digest(address)[:40]}"


async def may_enrol(address: str) -> None:
    """Counts a try to enrol from an address. Raises Problem `too_many_requests`. Exact over processes: one statement looks
    and counts, before anything is learnt of the code."""
    async with writing() as w:
        since = w.now - w.now % ENROL_WINDOW_MS
        rows = await w.conn.fetch(
            """INSERT INTO attempts (bucket, opened_at, n) VALUES ($1, $2, 1)
            ON CONFLICT (bucket) DO UPDATE SET opened_at = excluded.opened_at,
              n = CASE WHEN attempts.opened_at = excluded.opened_at THEN attempts.n + 1 ELSE 1 END
            WHERE attempts.opened_at <> excluded.opened_at OR attempts.n < $3 RETURNING n""",
            _address(address),
            since,
            ENROL_TRIES,
        )
    if not rows:
        raise _wait(since + ENROL_WINDOW_MS - w.now)


async def enrolled(address: str) -> None:
    """The try was a good one: it doesn't count."""
    async with writing() as w:
        await w.conn.fetch("UPDATE attempts SET n = n - 1 WHERE bucket = $1 AND n > 0", _address(address))
