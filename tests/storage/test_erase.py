"""The eraser (brief.md §2, S12): a canary in every place that holds words goes in by the real ways, time passes, and it is
nowhere: not in a table, not in an object, not in the files of the database. Words and who wrote them."""

import pytest

from cast import HOA, LAN, TUAN
from forgetting import PHOTO, Time, desk, gone, kept, photo_state, place_issue, tables, with_photo
from panel import confirmed, grouped, note_row, opinions, signed_in
from server import worker
from storage import clock, erase
from storage.bucket import media
from storage.changes import writing
from storage.database import reading
from storage.release import release
from sync import windows
from town import Town, note, opinion, photo_row

# ---- texts ------------------------------------------------------------------------------------------------------


async def test_an_unread_opinion_expires_in_time_and_is_counted(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    sent = opinion(text="Hỏi về qzmot một cửa")
    await lan.push("notes", sent)
    await release(all_waiting=True)
    time.days = 27
    await kept(town, "qzmot")
    time.days = 28.5
    await gone(town, "qzmot")
    await lan.batch(pull=["notes"])
    master = lan.documents["notes"][sent["id"]]
    assert master["status"] == "expired" and "text" not in master, "the phone hears of it while its author is known"
    async with reading() as conn:
        month = windows.month_of(clock.local_day(clock.now()))
        assert await erase.unread(conn, ["11455"], month) == 1
        assert await erase.unread(conn, ["11737"], month) == 0
    time.days = 30
    assert (await erase.due())["authors"] == 1
    await gone(town, "qzmot")


async def test_all_that_hangs_on_a_read_opinion_dies_with_it(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    sent = opinion(text="Hỏi qzmot ở một cửa")
    await lan.push("notes", sent)
    await release(all_waiting=True)
    async with desk(town, sent["id"]) as (tuan, at):
        await lan.push("notes", sent | {"text": "Hỏi qzhai ở một cửa"})
        await tuan.send(await tuan.see(at), f"{at}/ask", question="Hỏi qzba lúc nào?")
    own = {"note": sent["id"], "claim": sent["claim"]}
    words = {"id": opinion()["id"], "text": "Trả lời qzbon"}
    assert await lan.push("messages", own | words) == []
    assert [word for word in ("qzmot", "qzhai", "qzba", "qzbon") if word not in await tables()] == []
    time.days = 27
    await kept(town, "qzmot", "qzhai", "qzba", "qzbon")
    time.days = 28.5
    await gone(town, "qzmot", "qzhai", "qzba", "qzbon")
    assert (await note_row(sent["id"]))["status"] == "closed", "it was read and leaves the desk"
    assert await lan.push("messages", own | {"id": opinion()["id"], "text": "Muộn qznam"}) == []
    await gone(town, "qznam")


async def test_a_confirmed_opinion_keeps_no_word_and_late_messages_go(town: Town, time: Time) -> None:
    ids = await opinions(town, 2, 2, 1, text="Hỏi qzmot một cửa")
    lan = await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan:
        await confirmed(tuan, await grouped(tuan, ids))
    await gone(town, "qzmot")
    late = opinion()
    async with writing() as w:
        await w.conn.fetch("UPDATE notes SET author = $2 WHERE id = $1", ids[0], lan.enrolled["account"]["id"])
    assert await lan.push("messages", {"id": late["id"], "note": ids[0], "claim": "x", "text": "Muộn qzhai"}) == []
    await gone(town, "qzhai")


async def test_quarantine_lasts_less_than_fourteen_days(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="nhà ông bảy qzmot cống tắc")
    await lan.push("notes", sent)
    assert (await note_row(sent["id"]))["status"] == "quarantined"
    time.days = 12
    await kept(town, "qzmot")
    time.days = 13.5
    await gone(town, "qzmot")
    assert (await note_row(sent["id"]))["status"] == "expired"
    assert "'cell': '11455:" in (counted := await tables()) and ":place:quarantine'" in counted


async def test_place_words_ninety_days_and_photos_sixty_days_after_closing(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    sent, row = await with_photo(lan, text="Cột đèn qzmot gãy")
    await worker.drain()
    assert await photo_state(row["id"]) == "stored" and len(await media().keys("photos/")) == 2
    await place_issue(town, sent["id"])
    time.days = 58
    await kept(town, "qzmot")
    assert len(await media().keys("photos/")) == 2
    time.days = 59.5
    await kept(town, "qzmot")
    assert await media().keys("photos/") == [] and await photo_state(row["id"]) == "stored"
    async with signed_in(town, TUAN) as tuan:
        assert (await tuan.see(f"/panel/photos/{row['id']}/320")).status == 404
        assert row["id"] not in (await tuan.see(f"/panel/desk/{sent['id']}")).html
    time.days = 88
    await kept(town, "qzmot")
    time.days = 89.5
    await gone(town, "qzmot")
    assert (await note_row(sent["id"]))["status"] == "closed"


async def test_nothing_of_a_place_lives_longer_than_twelve_months(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    sent, row = await with_photo(lan, text="Cột đèn qzmot gãy")
    other = note(text="Ngõ qzhai ngập")
    await lan.push("notes", other)
    await worker.drain()
    async with signed_in(town, TUAN) as tuan:
        await confirmed(tuan, await grouped(tuan, [other["id"]], "Ngập ngõ"))  # its issue never closes
    time.days = 300
    await kept(town, "qzmot", "qzhai")
    assert (await note_row(sent["id"]))["received_at"] is None
    time.days = 364.5
    await gone(town, "qzmot", "qzhai")
    assert await media().keys("photos/") == []
    assert [(await note_row(one["id"]))["status"] for one in (sent, other)] == ["expired", "in_issue"]
    assert "stored" in await photo_state(row["id"])


@pytest.mark.parametrize("end", ["withdrawn", "redirected"])
async def test_photos_of_notes_that_ended_go_at_once(town: Town, time: Time, end: str) -> None:
    lan = await town.enrol(LAN)
    sent, _ = await with_photo(lan, text="Cột đèn qzmot gãy")
    await worker.drain()
    later, waiting = await with_photo(lan, send=False, text="Cột điện qzhai đổ")
    half = await lan.tus("PATCH", waiting["id"], PHOTO[:9000], Upload_Offset="0")
    assert half.status_code == 204 and len(await media().keys("raw/")) == 1
    for one in (sent, later):
        if end == "withdrawn":
            assert await lan.push("notes", one | {"_deleted": True}) == []
        else:
            async with desk(town, one["id"]) as (tuan, at):
                await tuan.send(await tuan.see(at), f"{at}/redirect")
        assert (await note_row(one["id"]))["status"] == end
    await gone(town, "qzmot", "qzhai")
    assert await media().keys("photos/") == await media().keys("raw/") == []
    assert await photo_state(waiting["id"]) == "rejected"
    answer = await lan.tus("HEAD", waiting["id"])
    assert answer.headers["upload-offset"] == answer.headers["upload-length"], "its phone may stop"
    assert (await lan.tus("PATCH", waiting["id"], PHOTO[9000:], Upload_Offset="9000")).status_code == 409
    await lan.batch(pull=["photos"])
    assert lan.documents["photos"][waiting["id"]]["reject"]["code"] == "upload_gone"


# ---- who and when -----------------------------------------------------------------------------------------------


async def test_within_thirty_days_no_trace_is_left_of_who_wrote_and_when(town: Town, time: Time) -> None:
    lan, hoa = await town.enrol(LAN), await town.enrol(HOA)
    sent, row = await with_photo(lan, captured_at=clock.now() - 5000)
    said = opinion(area="11455-K2")
    await hoa.push("notes", said)
    await release(all_waiting=True)
    before = {"received": (await note_row(sent["id"]))["received_at"], "account": lan.enrolled["account"]["id"]}
    time.days = 28
    await erase.erase()
    assert (await note_row(sent["id"]))["author"] == before["account"]
    time.days = 29.5
    await gone(town)
    for id in (sent["id"], said["id"]):
        found = await note_row(id)
        assert [found[name] for name in ("author", "tag", "received_at", "captured_at")] == [None] * 4
    lines = (await tables()).splitlines()
    accounts = {phone.enrolled["account"]["id"] for phone in (lan, hoa)}
    pairs = [
        x for x in lines if any(a in x for a in accounts) and any(d in x for d in (sent["id"], row["id"], said["id"]))
    ]
    assert pairs == []
    moment = str(before["received"])[:9]  # ten seconds exact
    about = [x for x in lines if moment in x and (sent["id"] in x or row["id"] in x or said["id"] in x)]
    assert about == [], "the day stays, the moment does not"
    late = {"id": photo_row(sent, PHOTO)["id"]}
    assert await lan.push("photos", row | late) == [], "the hash of the claim still lets late photos in"


async def test_an_unknown_receipt_is_taken_at_the_earliest_moment_of_its_windows(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    sent, said = note(text="Ngõ qzmot ngập"), opinion(text="Hỏi qzhai một cửa")
    await lan.push("notes", sent, said)
    await release(all_waiting=True)
    async with writing() as w:
        await w.conn.fetch("UPDATE notes SET received_at = NULL")
    time.days = 29.5
    await gone(town, "qzhai")
    assert (await note_row(sent["id"]))["author"] is None and "qzmot" in await tables()
    time.days = 364.5
    await gone(town, "qzmot")
