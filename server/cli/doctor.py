"""`sotay doctor`: what is well, what is not, and the remedy. Status 1 if anything keeps the installation from its promises."""

import asyncio
import sys

import click
import msgspec

from server import doctor
from server.settings import settings
from sync.words import word

SIGN = {"ok": "✓", "warn": "!", "bad": "✗"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True)
@click.option("--english", is_flag=True, help="say it in English")
def doctor_command(as_json: bool, english: bool) -> None:
    """Kiểm tra bản cài đặt / Check database, store, clock, disk, keys, permissions, proxy, pictures, fonts,
    worker and backups."""
    found = asyncio.run(doctor.examine(settings()))
    if as_json:
        click.echo(msgspec.json.encode(found, enc_hook=str).decode())
    else:
        for one in found:
            sentence = word("en" if english else "vi", one.key, **one.values)
            click.echo(f"{SIGN[one.state]} {sentence}")
    sys.exit(1 if any(one.state == "bad" for one in found) else 0)
