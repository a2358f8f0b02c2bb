"""A server for all these tests, once per world, and the npm packages of the foreign clients."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from foreign import Behind
from tree import ROOT
from worlds import embedded_world, production_world


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    """`npm ci` here unless it was done since package-lock.json changed (the Makefile's rule)."""
    subprocess.run(["make", "-s", "tests/foreign/node_modules/.installed"], cwd=ROOT, check=True, timeout=170)


@pytest.fixture(scope="session", params=["embedded", "production"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        shutil.copyfile(request.getfixturevalue("sqlite_town"), folder / "sotay.db")
        world = embedded_world(folder)
    else:
        template = request.getfixturevalue("postgres_town")
        world = production_world(folder, request.getfixturevalue("postgres"), request.getfixturevalue("s3"), template)
    running = Behind(world)
    running.start()
    yield running
    running.stop()
