"""The keyed chain of the audit trail, without a database: how a row is sealed and linked, and how a chain is checked."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from storage.conn import Row

TAKEN = "audit.blanked"  # the act by which the eraser takes subject and detail of earlier rows; names their numbers


class Head(msgspec.Struct, frozen=True):
    """Number and hash of the last row at some moment, as kept outside the database."""

    n: int
    hash: str
    at: int
    mac: str


class Finding(msgspec.Struct, frozen=True, order=True):
    """What is wrong with the chain. `code` is the last part of a key `cli.audit.*`; rows `first` to `last`."""

    first: int
    last: int
    code: str
    where: str = ""


def _mac(key: bytes, values: Sequence[Any]) -> str:
    return hmac.new(key, msgspec.json.encode(values), hashlib.sha256).hexdigest()


def seal(key: bytes, salt: str, subject: str, detail: str) -> str:
    """Binds what a row says without saying it: the salt goes with subject and detail, so nobody can try values later."""
    return _mac(key, ["seal", salt, subject, detail])


def link(key: bytes, before: str, row: Row) -> str:
    """The hash of a row that follows the one whose hash is `before`."""
    return _mac(key, [before, *(row[name] for name in ("n", "at", "actor", "area", "action", "seal"))])


def head(key: bytes, n: int, hash: str, at: int) -> Head:
    return Head(n, hash, at, _mac(key, ["head", n, hash, at]))


class Check:
    """Takes the rows in the order of their numbers (`take`), then says what is wrong (`end`)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._before: tuple[int, str] = (0, "")
        self._found: list[Finding] = []
        self._empty: set[int] = set()  # rows without subject and detail
        self._taken: set[int] = set()  # rows of which the chain says that the eraser took them
        self._hashes: dict[int, str] = {}
        self._linked = 0
        self.rows = 0

    def take(self, rows: Iterable[Row], outside: Iterable[int] = ()) -> None:
        """`outside`: numbers of heads kept elsewhere, whose hashes are remembered."""
        wanted = set(outside)
        for row in rows:
            self.rows += 1
            n, before = row["n"], self._before
            linked = n > before[0] and hmac.compare_digest(link(self._key, before[1], row), row["hash"])
            self._linked += linked
            if n > before[0] + 1:
                self._found.append(Finding(before[0] + 1, n - 1, "gap"))
            elif not linked:
                self._found.append(Finding(n, n, "altered"))
            self._look_inside(row, linked)
            self._before = (n, row["hash"])
            if n in wanted:
                self._hashes[n] = row["hash"]

    def _look_inside(self, row: Row, linked: bool) -> None:
        n, parts = row["n"], [row["salt"], row["subject"], row["detail"]]
        if parts == [None, None, None]:
            self._empty.add(n)
        elif None in parts or not hmac.compare_digest(seal(self._key, *parts), row["seal"]):
            self._found.append(Finding(n, n, "detail"))
        elif linked and row["action"] == TAKEN:
            for first, last in msgspec.json.decode(row["detail"])["rows"]:
                self._taken.update(range(first, last + 1))

    def end(self, own: Sequence[tuple[int, str]], heads: Iterable[tuple[str, Head | None]] = ()) -> list[Finding]:
        """`own`: the database's own head, read before the rows and again after them. `heads`: where each one outside was
        kept, None for an unreadable one."""
        last, found = self._before[0], self._found
        found += [Finding(n, n, "blanked") for n in self._empty - self._taken]
        begun = bool(self.rows or own)  # a fresh installation has no rows and no head yet
        if begun and (
            len(own) != 2 or own[1][0] < last or (own[0][0] > 0 and self._hashes.get(own[0][0], "") != own[0][1])
        ):
            found.append(Finding(last, last, "own_head"))
        for where, kept in heads:
            if kept is None or head(self._key, kept.n, kept.hash, kept.at) != kept:
                found.append(Finding(0, 0, "bad_head", where))
            elif kept.n > last:
                found.append(Finding(last + 1, kept.n, "tail", where))
            elif self._hashes.get(kept.n, "") != kept.hash:
                found.append(Finding(kept.n, kept.n, "other", where))
        if self.rows > 1 and not self._linked:
            return [Finding(1, last, "key")]
        return sorted(set(found))
