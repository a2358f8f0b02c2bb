"""The head of the audit trail outside the database, hourly: in the media store and in a file. And checking all of it."""

import os
from pathlib import Path

import msgspec

from storage import audit, clock
from storage.audit_chain import Check, Finding, Head, head
from storage.bucket import media
from storage.database import reading
from storage.objects import StoreAway
from storage.secret import key

FILE = "audit-heads.jsonl"
PREFIX = "audit/"
STEP = 2000
OWN = "SELECT n, hash FROM audit_head WHERE id = 1"
_COLUMNS = "n, at, actor, area, action, subject, detail, salt, seal, hash"


def _object(n: int) -> str:
    return f"{PREFIX}{n:012d}.json"


async def keep(folder: Path) -> int:
    """Writes the present head into the file in `folder`, then into the store; its number. Raises StoreAway after the file."""
    async with reading() as conn:
        rows = await conn.fetch(OWN)
    if not rows or not rows[0]["n"]:
        return 0
    kept = head(key(audit.KEY), rows[0]["n"], rows[0]["hash"], clock.now())
    last = _lines(folder)[-1:]
    if not last or last[0][1] is None or last[0][1].n != kept.n:
        _append(folder / FILE, msgspec.json.encode(kept) + b"\n")
    if await media().get(_object(kept.n)) is None:  # a number has one head: what is there is never written again
        await media().put(_object(kept.n), msgspec.json.encode(kept))
    return kept.n


def _append(path: Path, line: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def _decoded(data: bytes) -> Head | None:
    try:
        return msgspec.json.decode(data, type=Head)
    except msgspec.DecodeError:
        return None


def _lines(folder: Path) -> list[tuple[str, Head | None]]:
    path = folder / FILE
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [(f"{FILE}:{number}", _decoded(line)) for number, line in enumerate(lines, 1)]


async def _objects() -> list[tuple[str, Head | None]]:
    found = []
    for name in sorted(await media().keys(PREFIX)):
        kept = _decoded(await media().get(name) or b"")
        found.append((name, kept if kept and _object(kept.n) == name else None))
    return found


class Verdict(msgspec.Struct, frozen=True):
    rows: int
    heads: int
    findings: list[Finding]


async def verify(folder: Path) -> Verdict:
    """Checks the whole chain and every head kept outside. A store that is away is a finding: its heads went unread."""
    heads, findings = _lines(folder), []
    try:
        heads += await _objects()
    except StoreAway:
        findings.append(Finding(0, 0, "store_away"))
    check, last = Check(key(audit.KEY)), None
    async with reading() as conn:
        own = list(await conn.fetch(OWN))
        wanted = {kept.n for _, kept in heads if kept} | {row["n"] for row in own}
        while True:
            where = "" if last is None else "WHERE n > $2"
            sql = f"SELECT {_COLUMNS} FROM audit {where} ORDER BY n LIMIT $1"
            rows = await conn.fetch(sql, STEP, *([] if last is None else [last]))
            check.take(rows, wanted)
            if len(rows) < STEP:
                break
            last = rows[-1]["n"]
        own += await conn.fetch(OWN)
    findings += check.end([(row["n"], row["hash"]) for row in own], heads)
    return Verdict(check.rows, len(heads), findings)
