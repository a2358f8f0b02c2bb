"""`sotay init`: the one `.env` that `docker compose up -d` needs, with secrets from the system's randomness."""

import re
import secrets
from ipaddress import ip_network
from pathlib import Path

import click

from server.cli import say
from storage import backup_file

STORES = {"minio": (), "seaweedfs": ("SOTAY_MEDIA_HOST=seaweedfs:8333",)}
"""The photo stores of docker-compose.yml, a profile each, and what else says that it is the one."""
HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


@click.command("init")
@click.option(
    "--domain", prompt="Tên miền công khai / public name (vd. sotay.phuong.example)", help="name phones reach"
)
@click.option("--office", default="", help="addresses or networks from which the panel opens; private ones without it")
@click.option("--store", default="minio", type=click.Choice(list(STORES)), help="photo store; seaweedfs is maintained")
@click.option("--folder", default=".", type=click.Path(path_type=Path, file_okay=False), help="where .env goes")
def init(domain: str, office: str, store: str, folder: Path) -> None:
    """Viết tệp .env / Write `.env` (mode 600) and the private half of the backup key beside it. Overwrites neither."""
    domain = domain.strip().lower().removeprefix("https://").rstrip("/")
    env, key = folder / ".env", folder / "offline.key"
    if HOST.fullmatch(domain) is None:
        say.stop("cli.init.bad_domain", domain=domain)
    for one in office.split():
        try:
            ip_network(one)
        except ValueError:
            say.stop("cli.init.bad_office", office=one)
    if taken := next((path for path in (env, key) if path.exists()), None):
        say.stop("cli.init.exists", path=taken)
    public, private = backup_file.make_key()
    lines = [
        f"SOTAY_DOMAIN={domain}",
        f"SOTAY_OFFICE={' '.join(office.split()) or 'private_ranges'}",
        f"SOTAY_DATABASE_PASSWORD={secrets.token_hex(24)}",
        f"SOTAY_MEDIA_KEY={secrets.token_hex(10)}",
        f"SOTAY_MEDIA_SECRET={secrets.token_hex(24)}",
        f"SOTAY_BACKUP_KEY={public}",
        f"COMPOSE_PROFILES={store}",
        *STORES[store],
    ]
    say.write_private(key, f"# Sổ Tay {domain}; public: {public}\n{private}\n")
    try:
        say.write_private(env, "\n".join(lines) + "\n")
    except BaseException:
        key.unlink()  # neither without the other: the next try would refuse to write beside it
        raise
    say.both("cli.init.done", env=env, offline=key)
