"""Piccolo's own configuration: the engine of `SOTAY_DATABASE_URL`. Nothing connects here."""

import os
from typing import Any

from piccolo.conf.apps import AppRegistry

from storage.database import make_engine

APP_REGISTRY = AppRegistry(apps=["storage.piccolo_app"])


def __getattr__(name: str) -> Any:
    """`DB` is made when Piccolo's own command asks for it; `storage.migrate` puts the engine in use here."""
    if name == "DB":
        return make_engine(os.environ.get("SOTAY_DATABASE_URL", "sqlite:///var/sotay.db"))
    raise AttributeError(name)
