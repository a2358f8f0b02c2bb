"""The engines under misuse: failed commits, cancels, crowds of writers. A connection may never leak."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from postgres import Cluster
from storage import database
from storage.conn import Engine
from storage.engine_postgres import SafePostgresEngine
from storage.tables import Meta

FK = (
    "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
    "CREATE TABLE children (id INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE meta (key VARCHAR(40) PRIMARY KEY, value TEXT NOT NULL DEFAULT '')",
)


@pytest.fixture(params=["sqlite", "postgres"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    if request.param == "sqlite":
        made: Engine = database.make_engine(f"sqlite:///{tmp_path / 'engine.db'}")
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        made = SafePostgresEngine(cluster.url(cluster.create_database()), pool_size=5)
    await made.open()
    database.use(made)
    for ddl in FK:
        await made.run_ddl(ddl)
    yield made
    await made.close()


async def count(engine: Engine) -> int:
    async with engine.reading() as conn:
        return int((await conn.fetch("SELECT COUNT(*) AS n FROM meta"))[0]["n"])


async def insert(engine: Engine, key: str) -> None:
    async with engine.writing() as conn:
        await conn.insert(Meta, [{"key": key, "value": ""}])


async def test_failed_commits_give_their_connections_back(engine: Engine) -> None:
    for _ in range(8):
        with pytest.raises(Exception, match="(?i)foreign key"):
            async with engine.writing() as conn:
                await conn.fetch("INSERT INTO children (id) VALUES (1)")
    await asyncio.wait_for(asyncio.gather(*(insert(engine, f"k{i}") for i in range(10))), 20)
    assert await count(engine) == 10


async def test_cancelled_writers_give_their_connections_back_and_leave_nothing(engine: Engine) -> None:
    async def stalls(key: str, inside: asyncio.Event) -> None:
        async with engine.writing() as conn:
            await conn.insert(Meta, [{"key": key, "value": ""}])
            inside.set()
            await asyncio.sleep(60)

    for i in range(6):
        inside = asyncio.Event()
        task = asyncio.create_task(stalls(f"c{i}", inside))
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.wait_for(asyncio.gather(*(insert(engine, f"k{i}") for i in range(10))), 20)
    assert await count(engine) == 10


async def test_an_error_inside_rolls_everything_back(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        async with engine.writing() as conn:
            await conn.insert(Meta, [{"key": "a", "value": ""}])
            raise ZeroDivisionError
    assert await count(engine) == 0
    await insert(engine, "a")
    assert await count(engine) == 1


async def test_a_crowd_of_writers_neither_starves_nor_locks(engine: Engine) -> None:
    await asyncio.gather(*(insert(engine, f"k{i}") for i in range(200)))
    assert await count(engine) == 200


async def test_piccolo_queries_join_the_transaction(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        async with engine.writing():
            await Meta.insert(Meta(key="p", value="x"))
            assert await Meta.count() == 1
            raise ZeroDivisionError
    assert await Meta.count() == 0


async def test_sqlite_is_durable_by_setting(tmp_path: Path) -> None:
    engine = database.make_engine(f"sqlite:///{tmp_path / 'durable.db'}")
    await engine.open()
    async with engine.writing() as conn:
        found = [
            list((await conn.fetch(f"PRAGMA {name}"))[0].values())[0]
            for name in ("journal_mode", "synchronous", "secure_delete")
        ]
    await engine.close()
    assert found == ["wal", 2, 1]


def test_unknown_databases_are_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        database.make_engine("mysql://x")


def test_making_an_engine_connects_to_nothing() -> None:
    database.make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    assert isinstance(database.make_engine("cockroachdb://root@127.0.0.1:1/x"), SafePostgresEngine)
