"""The worker process: pictures, totals, release of opinion batches, daily snapshot, sweeping, erasing. Its work is rows:
any number of workers on any host share it, and a killed one loses nothing."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from server import metrics
from server.settings import settings
from storage import (
    audit_heads,
    clock,
    erase,
    forgotten,
    issues,
    photos,
    pictures,
    release,
    search_index,
    still_so,
    totals,
    undo,
    uploads,
)
from storage.objects import StoreAway

log = logging.getLogger("sotay.worker")
PICTURE_THREADS = 2  # measured: more gains nothing, Pillow holds the interpreter in between


async def picture() -> bool:
    """Processes one waiting photo; False if there is none."""
    job = await photos.claim(clock.now())
    if job is None:
        return False
    try:
        await _process(job)
    except StoreAway:
        await photos.give_back(job["id"])  # nobody's fault: it is taken up again as soon as the store is back
        raise
    return True


async def _process(job: dict[str, Any]) -> None:
    found = await uploads.raw_bytes(job["id"])
    if found is None:
        log.warning("photo without its raw parts is asked for again")
        await photos.again(job["id"])
        return
    data, keys = found
    try:
        made = await asyncio.to_thread(pictures.rebuild, data)
    except pictures.Refused as refused:
        await photos.refuse(job["id"], refused.code, keys)
    except pictures.Waiting:
        # fail closed: the photo waits, and after five tries for a person to mend the picture worker
        log.error("pictures cannot be rebuilt at present: photos wait")
        await asyncio.sleep(0 if job["tries"] < photos.MAX_TRIES else 5)
    else:
        await photos.keep(job["id"], made.large, made.small, made.width, made.height, keys)


async def finish_uploads() -> None:
    """Uploads whose last part came but whose finish was lost."""
    for id in await uploads.unfinished(clock.now()):
        with contextlib.suppress(Exception):  # a wrong sha256 empties the upload and raises; the next one goes on
            await uploads.finish(id)


async def drain() -> None:
    """Everything there is to do now, once (tests, sample data): uploads, pictures, totals, search."""
    await finish_uploads()
    while await picture():
        pass
    await totals.fold()
    await search_index.follow()


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except StoreAway as away:
            log.warning("store away", extra={"error": type(away).__name__})
        except Exception:  # one failing job must not stop the others; it is tried again with the next beat
            log.exception("job failed", extra={"job": getattr(work, "__name__", "job")})
        await asyncio.sleep(seconds)


async def _pictures() -> None:
    while await picture():
        pass


async def return_unconfirmed() -> None:
    await issues.return_unconfirmed(clock.now())


async def reopen_still_so() -> None:
    await still_so.reopen(clock.now())


async def keep_head() -> None:
    await audit_heads.keep(settings().data_dir)


async def erase_daily() -> None:
    await erase.daily(leap=not settings().production)


async def sweep() -> None:
    await uploads.sweep(clock.now())


async def run() -> None:
    """Works until cancelled."""
    log.info("the worker works")
    async with asyncio.TaskGroup() as group:
        group.create_task(metrics.serve(settings().metrics, settings().data_dir))
        for _ in range(PICTURE_THREADS):
            group.create_task(_every(1, _pictures))
        group.create_task(_every(1, totals.fold))
        group.create_task(_every(5, undo.sweep))
        group.create_task(_every(1, search_index.follow))
        group.create_task(_every(10, finish_uploads))
        group.create_task(_every(60, forgotten.flush))
        group.create_task(_every(60, release.release))
        group.create_task(_every(300, totals.snapshot))
        group.create_task(_every(600, return_unconfirmed))
        group.create_task(_every(600, reopen_still_so))
        group.create_task(_every(3600, erase_daily))
        group.create_task(_every(3600, keep_head))
        group.create_task(_every(3600, sweep))
