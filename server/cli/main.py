"""The command `sotay`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
import msgspec

from server.cli import backup, say, show
from server.cli.areas import areas_group
from server.cli.audit import audit_group
from server.cli.demo import demo
from server.cli.digest import digest_command
from server.cli.doctor import doctor_command
from server.cli.erase import erase_command
from server.cli.init import init
from server.cli.migrate import migrate_command
from server.cli.recount import recount_command
from server.cli.rescue import pin_command, rescue_group
from server.cli.serve import serve, worker
from server.opening import opened
from server.settings import settings
from server.unsafe import Unsafe
from storage import clock, devices, passwords, people, staff
from storage.conn import BadSetting
from storage.database import reading
from storage.failures import failure
from storage.schema import NewerDatabase, OlderDatabase
from storage.viewer import Refused
from sync.problems import Problem
from sync.words import word

T = TypeVar("T")


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Runs `work` with database and store open."""

    async def inside() -> T:
        async with opened(settings()):
            return await work()

    return asyncio.run(inside())


@click.group()
def main() -> None:
    """Sổ Tay: offline-first field reporting for wards."""


@main.group()
def account() -> None:
    """Staff accounts."""


@account.command("add")
@click.argument("login")
@click.option("--role", required=True, type=click.Choice(people.ROLES))
@click.option("--area", required=True)
@click.option("--kind", type=click.Choice(["collaborator", "propagandist"]), default="collaborator")
@click.option("--json", "as_json", is_flag=True)
def account_add(login: str, role: str, area: str, kind: str, as_json: bool) -> None:
    """Make an account; officials get a password, reporters an enrolment code."""
    try:
        made = run(lambda: show.new_account(login, role, area, kind))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(made, ensure_ascii=False) if as_json else show.as_lines([made]))


@account.command("list")
@click.option("--json", "as_json", is_flag=True)
def account_list(as_json: bool) -> None:
    """All accounts with role, areas and working phones."""

    async def work() -> list[staff.Staff]:
        async with reading() as conn:
            return await staff.everybody(conn)

    found = run(work)
    today = clock.local_day(clock.now()).isoformat()
    click.echo(msgspec.json.encode(found).decode() if as_json else show.accounts(found, today))


@account.command("disable")
@click.argument("login")
def account_disable(login: str) -> None:
    """Take all rights from an account, its phones and sign-ins included."""
    try:
        run(lambda: staff.disable_login(login))
    except ValueError as error:
        raise click.ClickException(word("vi", "cli.no_account", login=login)) from error
    except Refused as refused:
        raise click.ClickException(word("vi", f"panel.refused.{refused.reason}")) from refused
    click.echo(word("vi", "cli.done"))


@account.command("reset")
@click.argument("login")
def account_reset(login: str) -> None:
    """Give an official a new password and take the second factor away; every sign-in ends."""

    async def work() -> str:
        found = await people.by_login(login)
        if found is None:
            raise click.ClickException(word("vi", "cli.no_account", login=login))
        if found.role == "reporter":
            raise click.ClickException(word("vi", "cli.no_password", login=login))
        password = passwords.drawn()
        await people.reset(found.id, password)
        return password

    click.echo(run(work))


@main.command()
@click.argument("login")
@click.option("--sheet", is_flag=True, help="To be printed: works 24 hours, and only with 4 digits given separately.")
@click.option("--json", "as_json", is_flag=True)
def enrol(login: str, sheet: bool, as_json: bool) -> None:
    """Make an enrolment code for an account (10 minutes)."""

    async def work() -> dict[str, Any]:
        found = await people.by_login(login)
        if found is None:
            raise click.ClickException(word("vi", "cli.no_account", login=login))
        code = await devices.new_code(found.id, sheet=sheet)
        url = f"{settings().base_url}/app/#enrol={code.secret}"
        made = {"code": code.typed, "url": url, "expires_at": clock.iso(code.expires_at)}
        return made | ({"word": code.word} if sheet else {})

    made = run(work)
    click.echo(json.dumps(made) if as_json else show.enrolment(made))


@main.group()
def device() -> None:
    """Phones."""


@device.command("list")
@click.option("--json", "as_json", is_flag=True)
def device_list(as_json: bool) -> None:
    """All phones; a token seen in two places is said first."""
    found = run(devices.listed)
    click.echo(msgspec.json.encode(found).decode() if as_json else show.phones(found))


@device.command("revoke")
@click.argument("id")
def device_revoke(id: str) -> None:
    """Stop a phone's token at once."""
    if not run(lambda: devices.revoke(id)):
        raise click.ClickException(word("vi", "cli.no_device"))
    click.echo(word("vi", "cli.done"))


main.add_command(migrate_command)
main.add_command(serve)
main.add_command(worker)
main.add_command(demo)
main.add_command(digest_command)
main.add_command(erase_command)
main.add_command(audit_group)
main.add_command(areas_group)
main.add_command(recount_command)
main.add_command(rescue_group)
main.add_command(pin_command)
main.add_command(init)
main.add_command(doctor_command)
for command in backup.COMMANDS:
    main.add_command(command)


def entry() -> None:
    """The command: what an operator can mend is said in a sentence, in both languages, without a traceback."""
    try:
        main()
    except Unsafe as unsafe:
        say.stop(f"cli.unsafe.{unsafe.name}", **unsafe.values)
    except NewerDatabase as newer:
        say.stop("cli.newer_database", ids=newer)
    except OlderDatabase as older:
        say.stop("cli.older_database", n=older.left)
    except BadSetting as bad:
        say.stop("cli.bad_setting", detail=str(bad))
    except Problem as problem:
        if problem.code != "storage_full":
            raise
        say.stop("cli.full", detail=problem.code)
    except Exception as error:
        match failure(error):
            case "full":
                say.stop("cli.full", detail=f"{type(error).__name__}: {error}")
            case "away" | "raced":
                say.stop("cli.away", detail=f"{type(error).__name__}: {error}")
        if not isinstance(error, OSError) or not error.filename:
            raise
        say.stop("cli.file", detail=f"{error.strerror}: {error.filename}")
