"""Single cases of the wire that belong to no other file: each is one sentence of docs/wire.md."""

from cast import LAN
from storage import devices
from storage.database import reading
from town import Town, note, photo_row


async def test_what_a_revoked_phone_had_not_sent_is_taken_after_enrolling_again(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent, unsent = note(), note()
    await lan.push("notes", sent)
    await devices.revoke(lan.enrolled["device_id"])
    body = {"v": 1, "push": {"notes": [{"newDocumentState": unsent}]}}
    refused = await town.http.post("/v1/sync", json=body, headers=lan.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "revoked")
    again = await town.enrol(LAN)
    assert await again.push("notes", sent, unsent) == []
    async with reading() as conn:
        rows = await conn.fetch("SELECT id, status FROM notes")
    assert {row["id"]: row["status"] for row in rows} == {sent["id"]: "received", unsent["id"]: "received"}


async def test_what_a_client_writes_into_server_fields_changes_nothing(town: Town) -> None:
    lan = await town.enrol(LAN)
    forged = {
        "status": "cleared",
        "issue": 7,
        "rev": 99,
        "amendments": 5,
        "received_at": "1999-01-01T00:00:00Z",
        "ask": "x",
    }
    sent = note()
    assert await lan.push("notes", sent | forged) == []
    await lan.batch(pull=["notes"])
    held = lan.documents["notes"][sent["id"]]
    assert (held["status"], held["rev"]) == ("received", 1) and not held.keys() & {"issue", "amendments", "ask"}
    assert not held["received_at"].startswith("1999")


async def test_a_photo_row_may_come_before_its_note(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent, data = note(), b"x" * 64
    photo = photo_row(sent, data)
    assert await lan.push("photos", photo) == []
    answer = await lan.tus("PATCH", photo["id"], data[:32], Upload_Offset="0")
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "32")
    assert await lan.push("notes", sent | {"photos": [photo["id"]]}) == []
    answer = await lan.tus("HEAD", photo["id"])
    assert (answer.status_code, answer.headers["upload-offset"]) == (200, "32")
