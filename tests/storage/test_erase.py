"""The eraser (brief.md §2, S12): a canary in every place that holds words goes in by the real ways, time passes, and it is
nowhere: not in a table, not in an object, not in the files of the database."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cast import HOA, LAN, MINH, TUAN
from panel import Official, confirmed, grouped, note_row, opinions, signed_in
from postgres import Cluster
from server import worker
from storage import clock, erase, month_key, uploads
from storage.bucket import StoreAway, media
from storage.changes import writing
from storage.clock import DAY_MS
from storage.database import ALL_TABLES, current, reading
from storage.release import release
from storage.samples.pictures import sample_photo
from sync import windows
from town import FieldPhone, Town, note, opinion, photo_row

PHOTO = sample_photo(7, "broken_lamp")


class Time:
    """The server's clock in days after the test began."""

    def __init__(self) -> None:
        self.start = clock.system()
        self.days = 0.0
        clock.move(lambda: self.start + int(self.days * DAY_MS) + (clock.system() - self.start))


@pytest.fixture
def time() -> Iterator[Time]:
    yield Time()
    clock.move(clock.system)


async def tables() -> str:
    """Everything all tables hold."""
    found = []
    async with reading() as conn:
        for table in ALL_TABLES:
            rows = await conn.fetch(f'SELECT * FROM "{table._meta.tablename}"')
            found += [f"{table._meta.tablename} {dict(row)}" for row in rows]
    return "\n".join(found)


async def hits(town: Town, *words: str) -> list[str]:
    """Where these words still are: lines of tables, objects, files of the database and beside it."""
    found = [line[:200] for line in (await tables()).splitlines() if any(word in line for word in words)]
    for key in await media().keys(""):
        data = (await media().get(key) or b"") + key.encode()
        found += [key for word in words if word.encode() in data]
    if current().dialect == "sqlite":
        for path in town.world.data_dir.glob("sotay.db*"):
            data = path.read_bytes()
            found += [f"{path.name}: {word}" for word in words if word.encode() in data]
    return found


async def gone(town: Town, *words: str) -> None:
    """An eraser's run leaves no hit and nothing due."""
    expected = await erase.due()
    done = await erase.erase()
    assert {name: n for name, n in done.items() if n} == {name: n for name, n in expected.items() if n}
    assert set((await erase.due()).values()) == {0}
    assert await hits(town, *words) == []


async def kept(town: Town, *words: str) -> None:
    """A run at this moment takes none of these words."""
    await erase.erase()
    lines = await tables()
    assert [word for word in words if word not in lines] == []


