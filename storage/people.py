"""Staff accounts, their areas, their phones. Nothing here is about residents."""

import hashlib
import re
import uuid
from collections.abc import Sequence
from typing import Literal

import msgspec

from storage import audit, clock, passwords
from storage.changes import Writing, writing
from storage.conn import Conn, Row
from storage.database import reading
from storage.tables import Account, AccountArea
from storage.viewer import Viewer
from sync.area import Held

LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
ROLES = ("reporter", "reader", "unit", "officer", "administrator", "auditor")


class BadLogin(ValueError):
    """A login that is none (`form`), or that exists (`taken`)."""

    def __init__(self, why: Literal["form", "taken"], login: str) -> None:
        super().__init__(f"login {login!r}: {why}")
        self.why, self.login = why, login


def digest(token: str) -> str:
    """What is kept of a secret: enough for 256-bit tokens, which no one guesses."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccountFacts(msgspec.Struct, frozen=True):
    """`standing`: see `standing`. `second_factor`: a code is asked for at sign-in."""

    id: str
    login: str
    role: str
    kind: str
    disabled: bool
    standing: str = ""
    second_factor: bool = False


STANDING = "role, password_hash, totp_secret, disabled_at"


def standing(row: Row) -> str:
    """What a sign-in was made with: role, password, second factor. A session is good only while this is as it was, so
    whatever changes one of them, and by whatever way, ends every sign-in made before. `row` has the columns STANDING."""
    return digest("\n".join((row["role"], row["password_hash"] or "", row["totp_secret"] or "")))


def _facts(row: Row) -> AccountFacts:
    disabled, second = row["disabled_at"] is not None, row["totp_secret"] is not None
    return AccountFacts(row["id"], row["login"], row["role"], row["kind"], disabled, standing(row), second)


async def create(
    login: str,
    role: str,
    areas: Sequence[str],
    *,
    kind: str = "",
    password: str | None = None,
    sample: bool = False,
    who: Viewer | str = audit.COMMAND,
) -> AccountFacts:
    """Makes an account; `who` did it. Raises BadLogin, ValueError for an unknown role."""
    if role not in ROLES:
        raise ValueError(f"role {role!r}: choose one of {', '.join(ROLES)}")
    if LOGIN.fullmatch(login) is None:
        raise BadLogin("form", login)
    if role == "reporter" and not kind:
        kind = "collaborator"
    account = str(uuid.uuid4())
    kept = await passwords.hashed(password) if password else None
    async with writing() as w:
        stored = await w.conn.insert(
            Account,
            [
                {
                    "id": account,
                    "login": login,
                    "role": role,
                    "kind": kind,
                    "password_hash": kept,
                    "created_at": w.now,
                    "sample": sample,
                }
            ],
            conflict="ON CONFLICT (login) DO NOTHING",
            returning="id",
        )
        if not stored:
            raise BadLogin("taken", login)
        today = clock.local_day(w.now).isoformat()
        await w.conn.insert(
            AccountArea, [{"account": account, "area": area, "valid_from": today, "valid_to": None} for area in areas]
        )
        audit.record(w, who, "account.made", login, area=areas[0] if areas else "", detail={"role": role})
    made = {"role": role, "password_hash": kept, "totp_secret": None}
    return AccountFacts(account, login, role, kind, False, standing(made))


async def by_login(login: str) -> AccountFacts | None:
    async with reading() as conn:
        rows = await conn.fetch(f"SELECT id, login, kind, {STANDING} FROM accounts WHERE login = $1", login)
    return _facts(rows[0]) if rows else None


async def by_id(account: str) -> AccountFacts | None:
    async with reading() as conn:
        rows = await conn.fetch(f"SELECT id, login, kind, {STANDING} FROM accounts WHERE id = $1", account)
    return _facts(rows[0]) if rows else None


async def check_password(login: str, password: str) -> AccountFacts | None:
    """The account, if the password is right and it is not disabled. Does the same work for an unknown login."""
    async with reading() as conn:
        rows = await conn.fetch(f"SELECT id, login, kind, {STANDING} FROM accounts WHERE login = $1", login)
    right = await passwords.fits(rows[0]["password_hash"] if rows else None, password)
    return _facts(rows[0]) if right and rows[0]["disabled_at"] is None else None


async def note_act(w: Writing, who: Viewer | str, action: str, account: str) -> None:
    """An act on an account (its phones, its sign-in) into the audit trail, under its login and the first of its areas."""
    rows = await w.conn.fetch(
        """SELECT a.login, COALESCE(h.area, '') AS area FROM accounts a LEFT JOIN account_areas h ON h.account = a.id
        WHERE a.id = $1 ORDER BY h.id LIMIT 1""",
        account,
    )
    if rows:
        audit.record(w, who, action, rows[0]["login"], area=rows[0]["area"])


async def set_password(account: str, password: str, *, who: Viewer | str = audit.COMMAND) -> None:
    """A new password; every sign-in of the account ends."""
    kept = await passwords.hashed(password)
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET password_hash = $2 WHERE id = $1", account, kept)
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", account)
        await note_act(w, who, "account.password", account)


async def reset(account: str, password: str, *, who: Viewer | str = audit.COMMAND) -> None:
    """For somebody who is locked out: a new password, no second factor; every sign-in of the account ends."""
    kept = await passwords.hashed(password)
    async with writing() as w:
        await w.conn.fetch(
            "UPDATE accounts SET password_hash = $2, totp_secret = NULL, totp_step = NULL WHERE id = $1", account, kept
        )
        await w.conn.fetch("DELETE FROM recovery_codes WHERE account = $1", account)
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", account)
        await note_act(w, who, "account.password", account)


async def held_areas(conn: Conn, account: str) -> list[Held]:
    """All areas an account holds or held, with days."""
    rows = await conn.fetch("SELECT area, valid_from, valid_to FROM account_areas WHERE account = $1", account)
    return [Held(row["area"], row["valid_from"], row["valid_to"]) for row in rows]


async def areas_of(account: str) -> list[str]:
    """The areas an account holds today."""
    today = clock.local_day(clock.now()).isoformat()
    async with reading() as conn:
        held = await held_areas(conn, account)
    return [one.area for one in held if one.valid_from <= today and (one.valid_to is None or one.valid_to >= today)]
