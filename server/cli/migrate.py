"""`sotay migrate`: the database becomes one of this version, or of an earlier one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import forgotten, schema, sealing
from storage.changes import writing
from storage.database import reading
from storage.migrate import NoSuchStep, go_back, migrate
from storage.seed import shipped

T = TypeVar("T")


@click.command("migrate")
@click.option(
    "--back-to", "step", default="", help="undo all steps after this one, before an earlier version is installed"
)
@click.option("--sure", is_flag=True, help="with --back-to: there is a backup, what only later versions know may go")
@click.option("--new-secret", is_flag=True, help="no copy of the lost secret file is left: go on with another one")
def migrate_command(step: str, sure: bool, new_secret: bool) -> None:
    """Nâng cơ sở dữ liệu lên bản này / Bring the database up to date and fill in shipped areas and topics."""
    if step:
        _back(step, sure)
    else:
        _forth(new_secret)


def _run(work: Callable[[], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with opened(settings(), unready=True):
            return await work()

    return asyncio.run(inside())


def _forth(new_secret: bool) -> None:
    async def work() -> tuple[list[str], bool, int | None]:
        kept = await _mark()
        anew = new_secret and bool(kept) and not sealing.fits(kept)
        if kept and not anew:
            sealing.compare(kept)
        ids = await migrate()
        factors = None
        if anew:
            async with writing() as w:
                factors = await sealing.begin_anew(w)
        made = await sealing.settle()
        await shipped()
        return ids, made, factors

    ids, made, factors = _run(work)
    say.both("cli.migrated", n=len(ids), last=ids[-1])
    if made:
        say.both("cli.secret_made", path=settings().secret_file)
    if factors is not None:
        say.both("cli.secret_anew", path=settings().secret_file, n=factors)


async def _mark() -> str:
    """The mark of the secret that the database is used with, before anything is written; empty where it has none yet."""
    await schema.missing()
    async with reading() as conn:
        return await sealing.marked(conn) if await schema.ran() else ""


def _back(step: str, sure: bool) -> None:
    if not sure:
        say.stop("cli.migrate.back_sure", step=step)

    async def work() -> list[str]:
        if kept := await _mark():
            sealing.compare(kept)
        await (
            forgotten.flush()
        )  # what was erased must stay erased, also after a restore: its list leaves the database first
        return await go_back(step)

    try:
        undone = _run(work)
    except NoSuchStep:
        say.stop("cli.migrate.no_step", step=step)
    say.both("cli.migrate.back_done", n=len(undone), step=step)
