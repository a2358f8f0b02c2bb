"""The test run itself: what was skipped was not tested, and a red step stops `make test`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tree import ROOT

SKIPPED = "import pytest\ndef test_a(): pass\n@pytest.mark.skip(reason='later')\ndef test_b(): pass\n"
EXPECTED_TO_FAIL = "import pytest\ndef test_a(): pass\n@pytest.mark.xfail(reason='bug')\ndef test_b(): assert False\n"
MODULE_SKIPPED = "import pytest\npytest.skip('no server', allow_module_level=True)\n"
PLUGINS = ("asyncio", "timeout", "xdist")  # the others cost seconds and have no part in it
LONG = "import pytest\ndef test_a(): pass\n@pytest.mark.full\ndef test_b(): assert False\n"


def run(folder: Path, source: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text('pytest_plugins = ["honest"]\n')
    (folder / "test_it.py").write_text(source)
    plugins = [word for name in PLUGINS for word in ("-p", name)]
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins, "-c", str(ROOT / "pyproject.toml"),
        "--rootdir", str(folder), "--import-mode=importlib", *arguments, str(folder),
    ]  # fmt: skip
    clean = {
        key: value for key, value in os.environ.items() if key not in ("CI", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
    }
    return subprocess.run(
        command,
        env={**clean, **env, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("source", [SKIPPED, EXPECTED_TO_FAIL, MODULE_SKIPPED], ids=["skip", "xfail", "module"])
def test_a_skipped_test_fails_the_run(tmp_path: Path, source: str) -> None:
    assert run(tmp_path, source).returncode == 1


def test_a_skipped_test_fails_a_run_side_by_side(tmp_path: Path) -> None:
    assert run(tmp_path, SKIPPED, "-n", "1").returncode == 1
    assert run(tmp_path, MODULE_SKIPPED, "-n", "1").returncode == 1


def test_skips_are_allowed_locally_only(tmp_path: Path) -> None:
    assert run(tmp_path, SKIPPED, "--allow-skips").returncode == 0
    assert run(tmp_path, SKIPPED, "--allow-skips", CI="true").returncode == 4


def test_the_last_line_is_pytests_own(tmp_path: Path) -> None:
    assert "1 passed, 1 skipped in" in run(tmp_path, SKIPPED).stdout.splitlines()[-1]


def test_long_tests_are_left_to_their_own_command(tmp_path: Path) -> None:
    assert run(tmp_path, LONG).returncode == 0
    assert run(tmp_path, LONG, "--full").returncode == 1


def test_ci_is_the_readmes_command() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "set -euo pipefail" in script
    assert [line for line in script.splitlines() if "make" in line] == ["exec make test </dev/null"]


def test_the_list_of_steps() -> None:
    said = subprocess.run(
        ["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    steps = [
        "ruff check",
        "ruff format --check",
        "mypy",
        "lint-imports",
        "run --silent check",
        "run --silent test",
        "--silent size",
        "pytest tests/faults",
        "pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/faults",
    ]
    places = [said.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["setup.sh", "lock.sh", "step.sh"])
def test_scripts_parse(name: str) -> None:
    assert os.access(ROOT / "scripts" / name, os.X_OK)
    subprocess.run(["bash", "-n", str(ROOT / "scripts" / name)], check=True, timeout=20)


def test_an_old_python_is_refused_with_the_remedy_in_both_languages(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for tool in ("bash", "dirname", "cat", "id"):
        found = shutil.which(tool)
        assert found
        (tmp_path / tool).symlink_to(found)
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "bash", tmp_path / "scripts" / "setup.sh", "venv"],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Cần Python 3.11 trở lên (máy đang có: Python 3.9.2)" in done.stderr
    assert "sudo apt-get install python3 python3-venv" in done.stderr
    assert "Python 3.11 or newer is needed" in done.stderr
