"""Answers and notices: drafted, approved, published to areas, replaced by the next version, and what a phone gets of them."""

import re
from typing import Any

from cast import LAN, MAI, NGOC, SON, TUAN, YEN
from panel import confirmed, grouped, note_row, opinions, signed_in
from storage import people
from storage.database import reading
from town import Town, note

ANSWER: dict[str, Any] = {
    "title": "Sửa cống trong tháng 12",
    "text": "Phường sẽ nạo vét cống trước ngày 15/12.",
    "sure": "1",
}


async def place_issue(town: Town, official: Any) -> int:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    number = await grouped(official, [sent["id"]], "Ngập ngõ")
    await confirmed(official, number)
    return number


async def test_a_unit_drafts_and_only_an_officer_publishes(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as son, signed_in(town, MAI) as mai:
        number = await place_issue(town, tuan)
        unit = await people.by_login("son")
        assert unit is not None
        page = await tuan.see(f"/panel/issues/{number}")
        await tuan.send(page, f"/panel/issues/{number}/route", unit=unit.id, due="2099-01-31")
        address = f"/panel/issues/{number}/answer"
        page = await son.send(await son.see(f"/panel/issues/{number}"), address, do="draft", **ANSWER)
        assert "Đã lưu nháp" in page.text
        assert (await son.send(page, address, do="publish", **ANSWER)).status == 403
        lan = await town.enrol(LAN)
        await lan.batch(pull=["answers"])
        assert "answers" not in lan.documents
        page = await mai.see(f"/panel/issues/{number}")
        assert dict(page.form(address).fields)["text"] == ANSWER["text"]
        page = await mai.send(page, address, do="publish", sure="1")
        assert "Đã công bố" in page.text and "soạn: son, duyệt: mai" in page.text
        assert "đã trả lời" in page.text
    await lan.batch(pull=["answers"])
    (document,) = lan.documents["answers"].values()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document.pop("published_at"))
    assert document == {
        "id": document["id"],
        "issue": number,
        "issues": [number],
        "version": 1,
        "topic": "10.1",
        "areas": ["11455-T01"],
        "title": ANSWER["title"],
        "text": ANSWER["text"],
        "status": "answered",
        "_deleted": False,
    }
    ngoc = await town.enrol(NGOC)
    await ngoc.batch(pull=["answers"])
    assert "answers" not in ngoc.documents, "another ward does not get it"


async def test_the_next_version_replaces_the_one_before_on_the_phones(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await place_issue(town, tuan)
        address = f"/panel/issues/{number}/answer"
        page = await mai.send(await mai.see(f"/panel/issues/{number}"), address, do="publish", **ANSWER)
        lan = await town.enrol(LAN)
        await lan.batch(pull=["answers"])
        values = ANSWER | {
            "text": "Đã nạo vét xong.",
            "area": "11455",
            "source": "UBND phường",
            "valid_to": "2099-05-01",
        }
        page = await mai.send(page, address, do="publish", **values)
        assert "Bản 2" in page.text and "đã thay" in page.text
        async with reading() as conn:
            answered = await conn.fetch("SELECT answered_at FROM issues WHERE number = $1", number)
            first = await conn.fetch("SELECT published_at FROM answers WHERE version = 1")
        assert answered[0]["answered_at"] == first[0]["published_at"], "the time to the first answer stays"
    await lan.batch(pull=["answers"])
    present = [one for one in lan.documents["answers"].values() if not one["_deleted"]]
    assert [(one["version"], one["text"]) for one in present] == [(2, "Đã nạo vét xong.")]
    assert (present[0]["areas"], present[0]["source"], present[0]["valid_to"]) == (
        ["11455"],
        "UBND phường",
        "2099-05-01",
    )
    assert len(lan.documents["answers"]) == 2


async def test_a_rumour_is_answered_with_a_truth_status(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1, kind="rumour", topic="08.2", text="Nghe nói phường sắp sáp nhập lần nữa")
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids, "Tin đồn sáp nhập lần nữa")
        await confirmed(tuan, number)
        address = f"/panel/issues/{number}/answer"
        page = await mai.see(f"/panel/issues/{number}")
        assert "answered" not in page.form(address).choices["status"]
        page = await mai.send(page, address, do="publish", **ANSWER | {"status": "answered"})
        assert page.status == 422
        page = await mai.send(page, address, do="publish", **ANSWER | {"status": "checking"})
        async with reading() as conn:
            row = (await conn.fetch("SELECT status, truth, answered_at FROM issues"))[0]
        assert (row["status"], row["truth"], row["answered_at"]) == ("open", "unchecked", None), (
            "checking is no answer yet"
        )
        bare = await mai.send(page, address, do="publish", **ANSWER | {"status": "false"})
        assert bare.status == 422 and "nêu nguồn chính thức" in bare.text
        await mai.send(page, address, do="publish", **ANSWER | {"status": "false", "source": "Sở Nội vụ"})
        async with reading() as conn:
            row = (await conn.fetch("SELECT status, truth FROM issues"))[0]
        assert (row["status"], row["truth"]) == ("answered", "false")


