"""`sotay erase`: what is past its term goes. The worker does the same once a day."""

import asyncio
import sys

import click

from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import audit, erase
from storage.failures import failure
from storage.objects import StoreAway
from sync.words import word


@click.command("erase")
@click.option("--dry-run", is_flag=True, help="count only; change nothing")
def erase_command(dry_run: bool) -> None:
    """Xoá theo hạn / Erase what is past its term: texts, photos, authors, marks, keys. Prints how many of each, and
    what is left."""

    async def work() -> tuple[dict[str, int], int]:
        async with opened(settings()):
            if dry_run:
                return await erase.due(), 0
            done = await erase.erase(who=audit.COMMAND)
            return done, sum((await erase.due()).values())

    try:
        counts, left = asyncio.run(work())
    except StoreAway as away:
        if failure(away) == "full":
            raise
        say.stop("cli.erase.away")
    for name, n in counts.items():
        click.echo(f"{n:>8}  {word('vi', f'cli.erase.term.{name}')} / {word('en', f'cli.erase.term.{name}')}")
    if dry_run:
        say.both("cli.erase.dry")
        return
    say.both("cli.erase.left", n=left)
    sys.exit(1 if left else 0)
