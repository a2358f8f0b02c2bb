"""Staff accounts, their areas, their phones. Nothing here is about residents."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from storage import audit, clock
from storage.changes import Writing, writing
from storage.conn import Conn, Row
from storage.database import reading
from storage.tables import Account, AccountArea
from storage.viewer import Viewer
from sync.area import Held

ROLES = ("reporter", "reader", "unit", "officer", "administrator", "auditor")
_hasher = PasswordHasher()  # argon2id, the library's parameters (RFC 9106, low memory: 64 MiB, t=3)
_NOBODY = _hasher.hash(secrets.token_hex(16))  # an unknown login costs the same time


def digest(token: str) -> str:
    """What is kept of a secret: enough for 256-bit tokens, which no one guesses."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccountFacts(msgspec.Struct, frozen=True):
    id: str
    login: str
    role: str
    kind: str
    disabled: bool


def _facts(row: Row) -> AccountFacts:
    return AccountFacts(row["id"], row["login"], row["role"], row["kind"], row["disabled_at"] is not None)


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
    """Makes an account; `who` did it. Raises ValueError for an unknown role, or a login that exists."""
    if role not in ROLES:
        raise ValueError(f"role {role!r}: choose one of {', '.join(ROLES)}")
    if role == "reporter" and not kind:
        kind = "collaborator"
    account = str(uuid.uuid4())
    async with writing() as w:
        stored = await w.conn.insert(
            Account,
            [
                {
                    "id": account,
                    "login": login,
                    "role": role,
                    "kind": kind,
                    "password_hash": _hasher.hash(password) if password else None,
                    "created_at": w.now,
                    "sample": sample,
                }
            ],
            conflict="ON CONFLICT (login) DO NOTHING",
            returning="id",
        )
        if not stored:
            raise ValueError(f"login {login!r} exists")
        today = clock.local_day(w.now).isoformat()
        await w.conn.insert(
            AccountArea, [{"account": account, "area": area, "valid_from": today, "valid_to": None} for area in areas]
        )
        audit.record(w, who, "account.made", login, area=areas[0] if areas else "", detail={"role": role})
    return AccountFacts(account, login, role, kind, False)


async def by_login(login: str) -> AccountFacts | None:
    async with reading() as conn:
        rows = await conn.fetch("SELECT id, login, role, kind, disabled_at FROM accounts WHERE login = $1", login)
    return _facts(rows[0]) if rows else None


async def by_id(account: str) -> AccountFacts | None:
    async with reading() as conn:
        rows = await conn.fetch("SELECT id, login, role, kind, disabled_at FROM accounts WHERE id = $1", account)
    return _facts(rows[0]) if rows else None


async def check_password(login: str, password: str) -> AccountFacts | None:
    """The account, if the password is right and it is not disabled. Takes the same time for an unknown login."""
    async with reading() as conn:
        rows = await conn.fetch("SELECT * FROM accounts WHERE login = $1", login)
    kept = rows[0]["password_hash"] if rows else None
    try:
        _hasher.verify(kept or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return None
    if not rows or not kept or rows[0]["disabled_at"] is not None:
        return None
    return _facts(rows[0])


async def check_code(account: str, code: str) -> bool:
    """True where the account has no second factor. One that has it is refused until codes can be checked."""
    async with reading() as conn:
        rows = await conn.fetch("SELECT totp_secret FROM accounts WHERE id = $1", account)
    return bool(rows) and not rows[0]["totp_secret"]


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
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET password_hash = $2 WHERE id = $1", account, _hasher.hash(password))
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


async def disable(account: str, *, who: Viewer | str = audit.COMMAND) -> None:
    """The account can do nothing any more: sign-ins end, its phones are revoked, open codes die."""
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET disabled_at = $2 WHERE id = $1", account, w.now)
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", account)
        await w.conn.fetch("DELETE FROM enrolments WHERE account = $1", account)
        await w.conn.fetch(
            "UPDATE devices SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL", account, w.now
        )
        await note_act(w, who, "account.disabled", account)


async def disable_login(login: str) -> None:
    """`disable` by login. Raises ValueError if there is no such account."""
    found = await by_login(login)
    if found is None:
        raise ValueError(f"no account {login!r}")
    await disable(found.id)
