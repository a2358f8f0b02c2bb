"""Two hosts (127.0.0.1 and 127.0.0.2) with data folders of their own on one PostgreSQL and S3, and phones that no proxy
keeps at one of them: every request takes a new connection, to either host."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from installation import Installation
from pushing_phones import AREAS, Answer, Wire
from town import note, photo_row
from worlds import World

ADDRESSES = ("127.0.0.1", "127.0.0.2")
PUBLIC = "http://127.0.0.1:8000"  # the name both are reached by
PART = 48 * 1024


class Host(Installation):
    """A machine with server and worker. `lose_power` ends every process of it at once."""

    def lose_power(self) -> None:
        for child in (self.server, self.worker):
            for pid in (*children(child.pid), child.pid):
                os.kill(pid, signal.SIGKILL)
            child.process.wait()

    def come_back(self) -> None:
        self.begin()
        self.start_worker()
        self.wait_ready()
        self.wait_worker()


def children(pid: int) -> list[int]:
    """All processes below one."""
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return [below for one in found for below in (*children(one), one)]


@contextmanager
def two_hosts(world: World, processes: int = 2) -> Iterator[list[Host]]:
    """Both hosts of a world, serving. The secret file is the one thing an operator copies from one to the other."""
    hosts = []
    for address in ADDRESSES:
        folder = world.data_dir / address
        folder.mkdir()
        own = replace(world, data_dir=folder)
        own.share_secret()
        hosts.append(Host(own, address, processes, PUBLIC))
    try:
        for host in hosts:
            host.begin()
            host.start_worker()
        for host in hosts:
            host.wait_ready()
            host.wait_worker()
        yield hosts
    finally:
        for host in hosts:
            for child in (host.server, getattr(host, "worker", None)):
                if child is not None and child.is_alive:
                    child.stop()


@dataclass
class RoamingWire(Wire):
    """Chance says to which host a request goes (taking turns, the two kinds of an upload would each keep to one), and a
    connection is not kept."""

    urls: Sequence[str] = ()
    rng: random.Random = field(default_factory=random.Random)

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        self.url = self.rng.choice(self.urls)
        answer = super().call(method, path, body, **headers)
        self.close()
        return answer


class Balancer(httpx.AsyncBaseTransport):
    """What a proxy without memory does: passes each request on to the next host, under the public name."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.urls = [httpx.URL(url) for url in urls]
        self.turn = 0
        self.inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        to = self.urls[self.turn % len(self.urls)]
        self.turn += 1
        url = request.url.copy_with(
            host=to.host, port=to.port
        )  # the header Host stays, and so do the browser's cookies
        passed_on = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self.inner.handle_async_request(passed_on)

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass
class PhotoPhone(threading.Thread):
    """Sends photos in parts, one after the other, parts to either host; asks where an upload stands after any
    answer that is not 204."""

    wire: RoamingWire
    area: str
    data: bytes
    rows: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    shrunk: list[str] = field(default_factory=list)  # an acknowledged offset that was taken back
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.stopping.is_set():
            self.send_one()

    def send_one(self) -> None:
        sent = note(area=self.area)
        row = photo_row(sent, self.data)
        while self.wire.sync(notes=[sent | {"photos": [row["id"]]}], photos=[row]).status != 200:
            time.sleep(0.05)
        self.rows.append(row)
        offset = 0
        while offset < len(self.data):
            part = self.data[offset : offset + PART]
            answer = self.wire.tus("PATCH", row["id"], part, Upload_Offset=str(offset))
            if answer.status == 204:
                offset = self.acknowledged[row["id"]] = int(answer.headers["upload-offset"])
                continue
            time.sleep(0.05)
            looked = self.wire.tus("HEAD", row["id"])
            if looked.status == 200:
                offset = int(looked.headers["upload-offset"])
                if offset < self.acknowledged.get(row["id"], 0):
                    self.shrunk.append(f"{row['id']}: {offset} after {self.acknowledged[row['id']]}")


def roaming(hosts: Sequence[Host], token: str, seed: int) -> RoamingWire:
    return RoamingWire(hosts[0].url, token, urls=[host.url for host in hosts], rng=random.Random(seed))


def photo_phone(hosts: Sequence[Host], token: str, area: str, data: bytes) -> PhotoPhone:
    assert area in AREAS.values()
    return PhotoPhone(roaming(hosts, token, 0), area, data)
