from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigInt, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-25T01:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what was erased is listed outside the database"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)
    manager.add_table(class_name="Forgotten", tablename="forgotten", schema=None, columns=None)
    for name, kind, more in (
        ("id", Varchar, {"length": 48, "default": "", "primary_key": True}),
        ("at", BigInt, {"default": 0, "primary_key": False}),
    ):
        manager.add_column(
            table_class_name="Forgotten",
            tablename="forgotten",
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
            params={
                "null": False,
                "unique": False,
                "index": False,
                "index_method": IndexMethod.btree,
                "choices": None,
                "db_column_name": None,
                "secret": False,
            }
            | more,
            schema=None,
        )
    return manager
