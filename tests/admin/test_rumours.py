"""The rumour desk, the list of what is due, and text templates."""

import pytest

from cast import LAN, MAI, PHUC, SON, TUAN
from panel import Official, confirmed, grouped, opinions, signed_in
from storage import clock, people, totals
from storage.clock import DAY_MS
from storage.database import reading
from sync import rumour
from town import Town, note
from trail import trail

HEARD = "Nghe nói phường sắp sáp nhập lần nữa"


async def heard(town: Town, tuan: Official, *counts: int, title: str = "Tin sáp nhập lần nữa") -> int:
    ids = await opinions(town, *counts, kind="rumour", topic="08.2", text=HEARD)
    number = await grouped(tuan, ids, title)
    await confirmed(tuan, number)
    return number


async def actions() -> list[str]:
    return [row["action"] for row in (await trail())[0]]


@pytest.mark.parametrize(
    ("harm", "band", "level"),
    [
        (1, "<5", "low"),
        (0, "<5", "medium"),
        (2, "~5", "medium"),
        (3, "~10", "high"),
        (2, "~15", "high"),
        (1, "~40", "medium"),
    ],
)
def test_the_order_is_harm_times_spread(harm: int, band: str, level: str) -> None:
    assert rumour.priority(harm, band) == level


async def test_a_claim_is_judged_checked_and_answered_with_its_source(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, SON) as son:
        number = await heard(town, tuan, 2, 2, 1)
        at = f"/panel/rumours/{number}"
        assert (await son.see(at)).status == 403 and (await son.see("/panel/rumours")).status == 403
        board = await mai.see("/panel/rumours")
        assert "1 tin đồn chưa có kết luận" in board.text and "Ưu tiên = mức gây hại × mức lan" in board.text
        page = await mai.see(at)
        assert "cao" in page.text.partition("Ưu tiên:")[2][:10], "not judged yet counts as great harm"
        for values in ({"first_week": "2026-47"}, {"first_week": "2099-W01"}, {"harm": "4"}, {"truth": "maybe"}):
            wrong = await mai.send(page, at, **values)
            assert wrong.status == 422 and 'class="error"' in wrong.html, values
        page = await mai.send(page, at, harm="1", first_week="2026-W40", truth="unchecked")
        assert "Tuần 40/2026" in page.text and "thấp" in page.text.partition("Ưu tiên:")[2][:10]
        named = await mai.send(page, f"{at}/checks", text="Đã hỏi ông Nguyễn Văn Toàn, 0912345678.")
        assert named.status == 422 and "Có thể có thông tin cá nhân" in named.text
        page = await mai.send(page, f"{at}/checks", text="Đã hỏi Sở Nội vụ: không có kế hoạch.")
        assert "không có kế hoạch" in page.text
        page = await tuan.send(await tuan.see(at), at, truth="false")
        assert "sai" in page.text
        issue = f"/panel/issues/{number}"
        answer = {"title": "Không có sáp nhập", "text": "Không có kế hoạch nào.", "status": "false", "sure": "1"}
        await mai.send(await mai.see(issue), f"{issue}/answer", do="publish", source="Sở Nội vụ", **answer)
        page = await mai.see(at)
        assert (
            "Bản 1" in page.text
            and "Sở Nội vụ" in page.text
            and "Không có tin đồn nào chờ" in (await mai.see("/panel/rumours")).text
        )
        page = await mai.send(page, at, truth="true")
        assert page.status == 422 and "công bố bản mới" in page.text, "the answer alone says it now"
    assert {"issue.judged", "issue.checked"} <= set(await actions())
    assert "Sở Nội vụ: không" not in str(await trail())


async def test_a_hidden_rumour_stays_at_the_desk_and_may_be_settled_there(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, PHUC) as phuc:
        number = await heard(town, tuan, 2)
        at = f"/panel/rumours/{number}"
        assert (await mai.see(at)).status == 404 and "sáp nhập" not in (await mai.see("/panel/rumours")).text
        assert (await phuc.see(at)).status == 404
        assert (await mai.see(at)).html.replace(at, "x") == (await mai.see("/panel/rumours/99")).html.replace(
            "/panel/rumours/99", "x"
        ).replace("rumours%2F99", f"rumours%2F{number}")
        page = await tuan.send(await tuan.see(at), at, truth="cannot_settle", harm="1")
        page = await tuan.send(
            await tuan.see(f"/panel/issues/{number}"), f"/panel/issues/{number}/close", outcome="explained"
        )
        assert "Đã đóng vấn đề" in page.text
        stale = await tuan.send(await tuan.see(at), at, truth="true")
        assert stale.status == 422


