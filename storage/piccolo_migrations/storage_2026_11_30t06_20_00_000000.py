"""What a unit is called in documents."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from storage.database import current

ID = "2026-11-30T06:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the office a unit's account answers for"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)

    async def up() -> None:
        await current().run_ddl("ALTER TABLE accounts ADD COLUMN office VARCHAR(80) NOT NULL DEFAULT ''")

    async def down() -> None:
        await current().run_ddl("ALTER TABLE accounts DROP COLUMN office")

    manager.add_raw(up)
    manager.add_raw_backwards(down)
    return manager
