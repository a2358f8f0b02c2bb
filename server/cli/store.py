"""`sotay copy-store FROM`: moves to another photo store.

A backup does not do: the list of what was erased, the keys of months and the heads of the audit trail lie in the store and
outside of backups; without them a restore has to erase all words of opinions.
"""

import asyncio

import click

from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import alive
from storage.bucket import Media, make_bucket, media


@click.command("copy-store")
@click.argument("source")
def copy_store(source: str) -> None:
    """Chép kho ảnh / Copy everything from the store SOURCE (an address like SOTAY_MEDIA_URL) into the present one. Stop
    server and worker first; once more does no harm."""

    async def work() -> int:
        async with opened(settings()), alive.alone():
            old = Media(make_bucket(source))
            names = await old.keys("")
            for name in names:
                if (data := await old.get(name)) is not None:
                    await media().put(name, data)
            old.close()
            return len(names)

    say.both("cli.store_copied", n=asyncio.run(work()))
