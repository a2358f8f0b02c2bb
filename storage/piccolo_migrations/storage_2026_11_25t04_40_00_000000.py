"""The short forms of search and likeness are shipped data, the table holds what a ward does differently; and what the outlines
of areas were before they were replaced."""

import csv
from importlib.resources import files

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from storage.database import current

ID = "2026-11-25T04:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A ward's own short forms; outlines before a change"

TABLE = """CREATE TABLE synonyms_made (id VARCHAR(32) PRIMARY KEY NOT NULL DEFAULT '', ward VARCHAR(20) NOT NULL DEFAULT '',
short VARCHAR(20) NOT NULL DEFAULT '', long VARCHAR(80) NOT NULL DEFAULT '', withdrawn BOOLEAN NOT NULL DEFAULT FALSE)"""

CHANGES = """CREATE TABLE outline_changes (id {serial}, at BIGINT NOT NULL DEFAULT 0, area VARCHAR(20) NOT NULL DEFAULT '',
before TEXT NOT NULL DEFAULT '')"""
SERIAL = {"sqlite": "INTEGER PRIMARY KEY NOT NULL", "postgres": "SERIAL PRIMARY KEY NOT NULL"}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)

    async def up() -> None:
        engine = current()
        await engine.run_ddl(TABLE)
        with files("sync").joinpath("data/synonyms.csv").open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                await engine.run_ddl(
                    f"DELETE FROM synonyms WHERE short = '{line['short']}' AND long = '{line['long']}'"
                )
        await engine.run_ddl(
            "INSERT INTO synonyms_made (id, ward, short, long) SELECT ':' || short, '', short, long FROM synonyms"
        )
        await engine.run_ddl("DROP TABLE synonyms")
        await engine.run_ddl("ALTER TABLE synonyms_made RENAME TO synonyms")
        await engine.run_ddl(CHANGES.replace("{serial}", SERIAL[engine.dialect]))
        await engine.run_ddl("CREATE INDEX outline_changes_area ON outline_changes (area)")

    async def down() -> None:
        engine = current()
        await engine.run_ddl("DROP TABLE outline_changes")
        await engine.run_ddl("ALTER TABLE synonyms RENAME TO synonyms_made")
        await engine.run_ddl(
            "CREATE TABLE synonyms (short VARCHAR(20) PRIMARY KEY NOT NULL DEFAULT '', long VARCHAR(80) NOT NULL DEFAULT '')"
        )
        # the earlier version has one list for all wards: what all share here, and what is shipped
        await engine.run_ddl(
            "INSERT INTO synonyms (short, long) SELECT short, MIN(long) FROM synonyms_made"
            " WHERE ward = '' AND NOT withdrawn GROUP BY short"
        )
        with files("sync").joinpath("data/synonyms.csv").open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                await engine.run_ddl(
                    f"INSERT INTO synonyms (short, long) VALUES ('{line['short']}', '{line['long']}') ON CONFLICT DO NOTHING"
                )
        await engine.run_ddl("DROP TABLE synonyms_made")

    manager.add_raw(up)
    manager.add_raw_backwards(down)
    return manager
