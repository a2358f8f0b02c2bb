"""Issues: what confirming erases, when an opinion issue exists for whom, provisional joins, routing and closing."""

import asyncio
from typing import Any

import pytest

from cast import LAN, MAI, PHUC, SON, TUAN
from panel import confirmed, grouped, note_row, opinions, signed_in
from storage import clock, issues, people
from storage.changes import writing
from storage.clock import DAY_MS
from storage.database import reading
from storage.viewer import Viewer
from town import Town, note


async def months(number: int) -> list[dict[str, Any]]:
    async with reading() as conn:
        sql = "SELECT month, notes, reporters, fixed_notes FROM issue_months WHERE issue = $1 ORDER BY month"
        return [dict(row) for row in await conn.fetch(sql, number)]


async def test_confirming_erases_opinion_texts_and_every_trace_of_the_authors(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1, text="Một cửa trả kết quả thứ mấy?")
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, ids)
        assert "Một cửa trả kết quả thứ mấy?" in (await tuan.see(f"/panel/issues/{number}")).text
        page = await confirmed(tuan, number)
        assert "Đã xác nhận" in page.text
        assert "Một cửa trả kết quả thứ mấy?" not in page.html
        assert not any(one["pseudonym"] in page.html for one in [await note_row(id) for id in ids])
    for id in ids:
        row = await note_row(id)
        traces = ("text", "author", "tag", "received_at", "captured_at", "joined_at", "ask")
        assert [row[name] for name in traces] == [None] * len(traces)
        assert (row["status"], row["issue"]) == ("in_issue", number)
    async with reading() as conn:
        rows = await conn.fetch(f"SELECT doc FROM log WHERE {conn.among('doc', 1)} AND stream LIKE 'u:%'", ids)
    assert rows == []
    assert [(one["notes"], one["reporters"], one["fixed_notes"]) for one in await months(number)] == [(5, 3, 5)]


async def test_place_notes_keep_their_text_and_lose_their_author(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [sent["id"]], "Ngập ngõ")
        page = await confirmed(tuan, number)
        assert sent["text"] in page.text
    row = await note_row(sent["id"])
    assert (row["text"], row["author"], row["tag"]) == (sent["text"], None, None)
    # the phone still learns the end by sending its row again
    (master,) = await lan.push("notes", sent)
    assert (master["status"], master["issue"]) == ("in_issue", number)


@pytest.mark.parametrize(("counts", "seen"), [((2, 2, 1), True), ((3, 2, 0), False), ((2, 1, 1), False)])
async def test_an_opinion_issue_leaves_the_desk_from_five_notes_of_three(town: Town, counts: Any, seen: bool) -> None:
    ids = await opinions(town, *counts)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids)
        await confirmed(tuan, number)
        assert "Một cửa trả kết quả chậm" in (await tuan.see("/panel/issues")).text
        assert ("Một cửa trả kết quả chậm" in (await mai.see("/panel/issues")).text) is seen
        page, unknown = await mai.see(f"/panel/issues/{number}"), await mai.see("/panel/issues/99")
        assert page.status == (200 if seen else 404)
        assert seen or page.html.replace(f"issues/{number}", "issues/99") == unknown.html
        assert ("1 vấn đề" in (await mai.see("/panel/issues")).text) is seen, "hidden issues do not count either"


async def test_reporters_are_never_added_across_months_nor_with_those_forgotten(town: Town) -> None:
    first = await opinions(town, 2, 1)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, first)
        await confirmed(tuan, number)
        later = await opinions(town, 2, 1)  # the same two people again, in the same month
        await grouped(tuan, later, into=number)
        assert [(one["notes"], one["reporters"]) for one in await months(number)] == [(6, 2)]
        async with writing() as w:  # a month earlier, by a third reporter
            (old,) = await opinions(town, 0, 0, 1)
            await w.conn.fetch("UPDATE notes SET in_month = '2020-01' WHERE id = $1", old)
        await grouped(tuan, [old], into=number)
        assert [(one["notes"], one["reporters"]) for one in await months(number)] == [(1, 1), (6, 2)]
    async with signed_in(town, MAI) as mai:
        assert (await mai.see(f"/panel/issues/{number}")).status == 404


async def test_exact_numbers_are_nowhere(town: Town) -> None:
    ids = await opinions(town, 3, 3, 1)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids)
        assert "~5 ghi chú" in (await mai.see(f"/panel/issues/{number}")).text
        await confirmed(tuan, number)
        for one in (tuan, mai):
            page = await one.see(f"/panel/issues/{number}")
            assert "~5 ghi chú" in page.text and "7 ghi chú" not in page.text
        more = await opinions(town, 2, 2)
        await grouped(tuan, more, into=number)
        assert "~10 ghi chú" in (await tuan.see(f"/panel/issues/{number}")).text
        assert "~5 ghi chú" in (await mai.see(f"/panel/issues/{number}")).text, "moves only when the reader confirms"
    async with reading() as conn:
        details = [row["detail"] for row in await conn.fetch("SELECT detail FROM issue_events")]
    assert not any(digit in detail for detail in details for digit in "0123456789")


