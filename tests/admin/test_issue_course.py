"""What an issue has from its notes, and its term, as notes come and go, issues merge and units give back."""

from typing import Any

from admin.access import LIVE
from areas_changed import day, hand_over
from cast import BINH, LAN, MAI, MINH, SON, TUAN
from panel import Official, PanelPage, confirmed, grouped, opinions, signed_in
from storage import clock, issue_views, issues
from storage.changes import writing
from storage.clock import DAY_MS
from storage.database import reading
from storage.tables import Account, AccountArea
from town import Town, note

FAR_DAY = "2099-12-01"


async def issue(number: int) -> dict[str, Any]:
    async with reading() as conn:
        return dict((await conn.fetch("SELECT * FROM issues WHERE number = $1", number))[0])


async def son() -> str:
    async with reading() as conn:
        return str((await conn.fetch("SELECT id FROM accounts WHERE login = $1", SON.login))[0]["id"])


async def act(official: Official, number: int, what: str, **values: Any) -> PanelPage:
    page = await official.see(f"/panel/issues/{number}")
    return await official.send(page, f"/panel/issues/{number}/{what}", **values)


async def made(town: Town, tuan: Official, title: str, *, due: str | None = None, **fields: Any) -> int:
    """An issue of one place note; routed to the unit until `due` ("": the ward's term), if that is given."""
    lan = await town.enrol(LAN)
    sent = note(**fields)
    await lan.push("notes", sent)
    number = await grouped(tuan, [sent["id"]], title)
    if due is not None:
        await act(tuan, number, "route", unit=await son(), due=due)
    return number


