"""How commands speak to an operator: both languages, Vietnamese first; and files only the operator may read."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from sync.words import word


def both(key: str, *, err: bool = False, **values: object) -> None:
    for language in ("vi", "en"):
        click.echo(word(language, key, **values), err=err)


def stop(key: str, **values: object) -> NoReturn:
    """What an operator can mend: a sentence with the remedy, status 2."""
    both(key, err=True, **values)
    sys.exit(2)


def write_private(path: Path, text: str) -> None:
    """A new file, mode 600, durable. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
