"""The state of the system: each alert comes when its cause is there and goes with it; opinions stay uncounted."""

from collections.abc import Iterator

import pytest

from cast import BINH, LAN
from panel import opinions, signed_in
from storage import clock, erase, overdue, space, totals
from storage.bucket import Media
from storage.catalogue import set_meta
from storage.changes import writing
from storage.clock import DAY_MS, HOUR_MS
from storage.database import reading
from storage.objects import StoreAway
from storage.photos import MAX_TRIES
from storage.state import BATCH_MS, state, store_answers
from storage.viewer import Viewer
from town import Town, note, photo_row

BINHS = Viewer("x", "binh", "administrator", ("11455", "11455-K1", "11455-T01"))


@pytest.fixture
def later() -> Iterator[list[int]]:
    """Add milliseconds to its only element."""
    by, before = [0], clock._source
    clock.move(lambda: before() + by[0])
    yield by
    clock.move(before)


async def alerts() -> set[str]:
    answers = await store_answers()
    async with reading() as conn:
        return set((await state(conn, BINHS, store=answers)).alerts)


async def test_alerts_come_and_go(town: Town, later: list[int]) -> None:
    async with writing() as w:
        await set_meta(w.conn, "backup_at", str(w.now))
    await totals.fold()
    lan = await town.enrol(LAN)
    await erase.daily()
    assert await alerts() == set()
    sent, photo = note(), photo_row(note(), b"x")
    await lan.push("notes", sent)
    await lan.push("photos", photo | {"note": sent["id"], "claim": sent["claim"]})
    async with writing() as w:
        await w.conn.fetch("UPDATE photos SET state = 'received', received_at = $1", w.now)
    later[0] = HOUR_MS // 2
    assert await alerts() == {"lag"}
    await totals.fold()
    later[0] = 2 * HOUR_MS
    assert await alerts() == {"pictures"}
    async with writing() as w:
        await w.conn.fetch("UPDATE photos SET tries = $1", MAX_TRIES)
    assert await alerts() == {"pictures", "stuck"}
    async with writing() as w:
        await w.conn.fetch("UPDATE photos SET state = 'stored'")
    later[0] = 9 * DAY_MS
    assert await alerts() == {"unread", "backup_old", "eraser", "silent"}
    await erase.daily()
    async with writing() as w:
        await w.conn.fetch("UPDATE notes SET status = 'quarantined'")
    assert await alerts() == {"quarantine", "backup_old", "silent"}


async def test_what_never_ran_is_said_after_a_day(town: Town, later: list[int]) -> None:
    assert not await alerts() & {"eraser", "backup_none"}
    later[0] = DAY_MS + HOUR_MS
    assert await alerts() >= {"eraser", "backup_none"}
    async with writing() as w:
        await set_meta(w.conn, overdue.MADE, "")  # made before this was known
    later[0] = 0
    assert await alerts() >= {"eraser", "backup_none"}
    await erase.daily()
    assert "eraser" not in await alerts()


async def test_a_clock_that_leapt_and_a_store_that_is_away_are_said(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await erase.daily()
    assert not await alerts() & {"clock", "store"}
    async with writing() as w:
        await set_meta(w.conn, "erased_day", "2016-01-01")
    assert "clock" in await alerts()

    async def away(self: Media, key: str) -> None:
        raise StoreAway("down")

    monkeypatch.setattr(Media, "get", away)
    assert "store" in await alerts()
    async with signed_in(town, BINH) as binh:
        page = (await binh.see("/panel/system")).text
        assert "Kho ảnh không trả lời" in page and "Đồng hồ máy không đi tiếp" in page


async def test_opinions_are_neither_counted_nor_dated(town: Town, later: list[int]) -> None:
    await opinions(town, 2, 1, release_them=False)
    async with signed_in(town, BINH) as binh:
        before = (await binh.see("/panel/system")).text
        later[0] = 5 * HOUR_MS
    async with signed_in(town, BINH) as binh:
        assert "Đợt ý kiến" not in before
        assert "không có" in before, "no place note waits"
        later[0] = BATCH_MS + HOUR_MS
    async with signed_in(town, BINH) as binh:
        assert "Đợt ý kiến" in (await binh.see("/panel/system")).text


async def test_a_full_disk_is_said(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "usages", lambda: [(10 * space.MIB, 1000 * space.MIB)])
    assert "disk" in await alerts()
    async with signed_in(town, BINH) as binh:
        assert "còn 10 MiB trong 1000 MiB" in (await binh.see("/panel/system")).text
    monkeypatch.setattr(space, "usages", lambda: [(900 * space.MIB, 1000 * space.MIB)])
    assert "disk" not in await alerts()


async def test_what_was_erased_is_shown_in_bands(town: Town, later: list[int]) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", *(note() for _ in range(7)))
    later[0] = 366 * DAY_MS
    await erase.erase()
    async with signed_in(town, BINH) as binh:
        page = await binh.see("/panel/retention")
    assert "~5" in page.text and "chưa ai đọc" in page.text and "90 ngày" in page.text
