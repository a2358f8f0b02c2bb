"""The built wheel is the whole product: four packages with their data, the phone app, the panel's assets, one command."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tree import ROOT, matching

PACKAGES = ("server", "sync", "storage", "admin")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation",
        "--wheel-dir", str(folder), str(ROOT),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("sotay-*.whl")
    return zipfile.ZipFile(built)


def test_everything_of_the_packages_is_in_it(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    ours = {path.as_posix() for path in matching("*") if path.parts[0] in PACKAGES}
    assert ours - inside == set()


def test_the_phone_app_is_in_it(wheel: zipfile.ZipFile) -> None:
    dist = ROOT / "phone" / "dist"
    built = {"server/built/phone/" + path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file()}
    assert "server/built/phone/index.html" in built
    assert built - set(wheel.namelist()) == set()


def test_the_built_assets_of_the_panel_are_in_it(wheel: zipfile.ZipFile) -> None:
    built = {path.relative_to(ROOT).as_posix() for path in (ROOT / "admin" / "built").rglob("*") if path.is_file()}
    assert built - set(wheel.namelist()) == set()


def test_nothing_else_is_in_it(wheel: zipfile.ZipFile) -> None:
    tops = {Path(name).parts[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert [name for name in wheel.namelist() if "__pycache__" in name or "node_modules" in name] == []


def test_it_brings_the_command(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "sotay = server.cli.main:entry" in wheel.read(name).decode()
    (meta,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert Parser().parsestr(wheel.read(meta).decode())["Requires-Python"] == ">=3.11"
