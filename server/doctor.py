"""What an installation needs, checked one by one. Each check says what it found and, if it is not well, the remedy.

A check is a sentence of the catalogue: `cli.doctor.<name>.<state>`; `bad` keeps the installation from working or breaks a
promise, `warn` will do so later.
"""

import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from server.opening import opened
from server.settings import Settings
from server.unsafe import Unsafe, refuse_contents, refuse_settings
from storage import clock, leap, secret, space
from storage.bucket import media
from storage.catalogue import meta
from storage.database import current, reading
from storage.failures import failure
from storage.migrate import pending
from storage.objects import StoreAway
from storage.pictures import Darkroom, Waiting
from storage.schema import NewerDatabase
from storage.state import BACKUP_MS

State = Literal["ok", "warn", "bad"]
SKEW_MS = 60_000


class Finding(msgspec.Struct, frozen=True):
    """What one check found; `values` fill the sentence's places."""

    about: str
    state: State
    values: dict[str, Any] = {}


Check = Callable[[Settings], Awaitable[Finding]]


async def _database(chosen: Settings) -> Finding:
    del chosen
    try:
        left = await pending()
    except NewerDatabase as newer:
        return Finding("database", "bad", {"detail": str(newer)})
    return Finding("database", "warn" if left else "ok", {"detail": ", ".join(left), "kind": current().dialect})


async def _store(chosen: Settings) -> Finding:
    key, data = f"doctor/{clock.now()}", b"is this kept?"
    try:
        await media().put(key, data)
        kept = await media().get(key)
        await media().delete(key)
    except StoreAway as away:
        return Finding("store", "bad", {"detail": str(away)[:200]})
    same = kept == data and await media().get(key) is None
    return Finding("store", "ok" if same else "bad", {"detail": chosen.media_url.partition("://")[0]})


async def _clock(chosen: Settings) -> Finding:
    del chosen
    if current().dialect == "sqlite":
        return Finding("clock", "ok", {"seconds": 0})
    async with reading() as conn:
        sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now"
        skew = clock.now() - int((await conn.fetch(sql))[0]["now"])
    return Finding("clock", "bad" if abs(skew) > SKEW_MS else "ok", {"seconds": round(skew / 1000)})


async def _leap(chosen: Settings) -> Finding:
    del chosen
    try:
        await leap.look()
    except leap.Leapt as leapt:
        return Finding("leap", "bad", {"last": f"{leapt.last:%d/%m/%Y}", "today": f"{leapt.today:%d/%m/%Y}"})
    return Finding("leap", "ok")


async def _disk(chosen: Settings) -> Finding:
    usage = shutil.disk_usage(chosen.data_dir)
    need = 2 * space.LEAST["photo"][0]
    state: State = "ok" if usage.free > need else "warn"
    if not space.has_room("text", usage.free, usage.total):
        state = "bad"
    return Finding("disk", state, {"free": usage.free >> 20, "need": need >> 20})


async def _secret(chosen: Settings) -> Finding:
    wrong = secret.problem(chosen.secret_file)
    return Finding("secret", "bad" if wrong else "ok", {"path": chosen.secret_file, "detail": wrong})


async def _folder(chosen: Settings) -> Finding:
    return _modes(chosen.data_dir)


def _modes(folder: Path) -> Finding:
    mode = folder.stat().st_mode & 0o777
    return Finding("folder", "warn" if mode & 0o077 else "ok", {"path": folder, "mode": f"{mode:o}"})


async def _safety(chosen: Settings) -> Finding:
    try:
        refuse_settings(chosen)
        await refuse_contents(chosen)
    except Unsafe as unsafe:
        return Finding("safety", "bad", {"detail": unsafe.name})
    return Finding("safety", "ok" if chosen.production else "warn")


async def _proxy(chosen: Settings) -> Finding:
    named = bool(chosen.trusted_proxies) or not chosen.production
    return Finding("proxy", "ok" if named else "warn", {"networks": " ".join(chosen.trusted_proxies)})


async def _pictures(chosen: Settings) -> Finding:
    del chosen
    room = Darkroom()
    try:
        room.rehearse()
    except Waiting as waiting:
        return Finding("pictures", "bad", {"detail": str(waiting)})
    finally:
        room.close()
    return Finding("pictures", "ok" if room.walls else "warn", {"detail": ", ".join(sorted(room.walls))})


async def _fonts(chosen: Settings) -> Finding:
    from admin import digest_pdf  # noqa: PLC0415 - every command loads this file, few make a PDF

    del chosen
    try:
        digest_pdf.letters()
    except Exception as error:  # whatever a font file may raise
        return Finding("fonts", "bad", {"detail": type(error).__name__})
    return Finding("fonts", "ok")


async def _worker(chosen: Settings) -> Finding:
    del chosen
    last, today = await leap.last_day(), clock.local_day(clock.now())
    late = last is None or last < today - timedelta(days=1)
    return Finding("worker", "warn" if late else "ok", {"day": f"{last:%d/%m/%Y}" if last else "–"})


async def _backup(chosen: Settings) -> Finding:
    async with reading() as conn:
        at = int(await meta(conn, "backup_at") or 0)
    day = f"{clock.local_day(at):%d/%m/%Y}" if at else "–"
    late = not chosen.backup_key or at < clock.now() - BACKUP_MS
    return Finding("backup", "warn" if late else "ok", {"day": day})


CHECKS: tuple[Check, ...] = (
    _database, _store, _clock, _leap, _disk, _secret, _folder, _safety, _proxy, _pictures, _fonts, _worker, _backup,
)  # fmt: skip
WITHOUT_DATABASE: tuple[Check, ...] = (_store, _disk, _secret, _folder, _proxy, _pictures, _fonts)


async def examine(chosen: Settings) -> list[Finding]:
    """All checks; where the database cannot be opened that is the first finding, and the checks follow that need none."""
    try:
        async with opened(chosen):
            return [await check(chosen) for check in CHECKS]
    except Exception as error:
        if (why := failure(error)) not in ("away", "full"):
            raise
        found = Finding("reach", "bad", {"detail": f"{why}: {type(error).__name__}: {error}"})
        return [found, *[await check(chosen) for check in WITHOUT_DATABASE]]
