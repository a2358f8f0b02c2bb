"""Keys and indexes over several columns, as raw SQL that both databases understand (Piccolo's `Unique` fails on SQLite)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from storage.database import current

ID = "2026-11-22T23:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Keys and indexes over several columns"

UP = (
    "CREATE UNIQUE INDEX log_document ON log (stream, collection, doc)",
    "CREATE INDEX log_order ON log (stream, collection, n)",
    "CREATE UNIQUE INDEX followers_stream ON followers (name, stream)",
    "CREATE UNIQUE INDEX upload_parts_start ON upload_parts (upload, start)",
    "CREATE UNIQUE INDEX mark_counts_cell ON mark_counts (mark, subject, area, month)",
    "CREATE UNIQUE INDEX issue_months_month ON issue_months (issue, month)",
    "CREATE UNIQUE INDEX totals_cell ON totals (lane, area, topic, period)",
    "CREATE INDEX totals_period ON totals (period, lane)",
    "CREATE UNIQUE INDEX snapshots_cell ON snapshots (ward, area, topic, period)",
    "CREATE UNIQUE INDEX amendments_mac ON amendments (note, mac, cause)",
    "CREATE INDEX notes_desk ON notes (ward, desk_order) WHERE released AND status IN ('received', 'quarantined', 'read', 'cleared')",
    "CREATE INDEX notes_waiting ON notes (ward) WHERE NOT released",
    "CREATE INDEX notes_issue ON notes (issue) WHERE issue IS NOT NULL",
    "CREATE INDEX photos_waiting ON photos (created_at) WHERE state = 'received'",
    "CREATE INDEX uploads_open ON uploads (expires_at) WHERE NOT done",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)

    async def up() -> None:
        for sql in UP:
            await current().run_ddl(sql)

    async def down() -> None:
        for sql in reversed(UP):
            await current().run_ddl("DROP INDEX " + sql.split(" INDEX ")[1].split(" ")[0])

    manager.add_raw(up)
    manager.add_raw_backwards(down)
    return manager
