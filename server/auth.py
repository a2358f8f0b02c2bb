"""Who calls: a phone by its bearer token, looked up on every request."""

from typing import Any

from litestar import Request

from storage import clock, devices
from storage.conn import Conn
from storage.database import reading
from storage.devices import Phone
from sync.problems import Problem


async def phone(request: Request[Any, Any, Any], *, late: bool = False) -> Phone:
    """The calling phone. `late`: a token that ran out lately is let in (a batch's pushes go to quarantine).

    Raises Problem `token_unknown`, `token_expired`, `revoked`.
    """
    async with reading() as conn:
        caller = await found(conn, request, late=late)
    await seen(caller)
    return caller


async def found(conn: Conn, request: Request[Any, Any, Any], *, late: bool = False) -> Phone:
    """As `phone`, over a connection that has more to read; `seen` comes after it is given back."""
    caller = await devices.phone(conn, bearer(request), clock.now())
    if caller.expired and not late:
        raise Problem("token_expired")
    return caller


def bearer(request: Request[Any, Any, Any]) -> str:
    """The token a call carries. Raises Problem `token_unknown`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem("token_unknown")
    return token.strip()


async def seen(caller: Phone) -> None:
    """Notes the day of the call, once a day."""
    today = clock.local_day(clock.now()).isoformat()
    if not caller.expired and caller.seen_day < today:
        await devices.seen(caller.device, today)
