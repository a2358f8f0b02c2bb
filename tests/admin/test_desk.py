"""The first reader's desk: what is shown, what each act does to the note, and what its phone learns of it."""

import httpx

from cast import LAN, PHUC, TUAN
from panel import grouped, note_row, opinions, signed_in
from storage import recount, totals
from storage.database import reading
from town import Town, note


async def test_urgent_place_notes_come_first_and_opinions_carry_no_time(town: Town) -> None:
    lan = await town.enrol(LAN)
    calm, urgent = note(text="Đèn đường tắt", topic="09.3"), note(text="Hố sâu giữa đường", topic="09.1", urgent=True)
    await lan.push("notes", calm, urgent)
    (asked,) = await opinions(town, 1, text="Bao giờ trả kết quả?")
    row = await note_row(asked)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see("/panel/desk")
        assert page.text.index("Hố sâu") < page.text.index("Đèn đường tắt")
        shown = next(item for item in page.html.split('<li class="note') if "Bao giờ trả" in item)
        assert row["week"][-2:] in shown and row["pseudonym"] in shown
        page = await tuan.see(f"/panel/desk/{asked}")
        for secret in (str(row["received_at"]), str(row["desk_order"]), row["author"], row["tag"], row["in_month"]):
            assert secret not in page.html


async def test_unreleased_opinions_do_not_exist_yet(town: Town) -> None:
    (asked,) = await opinions(town, 1, release_them=False)
    async with signed_in(town, TUAN) as tuan:
        assert "Đã đọc hết" in (await tuan.see("/panel/desk")).text
        assert (await tuan.see(f"/panel/desk/{asked}")).status == 404


