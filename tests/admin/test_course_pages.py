"""An issue's course at the panel: units that give back, approval before publishing, preview, withdrawal, clashes, notices."""

import asyncio
from typing import Any

from cast import HOA, LAN, MAI, SON, TUAN
from panel import Official, confirmed, grouped, opinions, signed_in
from storage import people
from storage.database import reading
from town import Town, note
from trail import trail

ANSWER: dict[str, Any] = {"title": "Sửa cống", "text": "Nạo vét trước ngày 15/12.", "sure": "1"}
FAR = "2099-01-31"


async def actions() -> list[dict[str, Any]]:
    return (await trail())[0]


async def issue_of(number: int) -> dict[str, Any]:
    async with reading() as conn:
        return dict((await conn.fetch("SELECT * FROM issues WHERE number = $1", number))[0])


async def flooded(town: Town, tuan: Official, title: str = "Ngập ngõ") -> str:
    """A confirmed place issue. Its address."""
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    number = await grouped(tuan, [sent["id"]], title)
    await confirmed(tuan, number)
    return f"/panel/issues/{number}"


async def hand_over(tuan: Official, at: str, login: str = "son") -> None:
    unit = await people.by_login(login)
    assert unit is not None
    page = await tuan.send(await tuan.see(at), f"{at}/route", unit=unit.id, due=FAR)
    assert "Đã giao đơn vị" in page.text


def number_of(at: str) -> int:
    return int(at.rsplit("/", 1)[1])


