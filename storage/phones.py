"""Phones as an administrator sees them: whose account, when they last synced (by the day), and a token in two places."""

from datetime import date
from typing import Literal

import msgspec

from storage import clock
from storage.changes import Writing
from storage.conn import Conn
from storage.devices import over_days
from storage.people import note_act
from storage.staff import listing as accounts
from storage.viewer import Missing, Viewer

SILENT_DAYS = 7


class DeviceLine(msgspec.Struct, frozen=True, kw_only=True):
    """`copied_day`: when its token was seen in two places, else None. `silent`: days since it last synced."""

    id: str
    account: str
    login: str
    platform: str
    since_day: str
    seen_day: str
    silent: int
    state: Literal["works", "expired", "revoked"]
    copied_day: str | None


async def listing(conn: Conn, viewer: Viewer, *, account: str = "") -> list[DeviceLine]:
    """The phones of the accounts the viewer looks after (of one of them): tokens in two places first, then those that
    work, by the day they were last seen, silent ones first."""
    own = {one.id: one for one in await accounts(conn, viewer) if account in ("", one.id)}
    rows = await conn.fetch(f"SELECT * FROM devices WHERE {conn.among('account', 1)}", list(own))
    now = clock.now()
    today = clock.local_day(now)
    found = [
        DeviceLine(
            id=row["id"],
            account=row["account"],
            login=own[row["account"]].login,
            platform=row["platform"],
            since_day=clock.local_day(row["created_at"]).isoformat(),
            seen_day=row["seen_day"],
            silent=(today - date.fromisoformat(row["seen_day"])).days,
            state="revoked"
            if row["revoked_at"] or own[row["account"]].disabled
            else "expired"
            if over_days(row, now) > 0
            else "works",
            copied_day=clock.local_day(row["behind_at"]).isoformat() if row["behind"] >= 2 else None,
        )
        for row in rows
    ]
    order = {"works": 0, "expired": 1, "revoked": 2}
    return sorted(
        found,
        key=lambda one: (one.copied_day is None or one.state == "revoked", order[one.state], one.seen_day, one.login),
    )


async def revoke(w: Writing, viewer: Viewer, device: str) -> None:
    """The phone's token stops working at once. Raises Missing if it is not of an account the viewer looks after."""
    rows = await w.conn.fetch("SELECT account FROM devices WHERE id = $1", device)
    if not rows or rows[0]["account"] not in {one.id for one in await accounts(w.conn, viewer)}:
        raise Missing
    done = await w.conn.fetch(
        "UPDATE devices SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING account", device, w.now
    )
    for row in done:
        await note_act(w, viewer, "device.revoked", row["account"])
