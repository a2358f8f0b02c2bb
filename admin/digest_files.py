"""A digest as a file of one format and form."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from admin.digest import Digest
from admin.digest_form import Form, letterhead
from admin.export import File
from storage.catalogue import Catalogue

Format = Literal["docx", "pdf", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
TYPES: dict[Format, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def own_template(data_dir: Path, form: Form) -> Path:
    """Where a ward's own DOCX template lies, if it has one."""
    return data_dir / "templates" / f"digest-{form}.docx"


def shipped_template(form: Form) -> bytes:
    """The template that comes with the program."""
    from admin import digest_template  # noqa: PLC0415 - see `write`

    return digest_template.shipped(form)


def template_for(data_dir: Path, form: Form) -> bytes:
    """The ward's own template, else the shipped one."""
    own = own_template(data_dir, form)
    return own.read_bytes() if own.is_file() else shipped_template(form)


def write(digest: Digest, world: Catalogue, kind: Format, form: Form, template: Callable[[], bytes]) -> File:
    """The file: byte for byte the same for the same digest, form and template. Raises `digest_form.BadTemplate`."""
    from admin import digest_docx, digest_pdf, digest_xlsx  # noqa: PLC0415 - a fifth of the start of a server, used weekly

    head = letterhead(world, digest.office, form, digest.until.year)
    if kind == "docx":
        data = digest_docx.fill(template(), digest, head)
    else:
        data = (digest_pdf if kind == "pdf" else digest_xlsx).write(digest, head)
    return File(f"so-tay-{digest.area}-{digest.period}.{kind}", TYPES[kind], data)
