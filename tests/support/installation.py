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
    """Server and worker of a settled world on a free port; `processes` of the server, on any address of this machine."""

    def __init__(self, world: World, host: str = "127.0.0.1", processes: int = 1, base_url: str = "") -> None:
        self.world = world
        self.host, self.processes = host, processes
        self.port = free_port(host)
        self.url = f"http://{host}:{self.port}"
        self.env = world.env | {"SOTAY_BASE_URL": base_url or self.url}
        self.server: Child
        self.worker: Child

    def __enter__(self) -> Self:
        self.begin()
        self.start_worker()
        self.wait_ready()
        self.wait_worker()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.stop()
        self.server.stop()
        if error is not None:
            for name in ("server.log", "worker.log"):
                print(name, (self.world.data_dir / name).read_text(encoding="utf-8")[-4000:])

    def begin(self) -> None:
        """Starts the server and does not wait for it."""
        command = [SOTAY, "serve", "--host", self.host, "--port", str(self.port), "--workers", str(self.processes)]
        self.server = Child(command, self.world.data_dir / "server.log", env=self.env)

    def start(self) -> None:
        self.begin()
        self.wait_ready()

    def wait_ready(self) -> None:
        self.server.wait_ready(self._ready)

    def start_worker(self) -> None:
        self.worker = Child([SOTAY, "worker"], self.world.data_dir / "worker.log", env=self.env)

    def wait_worker(self) -> None:
        """Until it works: before, one lost connection ends it, and a supervisor would start it again."""
        self.worker.wait_ready(lambda: "the worker works" in self.worker.said())

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