@asynccontextmanager
async def desk(town: Town, id: str) -> AsyncIterator[tuple[Official, str]]:
    async with signed_in(town, TUAN) as tuan:
        token = dict((await tuan.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        answer = await tuan.http.post(f"/panel/desk/{id}/open", data={"csrf": token})
        assert answer.status_code == 303
        yield tuan, f"/panel/desk/{id}"


async def place_issue(town: Town, id: str) -> tuple[Official, int]:
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [id], "Ngập ngõ")
        await confirmed(tuan, number)
        page = await tuan.see(f"/panel/issues/{number}")
        await tuan.send(page, f"/panel/issues/{number}/close", outcome="done")
    assert (await note_row(id))["status"] == "closed"
    return tuan, number


async def with_photo(phone: FieldPhone, *, send: bool = True, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    sent = note(**fields)
    row = photo_row(sent, PHOTO)
    sent["photos"] = [row["id"]]
    assert "push" not in await phone.batch(push={"notes": [sent], "photos": [row]})
    if send:
        assert (await phone.tus("PATCH", row["id"], PHOTO, Upload_Offset="0")).status_code == 204
    return sent, row


async def photo_state(id: str) -> str:
    async with reading() as conn:
        return str((await conn.fetch("SELECT state FROM photos WHERE id = $1", id))[0]["state"])


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


# ---- photos, marks, log, sign-ins, keys -------------------------------------------------------------------------


async def test_raw_bytes_wait_a_week_at_most_and_are_sent_again(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    _, row = await with_photo(lan)
    assert await photo_state(row["id"]) == "received"
    time.days = 5
    await erase.erase()
    assert await media().keys("raw/")
    time.days = 6.5
    await gone(town)
    assert await media().keys("raw/") == [] and await photo_state(row["id"]) == "expected"
    assert (await lan.batch())["uploads"] == [{"photo_id": row["id"], "offset": 0}]
    assert (await lan.tus("PATCH", row["id"], PHOTO, Upload_Offset="0")).status_code == 204
    await worker.drain()
    assert await photo_state(row["id"]) == "stored"


async def test_a_photo_without_a_note_and_copies_without_a_row_go(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    row = photo_row(note(), PHOTO)
    assert await lan.push("photos", row) == []
    assert (await lan.tus("PATCH", row["id"], PHOTO, Upload_Offset="0")).status_code == 204
    await media().put("photos/" + "ab" * 16 + "/320.jpg", b"qzmot")
    await erase.erase()
    assert await media().keys("photos/"), "while a worker may be at work nothing is called lost"
    await worker.drain()
    await erase.erase()
    assert len(await media().keys("photos/")) == 2
    time.days = 29.5
    await gone(town, row["id"][:13] + "never", "qzmot")
    assert await media().keys("photos/") == [] and await uploads.look(row["id"]) is None


async def test_marks_and_their_ids(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    mark = {"id": opinion()["id"], "mark": "told", "issue": 7, "area": "11455-T01"}
    assert await lan.push("marks", mark) == []
    time.days = 28
    await kept(town, mark["id"])
    assert "marks {" in await tables()
    time.days = 29.5
    await gone(town)
    assert "\nmarks {" not in await tables() and "mark_counts {" in await tables()
    time.days = 268
    await kept(town, mark["id"])
    time.days = 270.5
    await gone(town, mark["id"])


async def test_tombstones_go_and_who_missed_them_reads_anew(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    await lan.batch(pull=["areas"])
    async with writing() as w:
        w.left("a:11455", "places", "00000000-0000-4000-8000-000000000001")
        w.put("a:11455", "areas", "11455")
    time.days = 20
    assert "reset" not in await lan.batch(), "still there to be read"
    time.days = 89
    await kept(town, "'op': 'left'")
    time.days = 90.5
    await gone(town, "'op': 'left'")
    async with reading() as conn:
        row = (await conn.fetch("SELECT head, floor FROM streams WHERE name = 'a:11455'"))[0]
    assert 0 < row["floor"] <= row["head"]
    minh = await town.enrol(MINH)
    minh.checkpoints = lan.checkpoints
    assert (await minh.batch(pull=["areas"]))["reset"] == ["a:11455"]


async def test_sign_ins_codes_and_guesses_go(town: Town, time: Time) -> None:
    await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan:
        await tuan.sign_in("falsch")
    found = await tables()
    assert all(f"\n{name} {{" in found for name in ("sessions", "enrolments", "attempts"))
    time.days = 2
    await gone(town)
    found = await tables()
    assert not any(f"\n{name} {{" in found for name in ("sessions", "enrolments", "attempts"))


async def test_a_months_key_dies_and_is_in_no_memory(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", note())
    month = windows.month_of(clock.local_day(clock.now()))
    assert await media().keys("window/") == [month_key.object_name(month)]
    time.days = 30  # the month ended less than 31 days ago
    await erase.erase()
    assert await media().keys("window/") == [month_key.object_name(month)]
    time.days = 63
    await gone(town)
    assert await media().keys("window/") == [] and month not in month_key._kept


# ---- the run ----------------------------------------------------------------------------------------------------


async def test_a_dry_run_changes_nothing_and_a_day_has_one_run(town: Town, time: Time) -> None:
    await opinions(town, 2, 1)
    time.days = 40
    before = await tables()
    counts = await erase.due()
    assert counts["opinion_texts"] == counts["authors"] == 3 and await tables() == before
    assert await erase.daily() and not await erase.daily()
    assert set((await erase.due()).values()) == {0}
    time.days = 41
    assert await erase.daily()


async def test_many_rows_go_in_batches(town: Town, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erase, "BATCH", 3)
    await opinions(town, 4, 3)
    time.days = 40
    assert (await erase.erase())["opinion_texts"] == 7


async def test_without_the_store_the_texts_still_go(town: Town, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    sent, _ = await with_photo(lan, text="Ngõ qzmot ngập")
    await worker.drain()
    await lan.push("notes", sent | {"_deleted": True})
    await opinions(town, 1, text="Hỏi qzhai một cửa")
    time.days = 40

    async def away(*_: Any) -> list[str]:
        raise StoreAway

    with monkeypatch.context() as patch:
        patch.setattr(type(media()), "keys", away)
        patch.setattr(type(media()), "delete", away)
        with pytest.raises(StoreAway):
            await erase.erase()
    assert "qzhai" not in await tables() and len(await media().keys("photos/")) == 2
    await gone(town, "qzmot", "qzhai")
    assert await media().keys("photos/") == []


async def test_postgres_files_after_the_documented_clean_up(
    town: Town, time: Time, kind: str, request: pytest.FixtureRequest
) -> None:
    """SQLite is looked at file by file in every test here; PostgreSQL after VACUUM FULL and a checkpoint."""
    lan = await town.enrol(LAN)
    await lan.push("notes", opinion(text="Hỏi về qzmot một cửa"))
    await release(all_waiting=True)
    time.days = 40
    await gone(town, "qzmot")
    if kind == "production":
        cluster: Cluster = request.getfixturevalue("postgres")
        database = town.world.database_url.rpartition("/")[2]
        cluster.sql("VACUUM FULL", database)
        cluster.sql("CHECKPOINT", database)
        folder = cluster.data / "base" / cluster.sql(f"SELECT oid FROM pg_database WHERE datname = '{database}'")
        files = [path for path in folder.iterdir() if path.is_file()]
        assert len(files) > 50
        assert [path for path in files if b"qzmot" in path.read_bytes()] == []
