"""Settings from the environment, read once. Every one has a default that runs on a bare laptop."""

import os
from pathlib import Path

import msgspec

from storage.conn import BadSetting
from storage.quota import Quota


class Settings(msgspec.Struct, frozen=True):
    """`SOTAY_*` of brief.md §5; `built` is where the phone app and the panel's assets were built to.
    `proxies`: addresses or networks whose `X-Forwarded-For` is believed."""

    database_url: str
    media_url: str
    data_dir: Path
    base_url: str
    secret_file: Path
    phone_dir: Path
    quota: Quota = Quota()
    proxies: str = ""


def settings() -> Settings:
    env = os.environ
    data_dir = Path(env.get("SOTAY_DATA_DIR", "var")).resolve()
    here = Path(__file__).resolve().parent
    built, source = here / "built" / "phone", here.parent / "phone" / "dist"
    return Settings(
        database_url=env.get("SOTAY_DATABASE_URL") or f"sqlite:///{data_dir}/sotay.db",
        media_url=env.get("SOTAY_MEDIA_URL") or f"file://{data_dir}/media",
        data_dir=data_dir,
        base_url=(env.get("SOTAY_BASE_URL") or "http://127.0.0.1:8000").rstrip("/"),
        secret_file=Path(env.get("SOTAY_SECRET_FILE") or data_dir / "secret"),
        phone_dir=built if built.is_dir() else source,
        quota=_quota(env.get("SOTAY_QUOTA") or ""),
        proxies=env.get("SOTAY_PROXIES") or "",
    )


def _quota(text: str) -> Quota:
    """`batches a minute/rows a day`. Raises BadSetting."""
    if not text:
        return Quota()
    batches, _, rows = text.partition("/")
    if not (batches.isdecimal() and rows.isdecimal() and int(batches) and int(rows)):
        raise BadSetting(f"SOTAY_QUOTA={text!r}: write batches a minute and rows a day, e.g. 120/5000")
    return Quota(int(batches), int(rows))
