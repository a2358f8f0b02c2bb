"""Migrations: one at a time whatever starts together, the same schema on both databases, a newer database is refused."""

import asyncio
import sys

import pytest

from processes import Child
from storage import database, sealing, secret
from storage.catalogue import set_meta
from storage.changes import writing
from storage.conn import Conn
from storage.database import ALL_TABLES, opened, reading
from storage.migrate import migrate
from storage.schema import NewerDatabase
from worlds import World


async def columns(table: str) -> set[str]:
    async with reading() as conn:
        if conn.dialect == "sqlite":
            rows = await conn.fetch(f"SELECT name FROM pragma_table_info('{table}')")
        else:
            rows = await conn.fetch(
                "SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1", table
            )
    return {row["name"] for row in rows}


async def test_the_migrated_schema_is_the_one_the_tables_say(world: World) -> None:
    async with opened(world.database_url):
        await migrate()
        for table in ALL_TABLES:
            wanted = {column._meta.db_column_name for column in table._meta.columns}
            assert await columns(table._meta.tablename) == wanted, table._meta.tablename


async def test_migrating_again_changes_nothing(world: World) -> None:
    async with opened(world.database_url):
        first = await migrate()
        async with reading() as conn:
            epoch = await conn.fetch("SELECT value FROM meta WHERE key = 'epoch'")
        assert await migrate() == first
        async with reading() as conn:
            assert await conn.fetch("SELECT value FROM meta WHERE key = 'epoch'") == epoch


async def test_several_processes_may_migrate_at_once(world: World) -> None:
    command = [sys.executable, "-m", "server.cli", "migrate"]
    children = [Child(command, world.data_dir / f"migrate-{i}.log", env=world.env) for i in range(3)]
    codes = [await asyncio.to_thread(child.process.wait, 120) for child in children]
    logs = [(world.data_dir / f"migrate-{i}.log").read_text(encoding="utf-8") for i in range(3)]
    assert codes == [0, 0, 0], logs
    async with opened(world.database_url), reading() as conn:
        epochs = await conn.fetch("SELECT value FROM meta WHERE key = 'epoch'")
        topics = await conn.fetch("SELECT code FROM topics")
        names = [(row["ward"], row["name"]) for row in await conn.fetch("SELECT ward, name FROM gazetteer")]
    assert len(epochs) == 1 and len(topics) == len({row["code"] for row in topics}) > 100
    assert len(names) == len(set(names)) > 0


async def test_a_newer_database_is_refused(world: World) -> None:
    async with opened(world.database_url):
        await migrate()
        engine = database.current()
        await engine.run_ddl(
            "INSERT INTO migration (name, app_name, ran_on) VALUES ('2099-01-01T00:00:00:000000', 'storage', '2099-01-01')"
        )
        with pytest.raises(NewerDatabase, match="2099"):
            await migrate()


async def test_two_hosts_that_come_first_at_once_have_one_secret(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both see a database without a mark; each made a file of its own. One of them is told."""
    async with opened(world.database_url):
        await migrate()
        world.share_secret()
        secret.use(world.secret_file)
        async with writing() as w:
            await set_meta(w.conn, sealing.MARK, "that of the other host")
        real, asked = sealing.marked, []

        async def before_the_other(conn: Conn) -> str:
            asked.append(1)
            return "" if len(asked) == 1 else await real(conn)

        monkeypatch.setattr(sealing, "marked", before_the_other)
        with pytest.raises(secret.WrongSecret):
            await sealing.settle()
        async with reading() as conn:
            assert await real(conn) == "that of the other host"
