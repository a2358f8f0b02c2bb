"""A running installation as an operator has it: `sotay serve` and `sotay worker` as processes, spoken to from outside."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from processes import Child, free_port
from worlds import World

SOTAY = Path(sys.executable).with_name("sotay")


class Installation:
    """Server and worker of a settled world on a free port."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = world.env | {"SOTAY_BASE_URL": self.url}
        self.server: Child
        self.worker: Child

    def __enter__(self) -> Self:
        self.start()
        self.worker = Child([SOTAY, "worker"], self.world.data_dir / "worker.log", env=self.env)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.stop()
        self.server.stop()
        if error is not None:
            for name in ("server.log", "worker.log"):
                print(name, (self.world.data_dir / name).read_text(encoding="utf-8")[-4000:])

    def start(self) -> None:
        self.server = Child(
            [SOTAY, "serve", "--port", str(self.port)], self.world.data_dir / "server.log", env=self.env
        )
        self.server.wait_ready(self._ready)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ready", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False

    def sotay(self, *args: str) -> str:
        """Runs a command of the installation; its output. Raises CalledProcessError."""
        done = subprocess.run([SOTAY, *args], env=self.env, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    def enrolment(self, login: str) -> dict[str, Any]:
        return dict(json.loads(self.sotay("enrol", login, "--json")))
