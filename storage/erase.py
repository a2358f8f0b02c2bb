"""The eraser: short memory (brief.md §2). Every term is one entry of `TERMS`: what is due, and how it goes.

Terms that say "at the latest" fire early by a day, so that a daily run keeps them. A note's texts go two days before its
author: its phone has a day to hear of it. Where the exact receipt is gone already, the windows of receipt stand for it,
at their earliest moment. Rows go in batches of their own transactions, objects before the rows that name them, so a
killed run leaves nothing that the next one would not find. A run that ended leaves nothing due: `due` says 0.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from storage import audit, clock, desk, erase_photos, forgotten, month_key, search_index
from storage.bucket import media
from storage.catalogue import set_meta
from storage.changes import Writing, writing
from storage.clock import DAY_MS
from storage.conn import Conn
from storage.database import current, reading
from storage.erase_when import aged, aged_most, cut
from storage.leap import ERASED_DAY, last_day, look
from storage.notes import announce, forget_author
from storage.objects import StoreAway
from storage.tables_office import Erased
from sync import windows

log = logging.getLogger("sotay.erase")
BATCH = 200
RESTORING = "restoring"  # in `meta`: a restore has not been followed by a whole run yet; nothing may be served
OPINION_DAYS, AUTHOR_DAYS = 28, 29  # both ≤ 30 days after receipt
QUARANTINE_DAYS = 13  # ≤ 14
PLACE_DAYS = 89  # ≤ 90 days after its issue closed
MOST_DAYS = 364  # ≤ 12 months after receipt, whatever became of it
MARK_DAYS, MARK_ID_DAYS, TOMBSTONE_DAYS = 30, 270, 90
CAUSES = ("quarantine", "unread", "unused")  # unused: it was read and no issue came of it
UNREAD = ("received", "quarantined")
ON_DESK = "n.status IN ('received', 'quarantined', 'read', 'cleared', 'needs_detail')"
GONE = "n.status IN ('withdrawn', 'redirected', 'rejected', 'expired')"
ENDED = f"({GONE} OR (n.lane = 'opinion' AND n.joined_at IS NULL AND n.status IN ('in_issue', 'closed')))"
WORDS = """(n.text IS NOT NULL OR n.ask IS NOT NULL OR EXISTS (SELECT 1 FROM messages m WHERE m.note = n.id)
 OR EXISTS (SELECT 1 FROM amendments x WHERE x.note = n.id AND x.fields <> '{}'))"""


class Due(NamedTuple):
    """Rows that must go: `key` of `source` where `where`, with its arguments."""

    source: str
    key: str
    where: str
    args: tuple[Any, ...]


class Term(NamedTuple):
    name: str
    due: Callable[[int], Due]
    act: Callable[[Writing, Sequence[Any]], Awaitable[None]]


# ---- texts of notes ---------------------------------------------------------------------------------------------


def _quarantine(now: int) -> Due:
    late = cut(now, QUARANTINE_DAYS)
    return Due("notes n", "n.id", f"n.status = 'quarantined' AND {aged(1)}", late)


def _opinions(now: int) -> Due:
    late = cut(now, OPINION_DAYS)
    where = f"n.lane = 'opinion' AND n.status <> 'quarantined' AND NOT {ENDED} AND ({WORDS} OR {ON_DESK}) AND {aged(1)}"
    return Due("notes n", "n.id", where, late)


def _places(now: int) -> Due:
    closed = now - PLACE_DAYS * DAY_MS
    where = f"""n.lane = 'place' AND n.status = 'closed' AND {WORDS} AND (n.issue IS NULL
    OR EXISTS (SELECT 1 FROM issues i WHERE i.number = n.issue AND i.status = 'closed' AND i.closed_at <= $1))"""
    return Due("notes n", "n.id", where, (closed,))


def _oldest(now: int) -> Due:
    return Due("notes n", "n.id", f"({WORDS} OR {ON_DESK}) AND NOT {ENDED} AND {aged_most(1)}", cut(now, MOST_DAYS))


def _leftovers(now: int) -> Due:
    """What still hangs on notes whose text is gone: late messages and amendments, questions of the office."""
    del now
    return Due("notes n", "n.id", f"{ENDED} AND {WORDS}", ())


async def wipe(w: Writing, ids: Sequence[Any]) -> None:
    """No words of these notes stay. Those still on the desk leave it: `expired` if nobody read them, else `closed`."""
    conn = w.conn
    rows = await conn.fetch(f"SELECT id, ward, lane, status FROM notes WHERE {conn.among('id', 1)}", list(ids))
    await desk.forget_texts(w, ids)
    await conn.fetch(
        f"""UPDATE notes SET text = NULL, ask = NULL, masked = '{{}}', suspect = FALSE, rev = rev + 1,
        status = CASE WHEN status IN ('received', 'quarantined') THEN 'expired'
          WHEN status IN ('read', 'cleared', 'needs_detail') THEN 'closed' ELSE status END
        WHERE {conn.among("id", 1)}""",
        list(ids),
    )
    month = windows.month_of(clock.local_day(w.now))
    for row in rows:
        if row["status"] in desk.ON_DESK:
            cause = {"quarantined": "quarantine", "received": "unread"}.get(row["status"], "unused")
            await _count(conn, row["ward"], month, row["lane"], cause)
    await announce(w, list(ids))


async def _count(conn: Conn, ward: str, month: str, lane: str, cause: str) -> None:
    row = {"ward": ward, "month": month, "lane": lane, "cause": cause, "n": 1}
    await conn.insert(
        Erased,
        [row | {"cell": f"{ward}:{month}:{lane}:{cause}"}],
        conflict="ON CONFLICT (cell) DO UPDATE SET n = erased.n + 1",
    )


# ---- authors ----------------------------------------------------------------------------------------------------


def _authors(now: int) -> Due:
    traces = "(n.author IS NOT NULL OR n.tag IS NOT NULL OR n.received_at IS NOT NULL OR n.captured_at IS NOT NULL)"
    return Due("notes n", "n.id", f"{traces} AND {aged_most(1)}", cut(now, AUTHOR_DAYS))


async def _forget(w: Writing, ids: Sequence[Any]) -> None:
    await forget_author(w, list(ids))
    await announce(w, list(ids))  # the office's log row was as old as the receipt


# ---- marks, log, sign-ins ---------------------------------------------------------------------------------------


def _marks(now: int) -> Due:
    return Due("marks", "id", "day <= $1", (cut(now, MARK_DAYS - 1).day,))


def _still_so(now: int) -> Due:
    return Due("still_so", "id", "day <= $1", (cut(now, MARK_DAYS - 1).day,))


def _mark_ids(now: int) -> Due:
    return Due("mark_ids", "id", "day <= $1", (cut(now, MARK_ID_DAYS).day,))


def _tombstones(now: int) -> Due:
    return Due("log", "id", "op = 'left' AND at < $1", (now - TOMBSTONE_DAYS * DAY_MS,))


async def _raise_floors(w: Writing, ids: Sequence[Any]) -> None:
    """A reader that has not come past a tombstone which is gone must read its stream anew (wire.md §4)."""
    conn = w.conn
    gone: dict[str, int] = {}
    sql = f"DELETE FROM log WHERE op = 'left' AND {conn.among('id', 1, 'int')} RETURNING stream, n"
    for row in await conn.fetch(sql, list(ids)):
        gone[row["stream"]] = max(row["n"], gone.get(row["stream"], 0))
    for stream, n in sorted(gone.items()):
        await conn.fetch("UPDATE streams SET floor = $2 WHERE name = $1 AND floor < $2", stream, n)


def _sessions(now: int) -> Due:
    return Due("sessions", "token_hash", "seen_at < $1", (now - DAY_MS,))


def _enrolments(now: int) -> Due:
    return Due("enrolments", "handle", "expires_at < $1", (now - DAY_MS,))


def _attempts(now: int) -> Due:
    return Due("attempts", "bucket", "opened_at < $1", (now - DAY_MS,))


def _undos(now: int) -> Due:
    return Due("undos", "id", "until <= $1", (now,))


def _openings(now: int) -> Due:
    return Due("openings", "note", "until <= $1", (now,))


# ---- the audit trail --------------------------------------------------------------------------------------------


def _trail(now: int) -> Due:
    """A row about a note says which one only as long as the note has its words."""
    del now
    return Due("audit a", "a.n", audit.FORGOTTEN, ())


def _delete_from(table: str, key: str, kind: str = "text") -> Callable[[Writing, Sequence[Any]], Awaitable[None]]:
    async def act(w: Writing, ids: Sequence[Any]) -> None:
        await w.conn.fetch(f"DELETE FROM {table} WHERE {w.conn.among(key, 1, kind)}", list(ids))

    return act


TERMS = (
    Term("quarantine", _quarantine, wipe),
    Term("opinion_texts", _opinions, wipe),
    Term("place_texts", _places, wipe),
    Term("old_texts", _oldest, wipe),
    Term("leftovers", _leftovers, wipe),
    Term("authors", _authors, _forget),
    Term("marks", _marks, _delete_from("marks", "id")),
    Term("still_so", _still_so, _delete_from("still_so", "id", "bigint")),
    Term("mark_ids", _mark_ids, _delete_from("mark_ids", "id")),
    Term("tombstones", _tombstones, _raise_floors),
    Term("sessions", _sessions, _delete_from("sessions", "token_hash")),
    Term("enrolments", _enrolments, _delete_from("enrolments", "handle")),
    Term("attempts", _attempts, _delete_from("attempts", "bucket")),
    Term("undos", _undos, _delete_from("undos", "id")),
    Term("openings", _openings, _delete_from("openings", "note")),
    Term("trail", _trail, audit.blank),
)
WORDS_GO = frozenset({"quarantine", "opinion_texts", "place_texts", "old_texts", "leftovers", "authors"})


# ---- running ----------------------------------------------------------------------------------------------------


async def due(now: int | None = None) -> dict[str, int]:
    """What a run would erase at this moment, by term. Changes nothing. Raises StoreAway."""
    now = clock.now() if now is None else now
    found = {}
    async with reading() as conn:
        for term in TERMS:
            what = term.due(now)
            rows = await conn.fetch(f"SELECT COUNT(*) AS n FROM {what.source} WHERE {what.where}", *what.args)
            found[term.name] = int(rows[0]["n"])
        found |= await erase_photos.due(conn, now)
    return found | {"month_keys": len(await month_key.old(now))}


async def erase(now: int | None = None, *, who: str = audit.WORKER) -> dict[str, int]:
    """Erases all that is due; how many by term. Any number may run at once. Raises StoreAway after the rest is done.

    The audit trail gets a row with each transaction that takes words or authors, and one for the run."""
    now = clock.now() if now is None else now
    done = {term.name: await _run(term, now) for term in TERMS}
    away: StoreAway | None = None
    for work in (erase_photos.erase, _month_keys):
        try:
            done |= await work(now)
        except StoreAway as error:
            away = error
    async with writing(now) as w:
        audit.record(w, who, "erase.run", detail={name: n for name, n in done.items() if n})
    await search_index.follow()  # words that left the index with their notes, issues and answers that changed
    await _settle()
    if away is not None:
        raise away
    async with writing(now) as w:  # a restore that got so far may be served
        await w.conn.fetch("DELETE FROM meta WHERE key = $1", RESTORING)
        await set_meta(w.conn, ERASED_DAY, clock.local_day(now).isoformat())
    return done


async def _run(term: Term, now: int) -> int:
    erased = 0
    while True:
        what = term.due(now)
        async with writing(now) as w:
            lock = w.conn.locking
            sql = f"SELECT {what.key} AS key FROM {what.source} WHERE {what.where} ORDER BY {what.key} LIMIT {BATCH} {lock}"
            keys = [row["key"] for row in await w.conn.fetch(sql, *what.args)]
            if keys:
                await term.act(w, keys)
                if term.name in WORDS_GO:
                    audit.record(w, audit.WORKER, "erase.rows", term.name, detail={"n": len(keys)})
        erased += len(keys)
        if len(keys) < BATCH:
            return erased


async def _month_keys(now: int) -> dict[str, int]:
    await media().delete(*await forgotten.old(now))
    return {"month_keys": await month_key.destroy_old(now)}


async def _settle() -> None:
    """SQLite: what was erased leaves the file beside the database too. PostgreSQL: its pages may be used anew; the
    bytes in them go with VACUUM FULL and with the turning over of its log (docs/operations.md)."""
    engine = current()
    if engine.dialect == "sqlite":
        await search_index.settle()
        await engine.run_ddl("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    try:
        await engine.run_ddl("VACUUM notes, amendments, messages, photos, upload_parts, log, marks, search_texts")
    except TimeoutError:
        log.warning("VACUUM takes too long here: the server's own will do it")


async def daily(*, leap: bool = False) -> bool:
    """A run, unless this day had one that came to its end. For the worker's beat. Raises Leapt for a clock that cannot
    follow from the last run's day, unless `leap` lets it (a trial that lay in a drawer)."""
    if await last_day() == clock.local_day(clock.now()):
        return False
    if not leap:
        await look()
    done = await erase()
    log.info("erased", extra={"erased": {name: n for name, n in done.items() if n}})
    return True


async def unread(conn: Conn, codes: Sequence[str], month: str) -> int:
    """How many notes of these wards were erased in a month before anybody read them. Show it as a band."""
    rows = await conn.fetch(
        f"""SELECT COALESCE(SUM(n), 0) AS n FROM erased
        WHERE month = $1 AND cause IN ('quarantine', 'unread') AND {conn.among("ward", 2)}""",
        month,
        list(codes),
    )
    return int(rows[0]["n"])
