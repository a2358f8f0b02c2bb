""" "Still so" from phones: the threshold reopens an issue, nothing less does; and how far an answer came, in bands."""

import json
import uuid
from typing import Any

import pytest

from cast import HOA, LAN, MAI, MINH, NGOC, TUAN
from forgetting import Time
from panel import Official, confirmed, grouped, note_row, opinions, signed_in
from storage import clock, erase, still_so
from storage.clock import DAY_MS
from storage.database import reading
from town import FieldPhone, Town, note
from trail import trail

ANSWER: dict[str, Any] = {"title": "Sửa cống", "text": "Đã nạo vét xong.", "sure": "1", "status": "answered"}


async def issue_of(number: int) -> dict[str, Any]:
    async with reading() as conn:
        return dict((await conn.fetch("SELECT * FROM issues WHERE number = $1", number))[0])


async def kept() -> list[dict[str, Any]]:
    async with reading() as conn:
        return [dict(row) for row in await conn.fetch("SELECT * FROM still_so ORDER BY id")]


async def say(phone: FieldPhone, mark: str, times: int, **about: Any) -> None:
    rows = [{"id": str(uuid.uuid4()), "mark": mark, "area": "11455-K1"} | about for _ in range(times)]
    assert await phone.push("marks", *rows) == []


async def answered(town: Town, tuan: Official, mai: Official, title: str = "Ngập ngõ") -> tuple[int, str]:
    """A place issue with its answer. Number and the id of its note."""
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    number = await grouped(tuan, [sent["id"]], title)
    await confirmed(tuan, number)
    at = f"/panel/issues/{number}"
    page = await mai.send(await mai.see(at), f"{at}/answer", do="publish", **ANSWER)
    assert "Đã công bố" in page.text
    return number, sent["id"]


@pytest.mark.parametrize(
    ("counts", "passes"), [((2, 1, 1), False), ((4, 3, 0), False), ((2, 2, 1), True), ((1, 1, 3), True)]
)
async def test_five_of_three_reporters_reopen_an_issue(town: Town, counts: tuple[int, ...], passes: bool) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number, of_it = await answered(town, tuan, mai)
        at = f"/panel/issues/{number}"
        await tuan.send(await tuan.see(at), f"{at}/close", outcome="done")
        for person, times in zip((LAN, MINH, HOA), counts, strict=True):
            if times:
                await say(await town.enrol(person), "still_so", times, issue=number)
        assert await still_so.reopen(clock.now()) == passes
        assert await still_so.reopen(clock.now()) == 0
        row, status = await issue_of(number), (await note_row(of_it))["status"]
        if not passes:
            assert (row["status"], row["reopenings"], status) == ("closed", 0, "closed")
            return
        assert (row["status"], row["outcome"], row["reopenings"], status) == ("open", "", 1, "in_issue")
        assert await kept() == [], "it begins anew"
        page = await tuan.see(at)
        assert "Mở lại: nhiều nơi báo vẫn còn" in page.text and "mở lại 1 lần" in page.text
    assert [one["actor"] for one in (await trail())[0] if one["action"] == "issue.still_so"] == ["worker"]


async def test_what_was_said_of_an_older_answer_or_by_another_ward_counts_for_nothing(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number, _ = await answered(town, tuan, mai)
        lan, minh, hoa = [await town.enrol(person) for person in (LAN, MINH, HOA)]
        for phone in (lan, minh):
            await say(phone, "still_so", 2, issue=number)
        at = f"/panel/issues/{number}"
        assert "“vẫn còn”: <5" in (await tuan.see(at)).text
        await mai.send(await mai.see(at), f"{at}/answer", do="publish", **ANSWER)
        assert await kept() == []
        await say(hoa, "still_so", 1, issue=number)
        await say(await town.enrol(NGOC), "still_so", 5, issue=number)
        assert len(await kept()) == 1 and await still_so.reopen(clock.now()) == 0


async def test_a_tag_is_good_for_one_issue_and_goes_after_thirty_days(town: Town, time: Time) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        first, _ = await answered(town, tuan, mai)
        second, _ = await answered(town, tuan, mai, "Ngập chợ")
    lan = await town.enrol(LAN)
    for number in (first, first, second):
        await say(lan, "still_so", 1, issue=number)
    rows = await kept()
    assert rows[0]["tag"] == rows[1]["tag"] != rows[2]["tag"] and len(rows[0]["tag"]) == 32
    async with reading() as conn:
        tags = [row["tag"] for row in await conn.fetch("SELECT tag FROM notes WHERE tag IS NOT NULL")]
    account = lan.enrolled["account"]["id"]
    assert account not in json.dumps(rows) and not {row["tag"] for row in rows} & set(tags)
    time.days = 28
    await erase.erase()
    assert len(await kept()) == 3
    time.days = 31
    assert (await erase.due(clock.now()))["still_so"] == 3
    await erase.erase()
    assert await kept() == []


async def test_a_month_alone_must_pass(town: Town, time: Time) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number, _ = await answered(town, tuan, mai)
    for person in (LAN, MINH):
        await say(await town.enrol(person), "still_so", 2, issue=number)
    today = clock.local_day(clock.now())
    time.days = (32 - today.day) % 31 or 31  # some day of the next month
    while clock.local_day(clock.now()).month == today.month:
        time.days += 1
    await say(await town.enrol(HOA), "still_so", 2, issue=number)  # then: a phone that rests for a month is asked anew
    assert len(await kept()) == 6 and await still_so.reopen(clock.now()) == 0
    assert await still_so.reopen(clock.now() + DAY_MS) == 0


async def test_fetched_and_told_are_bands_by_cluster_and_a_share_only_from_ten(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number, _ = await answered(town, tuan, mai)
        at = f"/panel/issues/{number}"
        page = await mai.send(await mai.see(at), f"{at}/answer", do="publish", **ANSWER | {"area": "11455"})
        async with reading() as conn:
            id = (await conn.fetch("SELECT id FROM answers WHERE state = 'published'"))[0]["id"]
        lan, hoa = await town.enrol(LAN), await town.enrol(HOA)
        await say(lan, "read", 8, answer=id)
        await say(lan, "told", 7, answer=id)
        await say(hoa, "read", 3, answer=id, area="11455-K2")
        await say(hoa, "told", 2, answer=id, area="11455-K2")
        page = await tuan.see(at)
        table = page.text.partition("đã tới đâu")[2].partition("Theo mức")[0]
        shown = " ".join(table.split("Tỷ lệ đã nói lại")[1].split())
        assert shown == (
            "Khu vực mẫu 1 ~5 ~5 – Khu vực mẫu 2 <5 <5 – Khu vực mẫu 3 0 0 – Khu vực mẫu 4 0 0 – Khu vực mẫu 5 0 0 –"
            " Phường Đồ Sơn ~10 ~5 80 %"
        )


async def test_of_opinions_the_lowest_band_holds_zero_and_no_still_so_is_shown(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids)
        await confirmed(tuan, number)
        at = f"/panel/issues/{number}"
        await mai.send(await mai.see(at), f"{at}/answer", do="publish", **ANSWER | {"area": "11455"})
        lan = await town.enrol(LAN)
        await say(lan, "still_so", 4, issue=number)
        async with reading() as conn:
            id = (await conn.fetch("SELECT id FROM answers"))[0]["id"]
        await say(lan, "told", 3, answer=id)
        for official in (tuan, mai):
            text = (await official.see(at)).text
            table = text.partition("đã tới đâu")[2].partition("Theo mức")[0]
            assert table and " 0 " not in table and table.count("<5") == 12 and "“vẫn còn”" not in text
