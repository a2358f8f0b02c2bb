"""Phones: enrolment codes, tokens, running numbers. A code is used once; of a token only the hash is kept."""

import secrets
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from storage import audit, clock
from storage.changes import Writing, writing
from storage.conn import Conn, Row
from storage.database import reading
from storage.people import digest, note_act
from storage.tables import Device, DeviceNumber, Enrolment
from storage.viewer import Viewer
from sync.area import Held
from sync.problems import Problem

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's 32: nothing that reads like something else
HANDLE = 4  # characters; finds a code, guards nothing
SCREEN_MS = 10 * 60_000
SHEET_MS = 24 * 3_600_000
TRIES = 5
IDLE_DAYS, ABSOLUTE_DAYS, LATE_DAYS = 30, 180, 90  # wire.md §2


class Code(msgspec.Struct, frozen=True):
    """A fresh enrolment code: `typed` for the keyboard, `secret` (120 bits) for the QR. `word`: the 4 digits of a printed
    sheet, to be handed over separately; empty for a code on a screen."""

    typed: str
    secret: str
    expires_at: int
    word: str = ""


class Enrolled(msgspec.Struct, frozen=True):
    device: str
    token: str
    push_token: str
    account: str


class Phone(msgspec.Struct, frozen=True):
    """What a token stands for. `expired`: pushes of a batch still go to quarantine, nothing else works."""

    device: str
    account: str
    role: str
    kind: str
    areas: tuple[Held, ...]
    seen_day: str
    expired: bool
    catalogue: str
    epoch: str
    numbers: int  # running numbers 1 to this have all arrived, and none beyond; -1: there are gaps
    uploads: bool  # the server still waits for bytes of photos of the account


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def plain(typed: str) -> str:
    """A typed code without blanks and dashes, look-alikes put right."""
    return typed.upper().translate(str.maketrans("OIL", "011", " -"))


async def new_code(
    account: str, *, lasts_ms: int = SCREEN_MS, sheet: bool = False, who: Viewer | str = audit.COMMAND
) -> Code:
    """A code for an account; earlier unused codes of the account stop working. `sheet`: to be printed, works 24 hours and
    only together with its word (wire.md §2)."""
    typed, secret = _random(8), _random(24)
    code_word = f"{secrets.randbelow(10_000):04d}" if sheet else ""
    lasts_ms = SHEET_MS if sheet else lasts_ms
    async with writing() as w:
        await w.conn.fetch("DELETE FROM enrolments WHERE account = $1 AND used_at IS NULL", account)
        await w.conn.fetch("DELETE FROM enrolments WHERE expires_at < $1", w.now - SHEET_MS)
        expires = w.now + lasts_ms
        made: Sequence[Row] = []
        while not made:  # a million handles: among a city's sheets of one day, two codes draw the same one
            handle = _random(HANDLE)
            row = {
                "handle": handle,
                "secret_hash": digest(secret),
                "typed_hash": digest(typed),
                "word_hash": _word_hash(handle, code_word) if sheet else None,
                "account": account,
                "expires_at": expires,
            }
            made = await w.conn.insert(Enrolment, [row], "ON CONFLICT (handle) DO NOTHING", returning="handle")
        await note_act(w, who, "device.code", account)
    return Code(f"{handle}-{typed[:4]}-{typed[4:]}", f"{handle}-{secret}", expires, code_word)


def _word_hash(handle: str, code_word: str) -> str:
    return digest(f"{handle} {code_word}")


async def renew_sample() -> list[tuple[str, str]]:
    """Sample accounts only: unused codes last another day, used or dead ones are replaced. Returns the new ones."""
    async with writing() as w:
        await w.conn.fetch(
            """UPDATE enrolments SET expires_at = $1, tries = 0 WHERE used_at IS NULL
            AND account IN (SELECT id FROM accounts WHERE sample)""",
            w.now + SHEET_MS,
        )
        rows = await w.conn.fetch(
            """SELECT id, login FROM accounts WHERE sample AND role = 'reporter' AND disabled_at IS NULL
            AND id NOT IN (SELECT account FROM enrolments WHERE used_at IS NULL) ORDER BY login"""
        )
    return [(row["login"], (await new_code(row["id"], lasts_ms=SHEET_MS)).typed) for row in rows]


