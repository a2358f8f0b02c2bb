"""What commands print: accounts with their sign-in data, an enrolment QR in the terminal."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

import segno

from server.settings import settings
from storage import devices, passwords, people, staff
from storage.catalogue import catalogue
from storage.viewer import Missing
from sync.words import word


def blank(login: str, role: str, area: str) -> dict[str, Any]:
    """An account as commands print it, its sign-in data still to be filled in."""
    return {
        "login": login,
        "role": role,
        "area": area,
        "password": None,
        "totp_secret": None,
        "enrol_code": None,
    }


async def new_account(login: str, role: str, area: str, kind: str, *, sample: bool = False) -> dict[str, Any]:
    """Makes an account and what it signs in with. Raises Missing for an unknown area, BadLogin."""
    if (await catalogue()).tree.get(area) is None:
        raise Missing
    made = blank(login, role, area)
    if role == "reporter":
        account = await people.create(login, role, [area], kind=kind, sample=sample)
        made["enrol_code"] = (
            await devices.new_code(account.id, lasts_ms=devices.SHEET_MS if sample else devices.SCREEN_MS)
        ).typed
    else:
        made["password"] = passwords.drawn()
        await people.create(login, role, [area], password=made["password"], sample=sample)
    return made


def as_lines(accounts: Sequence[dict[str, Any]]) -> str:
    """A table a person can read out."""
    rows = [("login", "role", "area", "password / enrol code")]
    rows += [
        (
            a["login"],
            a["role"],
            a["area"],
            " ".join(a[name] for name in ("password", "totp_secret", "enrol_code") if a[name]),
        )
        for a in accounts
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def enrolment(made: dict[str, Any]) -> str:
    """Code, address and QR of an enrolment."""
    out = StringIO()
    segno.make(made["url"], error="l").terminal(out, compact=True, border=2)
    sheet = f"\n\n{word('vi', 'cli.sheet_word', digits=made['word'])}" if "word" in made else ""
    return f"{made['code']}   ({made['expires_at']})\n{made['url']}\n{out.getvalue()}{sheet}"


def phones(found: Sequence[devices.DeviceFacts]) -> str:
    """The list of phones, one a line; a token that was seen in two places carries a warning."""
    lines = []
    for one in found:
        state = word("vi", f"cli.device.{one.state}")
        copied = f"  ! {word('vi', 'cli.device.copied', day=one.copied_day)}" if one.copied_day else ""
        lines.append(f"{one.id}  {one.login}  {one.platform}  {one.seen_day}  {state}{copied}")
    return "\n".join(lines)


def accounts(found: Sequence[staff.Staff], today: str) -> str:
    """The list of accounts, one a line: login, role, areas held today or later, phones that work, the last day of one."""
    lines = []
    for one in found:
        areas = " ".join(held.area for held in one.holds(today)) or "–"
        state = word("vi", "cli.account.disabled") if one.disabled else one.seen_day
        lines.append(
            f"{one.login}  {one.role}  {areas}  {word('vi', 'cli.account.phones', n=one.devices)}  {state}".rstrip()
        )
    return "\n".join(lines)


def panel_address() -> str:
    return f"{settings().base_url}/panel/"
