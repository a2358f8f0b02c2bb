"""Staff accounts, their areas, their phones. Nothing here is about residents."""

import base64
import hashlib
import secrets
import uuid
from collections.abc import Sequence

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from storage import clock
from storage.changes import writing
from storage.conn import Conn, Row
from storage.database import reading
from storage.tables import Account, AccountArea
from sync.area import Held

ROLES = ("reporter", "reader", "unit", "officer", "administrator", "auditor")
_hasher = PasswordHasher()  # argon2id, the library's parameters (RFC 9106, low memory: 64 MiB, t=3)


def _hash_of_nothing() -> str:
    """What no password has, in the form and with the costs of a real one: an unknown login takes the same time. Not made
    by hashing, which would take every process 64 MiB and a while before it is ready."""
    salt, digest_ = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (_hasher.salt_len, _hasher.hash_len)
    )
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest_}"


_NOBODY = _hash_of_nothing()


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
    login: str, role: str, areas: Sequence[str], *, kind: str = "", password: str | None = None, sample: bool = False
) -> AccountFacts:
    """Makes an account. Raises ValueError for an unknown role, or a login that exists."""
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


async def set_password(account: str, password: str) -> None:
    """A new password; every sign-in of the account ends."""
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET password_hash = $2 WHERE id = $1", account, _hasher.hash(password))
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", account)


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


async def disable(account: str) -> None:
    """The account can do nothing any more: sign-ins end, its phones are revoked, open codes die."""
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET disabled_at = $2 WHERE id = $1", account, w.now)
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", account)
        await w.conn.fetch("DELETE FROM enrolments WHERE account = $1", account)
        await w.conn.fetch(
            "UPDATE devices SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL", account, w.now
        )


async def disable_login(login: str) -> None:
    """`disable` by login. Raises ValueError if there is no such account."""
    found = await by_login(login)
    if found is None:
        raise ValueError(f"no account {login!r}")
    await disable(found.id)
