from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from storage.database import current

ID = "2026-11-25T01:20:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "what was confirmed before there were shifts; raw statements run before a migration's own tables are made"

UP = (
    """INSERT INTO issue_shifts (issue, month, notes, reporters, undone)
    SELECT issue, month, fixed_notes, fixed_reporters, FALSE FROM issue_months WHERE fixed_notes > 0 ORDER BY id""",
    "CREATE INDEX issues_merged ON issues (merged_into) WHERE merged_into IS NOT NULL",
)
DOWN = ("DROP INDEX issues_merged",)


async def forwards():
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
