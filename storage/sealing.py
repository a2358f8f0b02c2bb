"""Keys that lie outside the database: what is sealed with them says nothing to whoever holds a copy of it.

All come from one secret in a file (SOTAY_SECRET_FILE), the same on every host. The database keeps a mark of it, so that
two hosts with different files notice.
"""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.catalogue import meta, set_meta
from storage.changes import writing
from storage.conn import BadSetting, Conn

SHORTEST = 32  # bytes
MARK = "secret_mark"  # in `meta`
NONCE = 12

_path: Path | None = None


def use(path: Path) -> None:
    """Names the file of this process; it is read when first needed."""
    global _path
    _path = path
    key.cache_clear()


def problem(path: Path) -> str:
    """What is wrong with a secret file: `missing`, `open` (others may read it), `short`; empty if nothing is."""
    if not path.is_file():
        return "missing"
    if path.stat().st_mode & 0o077:
        return "open"
    return "short" if len(path.read_bytes().strip()) < SHORTEST else ""


@lru_cache(maxsize=8)
def key(purpose: str) -> bytes:
    """32 bytes for one purpose. Raises BadSetting if the secret is missing or too short."""
    if _path is None:
        raise RuntimeError("no secret file was chosen; call storage.sealing.use() first")
    wrong = problem(_path)
    if wrong in ("missing", "short"):
        raise BadSetting(f"SOTAY_SECRET_FILE {_path}: {wrong}; `sotay migrate`")
    secret = _path.read_bytes().strip()
    return HKDF(SHA256(), 32, salt=None, info=f"sotay {purpose}".encode()).derive(secret)


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
    assert _path is not None
    async with writing() as w:
        sealed = bool(await w.conn.fetch("SELECT id FROM accounts WHERE totp_secret IS NOT NULL LIMIT 1"))
        missing = problem(_path) == "missing"
        if sealed and (missing or not await is_ours(w.conn)):
            raise BadSetting(f"SOTAY_SECRET_FILE {_path}: {LOST}")
        if missing:
            _make(_path)
        if not await is_ours(w.conn):
            await set_meta(w.conn, MARK, mac("mark", "").hex()[:32])
    return missing


LOST = (
    "không phải tệp khoá đã niêm phong cơ sở dữ liệu này; chép lại tệp cũ, hoặc `sotay account reset` từng tài khoản có mã "
    "xác thực / not the secret this database was sealed with; bring the old file back, or `sotay account reset` every "
    "account with a second factor"
)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    key.cache_clear()
