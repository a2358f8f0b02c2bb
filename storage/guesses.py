"""The limit on guesses at the officials' door, exact over processes and hosts: the database counts."""

from storage import audit
from storage.changes import Writing, writing
from storage.people import digest, note_act

GUESSES = 10  # wrong ones an account in 15 minutes (figures.md S5)
CODES = 5  # wrong second factors an account: somebody who tries these knows the password already
ADDRESS = 100  # wrong ones an address: against one password tried on many logins; an office shares one address
WINDOW_MS = 15 * 60_000


class _Full(Exception):
    """A bucket is full: nothing of this try is counted."""


def _buckets(subject: str, address: str, kind: str) -> list[tuple[str, int]]:
    # hashed: people type passwords into the wrong field, and unknown logins are limited too.
    # Accounts before addresses: every transaction takes its two rows in this order, so none waits in a circle.
    limit = CODES if kind == "code" else GUESSES
    return [(f"{kind}:{digest(subject)[:40]}", limit), (f"address:{digest(address)[:40]}", ADDRESS)]


async def may_guess(subject: str, address: str, kind: str = "panel") -> bool:
    """Counts one guess at `subject` (a login; an account's id for the kind `code`), or says False: no guess any more.

    One statement looks and counts. The count starts anew only after 15 minutes without a counted guess, so no 15 minutes
    ever hold more than the limit.
    """
    try:
        async with writing() as w:
            counted: list[str] = []
            for bucket, limit in _buckets(subject, address, kind):
                if await _count(w, bucket, limit) > limit:  # the first one turned away; it is the last one counted
                    await _take_back(w, counted)
                    await _note_lock(w, subject, kind)
                    return False
                counted.append(bucket)
    except _Full:
        return False
    return True


async def _count(w: Writing, bucket: str, limit: int) -> int:
    rows = await w.conn.fetch(
        """INSERT INTO attempts (bucket, opened_at, n) VALUES ($1, $2, 1)
        ON CONFLICT (bucket) DO UPDATE SET opened_at = excluded.opened_at,
          n = CASE WHEN attempts.opened_at <= $3 THEN 1 ELSE attempts.n + 1 END
        WHERE attempts.opened_at <= $3 OR attempts.n < $4 RETURNING n""",
        bucket,
        w.now,
        w.now - WINDOW_MS,
        limit + 1,
    )
    if not rows:
        raise _Full
    return int(rows[0]["n"])


async def _note_lock(w: Writing, subject: str, kind: str) -> None:
    """A login nobody has is not written down: people type passwords into the wrong field."""
    name = "id" if kind == "code" else "login"
    rows = await w.conn.fetch(f"SELECT id FROM accounts WHERE {name} = $1", subject)
    if rows:
        await note_act(w, rows[0]["id"], "signin.locked", rows[0]["id"])
    else:
        audit.record(w, "", "signin.locked")


async def guessed_right(subject: str, address: str, kind: str = "panel") -> None:
    """Takes this one guess back. The wrong ones before stay counted: an owner who signs in gives nobody new tries."""
    async with writing() as w:
        await _take_back(w, [bucket for bucket, _ in _buckets(subject, address, kind)])


async def _take_back(w: Writing, buckets: list[str]) -> None:
    for bucket in buckets:
        await w.conn.fetch("UPDATE attempts SET n = n - 1 WHERE bucket = $1 AND n > 0", bucket)
