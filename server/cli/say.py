"""How commands speak to an operator: both languages, Vietnamese first; and files only the operator may read."""

import secrets
import sys
from pathlib import Path
from typing import NoReturn

import click

from storage.files import write_new
from sync.words import word


def both(key: str, *, err: bool = False, **values: object) -> None:
    for language in ("vi", "en"):
        click.echo(word(language, key, **values), err=err)


def stop(key: str, **values: object) -> NoReturn:
    """What an operator can mend: a sentence with the remedy, status 2."""
    both(key, err=True, **values)
    sys.exit(2)


def write_private(path: Path, text: str) -> None:
    """A new file, mode 600, durable; whole, or not there. Raises FileExistsError, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_new(path, text.encode(), 0o600)


def write_out(path: Path, data: bytes) -> None:
    """A file made anew, or put in place of what was there: whole, or as it was before. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_new(temporary, data, 0o666)
    temporary.replace(path)
