from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigInt, Boolean, Integer, Serial, Text, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-25T01:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "grouping: what was fixed of counts, weights of terms, merged issues, open notes, undo"

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
    ("IssueShift", "issue_shifts"): {
        "id": (Serial, KEY),
        "issue": (BigInt, {"default": 0, "index": True}),
        "month": (Varchar, {"length": 7, "default": ""}),
        "notes": (BigInt, {"default": 0}),
        "reporters": (BigInt, {"default": 0}),
        "undone": (Boolean, {"default": False}),
    },
    ("IssueWeights", "issue_weights"): {
        "issue": (BigInt, {"default": 0} | KEY),
        "notes": (Integer, {"default": 0}),
        "terms": (Text, {"default": "{}"}),
    },
    ("Opening", "openings"): {
        "note": (Varchar, {"length": 36, "default": ""} | KEY),
        "account": (Varchar, {"length": 36, "default": ""}),
        "until": (BigInt, {"default": 0}),
    },
    ("Undo", "undos"): {
        "id": (Varchar, {"length": 32, "default": ""} | KEY),
        "account": (Varchar, {"length": 36, "default": ""}),
        "until": (BigInt, {"default": 0, "index": True}),
        "sealed": (Text, {"default": ""}),
    },
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)

    columns = [("Issue", "issues", "merged_into", BigInt, {"default": None, "null": True})]
    for (class_name, table), fields in TABLES.items():
        manager.add_table(class_name=class_name, tablename=table, schema=None, columns=None)
        columns += [(class_name, table, name, kind, params) for name, (kind, params) in fields.items()]
    for class_name, table, name, kind, params in columns:
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
