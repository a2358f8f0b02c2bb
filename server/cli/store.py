"""`sotay copy-store FROM`: moves to another photo store.

A backup does not do: the list of what was erased, the keys of months and the heads of the audit trail lie in the store and
outside of backups; without them a restore has to erase all words of opinions.
"""

import asyncio

import click

from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import alive, month_key
from storage.bucket import Media, make_bucket, media


@click.command("copy-store")
@click.argument("source")
def copy_store(source: str) -> None:
    """Chép kho ảnh / Copy everything from the store SOURCE (an address like SOTAY_MEDIA_URL) into the present one. Stop
    server and worker first. Cut off, it goes on where it was; not once the server has run on the present one."""

    async def work() -> int:
        async with opened(settings()), alive.alone():
            old = Media(make_bucket(source))
            names = await old.keys("")
            there = set(await media().keys(""))
            keys = [name for name in names if name.startswith(month_key.FOLDER) and name in there]
            for name in keys:
                if await old.get(name) != await media().get(name):
                    say.stop("cli.store_other", path=name)
            copied = 0
            for name in names:  # what is there already is newer, or the same
                if name not in there and (data := await old.get(name)) is not None:
                    await media().put(name, data)
                    copied += 1
            old.close()
            return copied

    say.both("cli.store_copied", n=asyncio.run(work()))
