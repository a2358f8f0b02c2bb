"""Sign-ins of officials at the panel. Of a token only the hash is kept; who guesses is counted in `storage/guesses.py`."""

import secrets

import msgspec

from storage import people
from storage.changes import writing
from storage.database import reading
from storage.people import STANDING, digest, note_act
from storage.tables import Session

IDLE_MS = 30 * 60_000
ABSOLUTE_MS = 12 * 3_600_000
TOUCH_MS = 60_000  # how exact the idle time is kept; spares a write per page
CODE_MS = 10 * 60_000  # between the password and the code
CODE, IN = "code", ""  # stages of a sign-in: the password was right and a code is still to come; signed in


class SignedIn(msgspec.Struct, frozen=True):
    account: str
    login: str
    role: str
    standing: str
    second_factor: bool


async def begin(account: str, standing: str, before: str | None = None, *, stage: str = IN) -> str:
    """A fresh token for an account (256 bits). `before` is the token the browser came with; it stops working.

    `standing` is what the sign-in was judged by (`people.standing`): if password, role or second factor changed
    meanwhile, the token is dead from the start.
    """
    token = secrets.token_urlsafe(32)
    async with writing() as w:
        conn = w.conn
        await conn.fetch(
            "DELETE FROM sessions WHERE token_hash = $1 OR seen_at <= $2 OR created_at <= $3",
            digest(before or ""),
            w.now - IDLE_MS,
            w.now - ABSOLUTE_MS,
        )
        row = {"token_hash": digest(token), "account": account, "created_at": w.now, "seen_at": w.now}
        await conn.insert(Session, [row | {"standing": standing, "stage": stage}])
        if stage != CODE:
            await note_act(w, account, "signin.in", account)
    return token


async def find(token: str, now: int, *, stage: str = IN, touch: bool = True) -> SignedIn | None:
    """Who holds this token of this stage: None once it is idle for 30 minutes, 12 hours old (10 minutes while a code is to come),
    ended, its account disabled, or of another role, password or second factor than at
    sign-in. Without `touch` it does not count as a sign of life."""
    async with reading() as conn:
        rows = await conn.fetch(
            f"""SELECT s.account, s.seen_at, s.standing, a.login, {STANDING} FROM sessions s
            JOIN accounts a ON a.id = s.account
            WHERE s.token_hash = $1 AND s.stage = $2 AND s.seen_at > $3 AND s.created_at > $4
            AND a.disabled_at IS NULL""",
            digest(token),
            stage,
            now - IDLE_MS,
            now - (CODE_MS if stage == CODE else ABSOLUTE_MS),
        )
    if not rows or rows[0]["standing"] != people.standing(rows[0]):
        return None
    row = rows[0]
    if touch and row["seen_at"] <= now - TOUCH_MS:
        async with writing(now) as w:
            await w.conn.fetch("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1", digest(token), now)
    second = row["totp_secret"] is not None
    return SignedIn(row["account"], row["login"], row["role"], row["standing"], second)


async def end(token: str) -> None:
    async with writing() as w:
        for row in await w.conn.fetch("DELETE FROM sessions WHERE token_hash = $1 RETURNING account", digest(token)):
            await note_act(w, row["account"], "signin.out", row["account"])
