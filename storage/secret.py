"""The installation's secret: a file outside database and backups (`SOTAY_SECRET_FILE`), from which every key is derived.

All hosts of an installation share it. It is made when first needed; whoever loses it can no longer check what was signed.
"""

import contextlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.conn import BadSetting

SHORTEST = 32  # bytes
_path: Path | None = None


def use(path: Path) -> None:
    """Chooses the file for this process; it is read, or made, with the first key."""
    global _path
    _path = path
    key.cache_clear()


@lru_cache(maxsize=16)
def key(purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256). Raises BadSetting for a file that is too short to be a secret."""
    if _path is None:
        raise RuntimeError("no secret was chosen; call storage.secret.use() first")
    found = _read(_path) or _make(_path)
    if len(found) < SHORTEST:
        raise BadSetting(f"SOTAY_SECRET_FILE: less than {SHORTEST} characters; use a file of random ones")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(found)


def _read(path: Path) -> bytes:
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes().strip()
    return b""


def _make(path: Path) -> bytes:
    """Server and worker start together: the file appears whole, and the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32) + "\n")
        out.flush()
        os.fsync(out.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
    return _read(path)