async def test_unconfirmed_joins_go_back_to_the_queue_after_a_day(town: Town) -> None:
    ids = await opinions(town, 2, 1)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, ids)
        assert await issues.return_unconfirmed(clock.now() + DAY_MS - 60_000) == 0
        assert await issues.return_unconfirmed(clock.now() + DAY_MS) == 3
        assert await issues.return_unconfirmed(clock.now() + DAY_MS) == 0
        assert "3 ghi chú mới" in (await tuan.see("/panel/desk")).text
        page = await tuan.see(f"/panel/issues/{number}")
        assert "Ghi chú đã trở lại bàn đọc" in page.text
        row = await note_row(ids[0])
        assert (row["status"], row["issue"], row["joined_at"]) == ("read", None, None) and row["text"] and row["author"]
        # what was confirmed stays
        again = await grouped(tuan, ids[:2], "Lần hai")
        await confirmed(tuan, again)
        await grouped(tuan, ids[2:], into=again)
        assert await issues.return_unconfirmed(clock.now() + DAY_MS) == 1
        assert [(one["notes"], one["reporters"]) for one in await months(again)] == [(2, 1)]


async def test_taking_a_note_out_of_an_issue(town: Town) -> None:
    ids = await opinions(town, 2)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, ids)
        page = await tuan.see(f"/panel/issues/{number}")
        page = await tuan.send(page, f"/panel/issues/{number}/take-out")
        assert "ngăn “Chờ gom”" in page.text
        assert [one["notes"] for one in await months(number)] == [1]
        assert "1" in (await tuan.see("/panel/desk?tab=cleared")).text


async def test_an_issue_cannot_close_without_an_outcome_and_a_confirmed_summary(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [sent["id"]], "Ngập ngõ")
        address = f"/panel/issues/{number}/close"
        page = await tuan.send(await tuan.see(f"/panel/issues/{number}"), address, outcome="done")
        assert page.status == 422 and "chưa được xác nhận" in page.text
        page = await confirmed(tuan, number)
        page = await tuan.send(page, address, outcome="")
        assert page.status == 422 and "Cần nêu kết quả" in page.text
        page = await tuan.send(page, address, outcome="done")
        assert "Đã xử lý xong" in page.text
        assert (await note_row(sent["id"]))["status"] == "closed"
        page = await tuan.send(page, f"/panel/issues/{number}/reopen")
        assert (await note_row(sent["id"]))["status"] == "in_issue"


async def test_a_rumour_closes_with_a_truth_only(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1, kind="rumour", topic="08.2", text="Nghe nói phường sắp sáp nhập lần nữa")
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, ids, "Tin đồn sáp nhập lần nữa")
        page = await confirmed(tuan, number)
        assert "chưa kiểm chứng" in page.text
        page = await tuan.send(page, f"/panel/issues/{number}/close", outcome="explained")
        assert page.status == 422 and "cần có kết luận" in page.text


async def test_routing_shows_the_issue_to_its_unit_and_to_no_other(town: Town) -> None:
    await people.create("ha", "unit", ("11455",), password="mat-khau-cua-ha")
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as son:
        number = await grouped(tuan, [sent["id"]], "Ngập ngõ")
        assert (await son.see(f"/panel/issues/{number}")).status == 404
        page = await tuan.see(f"/panel/issues/{number}")
        unit = await people.by_login("son")
        assert unit is not None
        address = f"/panel/issues/{number}/route"
        late = await tuan.send(page, address, unit=unit.id, due="2020-01-01")
        assert late.status == 422 and "sớm quá" in late.text
        page = await tuan.send(page, address, unit=unit.id, due="2099-12-31")
        assert "31/12/2099" in page.text
        seen = await son.see(f"/panel/issues/{number}")
        assert seen.status == 200 and "Ngập ngõ" in seen.text
        assert "Ngập ngõ" in (await son.see("/panel/issues")).text
    async with signed_in(town, SON._replace(login="ha")) as ha:
        assert (await ha.see(f"/panel/issues/{number}")).status == 404
        assert "Ngập ngõ" not in (await ha.see("/panel/issues")).text


async def test_two_people_at_one_issue_clash_and_lose_nothing(town: Town) -> None:
    ids = await opinions(town, 1)
    async with signed_in(town, TUAN) as tuan, signed_in(town, TUAN) as other:
        number = await grouped(tuan, ids)
        stale = await tuan.see(f"/panel/issues/{number}")
        await confirmed(other, number, "Bản của người khác.")
        page = await tuan.send(stale, f"/panel/issues/{number}/confirm", summary="Bản của tôi.", sure="1")
        assert page.status == 409 and "vừa được người khác thay đổi" in page.text
        assert "Bản của người khác." in page.text
        assert dict(page.form(f"/panel/issues/{number}/confirm").fields)["summary"] == "Bản của tôi."


async def test_the_other_ward_sees_nothing_of_it(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1)
    async with signed_in(town, TUAN) as tuan, signed_in(town, PHUC) as phuc:
        number = await grouped(tuan, ids)
        assert (await phuc.see(f"/panel/issues/{number}")).status == 404
        assert "Một cửa" not in (await phuc.see("/panel/issues?state=")).text
        assert (await phuc.see("/panel/issues?area=11455")).status == 404


async def test_two_readers_grouping_one_note_at_once_join_it_once(town: Town) -> None:
    """The loser is told; the note is in exactly one issue, and the counts say so."""
    ids = await opinions(town, 1, 1)
    account = await people.by_login("tuan")
    assert account is not None
    viewer = Viewer(account.id, "tuan", "reader", ("11455", "11455-K1", "11455-K2"))
    revs = {id: (await note_row(id))["rev"] for id in ids}

    async def attempt(title: str) -> bool:
        try:
            async with writing() as w:
                await issues.open_new(w, viewer, revs, title)
        except issues.Clash:
            return False
        return True

    won = await asyncio.gather(*(attempt(f"Lần {n}") for n in range(4)))
    assert sorted(won) == [False, False, False, True]
    async with reading() as conn:
        rows = await conn.fetch("SELECT notes FROM issue_months")
        numbers = await conn.fetch("SELECT number FROM issues")
    assert [row["notes"] for row in rows] == [2] and len(numbers) == 1
