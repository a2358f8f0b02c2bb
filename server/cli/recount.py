"""`sotay recount`: counts every note anew and compares with the figures the overview is made of."""

import asyncio
import sys

import click

from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import recount


@click.command("recount")
@click.option("--mend", is_flag=True, help="write the totals anew from all notes where they stand wrong")
def recount_command(mend: bool) -> None:
    """Kiểm tra số liệu / Prove the totals: count all notes the slow way and compare. Ends with 1 if something stands wrong."""

    async def work() -> recount.Found:
        async with opened(settings()):
            found = await recount.check()
            if mend and (found.wrong or found.wrong_sums):
                await recount.mend()
                say.both("cli.recount.mended", n=found.wrong + found.wrong_sums)
                found = await recount.check()
            return found

    found = asyncio.run(work())
    wrong = found.wrong + found.wrong_sums
    key = "cli.recount.wrong" if wrong else "cli.recount.right"
    say.both(key, cells=found.cells, sums=found.sums, n=wrong)
    sys.exit(1 if wrong else 0)
