from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from storage.database import current

ID = "2026-11-25T01:15:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "overview: key of the sums, and what was counted before"

UP = (
    "CREATE UNIQUE INDEX area_sums_cell ON area_sums (area, period, topic)",
    # what was counted before: every total goes to its area and all above, under its topic and its topic's family
    """INSERT INTO area_sums (area, topic, period, n)
    WITH RECURSIVE up (code, above) AS (
      SELECT code, code FROM areas
      UNION SELECT u.code, a.parent FROM up u JOIN areas a ON a.code = u.above WHERE a.parent <> ''),
    kin (code, topic) AS (
      SELECT code, code FROM topics UNION SELECT code, parent FROM topics WHERE parent <> '')
    SELECT u.above, k.topic, t.period, CAST(SUM(t.n) AS BIGINT) FROM totals t
    JOIN up u ON u.code = t.area JOIN kin k ON k.code = t.topic
    WHERE t.lane = 'place' GROUP BY u.above, k.topic, t.period""",
)
DOWN = ("DROP INDEX area_sums_cell",)


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
