"""Keys that lie outside the database: what is sealed with them says nothing to whoever holds a copy of it.

All come from one secret in a file (SOTAY_SECRET_FILE), the same on every host. The database keeps a mark of it, so that
two hosts with different files notice.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import audit, seal_key, secret
from storage.catalogue import meta, set_meta
from storage.changes import Writing, writing
from storage.conn import Conn
from storage.database import reading
from storage.schema import OlderDatabase
from storage.secret import WrongSecret, key
from storage.tables import Meta

MARK = "secret_mark"  # in `meta`
TOLD = "seal_key"  # in `meta`: the public key phones were told last
NONCE = 12


def mac(purpose: str, text: str) -> bytes:
    """A keyed hash: guessing what it was made of takes the secret."""
    return hmac.new(key(purpose), text.encode(), hashlib.sha256).digest()


def seal(purpose: str, plain: bytes, bound_to: str) -> str:
    """Seals (AES-256-GCM) what only this row may hold: `bound_to` names the row, a copy in another one does not open."""
    nonce = secrets.token_bytes(NONCE)
    return (nonce + AESGCM(key(purpose)).encrypt(nonce, plain, bound_to.encode())).hex()


def unseal(purpose: str, sealed: str, bound_to: str) -> bytes | None:
    """What was sealed, or None: another secret, another row, or it was changed."""
    try:
        raw = bytes.fromhex(sealed)
        return AESGCM(key(purpose)).decrypt(raw[:NONCE], raw[NONCE:], bound_to.encode())
    except (InvalidTag, ValueError):
        return None


def mark() -> str:
    """What a database keeps of the secret it is used with. Raises WrongSecret."""
    return mac("mark", "").hex()[:32]


async def marked(conn: Conn) -> str:
    """The mark of the open database; empty before its first `settle`."""
    return await meta(conn, MARK)


def compare(kept: str) -> None:
    """Raises WrongSecret unless the file is the one that left this mark."""
    if not hmac.compare_digest(kept, mark()):
        raise WrongSecret("other", secret.path())


def fits(kept: str) -> bool:
    """False if the file is missing or another one than left this mark."""
    try:
        compare(kept)
    except WrongSecret:
        return False
    return True


async def look() -> None:
    """Raises WrongSecret unless the file is there and the one the open database is used with; OlderDatabase if it was never
    marked with one."""
    async with reading() as conn:
        kept = await marked(conn)
    if not kept:
        raise OlderDatabase(1)
    compare(kept)


async def settle() -> bool:
    """Makes the secret file where there is none, and marks the database with it; True if it was made now. A database that
    is marked already keeps its secret: raises WrongSecret if the file is missing or another one."""
    async with writing() as w:
        kept = await marked(w.conn)
        made = not kept and secret.problem(secret.path()) == "missing"
        if kept:
            compare(kept)
        if made:
            secret.make()
        if not kept:
            row = {"key": MARK, "value": mark()}  # two hosts may come first at once: one of them is
            if not await w.conn.insert(Meta, [row], conflict="ON CONFLICT (key) DO NOTHING", returning="key"):
                compare(await marked(w.conn))
        await tell(w)
    return made


async def tell(w: Writing) -> None:
    """Marks the database with the secret, and tells phones the key that comes from it."""
    await set_meta(w.conn, MARK, mark())
    if await meta(w.conn, TOLD) != (public := seal_key.public()):
        await set_meta(w.conn, TOLD, public)
        w.put("g", "settings", "limits")  # phones seal to it


async def begin_anew(w: Writing) -> int:
    """The secret is lost for good: the file that is there now takes its place, made if there is none. What only the lost
    one opened goes: second factors, and the sign-ins made with them. How many accounts had one."""
    if secret.problem(secret.path()) == "missing":
        secret.make()
    await tell(w)
    having = "SELECT id FROM accounts WHERE totp_secret IS NOT NULL"
    await w.conn.fetch(f"DELETE FROM sessions WHERE account IN ({having})")
    await w.conn.fetch("DELETE FROM recovery_codes")
    gone = await w.conn.fetch(
        "UPDATE accounts SET totp_secret = NULL, totp_step = NULL WHERE totp_secret IS NOT NULL RETURNING id"
    )
    audit.record(w, audit.COMMAND, "data.secret")
    return len(gone)
