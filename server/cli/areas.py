"""`sotay areas import FILE`: areas from a table (CSV, XLSX), as at the panel; or their borders from the ward's own map file."""

import asyncio
from pathlib import Path

import click

from admin import sheets
from admin.area_import import COLUMNS, REQUIRED, judged
from admin.sheets import Line, Unreadable
from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import area_changes, audit, outlines
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from sync import outline
from sync.words import word


@click.group("areas")
def areas_group() -> None:
    """Khu vực / Areas."""


@areas_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what the file holds and what would change.")
def areas_import(file: Path, dry_run: bool) -> None:
    """Nhập khu vực / Take areas from a CSV or XLSX table, or the outlines of areas from a GeoJSON file, whose features name
    their area by `properties.code` or `properties.name`. All or nothing."""
    data = file.read_bytes()
    if data.lstrip()[:1] == b"{":
        _outlines(data, dry_run=dry_run)
    else:
        _table(data, file.name, dry_run=dry_run)


def _outlines(data: bytes, *, dry_run: bool) -> None:
    async def work() -> int:
        async with opened(settings()):
            world = await catalogue()
            found = outline.read(data, outlines.named(world, audit.COMMAND))
            if dry_run:
                return len(found)
            async with writing() as w:
                return await outlines.take(w, found, world, audit.COMMAND)

    try:
        n = asyncio.run(work())
    except outline.BadOutline as bad:
        say.stop(f"panel.borders.bad.{bad.reason}", n=bad.feature, said=bad.said)
    say.both("cli.outlines.dry" if dry_run else "cli.outlines.taken", n=n)


def _table(data: bytes, label: str, *, dry_run: bool) -> None:
    try:
        lines = sheets.read(data, label, COLUMNS, REQUIRED)
    except Unreadable as bad:
        say.stop(f"panel.import.bad.{bad.reason}", **bad.values)
    n = asyncio.run(_take(lines, dry_run=dry_run))
    faulty = [line for line in lines if line.faults]
    for language in ("vi", "en"):
        for line in faulty:
            for fault in line.faults:
                click.echo(f"{line.n}: {word(language, fault.key, **fault.values)}", err=True)
    if faulty:
        say.stop("panel.import.faulty", n=len(faulty), all=len(lines))
    say.both("cli.areas.would" if dry_run else "cli.areas.done", n=n)


async def _take(lines: list[Line], *, dry_run: bool) -> int:
    async with opened(settings()):
        async with reading() as conn:
            after = judged(lines, await area_changes.whole(conn))
        if dry_run or any(line.faults for line in lines):
            return len(after)
        async with writing() as w:
            return len(await area_changes.apply(w, audit.COMMAND, "imported", lambda tree: judged(lines, tree)))
