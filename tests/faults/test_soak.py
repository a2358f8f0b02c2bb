"""R22: an installation under everything at once, and trouble all the time: memory, descriptors, threads and connections stay
where they were. CI: 1 minute; `--full`: 60.
"""

import asyncio
import http.client
import itertools
import socket
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from cast import TUAN
from fault_proxy import FaultProxy, Latency, ResetPeer, Timeout
from installation import Installation
from postgres import Cluster
from processes import wait_until
from pushing_phones import Crowd, check_all_there_once, tokens
from s3 import Store
from sending_photos import PhotoPhone, leftovers
from storage.samples.pictures import sample_photo
from worlds import World

MIB = 1024 * 1024
MORE = {"descriptors": 6, "threads": 3, "connections": 2}  # what may be open by chance when it is looked at


def family(pid: int) -> Iterator[int]:
    """The process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from family(int(child))


class Watch(threading.Thread):
    """Looks at processes and at the database's connections from time to time."""

    def __init__(self, processes: dict[str, int], connections: Callable[[], int], pause: float) -> None:
        super().__init__(daemon=True)
        self.processes, self.connections, self.pause = processes, connections, pause
        self.seen: defaultdict[str, list[int]] = defaultdict(list)
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(self.pause):
            self.seen["connections"].append(self.connections())
            for name, pid in self.processes.items():
                try:
                    pids = list(family(pid))
                    status = [Path(f"/proc/{one}/status").read_text() for one in pids]
                    fds = [len(list(Path(f"/proc/{one}/fd").iterdir())) for one in pids]
                except (FileNotFoundError, ProcessLookupError):
                    continue  # a picture's child ended while it was looked at
                self.seen[f"{name}: descriptors"].append(sum(fds))
                for what, word in (("memory", "VmRSS:"), ("threads", "Threads:")):
                    found = [int(text.split(word)[1].split()[0]) for text in status if word in text]
                    self.seen[f"{name}: {what}"].append(sum(found))

    def growth(self) -> dict[str, tuple[float, float]]:
        """Medians of the second and of the last quarter; of memory the least, for a picture's child comes and goes, and how
        long it stays says how busy the machine is. The first quarter warms up."""
        quarters = {}
        for name, values in self.seen.items():
            n, typical = len(values) // 4, min if name.endswith("memory") else statistics.median
            quarters[name] = (float(typical(values[n : 2 * n])), float(typical(values[3 * n :])))
        return quarters


class Office(threading.Thread):
    """An official who looks at page after page, and leaves each open page's stream of news hanging before the next."""

    PAGES = ("/panel/", "/panel/desk", "/panel/desk/groups", "/panel/issues", "/panel/search?q=ngap", "/panel/coverage")

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.host = urlsplit(url).netloc
        self.statuses: Counter[int] = Counter()
        self.cookies: dict[str, str] = {}
        self.stopping = threading.Event()

    def ask(self, method: str, path: str, body: str = "") -> http.client.HTTPResponse:
        line = http.client.HTTPConnection(self.host, timeout=20)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        line.request(
            method, path, body, {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())} | kind
        )
        answer = line.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, kept = value.split(";")[0].partition("=")
                self.cookies[key] = kept
        return answer

    def sign_in(self) -> None:
        form = self.ask("GET", "/panel/sign-in")
        csrf = form.read().decode().split('name="csrf" value="')[1].split('"')[0]
        typed = {"csrf": csrf, "login": TUAN.login, "password": TUAN.password}
        answer = self.ask("POST", "/panel/sign-in", urlencode(typed))
        assert answer.status == 303, answer.read()
        answer.read()

    def run(self) -> None:
        for path in itertools.cycle(self.PAGES):
            if self.stopping.wait(0.1):
                return
            try:
                self.statuses[(answer := self.ask("GET", path)).status] += 1
                answer.read()
                news = self.ask("GET", "/panel/live")
                news.read(2)
                news.close()
            except (OSError, http.client.HTTPException):
                self.statuses[0] += 1


