"""`POST /v1/sync`, what phones use: pushes and pulls of all collections in one round trip. Pushes commit before pulls."""

from typing import Any

import msgspec
from litestar import Request, Response, post
from msgspec import UNSET

from server import auth, body
from server.pull import areas_held, stream_names
from server.push import push
from storage import clock, devices, photos, pull
from storage.database import reading
from storage.devices import Phone
from storage.documents import MIN_CLIENT
from sync import wire
from sync.cursor import Checkpoint, Cursor
from sync.problems import Problem
from sync.wire import Batch

SKEW_MS = 5 * 60_000  # wire.md §1
MOST_MS = 1 << 52  # what any client reads as a whole number


@post("/v1/sync", opt={"policy": ("phone",)}, status_code=200)
async def sync_endpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One batch. A row's fate never decides the status; an expired token still delivers (`auth: expired`)."""
    caller = await auth.phone(request, late=True)
    batch = await body.decoded(request, wire.batch_decoder, wire.MAX_BODY)
    if batch.v < MIN_CLIENT:
        raise Problem("client_too_old")
    masters = await push(caller, {str(name): rows for name, rows in batch.push.items()}) if batch.push else {}
    answer: dict[str, Any] = {"auth": "expired" if caller.expired else "ok"}
    if kept := {name: rows for name, rows in masters.items() if rows}:
        answer["push"] = kept
    if not caller.expired:
        answer |= await _pulls(caller, batch)
        if batch.areas is not UNSET and set(batch.areas) != set(held := await areas_held(caller)):
            answer["areas"] = held
    now = clock.now()
    if (skew := skewed(batch.clock_ms, now)) is not None:
        answer["clock_skew_ms"] = skew
    answer["server_time"] = clock.iso(now)
    return Response(msgspec.json.encode(answer), media_type="application/json")


def skewed(clock_ms: int, now: int) -> int | None:
    """How far the phone's clock is ahead (behind: negative), in ms, if by more than 5 minutes. Told, never refused or kept."""
    skew = clock_ms - now
    return max(-MOST_MS, min(MOST_MS, skew)) if clock_ms and abs(skew) > SKEW_MS else None


async def _pulls(caller: Phone, batch: Batch) -> dict[str, Any]:
    names = await stream_names(caller)
    pages: dict[str, Any] = {}
    drop: set[str] = set()
    reset: set[str] = set()
    answer: dict[str, Any] = {}
    room = batch.max_bytes
    async with reading() as conn:
        now = await pull.streams(conn, names)
        cursors: dict[str, Cursor] = {}
        lost: dict[str, set[str]] = {}
        for collection, ask in batch.pull.items():
            since = ask.cp.c
            drop |= {name for name in since.v if name not in now.heads}
            lost[collection] = set(pull.behind_floor(since, caller.epoch, now))
            reset |= lost[collection] & now.heads.keys()
            cursors[collection] = Cursor(since.e, {n: at for n, at in since.v.items() if n not in lost[collection]})
        news = await pull.with_news(conn, cursors, now)
        for collection, ask in batch.pull.items():
            if collection not in news and not lost[collection]:
                continue
            kept = cursors[collection]
            limit = ask.limit
            while True:
                page = await pull.page(conn, collection, kept, caller.epoch, now, limit)
                documents = msgspec.Raw(msgspec.json.encode(page.documents))
                size = len(documents)
                if size <= room or limit == 1:
                    break
                limit = max(1, limit // 2, int(limit * room / size * 0.9))
            if not page.documents and not lost[collection]:
                continue
            room = max(1, room - size)
            pages[collection] = {"documents": documents, "checkpoint": Checkpoint(page.cursor), "more": page.more}
        # what the token's own look-up said is enough, unless this batch has changed it
        told = not batch.push and batch.seq_max == caller.numbers
        numbers = devices.Numbers() if told else await devices.numbers(conn, caller.device, batch.seq_max)
        if numbers.missing:
            answer["missing"] = numbers.missing
        if (batch.push or caller.uploads) and (waiting := await photos.expected(conn, caller.account)):
            answer["uploads"] = waiting
    if numbers.behind:
        await devices.note_behind(caller.device)
    named = {"pull": pages, "drop": sorted(drop), "reset": sorted(reset)}
    return {name: value for name, value in named.items() if value} | answer
