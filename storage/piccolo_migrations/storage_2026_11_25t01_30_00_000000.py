"""Search: the index of both databases, and the triggers that keep it true whoever writes.

The words of a note leave the index in the very statement that changes or erases its text. Of issues, answers and notices
a trigger notes that they changed; `storage/search_index.py` takes it from there. Notes come by the change log.
"""

import csv
from importlib.resources import files

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from storage.database import current

ID = "2026-11-25T01:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Search without diacritics"

TABLES = (
    """CREATE TABLE search_texts (id {serial}, kind VARCHAR(8) NOT NULL DEFAULT '', doc VARCHAR(36) NOT NULL DEFAULT '',
    area VARCHAR(20) NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '')""",
    "CREATE TABLE search_due (key VARCHAR(48) PRIMARY KEY NOT NULL DEFAULT '')",
    "CREATE TABLE synonyms (short VARCHAR(20) PRIMARY KEY NOT NULL DEFAULT '', long VARCHAR(80) NOT NULL DEFAULT '')",
    "CREATE UNIQUE INDEX search_texts_doc ON search_texts (kind, doc)",
)
SERIAL = {"sqlite": "INTEGER PRIMARY KEY NOT NULL", "postgres": "SERIAL PRIMARY KEY NOT NULL"}

# what a row says of itself, and where its trigger stands
DUE = (("issues", "issue", "number"), ("answers", "answer", "id"), ("notices", "notice", "id"))

SQLITE = (
    """CREATE VIRTUAL TABLE search_fts USING fts5(words, content='search_texts', content_rowid='id', detail=none,
    columnsize=0, tokenize="ascii tokenchars '=^@#'")""",
    """CREATE TRIGGER search_texts_in AFTER INSERT ON search_texts BEGIN
    INSERT INTO search_fts (rowid, words) VALUES (NEW.id, NEW.words); END""",
    """CREATE TRIGGER search_texts_out AFTER DELETE ON search_texts BEGIN
    INSERT INTO search_fts (search_fts, rowid, words) VALUES ('delete', OLD.id, OLD.words); END""",
    """CREATE TRIGGER notes_words_out AFTER UPDATE OF text ON notes WHEN OLD.text IS NOT NULL AND OLD.text IS NOT NEW.text
    BEGIN DELETE FROM search_texts WHERE kind = 'note' AND doc = OLD.id; END""",
)
POSTGRES = (
    # the words lie beside the rows, so that many rows are looked at in few pages; the index knows each row's slice too
    "ALTER TABLE search_texts ALTER COLUMN words SET STORAGE EXTERNAL",
    "ALTER TABLE search_texts SET (toast_tuple_target = 128)",
    *(
        f"""CREATE INDEX search_texts_{kind} ON search_texts
        USING gin (array_to_tsvector(string_to_array(words || ' ~' || (id >> 14), ' '))) WHERE kind = '{kind}'"""
        for kind in ("issue", "answer", "notice", "note")
    ),
    """CREATE FUNCTION notes_words_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM search_texts WHERE kind = 'note' AND doc = OLD.id; RETURN NULL; END $$""",
    """CREATE TRIGGER notes_words_out AFTER UPDATE OF text ON notes FOR EACH ROW
    WHEN (OLD.text IS NOT NULL AND OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION notes_words_out()""",
    """CREATE FUNCTION search_due_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO search_due (key) VALUES (TG_ARGV[0] || ':' || (to_jsonb(NEW) ->> TG_ARGV[1])) ON CONFLICT (key) DO NOTHING;
    RETURN NULL; END $$""",
)


def _triggers(dialect: str) -> list[str]:
    made = []
    for table, kind, key in DUE:
        for event in ("INSERT", "UPDATE"):
            head = f"CREATE TRIGGER {table}_search_{event.lower()} AFTER {event} ON {table}"
            if dialect == "sqlite":
                made.append(f"{head} BEGIN INSERT OR IGNORE INTO search_due (key) VALUES ('{kind}:' || NEW.{key}); END")
            else:
                made.append(f"{head} FOR EACH ROW EXECUTE FUNCTION search_due_in('{kind}', '{key}')")
    return made


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="storage", description=DESCRIPTION)

    async def up() -> None:
        engine = current()
        for sql in TABLES:
            await engine.run_ddl(sql.replace("{serial}", SERIAL[engine.dialect]))
        for sql in (*(SQLITE if engine.dialect == "sqlite" else POSTGRES), *_triggers(engine.dialect)):
            await engine.run_ddl(sql)
        for table, kind, key in DUE:  # what is there already
            await engine.run_ddl(f"INSERT INTO search_due (key) SELECT '{kind}:' || {key} FROM {table}")
        with files("sync").joinpath("data/synonyms.csv").open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                await engine.run_ddl(f"INSERT INTO synonyms (short, long) VALUES ('{line['short']}', '{line['long']}')")

    async def down() -> None:
        engine = current()
        sqlite = engine.dialect == "sqlite"
        for table, _, _ in DUE:
            for event in ("insert", "update"):
                await engine.run_ddl(f"DROP TRIGGER {table}_search_{event}" + ("" if sqlite else f" ON {table}"))
        await engine.run_ddl("DROP TRIGGER notes_words_out" + ("" if sqlite else " ON notes"))
        for sql in (
            ("DROP TABLE search_fts",) if sqlite else ("DROP FUNCTION notes_words_out", "DROP FUNCTION search_due_in")
        ):
            await engine.run_ddl(sql)
        for table in ("search_texts", "search_due", "synonyms"):
            await engine.run_ddl(f"DROP TABLE {table}")

    manager.add_raw(up)
    manager.add_raw_backwards(down)
    return manager
