from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigInt, Serial, Text, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-25T01:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "overview: sums of whole areas, outlines for the map"

COMMON = {
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}
KEY = {"primary_key": True}
TABLES = {
    ("AreaSum", "area_sums"): {
        "id": (Serial, KEY),
        "area": (Varchar, {"length": 20, "default": ""}),
        "topic": (Varchar, {"length": 8, "default": ""}),
        "period": (Varchar, {"length": 8, "default": ""}),
        "n": (BigInt, {"default": 0}),
    },
    ("Outline", "outlines"): {
        "area": (Varchar, {"length": 20, "default": ""} | KEY),
        "rings": (Text, {"default": ""}),
    },
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)

    for (class_name, table), fields in TABLES.items():
        manager.add_table(class_name=class_name, tablename=table, schema=None, columns=None)
        for name, (kind, params) in fields.items():
            manager.add_column(
                table_class_name=class_name,
                tablename=table,
                column_name=name,
                db_column_name=name,
                column_class_name=kind.__name__,
                column_class=kind,
                params=COMMON | params,
                schema=None,
            )

    return manager
