"""Who calls: a phone by its bearer token, looked up on every request."""

from typing import Any

from litestar import Request

from storage import clock, devices
from storage.database import reading
from storage.devices import Phone
from sync.problems import Problem


async def phone(request: Request[Any, Any, Any], *, late: bool = False) -> Phone:
    """The calling phone. `late`: a token that ran out lately is let in (a batch's pushes go to quarantine).

    Raises Problem `token_unknown`, `token_expired`, `revoked`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem("token_unknown")
    now = clock.now()
    async with reading() as conn:
        caller = await devices.phone(conn, token.strip(), now)
    if caller.expired and not late:
        raise Problem("token_expired")
    today = clock.local_day(now).isoformat()
    if not caller.expired and caller.seen_day < today:
        await devices.seen(caller.device, today)
    return caller
