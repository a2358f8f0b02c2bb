"""pytest plugin: a test that did not run is not a test that passed. Also `--full` and the versions of the services that ran."""

import os
from typing import Any

import pytest

RAN = pytest.StashKey[dict[str, str]]()
LEFT_OUT = pytest.StashKey[list[str]]()
PASSED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


@pytest.fixture(scope="session")
def ran(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where a service says its name and version, for the summary."""
    return request.config.stash[RAN]


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


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of tests side by side has ended: what it started is told by the one that sums up."""
    node.config.stash[RAN].update(node.workeroutput.get("ran", {}))


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
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["ran"] = session.config.stash[RAN]
    left_out = session.config.stash[LEFT_OUT]
    if left_out and not session.config.getoption("--allow-skips") and session.exitstatus in PASSED:
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
