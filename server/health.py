"""`/health`: the process lives. `/ready`: database and store answer. `/v1/problems`: the catalogue of refusals."""

import msgspec
from litestar import Response, get

from storage.bucket import media
from storage.database import reading
from storage.objects import StoreAway
from sync.problems import CODES, entry

PUBLIC = {"policy": ("public",)}


@get("/health", opt=PUBLIC)
async def health() -> dict[str, str]:
    return {"status": "ok"}


@get("/ready", opt=PUBLIC)
async def ready() -> Response[dict[str, str]]:
    """200 when work can be taken, else 503. A store that is away does not stop texts, so it is said and no more."""
    async with reading() as conn:
        await conn.fetch("SELECT value FROM meta WHERE key = 'epoch'")
    try:
        await media().get("ready")
        store = "ok"
    except StoreAway:
        store = "away"
    return Response({"status": "ok", "database": "ok", "store": store})


@get("/v1/problems", opt=PUBLIC)
async def problems() -> Response[bytes]:
    return Response(msgspec.json.encode([entry(code) for code in CODES]), media_type="application/json")


ROUTES = [health, ready, problems]
