from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigInt, Boolean, Integer, Serial, Text, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-25T01:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Issues are answered in time"

NEW = {
    "Holiday": "holidays",
    "WardTerm": "ward_terms",
    "StillSo": "still_so",
    "RumourCheck": "rumour_checks",
    "TextTemplate": "text_templates",
}
NULL = {"null": True, "default": None}
KEY = {"primary_key": True}
INDEX = {"index": True}
COLUMNS = (
    ("Holiday", "id", Varchar, {"length": 40, "default": ""} | KEY),
    ("Holiday", "ward", Varchar, {"length": 20, "default": ""} | INDEX),
    ("Holiday", "day", Varchar, {"length": 10, "default": ""}),
    ("Holiday", "vi", Varchar, {"length": 80, "default": ""}),
    ("Holiday", "en", Varchar, {"length": 80, "default": ""}),
    ("Holiday", "works", Boolean, {"default": False}),
    ("WardTerm", "ward", Varchar, {"length": 20, "default": ""} | KEY),
    ("WardTerm", "days", Integer, {"default": 10}),
    ("StillSo", "id", Serial, KEY),
    ("StillSo", "issue", BigInt, {"default": 0} | INDEX),
    ("StillSo", "month", Varchar, {"length": 7, "default": ""}),
    ("StillSo", "tag", Varchar, {"length": 32} | NULL),
    ("StillSo", "day", Varchar, {"length": 10, "default": ""}),
    ("RumourCheck", "id", Serial, KEY),
    ("RumourCheck", "issue", BigInt, {"default": 0} | INDEX),
    ("RumourCheck", "at", BigInt, {"default": 0}),
    ("RumourCheck", "written_by", Varchar, {"length": 36, "default": ""}),
    ("RumourCheck", "text", Text, {"default": ""}),
    ("TextTemplate", "id", Varchar, {"length": 36, "default": ""} | KEY),
    ("TextTemplate", "ward", Varchar, {"length": 20, "default": ""} | INDEX),
    ("TextTemplate", "title", Varchar, {"length": 160, "default": ""}),
    ("TextTemplate", "text", Text, {"default": ""}),
    ("TextTemplate", "written_by", Varchar, {"length": 36, "default": ""}),
    ("TextTemplate", "at", BigInt, {"default": 0}),
    ("Issue", "due_at", BigInt, NULL),
    ("Issue", "routed_at", BigInt, NULL),
    ("Issue", "refusals", Integer, {"default": 0}),
    ("Issue", "reopenings", Integer, {"default": 0}),
    ("Issue", "harm", Integer, {"default": 0}),
    ("Issue", "first_week", Varchar, {"length": 8, "default": ""}),
    ("Notice", "approved_by", Varchar, {"length": 36} | NULL),
    ("Notice", "published_at", BigInt, NULL),
)
PLAIN = {
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)
    for name, table in NEW.items():
        manager.add_table(class_name=name, tablename=table, schema=None, columns=None)
    for name, column, kind, params in COLUMNS:
        manager.add_column(
            table_class_name=name,
            tablename=NEW.get(name, f"{name.lower()}s"),
            column_name=column,
            db_column_name=column,
            column_class_name=kind.__name__,
            column_class=kind,
            params=PLAIN | params,
            schema=None,
        )
    return manager
