"""`sotay migrate`: the database becomes one of this version, or of an earlier one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import forgotten, sealing
from storage.migrate import NoSuchStep, go_back, migrate
from storage.seed import shipped
from sync.words import word

T = TypeVar("T")


@click.command("migrate")
@click.option(
    "--back-to", "step", default="", help="undo all steps after this one, before an earlier version is installed"
)
@click.option("--sure", is_flag=True, help="with --back-to: there is a backup, what only later versions know may go")
def migrate_command(step: str, sure: bool) -> None:
    """Bring the database up to date and fill in shipped areas and topics."""
    if step:
        _back(step, sure)
    else:
        _forth()


def _run(work: Callable[[], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with opened(settings()):
            return await work()

    return asyncio.run(inside())


def _forth() -> None:
    async def work() -> tuple[list[str], bool]:
        ids = await migrate()
        await shipped()
        return ids, await sealing.settle()

    ids, made = _run(work)
    click.echo(word("vi", "cli.migrated", n=len(ids), last=ids[-1]))
    if made:
        click.echo(word("vi", "cli.secret_made", path=settings().secret_file))


def _back(step: str, sure: bool) -> None:
    if not sure:
        say.stop("cli.migrate.back_sure", step=step)

    async def work() -> list[str]:
        await (
            forgotten.flush()
        )  # what was erased must stay erased, also after a restore: its list leaves the database first
        return await go_back(step)

    try:
        undone = _run(work)
    except NoSuchStep:
        say.stop("cli.migrate.no_step", step=step)
    say.both("cli.migrate.back_done", n=len(undone), step=step)
