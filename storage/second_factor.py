"""The officials' second factor: codes of an authenticator app (RFC 6238) and ten recovery codes, each good once."""

import base64
import hmac
import secrets

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from storage import sealing
from storage.changes import Writing, writing
from storage.database import reading
from storage.devices import ALPHABET, plain
from storage.people import note_act
from storage.tables import RecoveryCode

REQUIRED = ("officer", "administrator")  # in production; they publish, and they hand out rights
STEP_S = 30
DIGITS = 6  # SHA-1, 6 digits, 30 s: what every authenticator app understands
DRIFT = 1  # steps a phone's clock may be off
SECRET_BYTES = 20
CODES = 10
CODE_CHARS = 10  # 50 bits


def offered(token: str) -> bytes:
    """The secret offered to a sign-in for setting up. Made from the session's token: nothing is kept before it is
    confirmed, and another sign-in is offered another one."""
    return sealing.mac("totp offer", token)[:SECRET_BYTES]


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - as HMAC, and the only one all apps know


def uri(secret: bytes, login: str) -> str:
    """What the QR says."""
    return _totp(secret).get_provisioning_uri(login, "Sổ Tay")


def written(secret: bytes) -> str:
    """The secret as it is typed into an app."""
    return base64.b32encode(secret).decode()


def code_at(secret: bytes, now: int) -> str:
    """The code at an instant (milliseconds)."""
    return _totp(secret).generate(now // 1000).decode()


def _step(secret: bytes, code: str, now: int) -> int | None:
    """The time step `code` belongs to, or None if it fits none near now."""
    present = now // 1000 // STEP_S
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step >= 0 and hmac.compare_digest(code_at(secret, step * STEP_S * 1000), code):
            return step
    return None


def _digits(typed: str) -> str:
    code = "".join(typed.split())
    return code if len(code) == DIGITS and code.isascii() and code.isdigit() else ""


async def turn_on(account: str, secret: bytes, typed: str) -> list[str] | None:
    """Sets the second factor up, if `typed` is the secret's code now. Every sign-in of the account ends. Returns the
    recovery codes, which are shown once; None if the code is wrong. Raises WrongSecret: this host's secret is another one.
    """
    async with writing() as w:
        step = _step(secret, _digits(typed) or "-", w.now)
        if step is None:
            return None
        sealing.compare(await sealing.marked(w.conn))
        sealed = sealing.seal("totp", secret, account)
        await w.conn.fetch("UPDATE accounts SET totp_secret = $2, totp_step = $3 WHERE id = $1", account, sealed, step)
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", account)
        await note_act(w, account, "account.second_on", account)
        return await _new_codes(w, account)


async def turn_off(account: str) -> None:
    """No second factor any more; every sign-in of the account ends."""
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET totp_secret = NULL, totp_step = NULL WHERE id = $1", account)
        await w.conn.fetch("DELETE FROM recovery_codes WHERE account = $1", account)
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", account)
        await note_act(w, account, "account.second_off", account)


async def renew_codes(account: str) -> list[str]:
    """Ten new recovery codes; the old ones are dead."""
    async with writing() as w:
        await note_act(w, account, "account.codes", account)
        return await _new_codes(w, account)


async def _new_codes(w: Writing, account: str) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS)) for _ in range(CODES)]
    await w.conn.fetch("DELETE FROM recovery_codes WHERE account = $1", account)
    await w.conn.insert(RecoveryCode, [{"code_hash": _hash(account, code), "account": account} for code in codes])
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hash(account: str, code: str) -> str:
    return sealing.mac("recovery code", f"{account} {code}").hex()


async def accept(account: str, typed: str) -> bool:
    """True if `typed` is a code of the app that was not accepted before, or a recovery code, which is used up by it.

    Exact over processes: the statement that marks a code as used decides.
    """
    code = _digits(typed)
    async with writing() as w:
        if not code:
            used = await w.conn.fetch(
                "DELETE FROM recovery_codes WHERE code_hash = $1 AND account = $2 RETURNING code_hash",
                _hash(account, plain(typed)),
                account,
            )
            return bool(used)
        rows = await w.conn.fetch("SELECT totp_secret FROM accounts WHERE id = $1", account)
        secret = _opened(rows[0]["totp_secret"] if rows else None, account)
        step = _step(secret, code, w.now) if secret else None
        if step is None:
            return False
        return bool(
            await w.conn.fetch(
                "UPDATE accounts SET totp_step = $2 WHERE id = $1 AND totp_step < $2 RETURNING id", account, step
            )
        )


def _opened(sealed: str | None, account: str) -> bytes | None:
    return sealing.unseal("totp", sealed, account) if sealed else None


async def secret_of(account: str) -> str | None:
    """For commands on the server itself: the secret as it is typed into an app; None if there is none."""
    async with reading() as conn:
        rows = await conn.fetch("SELECT totp_secret FROM accounts WHERE id = $1", account)
    secret = _opened(rows[0]["totp_secret"] if rows else None, account)
    return written(secret) if secret else None


async def codes_left(account: str) -> int:
    async with reading() as conn:
        rows = await conn.fetch("SELECT COUNT(*) AS n FROM recovery_codes WHERE account = $1", account)
    return int(rows[0]["n"])
