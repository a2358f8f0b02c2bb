"""Settings from the environment, read once. Every one has a default that runs on a bare laptop."""

import os
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from storage.conn import BadSetting
from storage.database import POOL
from storage.quota import Quota


class Settings(msgspec.Struct, frozen=True):
    """`SOTAY_*`, see docs/operations.md. `phone_dir` is where the phone app was built to."""

    database_url: str
    media_url: str
    data_dir: Path
    base_url: str
    secret_file: Path
    phone_dir: Path
    quota: Quota = Quota()
    database_pool: int = POOL
    production: bool = False
    trusted_proxies: tuple[str, ...] = ()  # networks; their forwarding headers are believed
    metrics: str = ""  # host:port of the figures for the operator
    backup_key: str = ""  # public half; the private one is kept offline
    inside_hosts: tuple[str, ...] = ()  # hosts reached over a closed network only: plain http will do


def settings() -> Settings:
    env = os.environ
    data_dir = Path(env.get("SOTAY_DATA_DIR") or "var").resolve()
    here = Path(__file__).resolve().parent
    built, source = here / "built" / "phone", here.parent / "phone" / "dist"
    base_url = _base_url(env.get("SOTAY_BASE_URL") or "http://127.0.0.1:8000")
    return Settings(
        database_url=env.get("SOTAY_DATABASE_URL") or f"sqlite:///{data_dir}/sotay.db",
        media_url=env.get("SOTAY_MEDIA_URL") or f"file://{data_dir}/media",
        data_dir=data_dir,
        base_url=base_url,
        secret_file=Path(env.get("SOTAY_SECRET_FILE") or data_dir / "secret"),
        phone_dir=built if built.is_dir() else source,
        quota=_quota(env.get("SOTAY_QUOTA") or ""),
        database_pool=_pool(env.get("SOTAY_DATABASE_POOL") or str(POOL)),
        production=_production(env.get("SOTAY_PRODUCTION", ""), base_url),
        trusted_proxies=_networks(env.get("SOTAY_TRUSTED_PROXIES", "")),
        metrics=env.get("SOTAY_METRICS", "").strip(),
        backup_key=env.get("SOTAY_BACKUP_KEY", "").strip(),
        inside_hosts=tuple(env.get("SOTAY_INSIDE_HOSTS", "").split()),
    )


def _base_url(text: str) -> str:
    """Raises BadSetting."""
    try:
        _ = urlsplit(text).port
    except ValueError as error:
        raise BadSetting(f"SOTAY_BASE_URL={text!r}: {error}; e.g. https://sotay.phuong.example") from error
    return text.rstrip("/")


def _pool(text: str) -> int:
    """Connections. Raises BadSetting."""
    if not (text.isdecimal() and 2 <= int(text) <= 100):
        raise BadSetting(f"SOTAY_DATABASE_POOL={text!r}: write a number of connections from 2 to 100, e.g. {POOL}")
    return int(text)


def _quota(text: str) -> Quota:
    """`batches a minute/rows a day`. Raises BadSetting."""
    if not text:
        return Quota()
    batches, _, rows = text.partition("/")
    if not (batches.isdecimal() and rows.isdecimal() and int(batches) and int(rows)):
        raise BadSetting(f"SOTAY_QUOTA={text!r}: write batches a minute and rows a day, e.g. 120/5000")
    return Quota(int(batches), int(rows))


def _production(said: str, base_url: str) -> bool:
    """What is said; else everything but plain http on this machine itself. Raises BadSetting."""
    if said not in ("", "0", "1"):
        raise BadSetting(f"SOTAY_PRODUCTION={said!r}: 1, 0 hoặc để trống / 1, 0 or empty")
    url = urlsplit(base_url)
    return said == "1" if said else url.scheme == "https" or not is_loopback(url.hostname or "")


def is_loopback(host: str) -> bool:
    """True for this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def address(said: str) -> tuple[str, int] | None:
    """Host and port of `SOTAY_METRICS`; None if there is none. Raises BadSetting."""
    if not said:
        return None
    host, _, port = said.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadSetting(f"SOTAY_METRICS={said!r}: host:port, vd. / e.g. 127.0.0.1:9464")
    return host, int(port)


def _networks(said: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(one)) for one in said.split())
    except ValueError as error:
        raise BadSetting(f"SOTAY_TRUSTED_PROXIES: {error}") from error
