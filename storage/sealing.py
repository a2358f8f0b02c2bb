"""Keys that lie outside the database: what is sealed with them says nothing to whoever holds a copy of it.

All come from one secret in a file (SOTAY_SECRET_FILE), the same on every host. The database keeps a mark of it, so that
two hosts with different files notice.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import seal_key, secret
from storage.catalogue import meta, set_meta
from storage.changes import writing
from storage.conn import BadSetting, Conn
from storage.secret import key

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


async def is_ours(conn: Conn) -> bool:
    """False if the database was sealed with another secret than the file holds."""
    return await meta(conn, MARK) == mac("mark", "").hex()[:32]


async def settle() -> bool:
    """Makes the secret file where there is none, and marks the database with it. True if it was made now.

    While something is sealed a lost or exchanged file is never replaced: raises BadSetting.
    """
    async with writing() as w:
        sealed = bool(await w.conn.fetch("SELECT id FROM accounts WHERE totp_secret IS NOT NULL LIMIT 1"))
        missing = secret.problem(secret.path()) == "missing"
        if sealed and (missing or not await is_ours(w.conn)):
            raise BadSetting(f"SOTAY_SECRET_FILE {secret.path()}: {LOST}")
        if missing:
            secret.make()
        if not await is_ours(w.conn):
            await set_meta(w.conn, MARK, mac("mark", "").hex()[:32])
        if await meta(w.conn, TOLD) != (public := seal_key.public()):
            await set_meta(w.conn, TOLD, public)
            w.put("g", "settings", "limits")  # phones seal to it
    return missing


LOST = (
    "không phải tệp khoá đã niêm phong cơ sở dữ liệu này; chép lại tệp cũ, hoặc `sotay account reset` từng tài khoản có mã "
    "xác thực / not the secret this database was sealed with; bring the old file back, or `sotay account reset` every "
    "account with a second factor"
)