async def test_spread_is_the_topic_in_the_bands_of_the_overview(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await heard(town, tuan, 4, 3, 2)
        await totals.fold()
        await totals.snapshot(again=True)
        text = (await mai.see(f"/panel/rumours/{number}")).text
        table = text.partition("Khu vực, theo tháng")[2]
        month, week = table.partition("Toàn phường, theo tuần")[0], table.partition("Toàn phường, theo tuần")[2]
        assert month.partition("Khu vực mẫu 1")[2].split()[:3] == ["~5", "<5", "<5"]
        assert month.partition("Khu vực mẫu 2")[2].split()[:3] == ["<5", "<5", "<5"], "2 notes: hidden, like none"
        assert week.partition("Phường Đồ Sơn")[2].split()[:5] == ["~5", "<5", "<5", "<5", "<5"]
        assert " 9 " not in table


async def test_a_clash_at_the_rumour_desk_keeps_what_was_chosen(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await heard(town, tuan, 2, 2, 1)
        at = f"/panel/rumours/{number}"
        stale = await mai.see(at)
        await tuan.send(await tuan.see(at), at, harm="2")
        page = await mai.send(stale, at, harm="3", first_week="2026-W30")
        assert page.status == 409 and dict(page.form(at).fields)["harm"] == "3"
        assert dict(page.form(at).fields)["first_week"] == "2026-W30"


async def test_what_is_due_is_listed_by_unit_and_nothing_is_sent(town: Town) -> None:
    await people.create("ha", "unit", ("11455",), password="mat-khau-cua-ha")
    lan = await town.enrol(LAN)
    today = clock.local_day(clock.now()).isoformat()
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as son:
        for title, login, due in (("Cống", "son", today), ("Đèn", "ha", "2099-01-31"), ("Rác", "", "")):
            sent = note()
            await lan.push("notes", sent)
            at = f"/panel/issues/{await grouped(tuan, [sent['id']], title)}"
            if login:
                unit = await people.by_login(login)
                assert unit is not None
                await tuan.send(await tuan.see(at), f"{at}/route", unit=unit.id, due=due)
        rows = len((await trail())[0])
        page = await tuan.see("/panel/due")
        assert "0 việc quá hạn, 1 việc đến hạn hôm nay" in page.text
        main = page.text.partition("máy không tự gửi")[2]
        assert [main.index(word) for word in ("ha", "Đèn", "son", "Cống", "Chưa giao", "Rác")] == sorted(
            main.index(word) for word in ("ha", "Đèn", "son", "Cống", "Chưa giao", "Rác")
        )
        mine = await son.see("/panel/due")
        assert "Cống" in mine.text and "Đèn" not in mine.text and "Rác" not in mine.text
        assert len((await trail())[0]) == rows, "looking at the list does nothing"
    try:
        clock.move(lambda: clock.system() + DAY_MS)
        async with signed_in(town, SON) as son:
            assert "1 việc quá hạn" in (await son.see("/panel/due")).text
    finally:
        clock.move(clock.system)


async def test_a_template_begins_an_answer_and_stays_in_its_ward(town: Town) -> None:
    words = {"title": "Hẹn trả lời", "text": "Phường đã ghi nhận và trả lời trước ngày …", "sure": "1"}
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, PHUC) as phuc:
        number = await grouped(tuan, [sent["id"]], "Ngập ngõ")
        await confirmed(tuan, number)
        named = await mai.send(
            await mai.see("/panel/templates"), "/panel/templates", title="Mẫu", text="Gọi 0912345678.", sure=[]
        )
        assert named.status == 422 and "Có thể có thông tin cá nhân" in named.text
        page = await mai.send(await mai.see("/panel/templates"), "/panel/templates", **words)
        assert "Đã lưu mẫu câu" in page.text
        at = f"/panel/issues/{number}"
        (id,) = (await tuan.see(at)).form(f"{at}#answer").choices["template"]
        page = await tuan.see(f"{at}?template={id}")
        assert dict(page.form(f"{at}/answer").fields)["text"] == words["text"]
        assert "Hẹn trả lời" not in (await phuc.see("/panel/templates")).text
        assert (await phuc.see(f"/panel/templates?edit={id}")).status == 404
        token = dict((await phuc.see("/panel/templates")).form("/panel/templates").fields)["csrf"]
        foreign = await phuc.http.post(f"/panel/templates/{id}/remove", data={"csrf": token})
        assert foreign.status_code == 404
        taken = {"csrf": token, "id": id, "ward": "11737", "title": "x", "text": "y"}
        assert (await phuc.http.post("/panel/templates", data=taken)).status_code == 404
        edit = await mai.see(f"/panel/templates?edit={id}")
        await mai.send(edit, "/panel/templates", text="Chữ mới.", sure="1")
        page = await mai.see("/panel/templates")
        assert "Chữ mới." in page.text
        page = await mai.send(page, f"/panel/templates/{id}/remove")
        assert "Đã bỏ mẫu câu" in page.text
    async with reading() as conn:
        assert await conn.fetch("SELECT id FROM text_templates") == []
    assert (await actions()).count("template.saved") == 2
