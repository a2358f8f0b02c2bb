"""R14: clocks of phones and server jump up to ten years either way while all runs. Order is the server's sequence."""

from pathlib import Path

import pytest

from cast import LAN
from sim_run import run_seeds
from sim_town import Course, Template
from storage import clock
from storage.database import reading
from town import Town, note

DAYS_MS = 20 * 86_400_000  # a token lives through less than 30
# A server ten years ahead sweeps every upload as expired: the phone learns it with its next HEAD and announces a minute later.
WILD = Course(server_years=10, phone_years=10, soon_ms=120_000)


@pytest.mark.timeout(600)
async def test_wild_clocks_lose_nothing(template: Template, tmp_path: Path) -> None:
    injected = await run_seeds(range(101, 104), 1_000, template, tmp_path, WILD)
    assert injected["clock jump"] >= 12


@pytest.mark.full
@pytest.mark.timeout(3_600)
async def test_wild_clocks_lose_nothing_over_60_seeds(template: Template, tmp_path: Path) -> None:
    injected = await run_seeds(range(101, 161), 25_000, template, tmp_path, WILD)
    assert injected["clock jump"] >= 700


async def test_order_is_the_servers_sequence_whatever_its_clock_says(town: Town) -> None:
    """What is written while the clock stands weeks back comes after what was written before, and is not skipped."""
    start = clock.now() + DAYS_MS  # accounts hold their areas from today on
    written = []
    try:
        clock.move(lambda: start)
        phone = await town.enrol(LAN)
        for n, moved in enumerate((0, 60_000, -60_000, DAYS_MS, -DAYS_MS, 1, 0)):
            clock.move(lambda moved=moved: start + moved)
            one = note(text=f"Tin thứ {n} khi đồng hồ nhảy")
            answer = await phone.batch({"notes": [one]}, pull=["notes"])
            assert [doc["id"] for doc in answer["pull"]["notes"]["documents"]] == [one["id"]]
            written.append(one["id"])
    finally:
        clock.move(clock.system)
    async with reading() as conn:
        rows = await conn.fetch("SELECT doc, n FROM log WHERE collection = 'notes' AND stream LIKE 'u:%' ORDER BY n")
    assert [row["doc"] for row in rows] == written
    assert [doc["id"] for doc in (await phone.pull("notes"))["documents"]] == written
