"""The trail as auditors and administrators read it: what is in it, what never is, and for whom."""

import re

import pytest

from cast import BINH, LAN, MAI, MINH, NGOC, PHUC, SON, TUAN, YEN
from panel import Official, browser, confirmed, grouped, note_row, opinions, signed_in
from storage import guesses, people
from storage.database import reading
from sync.words import CATALOGUE
from town import Town, note, opinion
from trail import trail


async def work_of_a_day(town: Town) -> tuple[str, int]:
    """Everything the office does with one place note, and an opinion issue below the threshold. Note and issue."""
    lan = await town.enrol(LAN)
    sent = note(text="Cống đầu ngõ tắc qzmot")
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, SON) as son:
        at = f"/panel/desk/{sent['id']}"
        page = await tuan.see(at)
        await tuan.send(page, f"{at}/ask", question="Đoạn nào?")
        await tuan.send(await tuan.see(at), f"{at}/rewrite", text="Cống tắc qzhai")
        number = await _cleared_and_grouped(tuan, sent["id"])
        await confirmed(tuan, number, "Cống đầu ngõ tắc.")
        where = f"/panel/issues/{number}"
        unit = next(u for u in (await mai.see(where)).form(f"{where}/route").choices["unit"] if u)
        await mai.send(await mai.see(where), f"{where}/route", unit=unit, due="2099-01-01")
        words = {"title": "Nạo vét", "text": "Nạo vét trong tuần.", "status": "answered", "sure": "1"}
        await son.send(await son.see(where), f"{where}/answer", do="draft", **words)
        await mai.send(await mai.see(where), f"{where}/answer", do="publish", **words)
        await mai.send(await mai.see(where), f"{where}/close", outcome="done")
        values = {"title": "Cắt nước", "text": "Cắt nước sáng mai.", "to": "2099-01-31", "area": "11455", "sure": "1"}
        board = await mai.send(await mai.see("/panel/notices"), "/panel/notices", do="publish", **values)
        action = next(form.action for form in board.forms if form.action.endswith("/withdraw"))
        await mai.send(board, action)
        await mai.send(await mai.see("/panel/notices"), "/panel/sign-out")
        hidden = await grouped(tuan, await opinions(town, 2, 1), "Lịch tiếp dân qzba")
    return sent["id"], hidden


async def _cleared_and_grouped(tuan: Official, id: str) -> int:
    desk = await tuan.see("/panel/desk?tab=cleared")
    picks = [value for value in desk.form("/panel/desk/group").choices["pick"] if value.startswith(id)]
    page = await tuan.send(desk, "/panel/desk/group", pick=picks, into="new", title="Cống tắc", sure="1")
    return int(page.path.split("/")[-1].split("?")[0])


async def test_what_the_office_did_stands_there_and_nothing_of_what_notes_say(town: Town) -> None:
    id, hidden = await work_of_a_day(town)
    mark = (await note_row(id))["pseudonym"]
    done = {row["action"] for row in (await trail())[0]}
    assert done >= {
        "account.made", "device.code", "device.enrolled", "signin.in", "signin.out", "read.desk", "read.note", "read.issue",
        "note.asked", "note.rewritten", "issue.opened", "issue.confirmed", "issue.routed", "issue.drafted",
        "issue.published", "issue.closed", "notice.drafted", "notice.published", "notice.withdrawn", "data.sample",
    }  # fmt: skip
    assert [one for one in done if f"panel.audit.action.{one}" not in CATALOGUE["vi"]] == []
    text = str((await trail())[0])
    for word in ("qzmot", "qzhai", "qzba", "Đoạn nào", id):
        assert word not in text, "neither words nor ids of notes"
    lan = await people.by_login(LAN.login)
    assert lan is not None and lan.id not in text, "no account of a reporter"
    async with signed_in(town, YEN) as yen:
        page = await yen.see("/panel/audit")
        assert (
            page.status == 200
            and "công bố câu trả lời" in page.text
            and "duyệt câu trả lời" in page.text
            and f"{mark}" in page.text
        )
        assert [form.action for form in page.forms] == ["/panel/sign-out", "/panel/audit"]
        opened = await yen.see("/panel/audit?action=issue.opened")
        assert opened.text.count("tuan") == 2 and f"> {hidden} <" not in opened.html
        assert re.findall(r"<td[^>]*>(\d+)</td>", opened.html) == [str(hidden - 1)], (
            "there is no issue below the threshold"
        )
        reads = await yen.see("/panel/audit?action=read")
        assert "số ghi chú: &lt;5" in reads.html and "số ghi chú: 1" not in reads.html
        english = await yen.see("/panel/language/en?back=/panel/audit?action=read")
        assert "saw a page of the desk" in english.text and "Audit trail" in english.text


