"""`sotay audit verify`: is the trail whole? Says what is wrong and where, in both languages; status 1 if anything is."""

import asyncio
import sys

import click

from server.opening import opened
from server.settings import settings
from storage import audit_heads
from storage.audit_chain import Finding
from storage.audit_heads import Verdict
from sync.words import word

SHOWN = 50


@click.group("audit")
def audit_group() -> None:
    """Nhật ký / The audit trail."""


@audit_group.command("verify")
def verify() -> None:
    """Kiểm tra nhật ký / Check the whole chain, and every head of it that was kept outside the database."""

    async def work() -> Verdict:
        async with opened(settings()):
            return await audit_heads.verify(settings().data_dir)

    found = asyncio.run(work())
    for language in ("vi", "en"):
        for finding in found.findings[:SHOWN]:
            click.echo(said(language, finding))
        if len(found.findings) > SHOWN:
            click.echo(word(language, "cli.audit.more", n=len(found.findings) - SHOWN))
        end = "cli.audit.broken" if found.findings else "cli.audit.whole"
        click.echo(word(language, end, rows=found.rows, heads=found.heads, n=len(found.findings)))
    sys.exit(1 if found.findings else 0)


def said(language: str, finding: Finding) -> str:
    """`row 17: …`, `rows 17–20: …`, and the head it stands in."""
    place = {"first": finding.first, "last": finding.last, "where": finding.where}
    return word(language, f"cli.audit.found.{finding.code}", **place)
