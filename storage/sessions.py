"""Sign-ins of officials at the panel, and the limit on guesses. Of a token only the hash is kept."""

import secrets

import msgspec

from storage import audit
from storage.changes import Writing, writing
from storage.database import reading
from storage.people import digest, note_act
from storage.tables import Session

IDLE_MS = 30 * 60_000
ABSOLUTE_MS = 12 * 3_600_000
TOUCH_MS = 60_000  # how exact the idle time is kept; spares a write per page
GUESSES = 10
GUESS_WINDOW_MS = 15 * 60_000


class SignedIn(msgspec.Struct, frozen=True):
    account: str
    login: str
    role: str


async def begin(account: str, before: str | None = None) -> str:
    """A fresh token for an account (256 bits). `before` is the token the browser came with; it stops working."""
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
        await conn.insert(Session, [row])
        await note_act(w, account, "signin.in", account)
    return token


async def find(token: str, now: int) -> SignedIn | None:
    """Who holds this token: None once it is idle for 30 minutes, 12 hours old, ended, or its account disabled."""
    async with reading() as conn:
        rows = await conn.fetch(
            """SELECT s.account, s.seen_at, a.login, a.role FROM sessions s JOIN accounts a ON a.id = s.account
            WHERE s.token_hash = $1 AND s.seen_at > $2 AND s.created_at > $3 AND a.disabled_at IS NULL""",
            digest(token),
            now - IDLE_MS,
            now - ABSOLUTE_MS,
        )
    if not rows:
        return None
    row = rows[0]
    if row["seen_at"] <= now - TOUCH_MS:
        async with writing(now) as w:
            await w.conn.fetch("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1", digest(token), now)
    return SignedIn(row["account"], row["login"], row["role"])


async def end(token: str) -> None:
    async with writing() as w:
        for row in await w.conn.fetch("DELETE FROM sessions WHERE token_hash = $1 RETURNING account", digest(token)):
            await note_act(w, row["account"], "signin.out", row["account"])


def _bucket(login: str) -> str:
    # hashed: people type passwords into the wrong field, and unknown logins are limited too
    return f"panel:{digest(login)[:40]}"


async def may_guess(login: str) -> bool:
    """Counts one guess; False once 10 were made. Exact over processes: one statement looks and counts.

    The count starts anew only after 15 minutes without a counted guess, so no 15 minutes ever hold more than 10.
    """
    async with writing() as w:
        rows = await w.conn.fetch(
            """INSERT INTO attempts (bucket, opened_at, n) VALUES ($1, $2, 1)
            ON CONFLICT (bucket) DO UPDATE SET opened_at = excluded.opened_at,
              n = CASE WHEN attempts.opened_at <= $3 THEN 1 ELSE attempts.n + 1 END
            WHERE attempts.opened_at <= $3 OR attempts.n < $4 RETURNING n""",
            _bucket(login),
            w.now,
            w.now - GUESS_WINDOW_MS,
            GUESSES + 1,
        )
        locked = (
            bool(rows) and rows[0]["n"] > GUESSES
        )  # the first guess that is turned away; it is the last one counted
        if locked:
            await _note_lock(w, login)
    return bool(rows) and not locked


async def _note_lock(w: Writing, login: str) -> None:
    """A login nobody has is not written down: people type passwords into the wrong field."""
    rows = await w.conn.fetch("SELECT id FROM accounts WHERE login = $1", login)
    if rows:
        await note_act(w, rows[0]["id"], "signin.locked", rows[0]["id"])
    else:
        audit.record(w, "", "signin.locked")


async def guessed_right(login: str) -> None:
    async with writing() as w:
        await w.conn.fetch("DELETE FROM attempts WHERE bucket = $1", _bucket(login))
