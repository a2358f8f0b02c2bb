"""R4: kill -9 at every numbered boundary of push, photo, confirming, erasing, migrating, an upgrade of a database with
data, backup and restore; then the world is opened again.

CI: 101 kills on SQLite + files and 45 on PostgreSQL + S3; `--full`: 11,850 (`pytest --full tests/kills
-k ten_thousand`). A kill is counted only when the child really died by SIGKILL.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tree import ROOT
from worlds import World, embedded_world

SEED = 2611
CI = {
    "embedded": {
        "push": 30,
        "photo": 25,
        "confirm": 12,
        "erase": 10,
        "migrate": 6,
        "upgrade": 6,
        "backup": 6,
        "restore": 6,
    },
    "production": {"push": 12, "photo": 12, "confirm": 7, "erase": 7, "backup": 4, "upgrade": 3},
}
FULL = {
    "embedded": {
        "push": 3000,
        "photo": 2500,
        "confirm": 1000,
        "erase": 1000,
        "migrate": 500,
        "upgrade": 500,
        "backup": 500,
        "restore": 500,
    },
    "production": {"push": 800, "photo": 700, "confirm": 250, "erase": 250, "backup": 250, "upgrade": 100},
}


def nursery(world: World, scenario: str, kills: int, seconds: float) -> dict[str, Any]:
    spec = {
        "world": {
            "name": world.name,
            "database_url": world.database_url,
            "media_url": world.media_url,
            "data_dir": str(world.data_dir),
        },
        "scenario": scenario,
        "kills": kills,
        "seed": SEED,
        "seconds": seconds,
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "support" / "kill_nursery.py"), json.dumps(spec)],
        env=world.env | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def in_memory(kind: str, request: pytest.FixtureRequest) -> Iterator[World]:
    """A settled world; the embedded one on a memory disk, since a killed process loses nothing the kernel already has
    (what the disk has is the matter of test_fsync.py)."""
    if kind == "production":
        yield request.getfixturevalue("settled")
        return
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="sotay-kills-") as folder:
        shutil.copyfile(request.getfixturevalue("sqlite_town"), Path(folder) / "sotay.db")
        found = embedded_world(Path(folder))
        found.share_secret()
        yield found


def kill_all(world: World, plan: dict[str, int], seconds: float) -> None:
    died: Counter[str] = Counter()
    for scenario, kills in plan.items():
        result = nursery(world, scenario, kills, seconds)
        died.update(result["died"])
        print(f"R4 {world.name} {scenario}: {result['kills']} kills at {result['boundaries']} boundaries, seed {SEED}")
        assert result["faults"] == [], (scenario, SEED)
        assert result["kills"] >= kills, f"only {result['kills']} of {kills} kills of {scenario}"
    for place in ("write.begun", "write.before_publish", "write.before_commit", "write.committed", "part.put"):
        assert died[place] > 0, f"nothing died at {place}: {died}"


def test_killed_anywhere_nothing_acknowledged_is_lost_and_nothing_is_half_done(in_memory: World) -> None:
    kill_all(in_memory, CI[in_memory.name], 150)


@pytest.mark.full
@pytest.mark.timeout(14_400)
def test_ten_thousand_kills(in_memory: World) -> None:
    kill_all(in_memory, FULL[in_memory.name], 7200)