async def test_opening_begins_the_reading_and_the_phone_sees_it(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.send(await tuan.see("/panel/desk"), "/panel/desk/group", at=f"/panel/desk/{sent['id']}/open")
        assert page.path == f"/panel/desk/{sent['id']}"
    await lan.batch(pull=["notes"])
    assert lan.documents["notes"][sent["id"]]["status"] == "read"
    await lan.push("notes", sent | {"text": "Nước vẫn chưa rút"})
    row = await note_row(sent["id"])
    assert (row["text"], row["amendments"]) == (sent["text"], 1)
    async with signed_in(town, TUAN) as tuan:
        assert "Nước vẫn chưa rút" in (await tuan.see(f"/panel/desk/{sent['id']}")).text


async def test_clearing_from_the_list_in_one_step(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.send(
            await tuan.see("/panel/desk"), "/panel/desk/group", at=f"/panel/desk/{sent['id']}/clear?rev=1"
        )
        assert page.path.startswith("/panel/desk?tab=new&") and page.path.endswith("said=cleared")
        assert sent["text"] in (await tuan.see("/panel/desk?tab=cleared")).text
    await lan.batch(pull=["notes"])
    assert lan.documents["notes"][sent["id"]]["status"] == "cleared"


async def test_a_doubtful_note_waits_in_quarantine_until_it_is_rewritten(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="nhà ông bảy cống tắc, gọi 0912345678")
    await lan.push("notes", sent)
    row = await note_row(sent["id"])
    assert row["status"] == "quarantined" and "0912" not in row["text"]
    async with signed_in(town, TUAN) as tuan:
        assert "cống tắc" not in (await tuan.see("/panel/desk")).text
        tab = await tuan.see("/panel/desk?tab=quarantine")
        assert "đã che: điện thoại" in tab.text
        assert '<mark class="doubt">' in tab.html and '<mark class="masked">' in tab.html
        address = f"/panel/desk/{sent['id']}/rewrite"
        page = await tuan.send(
            await tuan.see(f"/panel/desk/{sent['id']}"), address, text="nhà ông bảy cống tắc, 0987654321"
        )
        assert page.status == 422 and "Có thể là tên người" in page.text
        assert "0987654321" not in page.html, "what was masked is shown masked"
        page = await tuan.send(page, address, text="Cống đầu ngõ tắc, hỏi 0987654321")
        assert page.path.endswith("said=rewritten")
    row = await note_row(sent["id"])
    assert row["status"] == "cleared" and not row["suspect"]
    assert row["text"].startswith("Cống đầu ngõ tắc") and "0987" not in row["text"]


async def test_asking_back_reaches_the_phone_hard_masked_and_the_note_opens_again(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        question = "Cống nào, gần nhà ông Nguyễn Văn Toàn không? Gọi 0912345678"
        page = await tuan.send(page, f"/panel/desk/{sent['id']}/ask", question=question)
        assert page.path.endswith("said=asked")
        assert sent["text"] in (await tuan.see("/panel/desk?tab=waiting")).text
    await lan.batch(pull=["notes"])
    master = lan.documents["notes"][sent["id"]]
    assert master["status"] == "needs_detail"
    assert "Toàn" not in master["ask"] and "0912" not in master["ask"] and "Cống nào" in master["ask"]
    assert await lan.push("notes", sent | {"text": "Cống trước chợ"}, assumed=sent) == []
    assert (await note_row(sent["id"]))["text"] == "Cống trước chợ"
    async with signed_in(town, TUAN) as tuan:
        assert "Cống trước chợ" in (await tuan.see("/panel/desk")).text


async def test_redirecting_leaves_nothing_of_the_content(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="Chuyện riêng một nhà")
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        page = await tuan.send(page, f"/panel/desk/{sent['id']}/redirect")
        assert page.path.endswith("said=redirected")
    row = await note_row(sent["id"])
    assert (row["status"], row["text"], row["masked"]) == ("redirected", None, "{}")
    await lan.batch(pull=["notes"])
    assert lan.documents["notes"][sent["id"]]["status"] == "redirected"
    assert "text" not in lan.documents["notes"][sent["id"]]


async def test_a_clash_keeps_what_was_typed_and_writes_nothing(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan, signed_in(town, TUAN) as other:
        stale = await tuan.see(f"/panel/desk/{sent['id']}")
        await other.send(await other.see(f"/panel/desk/{sent['id']}"), f"/panel/desk/{sent['id']}/clear")
        page = await tuan.send(stale, f"/panel/desk/{sent['id']}/rewrite", text="Viết lại rất công phu")
        assert page.status == 409
        assert "vừa thay đổi" in page.text
        assert dict(page.form(f"/panel/desk/{sent['id']}/rewrite").fields)["text"] == "Viết lại rất công phu"
        assert (await note_row(sent["id"]))["text"] == sent["text"]
        page = await tuan.send(page, f"/panel/desk/{sent['id']}/rewrite")
        assert page.path.endswith("said=rewritten")


async def test_several_notes_are_grouped_at_once(town: Town) -> None:
    lan = await town.enrol(LAN)
    notes = [note(topic="10.1", area="11455-T01"), note(topic="10.2", area="11455-T01", text="Nước máy yếu")]
    await lan.push("notes", *notes)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [one["id"] for one in notes], "Ngập và nước yếu")
        page = await tuan.see(f"/panel/issues/{number}")
        assert "Ngập và nước yếu" in page.text
        assert "Thoát nước" in page.text, "two topics of one family: the issue carries the family"
    await lan.batch(pull=["notes"])
    assert {lan.documents["notes"][one["id"]]["issue"] for one in notes} == {number}


async def test_grouping_mixes_no_lanes_wards_or_families_and_loses_nothing_typed(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", note(topic="10.1"), note(topic="09.3", text="Đèn tắt"))
    await opinions(town, 1)
    async with signed_in(town, TUAN) as tuan:
        desk = await tuan.see("/panel/desk")
        picks = desk.form("/panel/desk/group").choices["pick"]
        page = await tuan.send(desk, "/panel/desk/group", pick=picks, title="Gom nhầm")
        assert page.status == 422 and "cùng nhóm chủ đề" in page.text
        form = page.form("/panel/desk/group")
        assert sorted(value for name, value in form.fields if name == "pick") == sorted(picks)
        assert dict(form.fields)["title"] == "Gom nhầm"
        page = await tuan.send(desk, "/panel/desk/group", title="Không chọn gì")
        assert page.status == 422 and "ít nhất một ghi chú" in page.text


async def test_a_name_in_a_new_title_is_warned_of(town: Town) -> None:
    ids = await opinions(town, 1)
    async with signed_in(town, TUAN) as tuan:
        desk = await tuan.see("/panel/desk")
        picks = desk.form("/panel/desk/group").choices["pick"]
        page = await tuan.send(desk, "/panel/desk/group", pick=picks, title="Ông Nguyễn Văn Toàn, 0912345678")
        assert page.status == 422 and "Có thể có thông tin cá nhân" in page.text
        assert (await note_row(ids[0]))["status"] != "in_issue"


async def test_a_foreign_note_and_a_missing_one_look_the_same(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    missing = "00000000-0000-4000-8000-000000000000"
    async with signed_in(town, PHUC) as phuc:
        foreign, unknown = await phuc.see(f"/panel/desk/{sent['id']}"), await phuc.see(f"/panel/desk/{missing}")
        assert foreign.status == unknown.status == 404
        assert foreign.html.replace(sent["id"], missing) == unknown.html
        assert sent["text"] not in (await phuc.see("/panel/desk")).text
        token = dict((await phuc.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        for act in ("open", "clear", "redirect", "ask", "rewrite"):
            answers: list[httpx.Response] = []
            for id in (sent["id"], missing):
                data = {"csrf": token, "rev": "1", "text": "x", "question": "x"}
                answers.append(await phuc.http.post(f"/panel/desk/{id}/{act}", data=data))
            assert [one.status_code for one in answers] == [404, 404], act
    assert (await note_row(sent["id"]))["status"] == "received"


async def test_a_note_is_filed_under_another_topic_of_its_lane_and_figures_follow(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note(topic="09.1", text="Đèn đường tắt")
    await lan.push("notes", sent)
    await totals.fold()
    at = f"/panel/desk/{sent['id']}"
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(at)
        form = page.form(f"{at}/refile")
        assert dict(form.fields)["topic"] == "09.1" and "09.3" in form.choices["topic"]
        assert not {"17.1", "08.2", "D.1"} & set(form.choices["topic"])
        refused = await tuan.send(page, f"{at}/refile", topic="17.1")
        assert refused.status == 422 and "không dùng cho ghi chú" in refused.text
        after = await tuan.send(page, f"{at}/refile", topic="09.3")
        assert "Đã đổi chủ đề" in after.text and (await note_row(sent["id"]))["topic"] == "09.3"
        await totals.fold()
        assert await counted() == {"09.3"}
        assert not (await recount.check()).wrong
        await tuan.send(after, "/panel/undo")
        assert (await note_row(sent["id"]))["topic"] == "09.1"
        await totals.fold()
        assert await counted() == {"09.1"}
        await tuan.send(await tuan.see(at), f"{at}/refile", topic="09.3")
    assert await lan.push("notes", sent) == [] or (await note_row(sent["id"]))["topic"] == "09.3", (
        "a replay changes nothing"
    )
    await lan.batch(pull=["notes"])
    assert lan.documents["notes"][sent["id"]]["topic"] == "09.3"


async def counted() -> set[str]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT topic FROM totals WHERE n <> 0 AND lane = 'place'")
    return {row["topic"] for row in rows}
