from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from storage.database import current

ID = "2026-11-25T01:15:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "overview: issues by area"

UP = ("CREATE INDEX issues_area ON issues (area, status)",)
DOWN = ("DROP INDEX issues_area",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)

    async def up() -> None:
        for sql in UP:
            await current().run_ddl(sql)

    async def down() -> None:
        for sql in DOWN:
            await current().run_ddl(sql)

    manager.add_raw(up)
    manager.add_raw_backwards(down)
    return manager
