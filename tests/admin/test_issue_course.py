"""What an issue has from its notes, and its term, as notes come and go, issues merge and units give back."""

from typing import Any

from cast import BINH, LAN, MAI, MINH, SON, TUAN
from panel import Official, PanelPage, confirmed, grouped, opinions, signed_in
from storage import clock, issues
from storage.clock import DAY_MS
from storage.database import reading
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
        assert await issues.return_unconfirmed(clock.now() + DAY_MS + 1) == 1
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
