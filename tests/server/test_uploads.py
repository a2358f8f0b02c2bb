"""Photo bytes by tus: offsets, leases, cuts, checksums, finishing. One suite for both stores."""

import asyncio
import base64
import hashlib
from typing import Any

import pytest

from announced import DATA, announced, state_of, writer_at
from cast import LAN, MINH
from forgetting import with_photo
from server import worker
from storage import clock, database, photos, uploads
from storage.bucket import Media, media
from storage.changes import writing
from storage.database import reading
from storage.objects import StoreAway
from storage.samples.pictures import sample_photo
from sync.problems import Problem
from town import Town, note, opened, photo_row
from worlds import World


async def test_bytes_come_in_parts_and_are_received_when_the_hash_is_right(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    offset = 0
    for size in (100_000, 300_000, 300_000):
        answer = await lan.tus("PATCH", row["id"], DATA[offset : offset + size], Upload_Offset=str(offset))
        assert answer.status_code == 204, answer.text
        offset += size
        assert answer.headers["upload-offset"] == str(offset)
    assert (await state_of(lan, row["id"]))["state"] == "received"
    found = await uploads.raw_bytes(row["id"])
    assert found is not None and found[0] == DATA


async def test_head_tells_offset_and_length(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    await lan.tus("PATCH", row["id"], DATA[:12345], Upload_Offset="0")
    answer = await lan.tus("HEAD", row["id"])
    assert answer.status_code == 200
    assert (answer.headers["upload-offset"], answer.headers["upload-length"]) == ("12345", str(len(DATA)))
    assert answer.headers["cache-control"] == "no-store" and answer.headers["tus-resumable"] == "1.0.0"


async def test_a_wrong_offset_is_409_and_changes_nothing(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    for offset in ("1", str(len(DATA)), "99999999"):
        answer = await lan.tus("PATCH", row["id"], b"x", Upload_Offset=offset)
        assert (answer.status_code, answer.json()["code"]) == (409, "upload_offset")
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "0"


async def test_many_writers_at_one_offset_leave_exactly_one_copy(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    half = len(DATA) // 2
    answers = await asyncio.gather(*(lan.tus("PATCH", row["id"], DATA[:half], Upload_Offset="0") for _ in range(8)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(204) == 1 and set(codes) <= {204, 409, 423}, codes
    assert (await lan.tus("PATCH", row["id"], DATA[half:], Upload_Offset=str(half))).status_code == 204
    assert (await state_of(lan, row["id"]))["state"] == "received"


async def test_head_takes_the_lease_from_a_stalled_writer(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    stalled = await writer_at(row["id"], 0)
    early = await writer_at(row["id"], 0)  # has not even said yet that it writes
    await stalled.hold()
    busy = await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")
    assert (busy.status_code, busy.json()["code"]) == (423, "upload_busy")
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "0"
    assert (await lan.tus("PATCH", row["id"], DATA[:1000], Upload_Offset="0")).status_code == 204
    for writer in (stalled, early):
        for offset in (0, 1000):  # it wakes up where it was, or even guesses the place: its lease is gone
            writer.offset = writer.end = offset
            await writer.put(b"late")
            with pytest.raises(Problem) as late:
                await writer.commit(more=False)
            assert late.value.code == "upload_offset"
    assert len(await media().keys("raw/")) == 1
    assert (await lan.tus("PATCH", row["id"], DATA[1000:], Upload_Offset="1000")).status_code == 204
    assert (await state_of(lan, row["id"]))["state"] == "received"


async def test_a_wrong_hash_starts_the_photo_anew(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    wrong = bytes([DATA[0] ^ 1]) + DATA[1:]
    answer = await lan.tus("PATCH", row["id"], wrong, Upload_Offset="0")
    assert (answer.status_code, answer.json()["code"]) == (460, "upload_checksum")
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "0"
    document = await state_of(lan, row["id"])
    assert (document["state"], document["reject"]["code"]) == ("expected", "picture_hash")
    assert await media().keys("raw/") == []
    assert (await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")).status_code == 204
    assert (await state_of(lan, row["id"]))["state"] == "received"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_checksum_takes_all_of_a_part_or_nothing(town: Town, algorithm: str) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    digest = base64.b64encode(hashlib.new(algorithm, DATA).digest()).decode()
    bad = await lan.tus(
        "PATCH", row["id"], DATA[:-1] + b"?", Upload_Offset="0", Upload_Checksum=f"{algorithm} {digest}"
    )
    assert bad.status_code in (460,) or bad.json()["code"] == "upload_checksum"
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "0"
    good = await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0", Upload_Checksum=f"{algorithm} {digest}")
    assert good.status_code == 204
    odd = await lan.tus("PATCH", row["id"], b"", Upload_Offset=str(len(DATA)), Upload_Checksum="crc32 AAAA")
    assert odd.status_code == 400


async def test_more_bytes_than_announced_are_refused(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    answer = await lan.tus("PATCH", row["id"], DATA + b"x", Upload_Offset="0")
    assert (answer.status_code, answer.json()["code"]) == (400, "upload_length")


async def test_foreign_and_missing_uploads_answer_the_same(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    _, row = await announced(lan)
    for method in ("HEAD", "PATCH", "DELETE"):
        foreign = await minh.tus(method, row["id"], b"x", Upload_Offset="0")
        missing = await minh.tus(method, "00000000-0000-4000-8000-000000000000", b"x", Upload_Offset="0")
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
        assert foreign.status_code == 404
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "0"


async def test_stock_clients_create_and_send_in_one_request(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    row = photo_row(sent, DATA)
    pairs = {"photo_id": row["id"], "note": row["note"], "claim": row["claim"], "sha256": row["sha256"]}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())
    headers = lan.headers | {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(DATA)), "Upload-Metadata": metadata}
    for _ in range(2):  # the photo comes before its note; creating again is the same upload
        answer = await town.http.post("/v1/uploads", headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/uploads/{row['id']}")
    kind = {"Content-Type": "application/offset+octet-stream"}
    answer = await town.http.post("/v1/uploads", headers=headers | kind, content=DATA)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(DATA)))
    assert (await state_of(lan, row["id"]))["state"] == "received"
    assert await lan.push("notes", sent | {"photos": [row["id"]]}) == []


async def test_bad_creations(town: Town) -> None:
    lan = await town.enrol(LAN)
    base = lan.headers | {"Tus-Resumable": "1.0.0"}
    for headers, status in (
        ({"Upload-Length": "10"}, 400),
        ({"Upload-Length": "-1", "Upload-Metadata": "a YQ=="}, 400),
        ({"Upload-Length": str(9 << 20), "Upload-Metadata": "a YQ=="}, 413),
        ({"Upload-Length": "10", "Upload-Metadata": "photo_id !!!"}, 400),
        ({"Upload-Length": "10", "Upload-Metadata": "photo_id /w=="}, 400),  # no UTF-8 inside
        ({"Upload-Length": "10", "Upload-Metadata": b"photo_id \xff\xfe"}, 400),  # not ASCII
        ({"Upload-Length": "10", "Tus-Resumable": "0.2.2"}, 412),
    ):
        answer = await town.http.post("/v1/uploads", headers=base | headers)
        assert answer.status_code == status, headers


async def test_termination_and_method_override(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    url, headers = f"/v1/uploads/{row['id']}", lan.headers | {"Tus-Resumable": "1.0.0"}
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert (await town.http.post(url, headers=headers | kind, content=DATA[:5])).status_code == 204
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "5"
    assert (await town.http.post(url, headers=headers | {"X-HTTP-Method-Override": "DELETE"})).status_code == 204
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "0"
    assert await media().keys("raw/") == []
    assert (await town.http.post(url, headers=headers)).status_code == 400


async def test_options_say_what_is_spoken(town: Town) -> None:
    answer = await town.http.options("/v1/uploads")
    assert answer.status_code == 204 and answer.headers["tus-version"] == "1.0.0"
    assert "checksum" in answer.headers["tus-extension"]


async def test_store_away_is_423_and_the_bytes_go_on_later(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)

    async def away(key: str, data: bytes) -> None:
        raise StoreAway("down")

    with monkeypatch.context() as broken:
        broken.setattr(media(), "put", away)
        answer = await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")
        assert (answer.status_code, answer.json()["code"]) == (423, "upload_busy")
        assert await lan.push("notes", note()) == []  # words go through all the same
    assert (await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")).status_code == 204


async def test_a_lost_finish_is_done_by_the_sweeper(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)

    async def away(self: Media, keys: Any) -> Any:
        raise StoreAway("no part can be read")

    assert (await lan.tus("PATCH", row["id"], DATA[:1000], Upload_Offset="0")).status_code == 204
    with monkeypatch.context() as broken:
        broken.setattr(Media, "digest", away)
        assert (await lan.tus("PATCH", row["id"], DATA[1000:], Upload_Offset="1000")).status_code == 204
    assert (await state_of(lan, row["id"]))["state"] == "expected"
    await worker.finish_uploads()
    assert (await state_of(lan, row["id"]))["state"] == "received"


async def test_sweeping_takes_orphans_and_leaves_what_is_known(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    await lan.tus("PATCH", row["id"], DATA[:1000], Upload_Offset="0")
    await media().put("raw/11111111-1111-4111-8111-111111111111/0-x", b"orphan")
    assert await uploads.sweep(0) == 1
    assert len(await media().keys("raw/")) == 1
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "1000"


async def test_a_part_that_was_swept_gets_no_row(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    slow = await writer_at(row["id"], 0)
    await slow.put(b"x" * 1000)
    assert await uploads.sweep(0) == 1  # nobody has said yet whose it is
    with pytest.raises(Problem) as late:
        await slow.commit(more=False)
    assert late.value.code == "upload_offset"
    patient = await writer_at(row["id"], 0)
    await patient.hold()
    await patient.put(DATA[:1000])
    assert await uploads.sweep(0) == 0  # its writer holds the lease
    await patient.commit(more=False)
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "1000"
    assert len(await media().keys("raw/")) == 1


async def test_a_photo_becomes_two_clean_copies_and_the_original_goes(town: Town) -> None:
    lan = await town.enrol(LAN)
    picture = sample_photo(3, "flooded_road")
    sent, row = await announced(lan, picture)
    assert (await lan.tus("PATCH", row["id"], picture, Upload_Offset="0")).status_code == 204
    await worker.drain()
    assert (await state_of(lan, row["id"]))["state"] == "stored"
    keys = await media().keys("")
    assert [key for key in keys if key.startswith("raw/")] == []
    copies = [key for key in keys if key.startswith("photos/")]
    assert sorted(key.rsplit("/", 1)[1] for key in copies) == ["1600.jpg", "320.jpg"]
    for key in copies:
        data = await media().get(key)
        assert data is not None and data[:2] == b"\xff\xd8"
        for planted in (b"Exif", b"GPS", b"http://ns.adobe.com", b"<x:xmpmeta"):
            assert planted not in data
        assert sent["id"] not in key and row["id"] not in key


async def test_what_is_no_picture_is_rejected_and_the_note_stays(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent, row = await announced(lan)
    await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")
    await worker.drain()
    document = await state_of(lan, row["id"])
    assert (document["state"], document["reject"]["code"]) == ("rejected", "picture_type")
    assert await media().keys("raw/") == []
    await lan.batch(pull=["notes"])
    assert lan.documents["notes"][sent["id"]]["status"] == "received"


async def test_photos_of_opinion_notes_and_foreign_notes_are_refused(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    foreign = note()
    await lan.push("notes", foreign)
    row = photo_row(foreign, DATA) | {"claim": "B" * 22}
    answer = await minh.push("photos", row)
    assert (answer[0]["state"], answer[0]["reject"]["code"]) == ("rejected", "id_taken")


async def test_a_worker_takes_one_photo_at_a_time_and_leaves_the_others_to_the_next(settled: World) -> None:
    """With one row more each claim, a photo would wait for a minute for a worker that knows nothing of it. How PostgreSQL
    looks for the one depends on what it knows of the table: here it is left the way that looks again and again."""
    if settled.name == "production":
        base = settled.database_url.rpartition("/")[2]
        async with database.opened(settled.database_url), writing() as w:
            for way in ("hashjoin", "mergejoin", "material", "hashagg", "sort"):
                await w.conn.fetch(f'ALTER DATABASE "{base}" SET enable_{way} = off')
    async with opened(settled) as town:
        lan = await town.enrol(LAN)
        for _ in range(12):
            await with_photo(lan, send=False)
        async with writing() as w:
            await w.conn.fetch("UPDATE photos SET state = 'received'")
        now = clock.now()
        for taken in range(1, 13):
            assert await photos.claim(now) is not None
            async with reading() as conn:
                sql = "SELECT COUNT(*) AS n, MAX(tries) AS most FROM photos WHERE claimed_until > $1"
                (row,) = await conn.fetch(sql, now)
            assert (row["n"], row["most"]) == (taken, 1)
        assert await photos.claim(now) is None
