"""`sotay account`, `sotay enrol`, `sotay device`: staff, their codes and their phones."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
import msgspec

from server.cli import say, show
from server.opening import opened
from server.settings import settings
from storage import clock, devices, passwords, people, staff
from storage.database import reading
from storage.people import AccountFacts, BadLogin
from storage.viewer import Missing, Refused

T = TypeVar("T")


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Runs `work` with database and store open."""

    async def inside() -> T:
        async with opened(settings()):
            return await work()

    return asyncio.run(inside())


async def _working(login: str) -> AccountFacts:
    """The account; one that is not there, or was disabled, ends the command."""
    found = await people.by_login(login)
    if found is None:
        say.stop("cli.no_account", login=login)
    if found.disabled:
        say.stop("cli.account.not_working", login=login)
    return found


@click.group("account")
def account_group() -> None:
    """Tài khoản cán bộ / Staff accounts."""


@account_group.command("add")
@click.argument("login")
@click.option("--role", required=True, type=click.Choice(people.ROLES))
@click.option("--area", required=True)
@click.option("--kind", type=click.Choice(["collaborator", "propagandist"]), default="collaborator")
@click.option("--json", "as_json", is_flag=True)
def account_add(login: str, role: str, area: str, kind: str, as_json: bool) -> None:
    """Thêm tài khoản / Make an account; officials get a password, reporters an enrolment code."""
    try:
        made = run(lambda: show.new_account(login, role, area, kind))
    except Missing:
        say.stop("cli.no_area", area=area)
    except BadLogin as bad:
        say.stop(f"cli.account.bad_{bad.why}", login=login)
    click.echo(json.dumps(made, ensure_ascii=False) if as_json else show.as_lines([made]))


@account_group.command("list")
@click.option("--json", "as_json", is_flag=True)
def account_list(as_json: bool) -> None:
    """Mọi tài khoản / All accounts with role, areas and working phones."""

    async def work() -> list[staff.Staff]:
        async with reading() as conn:
            return await staff.everybody(conn)

    found = run(work)
    today = clock.local_day(clock.now()).isoformat()
    click.echo(msgspec.json.encode(found).decode() if as_json else show.accounts(found, today))


@account_group.command("disable")
@click.argument("login")
def account_disable(login: str) -> None:
    """Khoá tài khoản / Take all rights from an account, its phones and sign-ins included."""
    try:
        run(lambda: staff.disable_login(login))
    except Missing:
        say.stop("cli.no_account", login=login)
    except Refused as refused:
        say.stop(f"panel.refused.{refused.reason}")
    say.both("cli.done")


@account_group.command("reset")
@click.argument("login")
def account_reset(login: str) -> None:
    """Đặt lại mật khẩu / Give an official a new password and take the second factor away; every sign-in ends."""

    async def work() -> str:
        found = await _working(login)
        if found.role == "reporter":
            say.stop("cli.no_password", login=login)
        password = passwords.drawn()
        await people.reset(found.id, password)
        return password

    click.echo(run(work))


@click.command("enrol")
@click.argument("login")
@click.option("--sheet", is_flag=True, help="To be printed: works 24 hours, and only with 4 digits given separately.")
@click.option("--json", "as_json", is_flag=True)
def enrol_command(login: str, sheet: bool, as_json: bool) -> None:
    """Tạo mã ghi danh / Make an enrolment code for an account (10 minutes)."""

    async def work() -> dict[str, Any]:
        found = await _working(login)
        code = await devices.new_code(found.id, sheet=sheet)
        url = f"{settings().base_url}/app/#enrol={code.secret}"
        made = {"code": code.typed, "url": url, "expires_at": clock.iso(code.expires_at)}
        return made | ({"word": code.word} if sheet else {})

    made = run(work)
    click.echo(json.dumps(made) if as_json else show.enrolment(made))


@click.group("device")
def device_group() -> None:
    """Điện thoại / Phones."""


@device_group.command("list")
@click.option("--json", "as_json", is_flag=True)
def device_list(as_json: bool) -> None:
    """Mọi điện thoại / All phones; a token seen in two places is said first."""
    found = run(devices.listed)
    click.echo(msgspec.json.encode(found).decode() if as_json else show.phones(found))


@device_group.command("revoke")
@click.argument("id")
def device_revoke(id: str) -> None:
    """Thu hồi một máy / Stop a phone's token at once."""
    if not run(lambda: devices.revoke(id)):
        say.stop("cli.no_device")
    say.both("cli.done")
