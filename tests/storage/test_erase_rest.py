"""The eraser (brief.md §2, S12): a canary in every place that holds words goes in by the real ways, time passes, and it is
nowhere: not in a table, not in an object, not in the files of the database. Photos, marks, log, keys, and the run itself."""

from typing import Any

import pytest

from cast import LAN, MINH, TUAN
from forgetting import PHOTO, Time, gone, kept, photo_state, tables, with_photo
from panel import opinions, signed_in
from postgres import Cluster
from server import worker
from storage import clock, erase, month_key, uploads
from storage.bucket import media
from storage.changes import writing
from storage.database import reading
from storage.objects import StoreAway
from storage.release import release
from sync import windows
from sync.words import CATALOGUE
from town import Town, note, opinion, photo_row

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


def test_every_term_has_a_name_in_both_languages() -> None:
    for term in (
        *(one.name for one in erase.TERMS),
        "photos",
        "photos_alone",
        "raw_bytes",
        "lost_objects",
        "month_keys",
    ):
        for language in ("vi", "en"):
            assert f"cli.erase.term.{term}" in CATALOGUE[language]
