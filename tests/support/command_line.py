"""One process that runs many `sotay` commands (`commands_run.py`): starting each anew takes a second of processor time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tree import ROOT
from worlds import World


class CommandLine:
    """`run` answers with status and what was said on either stream."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "support" / "commands_run.py")],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def run(self, world: World, *words: str | Path, **env: str) -> tuple[int, str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        told = {name: value for name, value in (world.env | env).items() if name.startswith("SOTAY_")}
        asked = {"env": told, "folder": str(ROOT), "words": ["sotay", *map(str, words)]}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer["status"], answer["said"]
