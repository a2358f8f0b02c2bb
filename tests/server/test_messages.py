"""The conversation about one note: the office asks, the reporter replies; cleaned hard, and gone with the note's text."""

import uuid
from typing import Any

from cast import LAN, MINH, TUAN
from panel import note_row, signed_in
from storage import desk
from storage.changes import writing
from storage.database import reading
from town import Town, note


def reply(about: dict[str, Any], text: str = "Ở ngõ 3, sát cống", **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "note": about["id"], "claim": about["claim"], "text": text} | fields


async def test_a_question_and_its_reply_are_messages_and_die_with_the_text(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        await tuan.send(page, f"/panel/desk/{sent['id']}/ask", question="Ở đoạn nào, gần số 0912 345 678?", sure="1")
        await lan.batch(pull=["notes", "messages"])
        assert lan.documents["notes"][sent["id"]]["status"] == "needs_detail"
        (asked,) = lan.documents["messages"].values()
        assert asked["office"] is True and asked["text"] == lan.documents["notes"][sent["id"]]["ask"]
        assert "0912" not in asked["text"] and asked["note"] == sent["id"]
        answer = reply(sent, "Ngay nhà anh Hùng, 0987 654 321")
        for _ in range(2):
            assert await lan.push("messages", answer) == []
        assert await lan.push("messages", answer | {"at": asked["at"], "office": False}) == []  # as last seen
        await lan.batch(pull=["messages"])
        kept = lan.documents["messages"][answer["id"]]
        assert "0987" not in kept["text"] and "Hùng" not in kept["text"] and "office" not in kept
        shown = await tuan.see(f"/panel/desk/{sent['id']}")
        assert shown.text.count("Ở đoạn nào") == 1 and "Ngay nhà anh" in shown.text
    async with writing() as w:
        await desk.forget_texts(w, [sent["id"]])
    await lan.batch(pull=["messages"])
    assert {one["_deleted"] for one in lan.documents["messages"].values()} == {True}
    async with reading() as conn:
        assert await conn.fetch("SELECT id FROM messages") == []
    assert (await note_row(sent["id"]))["status"] == "needs_detail"


async def test_a_message_needs_a_note_of_its_own_and_an_id_of_its_own(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    mine, theirs = note(), note(area="11455-T02")
    await lan.push("notes", mine)
    await minh.push("notes", theirs)
    first = reply(mine, "Chuyện riêng của tổ một")
    assert await lan.push("messages", first) == []
    for wrong, code in (
        (reply(mine, claim="A" * 22), "unknown_note"),  # another's note
        (reply(note()), "unknown_note"),  # child before parent: later
        (reply(theirs, id=first["id"]), "id_taken"),
        (reply(theirs, id="0198c0de-0000-7000-8000-000000000001"), "id_bad"),
    ):
        (answer,) = await minh.push("messages", wrong)
        assert answer["reject"]["code"] == code and "claim" not in answer
    assert (await minh.pull("messages"))["documents"] == []
