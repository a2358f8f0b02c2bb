"""Totals: folded differences equal a recount; opinion is counted only once released and shown only by daily snapshot."""

import random

import pytest

from cast import HOA, LAN, MINH
from storage import clock, release, totals
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.notes import announce
from sync.tally import sums
from town import Town, note, opinion


async def test_folded_totals_equal_a_recount_through_any_changes(town: Town) -> None:
    rng = random.Random(5)
    lan = await town.enrol(LAN)
    sent = [note(topic=rng.choice(["09.1", "10.1", "11.1"])) for _ in range(25)] + [opinion() for _ in range(8)]
    await lan.push("notes", *sent)
    await totals.fold()
    assert await totals.folded() == await totals.recount()
    await release.release(all_waiting=True)
    for _ in range(6):
        async with writing() as w:
            ids = [row["id"] for row in rng.sample(sent, 5)]
            status = rng.choice(["withdrawn", "redirected", "in_issue", "cleared"])
            topic = rng.choice(["09.1", "10.1"])
            await w.conn.fetch(
                f"UPDATE notes SET status = $2, topic = $3 WHERE {w.conn.among('id', 1)}", ids, status, topic
            )
            await announce(w, ids)
        if rng.random() < 0.5:
            await totals.fold()
    await totals.fold()
    assert await totals.folded() == await totals.recount()
    assert await totals.fold() == 0
    tree = (await catalogue()).tree
    assert await totals.folded_sums() == {one: n for one, n in sums(await totals.folded(), tree.up).items() if n}
    ward = {
        one.topic: n for one, n in (await totals.folded_sums()).items() if one.area == "11455" and "-W" in one.period
    }
    assert ward["10"] == ward["10.1"] > 0, "a family is the sum of its topics, a ward of its groups"


async def test_an_unreleased_opinion_note_counts_nowhere(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", opinion())
    await totals.fold()
    assert await totals.folded() == {}


async def test_the_snapshot_stands_for_a_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", opinion())
    await release.release(all_waiting=True)
    await totals.fold()
    assert await totals.snapshot()
    before = await shown()
    assert sum(before.values()) == 2  # ward × week and cluster × month
    await lan.push("notes", opinion(), opinion())
    await release.release(all_waiting=True)
    await totals.fold()
    assert not await totals.snapshot()
    assert await shown() == before
    tomorrow = clock.now() + clock.DAY_MS
    monkeypatch.setattr(clock, "_source", lambda: tomorrow)
    assert await totals.snapshot()
    assert sum((await shown()).values()) == 6


async def shown() -> dict[tuple[str, str, str], int]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT area, topic, period, n FROM snapshots")
    return {(row["area"], row["topic"], row["period"]): row["n"] for row in rows}


async def test_opinion_batches_wait_for_company_or_a_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    phones = [await town.enrol(person) for person in (LAN, MINH, HOA)]
    midnight = clock.day_begins(clock.local_day(clock.now() + clock.DAY_MS).isoformat())

    async def released(day: int, hour: int, minute: int = 1) -> int:
        now = midnight + day * clock.DAY_MS + hour * release.HOUR_MS + minute * 60_000
        monkeypatch.setattr(clock, "_source", lambda: now)
        return await release.release()

    assert await released(0, 9) == 0  # the beats begin
    await phones[0].push("notes", opinion())
    assert await released(0, 9, 30) == await released(0, 23) == 0  # a lone note waits for the day to end
    assert await released(1, 0, 0) == 1
    assert await released(1, 9, 0) == 0
    await phones[0].push("notes", *(opinion() for _ in range(6)))
    assert await released(1, 10) == 0  # six notes, but of one reporter only
    for phone, area in zip(phones[1:], ("11455-K1", "11455-K2"), strict=True):
        await phone.push("notes", opinion(area=area))
    assert await released(1, 10, 59) == 0  # company, but the hour is not over
    assert await released(1, 11, 0) == 8
    await phones[0].push("notes", opinion())
    assert await released(1, 23) == 0
    assert await released(2, 0) == 1


async def test_beats_pass_also_where_nothing_waits(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the first note after a quiet day, and the fifth after a quiet hour, would show with their own minute."""
    phones = [await town.enrol(person) for person in (LAN, MINH, HOA)]
    midnight = clock.day_begins(clock.local_day(clock.now() + clock.DAY_MS).isoformat())

    def at(hour: int, minute: int) -> None:
        now = midnight + hour * release.HOUR_MS + minute * 60_000
        monkeypatch.setattr(clock, "_source", lambda: now)

    at(9, 0)
    assert await release.release() == 0
    at(34, 15)  # next day, and no worker all the while
    await phones[0].push("notes", opinion())
    assert await release.release() == 0, "it came after the beat that passed just now"
    at(34, 20)
    for phone, area in zip(phones, ("11455-K1", "11455-K1", "11455-K2"), strict=True):
        assert await phone.push("notes", opinion(area=area), opinion(area=area)) == []
    assert await release.release() == 0
    at(35, 2)
    assert await release.release() == 7


async def test_a_batch_says_nothing_of_the_order_of_arrival(town: Town) -> None:
    lan = await town.enrol(LAN)
    same = 0
    for _ in range(4):
        sent = [opinion() for _ in range(12)]
        for row in sent:
            await lan.push("notes", row)
        await release.release(all_waiting=True)
        async with reading() as conn:
            sql = f"SELECT id FROM notes WHERE {conn.among('id', 1)} ORDER BY desk_order"
            shown_order = [row["id"] for row in await conn.fetch(sql, [row["id"] for row in sent])]
        same += shown_order == [row["id"] for row in sent]
    assert same == 0
