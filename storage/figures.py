"""Figures for whoever keeps the machines running: ages, lags, room. No area, no person, and no count of notes: small
numbers of opinions would be among them."""

import shutil
from pathlib import Path

from storage import clock, totals
from storage.bucket import media
from storage.catalogue import meta
from storage.database import reading
from storage.follow import behind
from storage.objects import StoreAway
from storage.overdue import made_at


async def gauges(folder: Path) -> dict[str, float]:
    """Name of each gauge → its value at this moment. Seconds, bytes, or 0 / 1. What never happened is as old
    as the installation, so that one rule finds what is late and what never ran."""
    now = clock.now()
    async with reading() as conn:
        photos = (await conn.fetch("SELECT COUNT(*) AS n, MIN(created_at) AS at FROM photos WHERE state = 'received'"))[
            0
        ]
        uploads = (await conn.fetch("SELECT COUNT(*) AS n FROM uploads WHERE NOT done"))[0]["n"]
        lag = await behind(conn, totals.FOLLOWER, now)
        backup, erased = await meta(conn, "backup_at"), await meta(conn, "erased_day")
        made = await made_at(conn)
    try:
        await media().get("ready")
        store = 1.0
    except StoreAway:
        store = 0.0
    return {
        "sotay_store_up": store,
        "sotay_photos_waiting": photos["n"],
        "sotay_photos_oldest_seconds": (now - photos["at"]) / 1000 if photos["at"] else 0,
        "sotay_uploads_open": uploads,
        "sotay_totals_lag_seconds": lag / 1000,
        "sotay_backup_age_seconds": (now - (int(backup) if backup else made)) / 1000,
        "sotay_erased_age_seconds": (now - (clock.day_begins(erased) if erased else made)) / 1000,
        "sotay_disk_free_bytes": shutil.disk_usage(folder).free,
    }
