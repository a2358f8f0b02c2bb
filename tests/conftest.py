"""Fixtures for every test: the two worlds Sổ Tay lives in, real services behind them, started when first asked for."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from postgres import Cluster
from s3 import Store
from town import Town, opened, postgres_template, settle, sqlite_template
from worlds import World, embedded_world, production_world

RAN = pytest.StashKey[dict[str, str]]()
LEFT_OUT = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    cluster = Cluster()
    request.config.stash[RAN]["PostgreSQL"] = cluster.version
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def s3(request: pytest.FixtureRequest) -> Iterator[Store]:
    store = Store()
    request.config.stash[RAN]["SeaweedFS (S3)"] = store.version
    yield store
    store.stop()


@pytest.fixture(params=["embedded", "production"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Each test that takes this runs twice: on SQLite + files, and on PostgreSQL + S3."""
    if request.param == "embedded":
        return embedded_world(tmp_path)
    return production_world(tmp_path, request.getfixturevalue("postgres"), request.getfixturevalue("s3"))


# ---- a ward to test in (tests/support/town.py) --------------------------------------------------------------------


@pytest.fixture(scope="session")
async def sqlite_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
async def postgres_town(postgres: Cluster) -> str:
    return await postgres_template(postgres)


@pytest.fixture
def settled(world: World, request: pytest.FixtureRequest) -> World:
    """A world with the sample ward and the cast in it."""
    if world.name == "embedded":
        return settle(world, request.getfixturevalue("sqlite_town"), None)
    return settle(world, request.getfixturevalue("postgres_town"), request.getfixturevalue("postgres"))


@pytest.fixture
async def town(settled: World) -> AsyncIterator[Town]:
    """The application, open in this process, in both worlds."""
    async with opened(settled) as open_town:
        yield open_town


# ---- a test that did not run is not a test that passed ------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long form of tests too (make test-full)")
    parser.addoption("--allow-skips", action="store_true", help="local only: skipped tests do not fail the run")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RAN] = {}
    config.stash[LEFT_OUT] = []
    if config.getoption("--allow-skips") and os.environ.get("CI"):
        raise pytest.UsageError("--allow-skips is not for CI")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    full = [item for item in items if item.get_closest_marker("full")]
    if full:
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


class _Watch:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.config.stash[LEFT_OUT].append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.config.stash[LEFT_OUT].append(report.nodeid)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(_Watch(session.config))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    left_out = session.config.stash[LEFT_OUT]
    if left_out and not session.config.getoption("--allow-skips") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ran = config.stash[RAN]
    if ran:
        terminalreporter.write_line("services: " + ", ".join(f"{name} {version}" for name, version in ran.items()))
    left_out = config.stash[LEFT_OUT]
    if left_out and not config.getoption("--allow-skips"):
        terminalreporter.write_line(
            "FAILED: skipped or expected to fail, so not tested: " + ", ".join(left_out), red=True
        )
