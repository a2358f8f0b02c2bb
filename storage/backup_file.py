"""A backup as a file: members of a tar stream, sealed to an offline key in the age format (age-encryption.org/v1).

Nothing of it lies on a disk in clear. A file appears whole or not at all; a wrong key and any changed byte are noticed.
The key pair is age's own (X25519), so the `age` tool opens a backup too.
"""

import contextlib
import fcntl
import hashlib
import io
import os
import secrets
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyrage

from storage import fault_points

_MAGIC = b"age-encryption.org/v1\n"


class BadBackup(Exception):
    """Not to be restored: `key` (another key), `broken` (changed, cut, no backup of ours), `newer` (of a newer version)."""

    def __init__(self, why: Literal["key", "broken", "newer"], detail: str = "") -> None:
        super().__init__(f"{why} {detail}".strip())
        self.why, self.detail = why, detail


class BadKey(ValueError):
    """Not a key of a backup."""


def make_key() -> tuple[str, str]:
    """Public half (to seal with) and private half (to open with, kept offline)."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def recipient(public: str) -> Any:
    """Raises BadKey."""
    try:
        return pyrage.x25519.Recipient.from_str(public.strip())
    except pyrage.RecipientError as error:
        raise BadKey(str(error)) from error


def identity(text: str) -> Any:
    """The private half out of a key file (`#` lines are remarks). Raises BadKey."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        return pyrage.x25519.Identity.from_str(lines[0] if lines else "")
    except pyrage.IdentityError as error:
        raise BadKey(str(error)) from error


class Sum:
    """A digest of a set: the sum of its members' sha256, whatever their order."""

    def __init__(self) -> None:
        self.count = self.total = 0

    def add(self, member: bytes) -> None:
        self.total = (self.total + int.from_bytes(hashlib.sha256(member).digest())) % (1 << 256)
        self.count += 1

    def add_object(self, key: str, data: bytes) -> None:
        self.add(key.encode() + b"\0" + hashlib.sha256(data).digest())

    @property
    def said(self) -> dict[str, Any]:
        return {"count": self.count, "digest": f"{self.total:064x}"}


class Archive:
    """The open file of a backup that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))


class _Target(io.FileIO):
    """A file that remembers why it could not be written: the sealing library tells it as text only."""

    failed: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.failed = error
            raise


@contextmanager
def writing_to(path: Path, to: Any) -> Iterator[Archive]:
    """Writes a backup: it is at `path`, durable, when the block has ended well, and else not at all. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    out = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    held = os.dup(out)  # the lock of `out` lasts until this is closed too
    fcntl.flock(held, fcntl.LOCK_EX)
    plain, pipe = os.pipe()
    failed: list[BaseException] = []
    target = _Target(out, "wb")

    def seal() -> None:
        try:
            with os.fdopen(plain, "rb") as source, target:
                pyrage.encrypt_io(source, target, [to])
                os.fsync(target.fileno())
        except BaseException as error:
            failed.append(target.failed or error)

    sealing = threading.Thread(target=seal, daemon=True)
    sealing.start()
    try:
        try:
            with os.fdopen(pipe, "wb") as sink, tarfile.open(fileobj=sink, mode="w|") as tar:
                yield Archive(tar)
        finally:
            sealing.join()
        if failed:
            raise failed[0]
        fault_points.point("backup.sealed")
        temporary.replace(path)
        fault_points.point("backup.placed")
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if failed and isinstance(error, BrokenPipeError):
            raise failed[0] from None  # e.g. the disk is full
        raise
    finally:
        os.close(held)


def clear_left_over(folder: Path, suffix: str) -> None:
    """Removes what backups that were killed left in `folder`: nobody would ever, and their term ends like that of all."""
    for one in folder.glob(f".*{suffix}.*"):
        with contextlib.suppress(OSError), one.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while it is being written
            one.unlink()


@contextmanager
def reading_from(path: Path, key: Any) -> Iterator[Iterator[tuple[str, bytes]]]:
    """The members of a backup, one in memory at a time. Raises BadBackup, OSError for a file that cannot be opened."""
    source = path.open("rb")
    if source.read(len(_MAGIC)) != _MAGIC:
        source.close()
        raise BadBackup("broken", "no backup")
    source.seek(0)
    plain, pipe = os.pipe()
    failed: list[BaseException] = []

    def unseal() -> None:
        try:
            with source, os.fdopen(pipe, "wb") as sink:
                pyrage.decrypt_io(source, sink, [key])
        except BaseException as error:
            failed.append(error)

    unsealing = threading.Thread(target=unseal, daemon=True)
    unsealing.start()

    def members() -> Iterator[tuple[str, bytes]]:
        try:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    body = tar.extractfile(member)
                    yield member.name, body.read() if body is not None else b""
        except (tarfile.TarError, EOFError) as error:
            unsealing.join()
            raise _named(failed) from error
        while stream.read(1 << 16):
            pass  # to the end: the last piece is what proves the file whole
        unsealing.join()
        if failed:
            raise _named(failed)

    with os.fdopen(plain, "rb") as stream:
        yield members()
    unsealing.join()


def _named(failed: list[BaseException]) -> BadBackup:
    if failed and isinstance(failed[0], pyrage.DecryptError):
        return BadBackup("key")
    return BadBackup("broken", str(failed[0]) if failed else "")
