"""`sotay areas import FILE`: the borders of areas, from the ward's own map file."""

import asyncio
from pathlib import Path

import click

from server.opening import opened
from server.settings import settings
from storage import audit, outlines
from storage.catalogue import catalogue
from storage.changes import writing
from sync import outline
from sync.words import word


@click.group("areas")
def areas_group() -> None:
    """Areas."""


@areas_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="only say what the file holds")
def areas_import(file: Path, dry_run: bool) -> None:
    """Take the outlines of areas from a GeoJSON file; each feature names its area by `properties.code`. All or nothing."""

    data = file.read_bytes()

    async def work() -> int:
        async with opened(settings()):
            found = outline.read(data)
            world = await catalogue()
            outlines.check(found, world.tree.by_code)
            if dry_run:
                return len(found)
            async with writing() as w:
                return await outlines.take(w, found, world, audit.COMMAND)

    try:
        n = asyncio.run(work())
    except outline.BadOutline as bad:
        raise click.ClickException(word("vi", f"cli.outlines.bad.{bad.reason}", detail=bad.detail)) from bad
    click.echo(word("vi", "cli.outlines.dry" if dry_run else "cli.outlines.taken", n=n))
