"""Fixtures for every test: the two worlds Sổ Tay lives in, real services behind them, started when first asked for."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from forgetting import Time
from postgres import Cluster
from s3 import Store
from small_disk import SmallDisk
from storage import clock
from town import Town, opened, postgres_template, sqlite_template
from worlds import World, embedded_world, production_world

pytest_plugins = ["honest"]


@pytest.fixture(scope="session")
def postgres(ran: dict[str, str]) -> Iterator[Cluster]:
    cluster = Cluster()
    ran["PostgreSQL"] = cluster.version
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def s3(ran: dict[str, str]) -> Iterator[Store]:
    store = Store()
    ran["SeaweedFS (S3)"] = store.version
    yield store
    store.stop()


@pytest.fixture(params=["embedded", "production"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each test that takes a world runs twice: on SQLite + files, and on PostgreSQL + S3."""
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture
def world(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """An empty world."""
    if kind == "embedded":
        return embedded_world(tmp_path)
    return production_world(tmp_path, request.getfixturevalue("postgres"), request.getfixturevalue("s3"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.end()


# ---- a ward to test in (tests/support/town.py) --------------------------------------------------------------------


@pytest.fixture(scope="session")
async def sqlite_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
async def postgres_town(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return await postgres_template(postgres, tmp_path_factory.mktemp("template"))


@pytest.fixture
def settled(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A world with the sample ward and the cast in it."""
    if kind == "embedded":
        shutil.copyfile(request.getfixturevalue("sqlite_town"), tmp_path / "sotay.db")
        found = embedded_world(tmp_path)
    else:
        template = request.getfixturevalue("postgres_town")
        found = production_world(tmp_path, request.getfixturevalue("postgres"), request.getfixturevalue("s3"), template)
    found.share_secret()
    return found


@pytest.fixture
async def town(settled: World) -> AsyncIterator[Town]:
    """The application, open in this process, in both worlds."""
    async with opened(settled) as open_town:
        yield open_town


@pytest.fixture
def time() -> Iterator[Time]:
    """Days that pass when a test says so."""
    yield Time()
    clock.move(clock.system)