async def test_an_urgent_note_shortens_the_term_and_taken_out_it_leaves_no_trace(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        number = await made(town, tuan, "Hố sâu", due=FAR_DAY, topic="09.1")
        assert not (await issue(number))["urgent"]
        minh = await town.enrol(MINH)
        hurry = note(area="11455-T02", topic="09.3", urgent=True, text="Dây điện rơi xuống đường")
        await minh.push("notes", hurry)
        before = clock.now()
        await grouped(tuan, [hurry["id"]], into=number)
        row = await issue(number)
        assert row["urgent"] and before + DAY_MS <= row["due_at"] <= clock.now() + DAY_MS
        assert (row["topic"], row["area"]) == ("09", "11455-K1")
        page = await tuan.see(f"/panel/issues/{number}")
        assert "Thành việc khẩn, hạn mới" in page.text
        await tuan.send(page, f"/panel/issues/{number}/take-out", note=hurry["id"])
        row = await issue(number)
        assert (bool(row["urgent"]), row["topic"], row["area"]) == (False, "09.1", "11455-T01")
        assert (row["due_day"], row["due_at"]) == (FAR_DAY, None)


KEPT = ("unit", "due_day", "due_at", "routed_at", "status", "urgent", "topic", "area")


async def test_what_was_merged_and_stands_by_itself_again_takes_its_course_with_it(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        first = await made(town, tuan, "Yên", topic="09.1")
        second = await made(town, tuan, "Khẩn", due="", topic="09.3", urgent=True)
        before = [(await issue(n))[name] for n in (first, second) for name in KEPT]
        await act(tuan, second, "merge", into=first)
        assert (await issue(first))["unit"] is not None
        await act(tuan, second, "unmerge")
        assert [(await issue(n))[name] for n in (first, second) for name in KEPT] == before
        await act(tuan, second, "merge", into=first)
        await act(tuan, first, "route", unit=await son(), due=FAR_DAY)
        await act(tuan, second, "unmerge")
        row = await issue(first)
        assert (row["status"], row["due_day"]) == ("routed", FAR_DAY), "what was done since stays"


async def test_an_answered_issue_owes_no_term_and_passes_none_on(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        answered = await made(town, tuan, "Đã trả lời", due=FAR_DAY)
        async with writing() as w:
            await w.conn.fetch(
                "UPDATE issues SET status = 'answered', answered_at = $2, due_day = '2026-01-01' WHERE number = $1",
                answered,
                w.now,
            )
        minh = await town.enrol(MINH)
        hurry = note(area="11455-T02", urgent=True)
        await minh.push("notes", hurry)
        await grouped(tuan, [hurry["id"]], into=answered)
        assert (await issue(answered))["due_day"] == "2026-01-01", "hastened though nothing is waited for"
        fresh = await made(town, tuan, "Còn chờ")
        await act(tuan, answered, "merge", into=fresh)
        row = await issue(fresh)
        assert (row["status"], row["due_day"], row["unit"]) == ("open", None, None)


async def test_what_outgrows_its_unit_is_the_offices_again(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as unit:
        await hand_over(SON, ["11455-T01"])
        number = await made(town, tuan, "Mương", due=FAR_DAY)
        wide = await made(town, tuan, "Mương, khu bên", area="11455-T01")
        minh = await town.enrol(MINH)
        beside = note(area="11455-T02")
        await minh.push("notes", beside)
        await grouped(tuan, [beside["id"]], into=wide)
        assert "Mương" in (await unit.see("/panel/issues")).text
        await act(tuan, number, "merge", into=wide)
        page = await tuan.see(f"/panel/issues/{wide}")
        row = await issue(wide)
        assert (row["status"], row["unit"]) == ("open", None) and "Vượt khu vực của đơn vị" in page.text
        again = await made(town, tuan, "Cống", due=FAR_DAY)
        other = note(area="11455-T02")
        await minh.push("notes", other)
        await grouped(tuan, [other["id"]], into=again)
        row = await issue(again)
        assert (row["status"], row["unit"], row["due_day"]) == ("open", None, FAR_DAY)


async def test_a_split_leaves_what_the_rest_says(town: Town) -> None:
    lan = await town.enrol(LAN)
    calm, hurry = note(topic="09.1"), note(topic="09.3", urgent=True)
    await lan.push("notes", calm, hurry)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [calm["id"], hurry["id"]], "Đường, đèn")
        assert ((await issue(number))["topic"], bool((await issue(number))["urgent"])) == ("09", True)
        page = await act(tuan, number, "split", pick=[hurry["id"]], title="Đèn đường")
        other = int(page.path.split("/")[-1].split("?")[0])
    assert ((await issue(number))["topic"], bool((await issue(number))["urgent"])) == ("09.1", False)
    assert ((await issue(other))["topic"], bool((await issue(other))["urgent"])) == ("09.3", True)


async def test_merging_loses_neither_unit_nor_term_and_undo_restores_both(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as unit:
        first = await made(town, tuan, "Chưa giao")
        second = await made(town, tuan, "Đã giao, khẩn", due="", urgent=True)
        was = await issue(second)
        page = await act(tuan, second, "merge", into=first)
        row = await issue(first)
        kept = ("unit", "due_day", "due_at", "routed_at", "status")
        assert [row[name] for name in kept] == [was[name] for name in kept] and row["urgent"]
        assert "Chưa giao" in (await unit.see("/panel/issues")).text
        await tuan.send(page, "/panel/undo")
        row = await issue(first)
        assert [row[name] for name in kept] == [None, None, None, None, "open"] and not row["urgent"]
        assert [(await issue(second))[name] for name in kept] == [was[name] for name in kept]
        assert "Chưa giao" not in (await unit.see("/panel/issues")).text


async def test_an_open_page_that_looks_by_itself_reads_nothing(town: Town) -> None:
    async def read() -> int:
        async with reading() as conn:
            return len(await conn.fetch("SELECT n FROM audit WHERE action IN ('read.issue', 'read.note')"))

    async with signed_in(town, TUAN) as tuan:
        number = await made(town, tuan, "Hố sâu", text="Hố sâu giữa đường")
        lan = await town.enrol(LAN)
        sent = note(text="Cống tắc")
        await lan.push("notes", sent)
        before = await read()
        for at in (f"/panel/issues/{number}", f"/panel/desk/{sent['id']}"):
            seen = await tuan.http.get(at, headers={LIVE: "1"})
            assert (
                seen.status_code == 200
                and 'data-rev="' in seen.text
                and "Hố" not in seen.text
                and "Cống" not in seen.text
            )
        assert await read() == before
        assert (await tuan.http.get("/panel/issues/9999", headers={LIVE: "1"})).status_code == 404
        await tuan.see(f"/panel/desk/{sent['id']}")
        assert await read() == before + 1


async def test_two_units_of_one_name_are_two_units(town: Town) -> None:
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET office = 'Tổ hạ tầng' WHERE login = $1", SON.login)
        (row,) = await w.conn.fetch("SELECT * FROM accounts WHERE login = $1", SON.login)
        await w.conn.insert(Account, [dict(row) | {"id": "unit-2", "login": "son2"}])
        area = {"account": "unit-2", "area": "11455", "valid_from": "2025-07-01"}
        await w.conn.insert(AccountArea, [area])
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        first = await made(town, tuan, "Cột đèn", due=FAR_DAY)
        page = await mai.see(f"/panel/issues/{first}")
        assert "Tổ hạ tầng (son)" in page.html and "Tổ hạ tầng (son2)" in page.html, "which one it goes to"
        second = await made(town, tuan, "Biển báo")
        await act(tuan, second, "route", unit="unit-2", due=FAR_DAY)
        text = (await mai.see("/panel/answering")).text
        assert "Tổ hạ tầng (son) 1 0 0" in text and "Tổ hạ tầng (son2) 1 0 0" in text
        due = (await mai.see("/panel/due")).text
        assert due.count("Tổ hạ tầng (son)") == due.count("Tổ hạ tầng (son2)") == 1


async def test_of_two_terms_the_earlier_one_stands(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        first = await made(town, tuan, "Muộn", due="2099-12-01")
        second = await made(town, tuan, "Sớm", due="2099-11-01")
        await act(tuan, second, "merge", into=first)
        assert (await issue(first))["due_day"] == "2099-11-01"
        third = await made(town, tuan, "Khẩn, chưa giao", urgent=True)
        await act(tuan, third, "merge", into=first)
        row = await issue(first)
        assert row["urgent"] and row["due_at"] is not None and row["due_day"] < "2099"


async def test_giving_back_keeps_the_term_and_is_counted(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as unit, signed_in(town, MAI) as mai:
        number = await made(town, tuan, "Cột đèn", due=FAR_DAY)
        await act(unit, number, "refuse", reason="not_ours", words="Việc của điện lực.")
        page = await tuan.see(f"/panel/issues/{number}")
        assert "hạn cũ vẫn giữ: 01/12/2099" in page.text
        await tuan.send(page, f"/panel/issues/{number}/route", unit=await son(), due="")
        assert (await issue(number))["due_day"] == FAR_DAY
        assert "son 1 0 1 dưới 10" in (await mai.see("/panel/answering")).text
        await act(unit, number, "refuse", reason="other", words="Vẫn không phải.")
        assert "son 0 0 2" in (await mai.see("/panel/answering")).text, "counted where it has no issue any more"


async def test_an_undone_or_returned_group_is_no_issue_for_anybody_else(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        before = [(await mai.see(path)).text for path in ("/panel/answering", "/panel/issues?state=closed")]
        desk = await tuan.see("/panel/desk")
        pick = desk.form("/panel/desk/group").choices["pick"]
        page = await tuan.send(desk, "/panel/desk/group", pick=pick, into="new", title="Nhầm", sure="1")
        number = int(page.path.split("/")[-1].split("?")[0])
        assert (await mai.see(f"/panel/issues/{number}")).status == 200
        await tuan.send(page, "/panel/undo")
        assert (await mai.see(f"/panel/issues/{number}")).status == 404
        assert [(await mai.see(path)).text for path in ("/panel/answering", "/panel/issues?state=closed")] == before
        again = await grouped(tuan, [sent["id"]], "Lại nhầm")
        told = await head()
        assert await issues.return_unconfirmed(clock.now() + DAY_MS + 1) == 1
        assert await head() > told, "open pages still show it"
        assert (await mai.see(f"/panel/issues/{again}")).status == 404
        assert (await tuan.see(f"/panel/issues/{again}")).status == 200
        kept = await grouped(tuan, [sent["id"]], "Thật")
        await confirmed(tuan, kept)
        assert (await mai.see(f"/panel/issues/{kept}")).status == 200


async def head(ward: str = "11455") -> int:
    async with reading() as conn:
        rows = await conn.fetch("SELECT head FROM streams WHERE name = $1", f"i:{ward}")
    return int(rows[0]["head"]) if rows else 0


async def test_news_of_an_issue_are_told_once_it_exists_for_everybody(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    few = await opinions(town, 2, 1)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, SON) as unit:
        assert await head() == 0, "notes are news of the desk alone"
        hidden = await grouped(tuan, few)
        await confirmed(tuan, hidden)
        await act(tuan, hidden, "close", outcome="explained")
        assert await head() == 0, "of a hidden issue not even that something happened"
        number = await grouped(tuan, [sent["id"]], "Ngập")
        assert (first := await head()) > 0
        await act(tuan, number, "route", unit=await son(), due="")
        assert await head() > first
        for official in (tuan, mai, unit):
            page = await official.see("/panel/issues")
            assert {given.get("data-live") for tag, given in page.elements if tag == "main"} == {"issues"}
            page = await official.see(f"/panel/issues/{number}")
            assert str((await issue(number))["rev"]) in {
                given.get("data-rev") for tag, given in page.elements if tag == "main"
            }
        shown = await grouped(tuan, await opinions(town, 2, 2, 1))
        await confirmed(tuan, shown)
        before = await head()
        await act(mai, shown, "close", outcome="explained")
        assert await head() > before


async def test_a_unit_is_called_by_its_office_in_documents_and_lists(town: Town) -> None:
    async with signed_in(town, BINH) as binh, signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        at = f"/panel/accounts/{await son()}"
        page = await binh.send(await binh.see(at), at, office="Ông Nguyễn Văn Toàn")
        assert page.status == 422 and "Ghi tên cơ quan" in page.text
        page = await binh.send(await binh.see(at), at, office="Tổ hạ tầng, UBND phường")
        assert "Đã lưu tài khoản" in page.text
        number = await made(town, tuan, "Cột đèn", due=FAR_DAY)
        await confirmed(tuan, number)
        for path in ("/panel/due", "/panel/issues", f"/panel/issues/{number}", "/panel/answering", "/panel/digest"):
            text = (await mai.see(path)).text
            assert "Tổ hạ tầng, UBND phường" in text, path
        assert "“Tổ hạ tầng, UBND phường”" in text and "“son”" not in text


async def test_a_unit_answers_until_its_last_day_and_not_before_its_first(town: Town) -> None:
    unit = await son()
    for begins, ends, there in (
        (day(9), day(-7), True),
        (day(9), day(0), True),
        (day(9), day(1), False),
        (day(-7), None, False),
    ):
        async with writing() as w:
            await w.conn.fetch(
                "UPDATE account_areas SET valid_from = $2, valid_to = $3 WHERE account = $1", unit, begins, ends
            )
        async with reading() as conn:
            assert (unit in dict(await issue_views.units(conn, ["11455"]))) is there, (begins, ends)
