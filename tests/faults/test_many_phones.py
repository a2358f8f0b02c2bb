"""R21: a whole city of phones against one server process: spread over minutes, and all of them in the same moment.

CI: 60 phones with 10 notes each over 5 s, then 200 at once; `--full`: 1,500 over less than 5 minutes (p95 ≤ 500 ms,
server ≤ 256 MiB), then 5,000 at once. A phone that is turned away waits as long as it was told, and its share of chance.
"""

import asyncio
import contextlib
import json
import random
import re
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from installation import Installation
from pushing_phones import AREAS, p95, stored
from storage import database, devices, people, secret
from town import note
from worlds import World

NOTES, PHONES_PER_ACCOUNT = 10, 5
SECONDS_FULL, P95_SECONDS, MIB = 240, 0.5, 256


@dataclass
class Field:
    """Phones on one wire: what was sent and acknowledged, how each request ended, how long the answered ones took."""

    port: int
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    async def phone(self, token: str, area: str, after: float, rng: random.Random) -> None:
        """Wakes after some seconds, sends its notes until it has a receipt, and asks for what is new."""
        await asyncio.sleep(after)
        notes = [note(area=area) for _ in range(NOTES)]
        self.sent |= {one["id"] for one in notes}
        asks = {name: {"limit": 1000} for name in ("notes", "answers", "areas", "topics")}
        push = {"notes": [{"newDocumentState": one} for one in notes]}
        body = json.dumps({"v": 1, "device": "", "clock_ms": 0, "seq_max": 0, "push": push, "pull": asks}).encode()
        for tries in range(12):
            began = time.monotonic()
            status, headers = await self.request(token, body)
            self.statuses[status] += 1
            if status == 200:
                self.seconds.append(time.monotonic() - began)
                self.acknowledged |= {one["id"] for one in notes}
                return
            told = re.search(rb"(?i)retry-after: *(\d+)", headers)
            await asyncio.sleep((int(told[1]) if told else 0) + rng.random() * min(60, 2**tries))

    async def request(self, token: str, body: bytes) -> tuple[int, bytes]:
        """Status and headers of the answer; 0 if there was none."""
        head = (
            f"POST /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        try:
            async with asyncio.timeout(60):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                with contextlib.closing(writer):
                    writer.write(head.encode() + body)
                    answer = await reader.read()
        except (OSError, TimeoutError):
            return 0, b""
        headers, found, _ = answer.partition(b"\r\n\r\n")
        return (int(headers.split(b" ", 2)[1]), headers) if found else (0, b"")


async def enrolled(world: World, phones: int) -> list[tuple[str, str]]:
    """Token and area of each phone; some phones an account, as in life two or three."""
    made, areas = [], sorted(AREAS.values())
    secret.use(world.secret_file)
    async with database.opened(world.database_url):
        for n in range(phones):
            area = areas[n // PHONES_PER_ACCOUNT % len(areas)]
            if n % PHONES_PER_ACCOUNT == 0:
                account = await people.create(f"nguoi-viet-{n}", "reporter", [area])
            code = await devices.new_code(account.id)
            made.append(((await devices.redeem(code.typed, "android")).token, area))
    return made


def most_memory(pid: int) -> float:
    """The highest resident set of a process so far, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def crowd(world: World, spread: int, seconds: float, at_once: int) -> tuple[Field, Field, float]:
    """The spread phones, those that came at once, and the server's highest memory in MiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * at_once + 512)), hard))
    rng = random.Random(21)
    phones = asyncio.run(enrolled(world, max(spread, at_once)))

    async def run(count: int, over: float) -> Field:
        found = Field(running.port)
        await asyncio.gather(*(found.phone(*phone, rng.random() * over, rng) for phone in phones[:count]))
        return found

    with Installation(world) as running:
        one_by_one = asyncio.run(run(spread, seconds))
        together = asyncio.run(run(at_once, 0))
        memory = most_memory(running.server.pid)
    for name, found in (("spread", one_by_one), ("at once", together)):
        print(f"R21 {world.name}, {name}: {len(found.sent)} notes, answers {dict(found.statuses)}, "
              f"p95 {p95(found.seconds) * 1000:.0f} ms, slowest {max(found.seconds):.1f} s, {memory:.0f} MiB")  # fmt: skip
        assert set(found.statuses) <= {0, 200, 503}, found.statuses
        assert found.acknowledged == found.sent, "a phone gave up"
        kept, faults = asyncio.run(stored(world, found.sent))
        assert set(kept) == found.sent and len(kept) == len(found.sent) and faults == []
    return one_by_one, together, memory


@pytest.mark.timeout(150)
def test_many_phones_spread_and_at_once(settled: World) -> None:
    _, together, _ = crowd(settled, 60, 5, 200)
    assert len(together.sent) == 200 * NOTES


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_city_of_phones(settled: World) -> None:
    spread, together, memory = crowd(settled, 1500, SECONDS_FULL, 5000)
    assert len(spread.sent) == 1500 * NOTES and len(together.sent) == 5000 * NOTES
    assert p95(spread.seconds) <= P95_SECONDS
    assert memory <= MIB
