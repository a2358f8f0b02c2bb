"""How the installation is: what waits and for how long, disks, backup, silent phones; what is wrong, as alerts.

Opinion notes waiting for their batch are neither counted nor dated here – when they came is nobody's business; only that
a batch is overdue is said.
"""

import asyncio
from datetime import date
from typing import Literal

import msgspec

from storage import clock, leap, phones, space, totals
from storage.bucket import media
from storage.catalogue import meta
from storage.clock import DAY_MS, HOUR_MS
from storage.conn import Conn
from storage.follow import behind
from storage.objects import StoreAway
from storage.overdue import backup_late, eraser_late, made_at
from storage.photos import MAX_TRIES
from storage.viewer import Viewer
from sync import bands

LAG_MS = 10 * 60_000  # the worker folds every second; ten minutes behind, it is not running
BATCH_MS = 26 * HOUR_MS  # opinion notes are released once a day at the latest
PICTURE_MS = HOUR_MS
QUARANTINE_DAYS, UNREAD_DAYS = 7, 3
STORE_SECONDS = 4
Alert = Literal["lag", "batch", "pictures", "stuck", "quarantine", "unread", "disk", "backup_old", "backup_none", "eraser",
                "clock", "store", "copied", "silent"]  # fmt: skip


class Disk(msgspec.Struct, frozen=True):
    """In mebibytes."""

    free: int
    total: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`*_ms`: milliseconds the oldest one waits, None if none does. Desk ages are of place notes."""

    followers: dict[str, int]
    pictures: int
    pictures_ms: int | None
    stuck: int
    unread_ms: int | None
    quarantine_ms: int | None
    disks: tuple[Disk, ...]
    backup_at: int | None
    erased_day: str
    silent: int
    devices: int
    alerts: tuple[Alert, ...]


async def store_answers() -> bool:
    """A page waits for it no longer than a person would; and not inside a transaction, where others would wait too."""
    try:
        async with asyncio.timeout(STORE_SECONDS):
            await media().get("ready")
    except (StoreAway, TimeoutError):
        return False
    return True


async def state(conn: Conn, viewer: Viewer, *, store: bool) -> State:
    """As it is now; desk and phones within the viewer's areas, the rest of the whole installation. `store`: whether it
    answers."""
    now = clock.now()
    names = {row["name"] for row in await conn.fetch("SELECT DISTINCT name FROM followers")} | {totals.FOLLOWER}
    followers = {name: await behind(conn, name, now) for name in sorted(names)}
    (waiting,) = await conn.fetch(
        """SELECT COUNT(*) AS n, MIN(received_at) AS at, COALESCE(SUM(CASE WHEN tries >= $1 THEN 1 ELSE 0 END), 0) AS stuck
        FROM photos WHERE state = 'received'""",
        MAX_TRIES,
    )
    desk = {
        row["status"]: now - row["at"]
        for row in await conn.fetch(
            f"""SELECT status, MIN(received_at) AS at FROM notes WHERE lane = 'place' AND received_at IS NOT NULL
            AND status IN ('received', 'quarantined') AND {conn.among("ward", 1)} GROUP BY status""",
            viewer.scope,
        )
    }
    batch = await conn.fetch("SELECT id FROM notes WHERE NOT released AND received_at < $1 LIMIT 1", now - BATCH_MS)
    own = await phones.listing(conn, viewer)
    working = [one for one in own if one.state == "works"]
    silent = sum(1 for one in working if one.silent >= phones.SILENT_DAYS)
    backup = await meta(conn, "backup_at")
    backup_at = int(backup) if backup.isdigit() else None
    disks = tuple(Disk(free // space.MIB, total // space.MIB) for free, total in dict.fromkeys(space.usages()))
    erased_day = await meta(conn, "erased_day")
    pictures_ms = None if waiting["at"] is None else now - int(waiting["at"])
    last = date.fromisoformat(erased_day) if erased_day else None
    made = await made_at(conn)
    wrong: dict[Alert, bool] = {
        "lag": any(age > LAG_MS for age in followers.values()),
        "batch": bool(batch),
        "pictures": (pictures_ms or 0) > PICTURE_MS,
        "stuck": int(waiting["stuck"]) > 0,
        "quarantine": desk.get("quarantined", 0) > QUARANTINE_DAYS * DAY_MS,
        "unread": desk.get("received", 0) > UNREAD_DAYS * DAY_MS,
        "disk": not all(space.has_room("photo", disk.free * space.MIB, disk.total * space.MIB) for disk in disks),
        "backup_none": backup_at is None and backup_late(None, made, now),
        "backup_old": backup_at is not None and backup_late(backup_at, made, now),
        "eraser": eraser_late(last, made, now),
        "clock": leap.is_one(last, clock.local_day(now)),
        "store": not store,
        "copied": any(one.copied_day and one.state != "revoked" for one in own),
        "silent": silent > 0,
    }
    return State(
        followers=followers,
        pictures=int(waiting["n"]),
        pictures_ms=pictures_ms,
        stuck=int(waiting["stuck"]),
        unread_ms=desk.get("received"),
        quarantine_ms=desk.get("quarantined"),
        disks=disks,
        backup_at=backup_at,
        erased_day=erased_day,
        silent=silent,
        devices=len(working),
        alerts=tuple(name for name, is_so in wrong.items() if is_so),
    )


class Gone(msgspec.Struct, frozen=True):
    """Notes the eraser took in a month for one cause, as a band."""

    month: str
    lane: str
    cause: str
    band: str


async def gone(conn: Conn, viewer: Viewer, since: str) -> list[Gone]:
    """What was erased in the viewer's wards since a month (with it), newest first."""
    rows = await conn.fetch(
        f"""SELECT month, lane, cause, CAST(SUM(n) AS BIGINT) AS n FROM erased WHERE month >= $1 AND {conn.among("ward", 2)}
        GROUP BY month, lane, cause ORDER BY month DESC, lane, cause""",
        since,
        viewer.scope,
    )
    return [
        Gone(row["month"], row["lane"], row["cause"], bands.band(int(row["n"]), zero_shown=row["lane"] == "place"))
        for row in rows
    ]
