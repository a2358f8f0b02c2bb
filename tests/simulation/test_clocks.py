"""R14: clocks of phones and server jump up to ten years either way while all runs. Order is the server's sequence."""

from pathlib import Path
from unittest import mock

import pytest

from cast import LAN
from sim_run import run_seeds
from sim_town import Course, Template
from storage import clock, uploads
from storage.database import reading
from storage.objects import StoreAway
from town import Town, note, photo_row

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


async def test_bytes_that_were_all_acknowledged_do_not_expire(town: Town) -> None:
    """The store was away when the last part came, then the clock stood a month ahead: the phone counts on these bytes."""
    phone = await town.enrol(LAN)
    one, data = note(), b"\xff\xd8" + bytes(4_000)
    photo = photo_row(one, data)
    await phone.batch({"notes": [one], "photos": [photo]})
    with mock.patch.object(uploads, "finish", side_effect=StoreAway("away")):
        assert (await phone.tus("PATCH", photo["id"], data, Upload_Offset="0")).headers["upload-offset"] == "4002"
    start = clock.now()
    try:
        clock.move(lambda: start + 2 * DAYS_MS)
        await uploads.sweep(clock.now())
        await uploads.finish(photo["id"])
    finally:
        clock.move(clock.system)
    state = await uploads.look(photo["id"])
    assert state is not None
    assert state.state == "received"