async def test_filters_and_pages_stand_in_the_address(town: Town) -> None:
    for n in range(60):
        await people.create(f"don-vi-{n}", "unit", ("11455",))
    async with signed_in(town, BINH) as binh:
        first = await binh.see("/panel/audit?action=account.made")
        assert first.html.count('<th scope="row"') == 50
        second = await binh.see(next(link for link in first.links if "page=2" in link))
        assert "don-vi-0" in second.text and "don-vi-59" in first.text and "don-vi-0 " not in first.text
        day = next(link for link in first.links if "day=2" in link)
        assert (await binh.see(day)).html.count('<th scope="row"') == 50
        for nothing in ("day=2020-01-01", "action=export", "action=note.opened"):
            assert "Không có dòng nào" in (await binh.see(f"/panel/audit?{nothing}")).text, nothing
        for odd in ("day=1", "action=x%27", "action=read%25", "page=-1", "page=999999999999", "day=%00", "action=%00"):
            assert (await binh.see(f"/panel/audit?{odd}")).status == 200, odd


async def test_each_ward_sees_its_own(town: Town) -> None:
    await people.create("kiem-tra-2", "auditor", ("11737",), password="x")
    ngoc = await town.enrol(NGOC)
    await ngoc.push("notes", note(area="11737-T01"))
    async with signed_in(town, PHUC) as phuc:
        await phuc.see("/panel/desk")
    other = YEN._replace(login="kiem-tra-2", areas=("11737",))
    async with signed_in(town, YEN) as yen, signed_in(town, other) as away:
        assert "phuc" not in (await yen.see("/panel/audit?action=read")).text
        assert "phuc" in (await away.see("/panel/audit?action=read")).text
        text = (await away.see("/panel/audit")).text
        assert "tuan" not in text and "ngoc" in text


@pytest.mark.parametrize("lane", ["place", "opinion"])
async def test_no_push_moves_the_trail(town: Town, lane: str) -> None:
    phones = [await town.enrol(person) for person in (LAN, MINH)]
    async with signed_in(town, YEN) as yen:
        before = (await yen.see("/panel/audit")).text
        for phone in phones:
            await phone.push("notes", note() if lane == "place" else opinion())
        assert (await yen.see("/panel/audit")).text == before


async def test_an_auditor_reads_the_trail_and_nothing_else(town: Town) -> None:
    async with signed_in(town, YEN) as yen:
        assert (await yen.see("/panel/")).path == "/panel/audit"
        for path in ("/panel/desk", "/panel/issues", "/panel/issues/1", "/panel/notices", "/panel/export"):
            assert (await yen.see(path)).status == 403, path
    for person in (TUAN, SON, MAI):
        async with signed_in(town, person) as official:
            assert (await official.see("/panel/audit")).status == 403
            assert "/panel/audit" not in (await official.see("/panel/")).links


async def test_sign_ins_and_lockouts(town: Town) -> None:
    async with browser(town, TUAN) as tuan:
        await tuan.sign_in()
        await tuan.send(await tuan.see("/panel/"), "/panel/sign-out")
    for login in ("tuan", "mat-khau-qzmot"):
        for _ in range(14):
            await guesses.may_guess(login, "127.0.0.1")
    rows = [row for row in (await trail())[0] if row["action"].startswith("signin")]
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("signin.in", "tuan"), ("signin.out", "tuan"), ("signin.locked", "tuan"), ("signin.locked", ""),
    ]  # fmt: skip
    async with reading() as conn:
        assert await conn.fetch("SELECT n FROM audit WHERE subject LIKE '%qzmot%'") == []


async def test_a_new_password_stands_in_the_trail(town: Town) -> None:
    tuan = await people.by_login("tuan")
    assert tuan is not None
    for change in (people.set_password, people.reset):
        before = [row for row in (await trail())[0] if row["action"] == "account.password"]
        await change(tuan.id, "bốn con trâu đi bơi")
        after = [row for row in (await trail())[0] if row["action"] == "account.password"]
        assert len(after) == len(before) + 1 and after[-1]["subject"] == "tuan"
