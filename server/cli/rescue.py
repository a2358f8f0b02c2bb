"""`sotay rescue import FILE` and `sotay pin required|optional`."""

import asyncio
import sys
from pathlib import Path
from typing import Literal

import click

from server.cli import say
from server.opening import opened
from server.rescue import Rescued, rescue
from server.settings import settings
from storage import audit
from storage.catalogue import catalogue
from storage.documents import set_pin_rule
from sync.sealed import NoRescueFile
from sync.words import word


@click.group("rescue")
def rescue_group() -> None:
    """Việc chưa gửi của máy hỏng / Unsent work of a phone, brought as a file."""


@rescue_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Nhận tệp cứu / Take what a rescue file holds; importing it again changes nothing. Status 1 if something was not taken."""

    async def work() -> Rescued:
        async with opened(settings()):
            await catalogue()
            with file.open("rb") as lines:
                return await rescue(lines, audit.COMMAND)

    try:
        done = asyncio.run(work())
    except NoRescueFile:
        say.stop("cli.rescue.not_one", path=file)
    for language in ("vi", "en"):
        click.echo(word(language, "cli.rescue.taken", n=done.taken))
        for code, n in done.refused.items():
            click.echo(word(language, "cli.rescue.refused", n=n, why=word(language, f"problem.{code}.sentence")))
        if done.lost:
            click.echo(word(language, "cli.rescue.lost", n=done.lost))
        if done.stopped:
            click.echo(word(language, "cli.rescue.stopped", why=word(language, f"problem.{done.stopped}.sentence")))
    sys.exit(1 if done.refused or done.lost or done.stopped else 0)


@click.command("pin")
@click.argument("rule", type=click.Choice(["required", "optional"]))
def pin_command(rule: Literal["required", "optional"]) -> None:
    """Điện thoại có bắt buộc mã PIN / Whether phones must lock their notes with a PIN (default: required)."""

    async def work() -> None:
        async with opened(settings()):
            await set_pin_rule(rule)

    asyncio.run(work())
    say.both("cli.done")
