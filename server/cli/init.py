"""`sotay init`: the one `.env` that `docker compose up -d` needs, with secrets from the system's randomness."""

import os
import re
import secrets
import sys
from pathlib import Path

import click

from storage import backup_file
from sync.words import word

HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def say(key: str, *, err: bool = False, **values: object) -> None:
    for language in ("vi", "en"):
        click.echo(word(language, key, **values), err=err)


@click.command("init")
@click.option(
    "--domain", prompt="Tên miền công khai / public name (vd. sotay.phuong.example)", help="name phones reach"
)
@click.option("--folder", default=".", type=click.Path(path_type=Path, file_okay=False), help="where .env goes")
def init(domain: str, folder: Path) -> None:
    """Write `.env` (mode 600) and the private half of the backup key beside it. Overwrites neither."""
    domain = domain.strip().lower().removeprefix("https://").rstrip("/")
    env, key = folder / ".env", folder / "offline.key"
    if HOST.fullmatch(domain) is None:
        say("cli.init.bad_domain", err=True, domain=domain)
        sys.exit(2)
    if taken := next((path for path in (env, key) if path.exists()), None):
        say("cli.init.exists", err=True, path=taken)
        sys.exit(2)
    public, private = backup_file.make_key()
    lines = [
        f"SOTAY_DOMAIN={domain}",
        f"SOTAY_DATABASE_PASSWORD={secrets.token_hex(24)}",
        f"SOTAY_MEDIA_KEY={secrets.token_hex(10)}",
        f"SOTAY_MEDIA_SECRET={secrets.token_hex(24)}",
        f"SOTAY_BACKUP_KEY={public}",
    ]
    write_private(env, "\n".join(lines) + "\n")
    write_private(key, f"# Sổ Tay {domain}; public: {public}\n{private}\n")
    say("cli.init.done", env=env, offline=key)


def write_private(path: Path, text: str) -> None:
    """A new file, mode 600, durable. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