async def redeem(code: str, platform: str, code_word: str = "") -> Enrolled:
    """Turns a code into a phone. Exactly one of any number of parallel tries wins. Raises Problem `code_*`.

    A wrong word is a wrong try like a wrong secret; only who has the secret is told that a word is wanted.
    """
    said = plain(code)
    handle, secret = said[:HANDLE], said[HANDLE:]
    refusal: Problem
    async with writing() as w:
        conn = w.conn
        rows = await conn.fetch(f"SELECT * FROM enrolments WHERE handle = $1 {conn.locking}", handle)
        row = rows[0] if rows else None
        if row is None:
            refusal = Problem("code_unknown")
        elif row["used_at"] is not None:
            refusal = Problem("code_used")
        elif row["tries"] >= TRIES:
            refusal = Problem("code_locked")
        elif row["expires_at"] <= w.now:
            refusal = Problem("code_expired")
        elif (
            (right := digest(secret) in (row["secret_hash"], row["typed_hash"])) and row["word_hash"] and not code_word
        ):
            refusal = Problem("code_word")
        elif not right or (row["word_hash"] and row["word_hash"] != _word_hash(handle, code_word)):
            await conn.fetch("UPDATE enrolments SET tries = tries + 1 WHERE handle = $1", handle)
            left = TRIES - row["tries"] - 1
            refusal = Problem("code_wrong", tries=left) if left else Problem("code_locked")
        else:
            await conn.fetch("UPDATE enrolments SET used_at = $2 WHERE handle = $1", handle, w.now)
            return await _enrol(w, row["account"], platform)
    raise refusal  # after COMMIT, so that the try is counted


async def _enrol(w: Writing, account: str, platform: str) -> Enrolled:
    enrolled = Enrolled(str(uuid.uuid4()), secrets.token_urlsafe(32), secrets.token_urlsafe(32), account)
    await w.conn.insert(
        Device,
        [
            {
                "id": enrolled.device,
                "account": account,
                "platform": platform,
                "token_hash": digest(enrolled.token),
                "push_token_hash": digest(enrolled.push_token),
                "created_at": w.now,
                "seen_day": clock.local_day(w.now).isoformat(),
            }
        ],
    )
    await note_act(w, audit.PHONE, "device.enrolled", account)
    return enrolled


_PHONE = """SELECT d.id, d.account, d.created_at, d.seen_day, d.revoked_at, a.role, a.kind, a.disabled_at,
 h.area, h.valid_from, h.valid_to,
 (SELECT sum("last" - "first" + 1) FROM device_numbers n WHERE n.device = d.id) AS count,
 (SELECT max("last") FROM device_numbers n WHERE n.device = d.id) AS last,
 EXISTS (SELECT 1 FROM photos p WHERE p.author = d.account AND p.state = 'expected') AS uploads,
 (SELECT value FROM meta WHERE key = 'catalogue') AS catalogue, (SELECT value FROM meta WHERE key = 'epoch') AS epoch
 FROM devices d JOIN accounts a ON a.id = d.account LEFT JOIN account_areas h ON h.account = a.id WHERE """


async def phone(conn: Conn, token: str, now: int) -> Phone:
    """The phone of a token, checked on every request. Raises Problem `token_unknown`, `revoked` or `token_expired`."""
    rows = await conn.fetch(f"{_PHONE} d.token_hash = $1", digest(token))
    if not rows:
        raise Problem("token_unknown")
    return _checked(rows, now)


async def sealing_phone(conn: Conn, token: str, now: int) -> Phone:
    """The phone of a push token, which opens nothing but sealed items, or of a full one. Raises like `phone`."""
    hashed = digest(token)
    rows = await conn.fetch(f"{_PHONE} (d.push_token_hash = $1 OR d.token_hash = $1)", hashed)
    if not rows:
        raise Problem("token_unknown")
    return _checked(rows, now)


async def sealer(conn: Conn, device: str, push_token: str, now: int, *, by_hand: bool) -> Phone | None:
    """The phone that sealed an item, proved by its push token; None if it is none of ours. `by_hand`: at the panel or by
    command a revoked phone's work, and what is long overdue, is taken too, as late (`expired`). Raises like `phone`."""
    rows = await conn.fetch(f"{_PHONE} d.id = $1 AND d.push_token_hash = $2", device, digest(push_token))
    if not rows:
        return None
    return _as_phone(rows, late=_is_late(rows[0], now)) if by_hand else _checked(rows, now)


def _checked(rows: Sequence[Row], now: int) -> Phone:
    row = rows[0]
    if row["revoked_at"] is not None or row["disabled_at"] is not None:
        raise Problem("revoked")
    if over_days(row, now) > LATE_DAYS:
        raise Problem("token_expired")
    return _as_phone(rows, late=_is_late(row, now))


def _is_late(row: Row, now: int) -> bool:
    return row["revoked_at"] is not None or row["disabled_at"] is not None or over_days(row, now) > 0


