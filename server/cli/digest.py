"""`sotay digest`: the digest of a week or month as a file; or the shipped DOCX template, to be changed by the ward."""

import asyncio
from pathlib import Path

import click

from admin import digest, digest_files
from admin.digest_files import FORMATS, Format
from admin.digest_form import FORMS, BadTemplate, Form
from admin.export import File
from server.cli import say
from server.opening import opened
from server.settings import settings
from storage import audit, clock
from storage.catalogue import catalogue
from storage.changes import writing
from storage.viewer import Missing
from sync import windows
from sync.words import word


@click.command("digest")
@click.option("--area", help="Code of a city, ward, cluster or group.")
@click.option("--week", help="2026-W47; below the ward it tells of the place lane only.")
@click.option("--month", help="2026-11")
@click.option("--format", "kind", type=click.Choice(FORMATS), default="docx", show_default=True)
@click.option("--form", type=click.Choice(FORMS), default="party", show_default=True, help="Form of a DOCX or PDF.")
@click.option("--template", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Own DOCX template.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--write-template", is_flag=True, help="Write the shipped DOCX template of the form to --out instead.")
def digest_command(
    area: str | None, week: str | None, month: str | None, kind: Format, form: Form, template: Path | None, out: Path,
    write_template: bool,
) -> None:  # fmt: skip
    """Viết báo cáo / Write the digest of an area: an unsigned draft, small numbers hidden. It is noted in the audit trail."""
    if write_template:
        say.write_out(out, digest_files.shipped_template(form))
        return
    period = week or month or ""
    if (
        area is None
        or (week is None) == (month is None)
        or not windows.is_period(period)
        or ("-W" in period) != bool(week)
    ):
        raise click.UsageError(_both("cli.digest.usage"))

    def chosen() -> bytes:
        return template.read_bytes() if template else digest_files.template_for(settings().data_dir, form)

    async def work() -> File:
        async with opened(settings()):
            world = await catalogue()
            async with writing() as w:
                made = await digest.gather(w.conn, world, area, period, clock.local_day(w.now))
                facts = {"period": period, "format": kind, "form": form}
                audit.record(w, audit.COMMAND, "export.digest", area=made.office, detail=facts)
                return digest_files.write(made, world, kind, form, chosen)

    try:
        made = asyncio.run(work())
    except Missing:
        say.stop("cli.digest.missing", area=area, period=period)
    except BadTemplate as bad:
        say.stop(bad.key, **bad.values)
    say.write_out(out, made.data)
    say.both("cli.digest.done", path=out)


def _both(key: str, **values: object) -> str:
    return "\n".join(word(language, key, **values) for language in ("vi", "en"))
