"""Single cases of photo bytes: what happens to an upload while something else happens to it."""

import errno

import pytest

from announced import DATA, announced, state_of, writer_at
from cast import LAN
from forgetting import PHOTO, Time
from panel import note_row
from server import worker
from storage import erase, photos, uploads
from storage.bucket import Media, media
from storage.objects import StoreAway
from sync.problems import Problem
from town import Town


async def no_objects() -> None:
    await uploads.sweep(0)
    assert [key for key in await media().keys("") if not key.startswith("window/")] == []


async def nothing_left(photo: str) -> None:
    """No object, and no bytes counted."""
    await no_objects()
    state = await uploads.look(photo)
    assert state is None or state.offset == 0


async def test_a_termination_during_a_patch_wins_and_leaves_nothing(town: Town) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    writer = await writer_at(row["id"], 0)
    await writer.put(DATA[:1000])
    await writer.commit(more=True)
    await writer.put(DATA[1000:2000])
    assert (await lan.tus("DELETE", row["id"])).status_code == 204
    with pytest.raises(Problem) as late:
        await writer.commit(more=False)
    assert late.value.code == "upload_offset"
    await writer.leave()
    await nothing_left(row["id"])
    assert (await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")).status_code == 204
    assert (await state_of(lan, row["id"]))["state"] == "received"


async def test_an_expired_upload_is_announced_again_and_begins_at_0(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    sent, row = await announced(lan)
    assert (await lan.tus("PATCH", row["id"], DATA[:1000], Upload_Offset="0")).status_code == 204
    await lan.batch(pull=["photos"])
    time.days = photos.UPLOAD_DAYS - 1
    await worker.sweep()
    assert (await lan.tus("HEAD", row["id"])).headers["upload-offset"] == "1000"
    time.days = photos.UPLOAD_DAYS + 1
    await worker.sweep()
    await nothing_left(row["id"])
    again = await lan.tus("PATCH", row["id"], DATA[1000:], Upload_Offset="1000")
    assert (again.status_code, again.json()["code"]) == (404, "upload_unknown")
    await lan.batch(pull=["photos"])
    assert lan.documents["photos"][row["id"]] == {"id": row["id"], "_deleted": True}, "a phone that lost it hears so"
    answer = await lan.batch(push={"photos": [row]})
    assert answer["uploads"] == [{"photo_id": row["id"], "offset": 0}]
    assert (await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")).status_code == 204
    assert (await state_of(lan, row["id"]))["state"] == "received"
    assert (await note_row(sent["id"]))["status"] == "received", "the words were never in question"


async def test_a_note_withdrawn_during_the_upload_takes_the_photo_along(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent, row = await announced(lan, PHOTO)
    assert (await lan.tus("PATCH", row["id"], PHOTO[:1000], Upload_Offset="0")).status_code == 204
    assert await lan.push("notes", sent | {"_deleted": True}, assumed=sent) == []
    rest = await lan.tus("PATCH", row["id"], PHOTO[1000:], Upload_Offset="1000")
    assert rest.status_code == 204, "the phone is not left with an upload that never ends"
    await worker.drain()
    await erase.erase()
    await no_objects()
    assert await photos.picture(row["id"], small=True) is None, "its row stays for replays, without a name"
    assert (await note_row(sent["id"]))["status"] == "withdrawn"


@pytest.mark.parametrize("cause", [StoreAway("down"), StoreAway(str(OSError(errno.ENOSPC, "no space left")))])
async def test_the_store_fails_between_two_parts_of_one_patch(
    town: Town, monkeypatch: pytest.MonkeyPatch, cause: StoreAway
) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan)
    really, puts = Media.put, 0

    async def put(self: Media, key: str, data: bytes) -> None:
        nonlocal puts
        puts += 1
        if puts == 2:
            raise cause
        await really(self, key, data)

    with monkeypatch.context() as broken:
        broken.setattr(Media, "put", put)
        answer = await lan.tus("PATCH", row["id"], DATA, Upload_Offset="0")
    assert (answer.status_code, answer.json()["code"], puts) == (423, "upload_busy", 2)
    offset = int((await lan.tus("HEAD", row["id"])).headers["upload-offset"])
    assert offset == 256 * 1024, "what was durable before is kept"
    assert (await lan.tus("PATCH", row["id"], DATA[offset:], Upload_Offset=str(offset))).status_code == 204
    found = await uploads.raw_bytes(row["id"])
    assert found is not None and found[0] == DATA


async def test_the_store_fails_while_the_copies_are_put(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    _, row = await announced(lan, PHOTO)
    assert (await lan.tus("PATCH", row["id"], PHOTO, Upload_Offset="0")).status_code == 204
    really, refused = Media.put, 0

    async def put(self: Media, key: str, data: bytes) -> None:
        nonlocal refused
        if key.endswith("/320.jpg"):
            refused += 1
            raise StoreAway("full")
        await really(self, key, data)

    with monkeypatch.context() as broken:
        broken.setattr(Media, "put", put)
        with pytest.raises(StoreAway):
            await worker.drain()
    assert refused >= 1 and (await state_of(lan, row["id"]))["state"] == "received"
    await worker.drain()
    assert (await state_of(lan, row["id"]))["state"] == "stored"
    await uploads.sweep(0)
    assert len(await media().keys("photos/")) == 2 and await media().keys("raw/") == []


async def test_a_photo_that_is_gone_from_its_phone_ends_with_its_term(town: Town, time: Time) -> None:
    """Evicted storage: the phone can never send the rest. The note lives on, the half photo is swept."""
    lan = await town.enrol(LAN)
    sent, row = await announced(lan)
    assert (await lan.tus("PATCH", row["id"], DATA[:300_000], Upload_Offset="0")).status_code == 204
    assert len(await media().keys("raw/")) >= 1
    time.days = 20
    await lan.batch(pull=["photos"])
    time.days = photos.UPLOAD_DAYS + 1
    await worker.sweep()
    await nothing_left(row["id"])
    answer = await lan.batch(pull=["photos"])
    assert answer.get("uploads", []) == [] and lan.documents["photos"][row["id"]]["_deleted"]
    assert (await note_row(sent["id"]))["text"] == sent["text"]
