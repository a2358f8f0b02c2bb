from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigInt, Serial, Text, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-25T01:35:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Changes of areas, kept for undoing; a ward's script card"

NEW = {"AreaChange": "area_changes", "WardScript": "ward_scripts"}
NULL = {"null": True, "default": None}
KEY = {"primary_key": True}
INDEX = {"index": True}
COLUMNS = (
    ("AreaChange", "id", Serial, KEY),
    ("AreaChange", "at", BigInt, {"default": 0}),
    ("AreaChange", "area", Varchar, {"length": 20, "default": ""} | INDEX),
    ("AreaChange", "what", Varchar, {"length": 12, "default": ""}),
    ("AreaChange", "before", Text, {"default": ""}),
    ("AreaChange", "after", Text, {"default": ""}),
    ("AreaChange", "undone_at", BigInt, NULL),
    ("AreaChange", "undoes", BigInt, NULL),
    ("WardScript", "ward", Varchar, {"length": 20, "default": ""} | KEY),
    ("WardScript", "vi", Text, {"default": ""}),
    ("WardScript", "en", Text, {"default": ""}),
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
