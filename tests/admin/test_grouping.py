"""Grouping at the desk: what is proposed, splitting, merging, what is kept of erased texts, and taking acts back."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from cast import HOA, LAN, MAI, MINH, PHUC, TUAN
from panel import Official, PanelPage, confirmed, grouped, note_row, opinions, signed_in
from storage import clock, erase, issue_counts, issues, undo
from storage.database import reading
from storage.release import release
from town import Town, note, opinion

ONE = "Một cửa trả kết quả chậm, chờ cả buổi sáng"
WORDINGS = ("{} rồi", "Dân nói {}", "{} quá", "Xin xem lại: {}", "{} hoài", "Sao {}", "Vẫn {}", "{} từ lâu")


async def rows(sql: str, *args: Any) -> list[dict[str, Any]]:
    async with reading() as conn:
        return [dict(row) for row in await conn.fetch(sql, *args)]


async def months(number: int) -> list[tuple[int, int]]:
    found = await rows("SELECT notes, reporters FROM issue_months WHERE issue = $1 ORDER BY month", number)
    return [(one["notes"], one["reporters"]) for one in found]


async def ledger(number: int) -> tuple[int, int]:
    """Notes and reporters of the shown month counted the slow way: from the shifts and the notes."""
    async with reading() as conn:
        numbers = await issue_counts.members(conn, number)
        fixed = issue_counts.together(list((await issue_counts.shifts(conn, numbers)).values()))
        loose = await issue_counts.loose(conn, numbers)
    (month,) = {*fixed, *(month for _, month in loose)}
    tags = [tag for some in loose.values() for tag in some]
    notes, reporters = fixed.get(month, (0, 0))
    return notes + len(tags), max(reporters, len(set(tags)))


async def worded(town: Town, *counts: int, text: str = ONE, **fields: Any) -> list[str]:
    """Opinion notes of the three reporters, each worded a little differently."""
    ids = []
    wordings = iter(WORDINGS * 3)
    for person, area, n in zip((LAN, MINH, HOA), ("11455-K1", "11455-K1", "11455-K2"), counts, strict=False):
        phone = await town.enrol(person)
        notes = [opinion(text=next(wordings).format(text), area=area, **fields) for _ in range(n)]
        assert await phone.push("notes", *notes) == []
        ids += [one["id"] for one in notes]
    await release(all_waiting=True)
    return ids


def number_of(page: PanelPage) -> int:
    assert page.path.startswith("/panel/issues/"), page.text
    return int(page.path.split("/")[-1].split("?")[0])


async def taken_back(reader: Official, page: PanelPage) -> PanelPage:
    return await reader.send(page, "/panel/undo")


async def act(reader: Official, number: int, what: str, **values: Any) -> PanelPage:
    return await reader.send(await reader.see(f"/panel/issues/{number}"), f"/panel/issues/{number}/{what}", **values)


# ---- proposals --------------------------------------------------------------------------------------------------


async def test_the_nearest_issue_is_proposed_with_the_reason_and_one_press_joins_it(town: Town) -> None:
    await worded(town, 2, 2, 1)
    async with signed_in(town, TUAN) as tuan:
        desk = await tuan.see("/panel/desk")
        assert f"gần trùng {4} ghi chú khác" in desk.text
        number = await grouped(tuan, [one.split(":")[0] for one in desk.form("/panel/desk/group").choices["pick"]])
        other = await worded(town, 1, text="Xin nhận hồ sơ sáng thứ bảy cho người đi làm")
        apart = await grouped(tuan, other, "Nhận hồ sơ sáng thứ bảy")
        (late,) = await worded(town, 0, 1, text="Một cửa chờ cả buổi chưa có kết quả")
        desk = await tuan.see("/panel/desk")
        assert re.search("vì cùng: [^#]*kết", desk.text)
        (join,) = [one for _, given in desk.elements if f"{late}/join" in (one := given.get("formaction", ""))]
        assert f"into={number}" in join and f"into={apart}" not in join
        page = await tuan.send(desk, "/panel/desk/group", at=join)
        assert "said=grouped" in page.path
    assert (await note_row(late))["issue"] == number


async def test_a_heap_of_notes_becomes_issues_in_a_few_forms(town: Town) -> None:
    lan = await town.enrol(LAN)
    lamps = [note(topic="09.3", text=word.format("đèn đường kè biển tắt tối om")) for word in WORDINGS[:4]]
    posts = [note(topic="09.3", text=word.format("cột đèn đầu chợ nghiêng sắp đổ")) for word in WORDINGS[:3]]
    stray = note(topic="10.1", text="Cống tắc trước cổng trường")
    await lan.push("notes", *lamps, *posts, stray)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see("/panel/desk/groups")
        assert "8 ghi chú chờ gom" in page.text
        cards = [one for one in page.forms if one.action == "/panel/desk/group"]
        heaps = [sorted(value.split(":")[0] for name, value in card.fields if name == "pick") for card in cards]
        assert heaps == [sorted(one["id"] for one in some) for some in (lamps, posts)], "of one topic family, whole"
        page = await tuan.send(page, "/panel/desk/group", title="Đèn kè biển tắt")
        assert page.path.startswith("/panel/desk/groups") and "Đã gom tạm" in page.text
        assert "4 ghi chú chờ gom" in page.text
        page = await tuan.send(page, "/panel/desk/group", into="new", title="Ông Nguyễn Văn Toàn, 0912345678")
        assert page.status == 422 and "Có thể có thông tin cá nhân" in page.text
        assert page.path.startswith("/panel/desk/group") and dict(page.form("/panel/desk/group").fields)["title"]
    assert {(await note_row(one["id"]))["issue"] for one in lamps} == {1}
    assert (await note_row(posts[0]["id"]))["issue"] is None


async def test_an_issue_stands_chosen_only_where_the_topic_is_the_same(town: Town) -> None:
    lan = await town.enrol(LAN)
    lamps = [note(topic="09.3", text=word.format("đèn đường kè biển tắt tối om")) for word in WORDINGS[:3]]
    await lan.push("notes", *lamps)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [one["id"] for one in lamps], "Đèn kè biển tắt")
        for topic, chosen in (("09.1", "new"), ("09.3", str(number))):
            late = note(topic=topic, text="Đèn đường kè biển tắt tối om mấy hôm")
            await lan.push("notes", late)
            page = await tuan.see("/panel/desk/groups")
            assert dict(page.form("/panel/desk/group").fields)["into"] == chosen, topic
            assert "(gần nhất)" in page.text and re.search("vì cùng: [^#]*(đèn|tắt)", page.text), "with the reason"
            await tuan.send(page, "/panel/desk/group", into="new", title="Riêng")


async def test_empty_pages_explain_themselves(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see("/panel/desk/groups")
        assert "Không còn ghi chú nào chờ gom" in page.text and "Ghi chú mới tự hiện ra ở đây" in page.text


# ---- what stays of erased texts ---------------------------------------------------------------------------------


async def test_what_is_kept_of_erased_texts_is_shared_and_holds_no_way_back(town: Town) -> None:
    ids = await worded(town, 3, 2, 2)
    (slip,) = await worded(town, 0, 0, 1, text="Một cửa trả kết quả chậm vì zyxqua nghỉ")
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [*ids, slip], "Chậm trễ")
        before = [await note_row(id) for id in [*ids, slip]]
        await confirmed(tuan, number, "Hỏi lịch.")
        (kept,) = await rows("SELECT * FROM issue_weights")
        terms = json.loads(kept["terms"])
        assert kept["issue"] == number and {"ket", "cham"} <= set(terms)
        assert not any("zyxqua" in term for term in terms)
        assert list(terms) == sorted(terms) and all(n >= 3 for n in terms.values())
        secrets = {str(row[name]) for row in before for name in ("id", "author", "tag", "pseudonym", "received_at")}
        for table in ("issue_weights", "issue_shifts", "issue_events", "issue_months", "openings"):
            held = json.dumps(await rows(f"SELECT * FROM {table}"))
            assert not [one for one in secrets if one in held], table
            assert "zyxqua" not in held.lower()
        (late,) = await worded(town, 0, 1, text="Trả kết quả quá chậm ở một cửa")
        page = await tuan.see(f"/panel/desk/{late}")
        assert f"Gom vào #{number} Chậm trễ" in page.text, "the weights alone know the issue again"


# ---- splitting and merging --------------------------------------------------------------------------------------


async def test_provisional_notes_are_split_off_and_keep_their_day(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, ids)
        joined = (await note_row(ids[0]))["joined_at"]
        page = await act(tuan, number, "split", pick=ids[:2], title="Việc khác")
        new = number_of(page)
        assert await months(number) == [(3, 2)] and await months(new) == [(2, 1)]
        row = await note_row(ids[0])
        assert (row["issue"], row["joined_at"], row["status"]) == (new, joined, "in_issue")
        page = await taken_back(tuan, page)
        assert page.path.startswith(f"/panel/issues/{number}?") and "Đã trở lại như trước" in page.text
        assert await months(number) == [(5, 3)] and await months(new) == []
        assert (await rows("SELECT status, outcome FROM issues WHERE number = $1", new)) == [
            {"status": "closed", "outcome": "returned"}
        ]


async def test_a_confirmed_part_moves_as_a_count_and_stays_hidden_until_new_notes_lift_it(town: Town) -> None:
    ids = await opinions(town, 5, 4, 3)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids)
        page = await confirmed(tuan, number)
        form = page.form(f"/panel/issues/{number}/split-counts")
        assert [one.split(":")[1] for one in form.choices["portion"]] == ["5", "10"], "whole steps, nothing exact"
        (month, *_) = form.choices["portion"][0].split(":")
        wrong = await act(tuan, number, "split-counts", portion=f"{month}:7", title="x", summary="y")
        assert wrong.status == 422 and "không có từng ấy ghi chú" in wrong.text
        page = await act(
            tuan, number, "split-counts", portion=f"{month}:5", title="Trả trễ hẹn", summary="Giấy hẹn ghi sai."
        )
        new = number_of(page)
        assert await months(number) == [(7, 3)] and await months(new) == [(5, 0)]
        assert await ledger(number) == (7, 3) and await ledger(new) == (5, 0)
        assert (await mai.see(f"/panel/issues/{new}")).status == 404
        assert (await mai.see(f"/panel/issues/{number}")).status == 200
        assert f"#{new}" not in (await mai.see(f"/panel/issues/{number}")).text, "nor does the history name it"
        fresh = await opinions(town, 1, 1)
        await grouped(tuan, fresh, into=new)
        assert await months(new) == [(7, 2)] and (await mai.see(f"/panel/issues/{new}")).status == 404
        third = await opinions(town, 0, 0, 1)
        await grouped(tuan, third, into=new)
        assert await months(new) == [(8, 3)] and (await mai.see(f"/panel/issues/{new}")).status == 200
        await confirmed(tuan, new, "Giấy hẹn ghi sai ngày.")
        assert await months(new) == [(8, 3)] and await ledger(new) == (8, 3)


async def test_merging_counts_together_and_can_be_taken_back_later(town: Town) -> None:
    first, second = await opinions(town, 2, 1), await opinions(town, 0, 1, 2)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        one, two = await grouped(tuan, first, "Việc một"), await grouped(tuan, second, "Việc hai")
        page = await act(tuan, one, "merge", into=two)
        assert page.path.startswith(f"/panel/issues/{one}?") and "nhập vào một vấn đề khác" in page.text
        assert await months(two) == [(6, 3)] == [await ledger(two)]
        assert {(await note_row(id))["issue"] for id in first} == {one}, "nothing moved"
        page = await tuan.see(f"/panel/issues/{two}")
        assert page.text.count("Một cửa trả kết quả thứ mấy?") == 6
        await confirmed(tuan, two)
        assert await months(two) == [(6, 3)] == [await ledger(two)]
        assert (await mai.see(f"/panel/issues/{two}")).status == 200
        page = await act(tuan, one, "unmerge")
        assert "đứng riêng trở lại" in page.text
        assert await months(one) == [(3, 2)] and await months(two) == [(3, 2)], "what only both together had is gone"
        assert (await mai.see(f"/panel/issues/{two}")).status == 404
        page = await act(tuan, two, "merge", into=two)
        assert page.status == 422 and "vào chính nó" in page.text


async def test_answers_reach_the_notes_of_what_was_merged(town: Town) -> None:
    lan = await town.enrol(LAN)
    notes = [note(), note()]
    await lan.push("notes", *notes)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        one, two = [await grouped(tuan, [sent["id"]], f"Ngập {n}") for n, sent in enumerate(notes)]
        await confirmed(tuan, two)
        page = await mai.see(f"/panel/issues/{two}")
        words = {"title": "Đã nạo vét", "text": "Cống đã thông.", "source": "", "status": "answered", "sure": "1"}
        await mai.send(page, f"/panel/issues/{two}/answer", do="publish", **words)
        await lan.batch(pull=["answers"])
        (answer,) = lan.documents["answers"].values()
        assert answer["issues"] == [two]
        await act(tuan, one, "merge", into=two)
        await lan.batch(pull=["answers"])
        (answer,) = lan.documents["answers"].values()
        assert sorted(answer["issues"]) == [one, two]


async def test_only_kin_is_merged_and_other_wards_and_roles_cannot(town: Town) -> None:
    lan = await town.enrol(LAN)
    place = note()
    await lan.push("notes", place)
    ids = await opinions(town, 2, 2, 1)
    async with signed_in(town, TUAN) as tuan, signed_in(town, PHUC) as phuc, signed_in(town, MAI) as mai:
        one, two = await grouped(tuan, ids), await grouped(tuan, [place["id"]], "Ngập ngõ")
        page = await tuan.see(f"/panel/issues/{one}")
        assert not [form for form in page.forms if form.action.endswith("/merge")], "nothing to merge into"
        token = dict(page.form(f"/panel/issues/{one}/confirm").fields)["csrf"]
        answer = await tuan.http.post(f"/panel/issues/{one}/merge", data={"csrf": token, "rev": "1", "into": str(two)})
        assert answer.status_code == 422 and "cùng nhóm chủ đề" in answer.text
        for other, status in ((phuc, 404), (mai, 403)):
            token = dict((await other.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
            for what in ("merge", "split", "split-counts", "unmerge"):
                data = {"csrf": token, "rev": "1", "into": str(two), "title": "x", "summary": "y", "pick": ids[0]}
                answer = await other.http.post(f"/panel/issues/{one}/{what}", data=data | {"portion": "2026-11:5"})
                assert answer.status_code == status, what
    assert await months(one) == [(5, 3)]


async def test_unconfirmed_notes_of_a_merged_issue_go_back_too(town: Town) -> None:
    first, second = await opinions(town, 1), await opinions(town, 0, 1)
    async with signed_in(town, TUAN) as tuan:
        one, two = await grouped(tuan, first, "Việc một"), await grouped(tuan, second, "Việc hai")
        await act(tuan, one, "merge", into=two)
        assert await issues.return_unconfirmed(clock.now() + clock.DAY_MS) == 2
        assert await months(two) == []
        state = await rows("SELECT outcome FROM issues ORDER BY number")
        assert [row["outcome"] for row in state] == ["merged", "returned"]


# ---- taking back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["clear", "rewrite", "redirect", "ask"])
async def test_an_act_is_taken_back_whole(town: Town, what: str) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="Cống chợ tắc, nước tràn ra đường")
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        at = f"/panel/desk/{sent['id']}"
        await tuan.send(await tuan.see(at), f"{at}/ask", question="Cống nào?")
        message = {"id": opinion()["id"], "note": sent["id"], "claim": sent["claim"], "text": "Cống đầu chợ"}
        await lan.push("messages", message)
        before, talk = await note_row(sent["id"]), await rows("SELECT * FROM messages ORDER BY id")
        words = {"rewrite": {"text": "Cống tắc"}, "ask": {"question": "Từ bao giờ?"}}.get(what, {})
        page = await tuan.send(await tuan.see(at), f"{at}/{what}", **words)
        assert await note_row(sent["id"]) != before and page.form("/panel/undo")
        held = b"".join(base64.b64decode(one["sealed"]) for one in await rows("SELECT sealed FROM undos"))
        assert len(held) > 500 and b"status" not in held and "chợ".encode() not in held
        page = await taken_back(tuan, page)
        assert "Đã trở lại như trước" in page.text
        after = await note_row(sent["id"])
        assert {**after, "rev": 0} == {**before, "rev": 0} and after["rev"] > before["rev"]
        assert await rows("SELECT * FROM messages ORDER BY id") == talk
        assert len(await rows("SELECT * FROM undos")) == 1, "that of the question before"
    await lan.batch(pull=["notes", "messages"])
    assert lan.documents["notes"][sent["id"]]["status"] == "needs_detail"
    assert sorted(one["text"] for one in lan.documents["messages"].values() if not one.get("_deleted")) == [
        "Cống nào?",
        "Cống đầu chợ",
    ]


async def test_grouping_is_taken_back_and_the_issue_stays_in_the_history(town: Town) -> None:
    ids = await opinions(town, 2, 1)
    async with signed_in(town, TUAN) as tuan:
        desk = await tuan.see("/panel/desk")
        page = await tuan.send(
            desk, "/panel/desk/group", pick=desk.form("/panel/desk/group").choices["pick"], into="new", title="Nhầm"
        )
        number = number_of(page)
        page = await taken_back(tuan, page)
        assert page.path.startswith("/panel/desk?") and "3 ghi chú mới" in page.text
        assert {(await note_row(id))["issue"] for id in ids} == {None} and await months(number) == []
        assert "Hoàn tác" in (await tuan.see(f"/panel/issues/{number}")).text


async def test_too_late_foreign_and_overtaken_acts_stay(town: Town) -> None:
    lan = await town.enrol(LAN)
    notes: Sequence[dict[str, Any]] = [note(), note(), note()]
    await lan.push("notes", *notes)
    async with signed_in(town, TUAN) as tuan, signed_in(town, PHUC) as phuc:
        pages = []
        for sent in notes:
            at = f"/panel/desk/{sent['id']}"
            pages.append(await tuan.send(await tuan.see(at), f"{at}/clear"))
        fields = dict(pages[0].form("/panel/undo").fields)
        fields["csrf"] = dict((await phuc.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        assert (await phuc.http.post("/panel/undo", data=fields)).status_code == 422
        at = f"/panel/desk/{notes[1]['id']}"
        await tuan.send(await tuan.see(at), f"{at}/ask", question="Ở đâu?")
        page = await taken_back(tuan, pages[1])
        assert page.status == 409 and "đã thay đổi sau đó" in page.text
        bad = dict(pages[0].form("/panel/undo").fields)
        bad["undo"] = bad["undo"][:-2] + "AA"
        assert (await tuan.http.post("/panel/undo", data=bad)).status_code == 422, "the key is in the page alone"
        assert (await taken_back(tuan, pages[2])).status == 200
        late = clock.now() + undo.KEPT_MS + 1
        assert (await erase.due(late))["undos"] == 3
        await undo.sweep(late)
        page = await taken_back(tuan, pages[0])
        assert page.status == 422 and "Quá 10 giây" in page.text
    assert [(await note_row(one["id"]))["status"] for one in notes] == ["cleared", "needs_detail", "received"]


async def test_confirming_offers_no_way_back_and_leaves_nothing_to_take_back_with(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, ids)
        page = await confirmed(tuan, number)
        assert not [form for form in page.forms if form.action == "/panel/undo"]
        await tuan.see(f"/panel/issues/{number}")
    row = await note_row(ids[0])
    assert (row["text"], row["author"], row["tag"]) == (None, None, None)
