"""Imports go one way, and what is imported is this tree."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tree import ROOT


@pytest.mark.parametrize("name", ["server", "admin", "storage", "sync"])
def test_the_package_is_the_one_of_this_tree(name: str) -> None:
    found = importlib.import_module(name).__file__
    assert found is not None
    assert Path(found).resolve() == ROOT / name / "__init__.py"


def test_contracts() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_import_is_found(tmp_path: Path) -> None:
    """The contracts can fail: a copy of the tree in which `sync` looks at the clock and at `storage`."""
    for name in ("server", "admin", "storage", "sync"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "sync" / "bad.py").write_text("import time\nimport storage\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "server -> admin -> storage -> sync BROKEN" in done.stdout
    assert "sync has no clock, no chance, no network, no files BROKEN" in done.stdout