def _as_phone(rows: Sequence[Row], *, late: bool) -> Phone:
    row = rows[0]
    areas = tuple(Held(r["area"], r["valid_from"], r["valid_to"]) for r in rows if r["area"] is not None)
    return Phone(
        device=row["id"],
        account=row["account"],
        role=row["role"],
        kind=row["kind"],
        areas=areas,
        seen_day=row["seen_day"],
        expired=late,
        catalogue=row["catalogue"] or "",
        epoch=row["epoch"] or "",
        numbers=int(row["last"] or 0) if row["count"] == row["last"] else -1,
        uploads=bool(row["uploads"]),
    )


def over_days(row: Row, now: int) -> int:
    """Days since a token ran out by whichever limit came first; pushes are still taken for 90 days after it."""
    idle = (clock.local_day(now) - date.fromisoformat(row["seen_day"])).days
    return int(max(idle - IDLE_DAYS, (now - row["created_at"]) // clock.DAY_MS - ABSOLUTE_DAYS))


async def seen(device: str, today: str) -> None:
    """Notes the day of a phone's last call; at most one write a day."""
    async with writing() as w:
        await w.conn.fetch("UPDATE devices SET seen_day = $2 WHERE id = $1 AND seen_day < $2", device, today)


async def revoke(device: str, *, who: Viewer | str = audit.COMMAND) -> bool:
    """The phone's token stops working at once. False if there is no such phone."""
    async with writing() as w:
        rows = await w.conn.fetch(
            "UPDATE devices SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING account", device, w.now
        )
        for row in rows:
            await note_act(w, who, "device.revoked", row["account"])
    return bool(rows)


async def note_behind(device: str) -> None:
    """A token announced a lower running number than it had sent: one phone never counts backwards, two with the same token
    do. A single late copy of a request can look so too, hence `copied` takes a second time within a day. It says
    something about the device only."""
    async with writing() as w:
        await w.conn.fetch(
            """UPDATE devices SET behind = CASE WHEN behind > 0 AND behind_at > $3 THEN 2 ELSE 1 END, behind_at = $2
            WHERE id = $1 AND behind < 2""",
            device,
            w.now,
            w.now - clock.DAY_MS,
        )


class DeviceFacts(msgspec.Struct, frozen=True):
    """A phone as the administrator sees it. `copied_day`: when its token was seen in two places, else None."""

    id: str
    login: str
    platform: str
    seen_day: str
    state: Literal["works", "expired", "revoked"]
    copied_day: str | None


async def listed() -> list[DeviceFacts]:
    """All phones, those seen in two places first, then by account."""
    async with reading() as conn:
        rows = await conn.fetch(
            """SELECT d.*, a.login, a.disabled_at FROM devices d JOIN accounts a ON a.id = d.account
            ORDER BY CASE WHEN d.behind >= 2 THEN 0 ELSE 1 END, a.login, d.created_at, d.id"""
        )
    now = clock.now()
    return [
        DeviceFacts(
            row["id"],
            row["login"],
            row["platform"],
            row["seen_day"],
            "revoked" if row["revoked_at"] or row["disabled_at"] else "expired" if over_days(row, now) > 0 else "works",
            clock.local_day(row["behind_at"]).isoformat() if row["behind"] >= 2 else None,
        )
        for row in rows
    ]


async def add_numbers(conn: Conn, device: str, numbers: list[int]) -> None:
    """Adds running numbers to a device's set, kept as closed ranges that never touch."""
    if not numbers:
        return
    rows = await conn.fetch(
        f'SELECT id, "first", "last" FROM device_numbers WHERE device = $1 ORDER BY "first" {conn.locking}', device
    )
    if all(any(row["first"] <= n <= row["last"] for row in rows) for n in numbers):
        return
    spans = sorted([(row["first"], row["last"]) for row in rows] + [(n, n) for n in numbers])
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    await conn.fetch("DELETE FROM device_numbers WHERE device = $1", device)
    await conn.insert(DeviceNumber, [{"device": device, "first": first, "last": last} for first, last in joined])


class Numbers(msgspec.Struct, frozen=True):
    missing: list[tuple[int, int]] = []
    behind: bool = False


async def numbers(conn: Conn, device: str, highest: int) -> Numbers:
    """`missing`: ranges below or at `highest` (as the phone announces it) that never arrived. `behind`: a higher one did."""
    rows = await conn.fetch('SELECT "first", "last" FROM device_numbers WHERE device = $1 ORDER BY "first"', device)
    gaps, following = [], 1
    for row in rows:
        if row["first"] > following:
            gaps.append((following, min(row["first"] - 1, highest)))
        following = max(following, row["last"] + 1)
    if following <= highest:
        gaps.append((following, highest))
    return Numbers([gap for gap in gaps if gap[0] <= gap[1]], bool(rows) and rows[-1]["last"] > highest)
