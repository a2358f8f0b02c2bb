"""Phones that push without pause against a real server, from threads, and never forget what they were promised."""

import asyncio
import http.client
import json
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from cast import HOA, LAN, MINH
from storage import database, devices, people, secret, totals
from storage.database import reading
from sync.problems import CODES
from town import note
from worlds import World

AREAS = {LAN: "11455-T01", MINH: "11455-T02", HOA: "11455-T05"}


@dataclass
class Answer:
    status: int  # 0: no answer
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def is_honest(self) -> bool:
        """A refusal the phone can act on: a problem of the catalogue; "later" with Retry-After."""
        if self.status in (0, 200, 201, 204):
            return True
        try:
            code = json.loads(self.body)["code"]
        except (ValueError, KeyError):
            return False
        return code in CODES and (self.status != 503 or "retry-after" in self.headers)


@dataclass
class Wire:
    """One client of the server: HTTP/1.1 with the standard library, a connection kept while it holds."""

    url: str
    token: str
    timeout: float = 30
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        began = time.monotonic()
        try:
            if self._connection is None:
                parts = urlsplit(self.url)
                self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=self.timeout)
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
            data = answer.read()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, data, time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(0, {}, b"", time.monotonic() - began)

    def sync(self, **push: Sequence[dict[str, Any]]) -> Answer:
        rows = {name: [{"newDocumentState": one} for one in some] for name, some in push.items()}
        body = {"v": 1, "device": "", "clock_ms": 0, "seq_max": 0, "push": rows, "pull": {}}
        return self.call("POST", "/v1/sync", json.dumps(body).encode(), Content_Type="application/json")

    def tus(self, method: str, photo: str, data: bytes = b"", **headers: str) -> Answer:
        kind = {"Content_Type": "application/offset+octet-stream"} if method == "PATCH" else {}
        return self.call(method, f"/v1/uploads/{photo}", data, Tus_Resumable="1.0.0", **kind, **headers)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PushingPhone(threading.Thread):
    """Sends batches of notes; a batch without a 2xx is sent again, with the same ids, until it has one."""

    def __init__(self, url: str, token: str, area: str, rows: int = 5, pause: float = 0.02) -> None:
        super().__init__(daemon=True)
        self.wire = Wire(url, token)
        self.area, self.rows, self.pause = area, rows, pause
        self.sent: dict[str, dict[str, Any]] = {}
        self.acknowledged: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.dishonest: list[Answer] = []
        self.seconds: list[tuple[float, float]] = []  # when it began, how long it took; answered pushes only
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            batch = [note(area=self.area) for _ in range(self.rows)]
            self.sent |= {one["id"]: one for one in batch}
            while not self.push(batch) and not self.stopping.is_set():
                self.stopping.wait(0.1)
            self.stopping.wait(self.pause)
        self.wire.close()

    def push(self, batch: Sequence[dict[str, Any]]) -> bool:
        """True once the server says it has them all."""
        began = time.monotonic()
        answer = self.wire.sync(notes=batch)
        self.statuses[answer.status] += 1
        if not answer.is_honest:
            self.dishonest.append(answer)
        if answer.status != 200:
            return False
        self.seconds.append((began, answer.seconds))
        assert "push" not in json.loads(answer.body), answer.body
        self.acknowledged |= {one["id"] for one in batch}
        return True

    def drain(self, seconds: float = 30) -> None:
        """Sends what has no receipt yet."""
        waiting = [one for id, one in self.sent.items() if id not in self.acknowledged]
        deadline = time.monotonic() + seconds
        for start in range(0, len(waiting), 50):  # a push of more than 100 rows is refused
            while not self.push(waiting[start : start + 50]):
                assert time.monotonic() < deadline, f"the queue is stuck: {self.statuses}"
                time.sleep(0.1)
        self.wire.close()


class Crowd:
    """Some phones pushing while a `with` block does harm. Afterwards `settle` and `check`."""

    def __init__(self, url: str, tokens: Sequence[tuple[str, str]], **options: Any) -> None:
        self.phones = [PushingPhone(url, token, area, **options) for token, area in tokens]

    def __enter__(self) -> "Crowd":
        for phone in self.phones:
            phone.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for phone in self.phones:
            phone.stopping.set()
        for phone in self.phones:
            phone.join(60)

    @property
    def acknowledged(self) -> set[str]:
        return set().union(*(phone.acknowledged for phone in self.phones))

    def has(self, count: int) -> bool:
        return len(self.acknowledged) >= count

    @property
    def sent(self) -> set[str]:
        return {id for phone in self.phones for id in phone.sent}

    @property
    def statuses(self) -> Counter[int]:
        return sum((phone.statuses for phone in self.phones), Counter())

    def seconds(self, first: float = 0, last: float = float("inf")) -> list[float]:
        """How long the answered pushes took that began in a span of `time.monotonic()`."""
        return [took for phone in self.phones for began, took in phone.seconds if first <= began < last]

    def settle(self) -> None:
        for phone in self.phones:
            phone.drain()
        assert self.acknowledged == self.sent

    def lies(self) -> list[tuple[int, bytes]]:
        return [(answer.status, answer.body[:200]) for phone in self.phones for answer in phone.dishonest]


def p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


async def _tokens(world: World, count: int) -> list[tuple[str, str]]:
    made = []
    secret.use(world.secret_file)
    async with database.opened(world.database_url):
        for n in range(count):
            person = (LAN, MINH, HOA)[n % 3]
            account = await people.by_login(person.login)
            assert account is not None
            code = await devices.new_code(account.id)
            made.append(((await devices.redeem(code.typed, "android")).token, AREAS[person]))
    return made


def tokens(world: World, count: int) -> list[tuple[str, str]]:
    """Enrols phones directly in a world's database: token and area of each."""
    return asyncio.run(_tokens(world, count))


async def stored(world: World, ids: Iterable[str]) -> tuple[list[str], list[dict[str, Any]]]:
    """Which of these notes are there; and faults: log rows that are doubled, totals that differ from a recount."""
    async with database.opened(world.database_url):
        async with reading() as conn:
            some = sorted(ids)
            found = await conn.fetch(f"SELECT id FROM notes WHERE {conn.among('id', 1)}", some)
            doubled = await conn.fetch(
                "SELECT stream, collection, doc, COUNT(*) AS n FROM log GROUP BY stream, collection, doc HAVING COUNT(*) > 1"
                " UNION ALL SELECT stream, '', '', COUNT(*) FROM log GROUP BY stream, n HAVING COUNT(*) > 1"
            )
        await totals.fold()
        folded, counted = await totals.folded(), await totals.recount()
        faults = [dict(row) for row in doubled]
        faults += [{"cell": cell, "folded": folded.get(cell), "counted": counted.get(cell)}
                   for cell in {*folded, *counted} if folded.get(cell, 0) != counted.get(cell, 0)]  # fmt: skip
    return [row["id"] for row in found], faults


def check_all_there_once(world: World, crowd: Crowd) -> None:
    """0 acknowledged lost, 0 doubled: one row a note, one log row a stream and note, totals equal to a recount."""
    found, doubled = asyncio.run(stored(world, crowd.sent))
    assert crowd.acknowledged - set(found) == set(), "acknowledged and lost"
    assert len(found) == len(set(found)) and doubled == []