async def test_personal_data_in_an_answer_is_warned_of_and_can_be_meant(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await place_issue(town, tuan)
        address = f"/panel/issues/{number}/answer"
        values = ANSWER | {"text": "Gọi ông Nguyễn Văn Toàn, 0912345678.", "sure": []}
        page = await mai.send(await mai.see(f"/panel/issues/{number}"), address, do="publish", **values)
        assert page.status == 422 and "Có thể có thông tin cá nhân" in page.text and "điện thoại" in page.text
        assert dict(page.form(address).fields)["text"] == values["text"]
        page = await mai.send(page, address, do="publish", sure="1")
        assert "Đã công bố" in page.text


async def test_too_long_a_text_is_refused_beside_its_field(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await place_issue(town, tuan)
        address = f"/panel/issues/{number}/answer"
        page = await mai.see(f"/panel/issues/{number}")
        for values in ({"text": "x" * 601}, {"title": "y" * 161}, {"title": "  "}, {"valid_to": "31-12-2099"}):
            again = await mai.send(page, address, do="publish", **ANSWER | values)
            assert again.status == 422 and 'class="error"' in again.html, values


async def test_a_hidden_opinion_issue_is_answered_by_a_notice_to_the_ward_only(town: Town) -> None:
    ids = await opinions(town, 2)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids)
        page = await confirmed(tuan, number)
        assert "Chỉ có thể trả lời bằng một thông báo cho toàn phường" in page.text
        assert f"/panel/issues/{number}/answer" not in page.html
        token = dict(page.form(f"/panel/issues/{number}/notice").fields)["csrf"]
        rev = (await issue_row(number))["rev"]
        data = ANSWER | {"csrf": token, "rev": rev, "status": "answered", "area": "11455", "do": "draft"}
        assert (await tuan.http.post(f"/panel/issues/{number}/answer", data=data)).status_code == 422
        values = {
            "title": "Lịch trả kết quả",
            "text": "Một cửa trả kết quả thứ ba, thứ năm.",
            "to": "2099-01-31",
            "sure": "1",
        }
        page = await tuan.send(page, f"/panel/issues/{number}/notice", **values)
        assert "Lịch trả kết quả" in page.text
        board = await mai.see("/panel/notices")
        assert "Lịch trả kết quả" in board.text and f"#{number}" not in board.text
        edit = next(link for link in board.links if "edit=" in link)
        page = await mai.send(await mai.see(edit), "/panel/notices", do="publish", sure="1")
        assert "Đã công bố" in page.text
        assert "đã trả lời" in (await tuan.see(f"/panel/issues/{number}")).text
    lan = await town.enrol(LAN)
    await lan.batch(pull=["notices", "notes"])
    (document,) = lan.documents["notices"].values()
    assert document["areas"] == ["11455"] and document["issues"] == [number] and document["to"] == "2099-01-31"
    assert set(document) == {"id", "areas", "title", "text", "from", "to", "issues", "_deleted"}


async def issue_row(number: int) -> dict[str, Any]:
    async with reading() as conn:
        return dict((await conn.fetch("SELECT * FROM issues WHERE number = $1", number))[0])


async def test_notices_are_written_published_and_withdrawn(town: Town) -> None:
    lan = await town.enrol(LAN)
    values = {"title": "Cắt nước", "text": "Cắt nước sáng thứ bảy.", "to": "2099-01-31", "sure": "1"}
    async with signed_in(town, MAI) as mai, signed_in(town, TUAN) as tuan:
        page = await mai.send(await mai.see("/panel/notices"), "/panel/notices", do="publish", **values)
        assert page.status == 422 and "Chọn một mục" in page.text, "no area chosen"
        page = await mai.send(page, "/panel/notices", do="publish", area=["11455-K1", "11455-T05"], **values)
        assert "Đã công bố" in page.text
        await lan.batch(pull=["notices"])
        (document,) = lan.documents["notices"].values()
        assert document["areas"] == ["11455-K1", "11455-T05"] and "issues" not in document
        board = await tuan.see("/panel/notices")
        assert not any(form.action.endswith("/withdraw") for form in board.forms)
        refused = await tuan.send(board, "/panel/notices", do="publish", area="11455", **values)
        assert refused.status == 403
        page = await mai.see("/panel/notices")
        await mai.send(page, f"/panel/notices/{document['id']}/withdraw")
        await lan.batch(pull=["notices"])
        assert lan.documents["notices"][document["id"]]["_deleted"]
        foreign = await mai.send(page, "/panel/notices", do="publish", area="11737", **values)
        assert foreign.status == 422


async def test_two_officers_at_one_draft(town: Town) -> None:
    values = {"title": "Cắt nước", "text": "Cắt nước sáng thứ bảy.", "to": "2099-01-31", "area": "11455", "sure": "1"}
    async with signed_in(town, MAI) as mai:
        board = await mai.send(await mai.see("/panel/notices"), "/panel/notices", do="draft", **values)
        edit = next(link for link in board.links if "edit=" in link)
        stale = await mai.see(edit)
        await mai.send(await mai.see(edit), "/panel/notices", do="publish", sure="1")
        page = await mai.send(stale, "/panel/notices", do="publish", text="Đổi sang chủ nhật.", sure="1")
        assert page.status == 409 and "vừa được người khác sửa" in page.text
        assert dict(page.form("/panel/notices").fields)["text"] == "Đổi sang chủ nhật."


async def test_auditors_see_no_issue_and_write_nothing(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, YEN) as yen:
        number = await place_issue(town, tuan)
        for path in ("/panel/issues", f"/panel/issues/{number}"):
            assert (await yen.see(path)).status == 403
        token = dict((await yen.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        for act in ("confirm", "take-out", "route", "close", "reopen", "answer", "notice"):
            answer = await yen.http.post(f"/panel/issues/{number}/{act}", data={"csrf": token, "rev": "1"})
            assert answer.status_code == 403, act
    assert (await note_row(await first_note()))["status"] == "in_issue"


async def first_note() -> str:
    async with reading() as conn:
        return str((await conn.fetch("SELECT id FROM notes"))[0]["id"])