async def test_a_unit_gives_back_with_a_reason_which_is_counted(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as son:
        at = await flooded(town, tuan)
        await hand_over(tuan, at)
        page = await son.see(at)
        bare = await son.send(page, f"{at}/refuse", reason="not_ours", words=" ")
        assert bare.status == 422 and 'class="error"' in bare.html
        named = await son.send(page, f"{at}/refuse", reason="not_ours", words="Hỏi ông Nguyễn Văn Toàn, 0912345678.")
        assert named.status == 422 and "Có thể có thông tin cá nhân" in named.text
        page = await son.send(page, f"{at}/refuse", reason="not_ours", words="Cống này do thành phố quản lý.")
        assert page.path.startswith("/panel/issues?") and "Đã trả lại văn phòng" in page.text
        assert "Ngập ngõ" not in page.text and (await son.see(at)).status == 404
        row = await issue_of(number_of(at))
        assert (row["status"], row["unit"], row["refusals"], row["due_day"]) == ("open", None, 1, FAR)
        page = await tuan.see(at)
        assert "trả lại 1 lần" in page.text and "Cống này do thành phố quản lý." in page.text
        await hand_over(tuan, at)
        assert (await issue_of(number_of(at)))["refusals"] == 1
    trail = [(one["action"], one["detail"]) for one in await actions() if one["action"] == "issue.refused"]
    assert len(trail) == 1 and "not_ours" in trail[0][1] and "thành phố" not in trail[0][1]


async def test_the_office_publishes_what_an_officer_approved_and_no_other_word(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, SON) as son:
        at = await flooded(town, tuan)
        await hand_over(tuan, at)
        page = await son.send(await son.see(at), f"{at}/answer", do="draft", **ANSWER)
        assert not any(form.action.endswith("answer/publish") for form in (await tuan.see(at)).forms)
        page = await mai.send(await mai.see(at), f"{at}/answer", do="approve", sure="1")
        assert "Đã duyệt" in page.text and (await issue_of(number_of(at)))["status"] == "routed"
        approved = await tuan.see(at)
        await son.send(await son.see(at), f"{at}/answer", do="draft", **ANSWER | {"text": "Để sang năm."})
        late = await tuan.send(approved, f"{at}/answer/publish")
        assert late.status == 409, "a word was changed after the approval"
        assert not any(form.action.endswith("answer/publish") for form in (await tuan.see(at)).forms)
        await mai.send(await mai.see(at), f"{at}/answer", do="approve", **ANSWER)
        page = await tuan.send(await tuan.see(at), f"{at}/answer/publish")
        assert "Đã công bố" in page.text and "soạn: son, duyệt: mai" in page.text
    await lan.batch(pull=["answers"])
    assert [one["text"] for one in lan.documents["answers"].values()] == [ANSWER["text"]]
    done = [one["action"] for one in await actions()]
    assert done.count("issue.approved") == 2 and done.count("issue.published") == 1


async def test_a_preview_shows_what_phones_show_and_keeps_nothing(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        at = await flooded(town, tuan)
        values = ANSWER | {"source": "UBND phường", "text": "Gọi 0912345678.", "valid_to": FAR}
        page = await tuan.send(await tuan.see(at), f"{at}/answer", do="preview", **values)
        assert page.status == 200 and "Có thể có thông tin cá nhân" in page.text
        assert [given["href"] for _, given in page.elements if "aria-current" in given] == ["/panel/issues"]
        for words in ("Trên điện thoại", "Gọi 0912345678.", "Nguồn: UBND phường", "Có giá trị đến 31/01/2099"):
            assert words in page.text
        assert dict(page.form(f"{at}/answer").fields)["source"] == "UBND phường"
        async with reading() as conn:
            assert await conn.fetch("SELECT id FROM answers") == []


async def test_a_withdrawn_answer_leaves_the_phones_and_is_due_again(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        at = await flooded(town, tuan)
        page = await mai.send(await mai.see(at), f"{at}/answer", do="publish", **ANSWER)
        page = await mai.send(page, f"{at}/answer", do="publish", **ANSWER | {"text": "Bản thứ hai."})
        await lan.batch(pull=["answers"])
        reader = await tuan.see(at)
        assert not any(form.action.endswith("answer/withdraw") for form in reader.forms)
        token = dict(reader.form(f"{at}/answer").fields)
        refused = await tuan.http.post(f"{at}/answer/withdraw", data={name: token[name] for name in ("csrf", "rev")})
        assert refused.status_code == 403
        page = await mai.send(page, f"{at}/answer/withdraw")
        assert "Đã thu hồi" in page.text and "Bản thứ hai." in page.text, "earlier versions stay readable"
        assert (await issue_of(number_of(at)))["status"] == "open"
        await lan.batch(pull=["answers"])
        assert all(one["_deleted"] for one in lan.documents["answers"].values()) and len(lan.documents["answers"]) == 2
        await mai.send(page, f"{at}/answer", do="publish", **ANSWER | {"text": "Bản thứ ba."})
        await lan.batch(pull=["answers"])
        left = [one for one in lan.documents["answers"].values() if not one["_deleted"]]
        assert [(one["version"], one["text"]) for one in left] == [(3, "Bản thứ ba.")]


async def test_of_four_who_publish_at_once_one_wins(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        at = await flooded(town, tuan)
        page = await mai.see(at)
        sent = [mai.send(page, f"{at}/answer", do="publish", **ANSWER | {"text": f"Bản {n}."}) for n in range(4)]
        assert sorted(one.status for one in await asyncio.gather(*sent)) == [200, 409, 409, 409]
    async with reading() as conn:
        rows = await conn.fetch("SELECT version, state FROM answers")
    assert [(row["version"], row["state"]) for row in rows] == [(1, "published")]
    lan = await town.enrol(LAN)
    await lan.batch(pull=["answers"])
    assert len(lan.documents["answers"]) == 1


async def test_a_clash_says_what_changed_and_loses_nothing(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        at = await flooded(town, tuan)
        stale = await tuan.see(at)
        await hand_over(tuan, at)
        await mai.send(await mai.see(at), f"{at}/answer", do="draft", **ANSWER | {"text": "Bản của Mai."})
        page = await tuan.send(stale, f"{at}/answer", do="draft", **ANSWER | {"text": "Bản của Tuấn."})
        assert page.status == 409
        since = page.text.partition("Từ lúc bạn mở trang này:")[2].partition("Tóm tắt")[0]
        assert "Soạn trả lời · mai" in since and "Giao cho : son" in since.replace("cho:", "cho :")
        assert "Xác nhận" not in since, "what was there before is not told again"
        assert "Bản của Mai." in page.text
        assert dict(page.form(f"{at}/answer").fields)["text"] == "Bản của Tuấn."
        page = await tuan.send(page, f"{at}/answer", do="draft", sure="1")
        assert "Đã lưu nháp" in page.text


async def test_a_notice_behind_a_hidden_issue_goes_to_the_whole_ward_whoever_edits_it(town: Town) -> None:
    ids = await opinions(town, 0, 0, 2)
    words = {"title": "Lịch một cửa", "text": "Thứ ba và thứ năm.", "to": FAR, "sure": "1"}
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids)
        at = f"/panel/issues/{number}"
        await confirmed(tuan, number)
        await tuan.send(await tuan.see(at), f"{at}/notice", **words)
        edit = next(link for link in (await mai.see("/panel/notices")).links if "edit=" in link)
        for act in ("draft", "approve", "publish"):
            page = await mai.send(await mai.see(edit), "/panel/notices", do=act, area="11455-K2", sure="1")
            assert page.status == 422 and "toàn phường" in page.text and f"#{number}" not in page.text
        page = await mai.send(await mai.see(edit), "/panel/notices", do="approve", sure="1")
        assert "Đã duyệt thông báo" in page.text
        board = await tuan.see("/panel/notices")
        (publish,) = [form.action for form in board.forms if form.action.endswith("/publish")]
        await tuan.send(board, publish)
        assert (await issue_of(number))["status"] == "answered"
        hoa, lan = await town.enrol(HOA), await town.enrol(LAN)
        for phone in (hoa, lan):
            await phone.batch(pull=["notices"])
            assert [one["areas"] for one in phone.documents["notices"].values()] == [["11455"]]
        page = await mai.see("/panel/notices")
        await mai.send(page, next(form.action for form in page.forms if form.action.endswith("/withdraw")))
        assert (await issue_of(number))["status"] == "open", "what the notice answered waits again"
        await lan.batch(pull=["notices"])
        assert all(one["_deleted"] for one in lan.documents["notices"].values())


async def test_a_notice_is_approved_as_it_stands_and_previewed(town: Town) -> None:
    words = {"title": "Cắt nước", "text": "Sáng thứ bảy.", "to": FAR, "area": "11455", "sure": "1"}
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        page = await tuan.send(await tuan.see("/panel/notices"), "/panel/notices", do="preview", **words)
        assert page.status == 200 and "Trên điện thoại" in page.text and "Chưa có thông báo" in page.text
        assert (await tuan.send(page, "/panel/notices", do="approve", **words)).status == 403
        await mai.send(await mai.see("/panel/notices"), "/panel/notices", do="approve", **words)
        board = await tuan.see("/panel/notices")
        (publish,) = [form.action for form in board.forms if form.action.endswith("/publish")]
        edit = next(link for link in board.links if "edit=" in link)
        await tuan.send(await tuan.see(edit), "/panel/notices", do="draft", text="Chiều thứ bảy.", sure="1")
        assert (await tuan.send(board, publish)).status == 409, "changed after the approval"
        lan = await town.enrol(LAN)
        await lan.batch(pull=["notices"])
        assert "notices" not in lan.documents


async def test_the_weeks_listening_themes_begin_a_notice(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see("/panel/notices")
        assert "Chủ đề lắng nghe của tuần" in page.text
        for nothing in ("nowhere", "D"):
            page = await tuan.see(f"/panel/notices?theme={nothing}")
            assert dict(page.form("/panel/notices").fields)["title"] == "", "no topic a note can have"
        page = await tuan.see("/panel/notices?theme=10&theme=17&theme=D")
        begun = dict(page.form("/panel/notices").fields)
        assert begun["title"].startswith("Chủ đề lắng nghe, tuần ") and begun["from"] <= begun["to"]
        assert "Thoát nước" in begun["text"] and "Thủ tục hành chính" in begun["text"]
        after = await tuan.send(page, "/panel/notices", do="draft", area="11455")
        assert "Đã lưu nháp thông báo" in after.text and begun["title"] in after.text
