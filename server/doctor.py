"""What an installation needs, checked one by one. Each check says what it found and, if it is not well, the remedy.

A check is a sentence of the catalogue: `cli.doctor.<name>.<state>`; `bad` keeps the installation from working or breaks a
promise, `warn` will do so later.
"""

import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from server.opening import data_folder
from server.settings import Settings, address
from server.trouble import sentence
from server.unsafe import Unsafe, refuse_contents, refuse_settings
from storage import clock, leap, schema, sealing, secret, space
from storage.backup_file import BadKey, recipient
from storage.bucket import Media, make_bucket
from storage.catalogue import meta
from storage.conn import BadSetting
from storage.database import current, opened, reading
from storage.failures import failure, mistake
from storage.objects import StoreAway
from storage.overdue import backup_late, eraser_late, made_at
from storage.pictures import Darkroom, Waiting
from storage.schema import NewerDatabase, OlderDatabase
from storage.secret import WrongSecret

State = Literal["ok", "warn", "bad"]
SKEW_MS = 60_000


class Finding(msgspec.Struct, frozen=True):
    """What one check found; `values` fill the sentence's places. `says`: another sentence than that of its name and state."""

    about: str
    state: State
    values: dict[str, Any] = {}
    says: str = ""

    @property
    def key(self) -> str:
        return self.says or f"cli.doctor.{self.about}.{self.state}"


Check = Callable[[Settings], Awaitable[Finding | None]]
"""None: there is nothing to examine here."""


def _troubled(about: str, error: Exception) -> Finding:
    """What the error's own sentence says. Raises it if it has none."""
    if (said := sentence(error)) is None:
        raise error
    return Finding(about, "bad", said[1], said[0])


async def _database(chosen: Settings) -> Finding:
    del chosen
    try:
        left = await schema.missing()
    except NewerDatabase as newer:
        return Finding("database", "bad", {"detail": str(newer)})
    if left:
        return Finding("database", "bad", {"detail": ", ".join(left)}, "cli.doctor.database.older")
    return Finding("database", "ok", {"kind": current().dialect})


async def _store(chosen: Settings) -> Finding:
    key, data = f"doctor/{clock.now()}", b"is this kept?"
    try:
        media = Media(make_bucket(chosen.media_url))
        await media.put(key, data)
        kept = await media.get(key)
        await media.delete(key)
        same = kept == data and await media.get(key) is None
        media.close()
    except (StoreAway, BadSetting) as away:
        return Finding("store", "bad", {"detail": str(away)[:200]})
    return Finding("store", "ok" if same else "bad", {"detail": chosen.media_url.partition("://")[0]})


async def _clock(chosen: Settings) -> Finding | None:
    """Beside PostgreSQL's; with SQLite there is no second clock to look at."""
    del chosen
    if current().dialect == "sqlite":
        return None
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


async def _mark(chosen: Settings) -> Finding | None:
    """Is the file the one of this database?"""
    try:
        await sealing.look()
    except (WrongSecret, OlderDatabase) as error:
        return None if secret.problem(chosen.secret_file) else _troubled("mark", error)
    return Finding("mark", "ok")


async def _folder(chosen: Settings) -> Finding:
    return _modes(chosen.data_dir)


def _modes(folder: Path) -> Finding:
    mode = folder.stat().st_mode & 0o777
    return Finding("folder", "warn" if mode & 0o077 else "ok", {"path": folder, "mode": f"{mode:o}"})


async def _safety(chosen: Settings) -> Finding:
    try:
        refuse_settings(msgspec.structs.replace(chosen, metrics=""))  # which has a line of its own
        await refuse_contents(chosen)
    except Unsafe as unsafe:
        return _troubled("safety", unsafe)
    return Finding("safety", "ok" if chosen.production else "warn")


async def _metrics(chosen: Settings) -> Finding | None:
    try:
        where = address(chosen.metrics)
    except BadSetting as bad:
        return _troubled("metrics", bad)
    return Finding("metrics", "ok", {"address": chosen.metrics}) if where else None


async def _proxy(chosen: Settings) -> Finding | None:
    if not chosen.trusted_proxies and not chosen.production:
        return None  # on a laptop nothing stands before it
    state: State = "ok" if chosen.trusted_proxies else "warn"
    return Finding("proxy", state, {"networks": " ".join(chosen.trusted_proxies)})


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
    last = await leap.last_day()
    async with reading() as conn:
        late = eraser_late(last, await made_at(conn), clock.now())
    return _by_term("worker", chosen, late, never=last is None, day=last)


async def _backup(chosen: Settings) -> Finding:
    if chosen.backup_key:
        try:
            recipient(chosen.backup_key)
        except BadKey:
            return Finding("backup", "bad", says="cli.backup.bad_key")
    async with reading() as conn:
        at = int(await meta(conn, "backup_at") or 0) or None
        late = backup_late(at, await made_at(conn), clock.now())
    return _by_term(
        "backup", chosen, late, never=at is None or not chosen.backup_key, day=clock.local_day(at) if at else None
    )


def _by_term(about: str, chosen: Settings, late: bool, *, never: bool, day: date | None) -> Finding:
    """In production a term that is over is a promise that is not kept."""
    state: State = "bad" if late and chosen.production else "warn" if late or never else "ok"
    return Finding(about, state, {"day": f"{day:%d/%m/%Y}" if day else "–"})


CHECKS: tuple[Check, ...] = (
    _database, _store, _clock, _leap, _disk, _secret, _mark, _folder, _safety, _metrics, _proxy, _pictures, _fonts, _worker,
    _backup,
)  # fmt: skip
WITHOUT_DATABASE: tuple[Check, ...] = (_store, _disk, _secret, _folder, _metrics, _proxy, _pictures, _fonts)
WITHOUT_TABLES: tuple[Check, ...] = (_database, *WITHOUT_DATABASE)


async def examine(chosen: Settings) -> list[Finding]:
    """All checks; where the database cannot be opened that is the first finding, and the checks follow that need none."""
    data_folder(chosen)
    secret.use(chosen.secret_file)
    try:
        async with opened(chosen.database_url, chosen.database_pool):
            return await _all(CHECKS if await schema.ran() else WITHOUT_TABLES, chosen)
    except Exception as error:
        return [_unreached(error), *await _all(WITHOUT_DATABASE, chosen)]


def _unreached(error: Exception) -> Finding:
    """The database cannot be opened. What an operator wrote wrongly has its own sentence."""
    if mistake(error) is None and (why := failure(error)) in ("away", "full"):
        return Finding("reach", "bad", {"detail": f"{why}: {type(error).__name__}: {error}"})
    return _troubled("reach", error)


async def _all(checks: Sequence[Check], chosen: Settings) -> list[Finding]:
    return [found for check in checks if (found := await check(chosen)) is not None]
