"""The one Piccolo app: all tables, one folder of migrations for both databases."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from storage.database import ALL_TABLES

APP_CONFIG = AppConfig(
    app_name="storage",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=list(ALL_TABLES),
    migration_dependencies=[],
    commands=[],
)