class Listener(threading.Thread):
    """A phone that follows the news, hangs up in the middle and comes back."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(daemon=True)
        self.host, self.token = urlsplit(url).netloc, token
        self.heard = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(0.2):
            try:
                line = http.client.HTTPConnection(self.host, timeout=3)
                line.request("GET", "/v1/sync/stream", headers={"Authorization": f"Bearer {self.token}"})
                self.heard += len(line.getresponse().read(30))
                line.close()
            except (OSError, http.client.HTTPException):
                continue


def half_open(port: int) -> None:
    """Ten clients that begin a request and are never heard of again."""
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")


def soak(world: World, cluster: Cluster, s3: Store, seconds: float, wide: float) -> None:
    phones = tokens(world, 6)
    database = world.database_url.rpartition("/")[2]
    among = f"FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"
    ended = 0
    with FaultProxy(s3.port, seed=22) as store:
        through = replace(world, media_url=world.media_url.replace(f":{s3.port}/", f":{store.port}/"))
        with Installation(through) as running, FaultProxy(running.port, seed=22) as line:
            office, listener = Office(running.url), Listener(line.url, phones[0][0])
            camera = PhotoPhone(
                line.url, phones[1][0], [sample_photo(3, "flooded_road")], pause=max(0.5, seconds / 300)
            )
            office.sign_in()
            watch = Watch(
                {"server": running.server.pid, "worker": running.worker.pid},
                lambda: int(cluster.sql(f"SELECT COUNT(*) {among}")),
                pause=max(0.25, seconds / 1200),
            )
            threads = [office, listener, camera, watch]
            with Crowd(line.url, phones[2:], pause=0.1) as crowd:
                for thread in threads:
                    thread.start()
                over = time.monotonic() + seconds
                for toxic in itertools.cycle((Timeout("down", ms=0), Latency("up", ms=200), ResetPeer("up"))):
                    if time.monotonic() > over:
                        break
                    store.add(toxic)
                    time.sleep(0.5)
                    line.cut_all()
                    half_open(running.port)
                    time.sleep(0.5)
                    store.remove(toxic)
                    ended += len(cluster.sql(f"SELECT pg_terminate_backend(pid) {among}").splitlines())
                    time.sleep(1)
                assert all(thread.is_alive() for thread in threads), "one of them ended by itself"
                for thread in threads:
                    thread.stopping.set()
                for thread in threads:
                    thread.join(60)
            wait_until(lambda: not camera.waiting(), 60, "all photos stored", pause=0.5)
            crowd.settle()
            assert running.server.is_alive and running.worker.is_alive
    growth = watch.growth()
    print(f"R22: {seconds:g} s, {len(crowd.acknowledged)} notes, {len(camera.shots)} photos, pages {dict(office.statuses)}, "
          f"texts {dict(crowd.statuses)}, {ended} connections ended, store {dict(store.faults)}; second → last quarter: "
          + ", ".join(f"{name} {a:g} → {b:g}" for name, (a, b) in sorted(growth.items())))  # fmt: skip
    assert ended >= seconds / 4 and all(store.faults[name] for name in ("timeout", "latency", "reset_peer"))
    assert office.statuses[200] > seconds / 2 and listener.heard > seconds and len(camera.shots) > 10
    assert set(crowd.statuses) <= {200, 503, 0} and not crowd.lies(), (crowd.statuses, crowd.lies())
    for name, (before, after) in growth.items():
        what = name.rpartition(": ")[2]
        most = before * wide if what == "memory" else before + MORE[what]
        assert after <= most, f"{name}: {before:g} → {after:g}; all of it: {watch.seen[name]}"
    check_all_there_once(world, crowd)
    dangling, orphans = asyncio.run(leftovers(world))
    assert dangling == set() and orphans == set(), (dangling, orphans)


@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(240)
def test_a_minute_of_everything_leaves_nothing_behind(settled: World, postgres: Cluster, s3: Store) -> None:
    soak(settled, postgres, s3, 60, wide=1.15)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(4500)
def test_an_hour_of_everything_leaves_nothing_behind(settled: World, postgres: Cluster, s3: Store) -> None:
    soak(settled, postgres, s3, 3600, wide=1.05)
