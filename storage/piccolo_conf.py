"""Piccolo's own configuration: the engine of `SOTAY_DATABASE_URL`. Nothing connects here."""

import os

from piccolo.conf.apps import AppRegistry

from storage.database import make_engine

DB = make_engine(os.environ.get("SOTAY_DATABASE_URL", "sqlite:///var/sotay.db"))
APP_REGISTRY = AppRegistry(apps=["storage.piccolo_app"])
