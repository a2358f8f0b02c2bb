"""The installation's secret: a file outside database and backups (`SOTAY_SECRET_FILE`), from which every key is derived.

All hosts of an installation share it. It is made once, for a database that has none yet (`storage/sealing.py`); a missing
file is never replaced by the way, since what was signed with the lost one can no longer be checked.
"""

import contextlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.conn import BadSetting
from storage.files import write_new

SHORTEST = 32  # bytes
_path: Path | None = None


class WrongSecret(BadSetting):
    """`missing`; `short`; `other`: not the one this database was used with. `why` is the last part of a key
    `cli.unsafe.secret_*`."""

    def __init__(self, why: str, file: Path) -> None:
        super().__init__(f"SOTAY_SECRET_FILE {file}: {why}")
        self.why, self.file = why, file


def use(path: Path) -> None:
    """Chooses the file for this process; it is read with the first key."""
    global _path
    _path = path
    key.cache_clear()


def path() -> Path:
    """The chosen file."""
    if _path is None:
        raise RuntimeError("no secret was chosen; call storage.secret.use() first")
    return _path


def problem(file: Path) -> str:
    """What is wrong with a secret file: `missing`, `open` (others may read it), `short`; empty if nothing is."""
    if not file.is_file():
        return "missing"
    if file.stat().st_mode & 0o077:
        return "open"
    return "short" if len(file.read_bytes().strip()) < SHORTEST else ""


@lru_cache(maxsize=16)
def key(purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256). Raises WrongSecret for a file that is not there, or too short to be a
    secret."""
    if not path().is_file():
        raise WrongSecret("missing", path())
    found = path().read_bytes().strip()
    if len(found) < SHORTEST:
        raise WrongSecret("short", path())
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"sotay {purpose}".encode()).derive(found)


def make() -> None:
    """Two start together: the file appears whole, and the first one's stays."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    write_new(temporary, f"{secrets.token_hex(32)}\n".encode(), 0o600)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, file)
    temporary.unlink()
    key.cache_clear()
