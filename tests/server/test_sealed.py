"""`POST /v1/sealed`: what a locked phone seals is judged as its own push, by whichever phone it is delivered; nothing else
opens with a push token, and nobody can seal in another phone's name."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import HOA, LAN, MINH
from sealing import Sealer, b64, plain
from storage import clock, devices, people, seal_key, secret, staff
from storage.database import reading
from storage.documents import set_pin_rule
from storage.samples.pictures import sample_photo
from sync import sealed, wire
from town import FieldPhone, Town, note, opinion, photo_row

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sealed.json").read_text(encoding="utf-8"))


async def post(town: Town, by: Sealer, items: list[dict[str, Any]]) -> httpx.Response:
    return await town.http.post("/v1/sealed", json=items, headers=by.headers)


async def sent(town: Town, by: Sealer, items: list[dict[str, Any]]) -> tuple[list[int], dict[int, str]]:
    """Numbers taken, and the codes of the others; in as many requests as it needs."""
    taken: list[int] = []
    codes: dict[int, str] = {}
    while items:
        run = 1
        while run < min(len(items), sealed.MAX_ITEMS) and len(json.dumps(items[: run + 1])) <= wire.MAX_BODY:
            run += 1
        answer = (await post(town, by, items[:run])).raise_for_status().json()
        taken += answer["taken"]
        codes |= {one["number"]: one["code"] for one in answer["refused"]}
        items = items[run:]
    return sorted(taken), codes


async def notes() -> list[dict[str, Any]]:
    async with reading() as conn:
        return [dict(row) for row in await conn.fetch("SELECT * FROM notes ORDER BY id")]


async def phone_of(town: Town, person: Any = LAN) -> tuple[FieldPhone, Sealer]:
    phone = await town.enrol(person)
    return phone, Sealer(phone.enrolled)


def test_both_sides_seal_alike(tmp_path: Path) -> None:
    """The vectors were sealed by the app's own code; the key derived from their secret opens them (`seal.test.ts`)."""
    file = tmp_path / "secret"
    file.write_text(VECTORS["recipient"]["secret"])
    secret.use(file)
    assert seal_key.public() == VECTORS["recipient"]["public"]
    for one in VECTORS["items"]:
        info = sealed.info(one["device"], one["number"])
        opened = seal_key.opened(one["enc"], one["ct"], info)
        assert opened is not None
        line, _, data = opened.partition(b"\n")
        assert json.loads(line) == one["what"] | {"push_token": one["push_token"]}
        assert data == plain(one["data"])
        found = sealed.inner(opened)
        assert found is not None and found[1] == data
        for wrong in (sealed.info(one["device"], one["number"] + 1), sealed.info(one["device"][::-1], one["number"])):
            assert seal_key.opened(one["enc"], one["ct"], wrong) is None


async def test_a_locked_phone_delivers_note_and_photo(town: Town) -> None:
    lan, seals = await phone_of(town)
    data = sample_photo(3, "flooded_road")
    items = seals.note_with_photo(note(text="Ngõ ngập, gọi 0912 345 678"), data, 1)
    assert len(items) >= 3
    for _ in range(3):  # the answer may be lost: again is the same
        assert await sent(town, seals, items) == (list(range(1, len(items) + 1)), {})
    (kept,) = await notes()
    assert kept["author"] == lan.enrolled["account"]["id"] and kept["status"] == "received"
    assert "0912" not in kept["text"] and "[điện thoại]" in kept["text"]
    answer = await lan.batch(pull=["notes", "photos"])
    assert [one["state"] for one in answer["pull"]["photos"]["documents"]] == ["received"]
    assert "missing" not in answer, "its running number has arrived"


async def test_the_open_phone_settles_afterwards(town: Town) -> None:
    """The app sends its queue as it always does: the rows are there already."""
    lan, seals = await phone_of(town)
    document = note()
    await sent(town, seals, [seals.row("notes", document, 1)])
    assert "push" not in await lan.batch({"notes": [document]})
    assert len(await notes()) == 1


async def test_parts_in_any_order_and_twice(town: Town) -> None:
    lan, seals = await phone_of(town)
    data = bytes(range(256)) * 1500
    first, second, third = seals.parts(photo := photo_row(note(), data), data)
    assert (await sent(town, seals, [second]))[1] == {2: "upload_unknown"}
    await sent(town, seals, [seals.row("photos", photo)])
    assert (await sent(town, seals, [second]))[1] == {2: "upload_offset"}
    assert (await sent(town, seals, [first, third, second]))[1] == {3: "upload_offset"}
    assert await sent(town, seals, [first, second, third]) == ([1, 2, 3], {})
    head = await lan.tus("HEAD", photo["id"])
    assert head.headers["upload-offset"] == str(len(data))


async def test_parts_go_on_where_the_open_phone_stopped(town: Town) -> None:
    lan, seals = await phone_of(town)
    data = bytes(range(256)) * 1500
    photo = photo_row(note(), data)
    await lan.push("photos", photo)
    assert (await lan.tus("PATCH", photo["id"], data[:100_000], Upload_Offset="0")).status_code == 204
    assert (await sent(town, seals, seals.parts(photo, data)))[1] == {}
    answer = await lan.pull("photos")
    assert [one["state"] for one in answer["documents"]] == ["received"], "the whole hash is right"


async def test_one_bad_item_never_blocks_the_others(town: Town) -> None:
    _, seals = await phone_of(town)
    other, _ = await phone_of(town, MINH)
    good = note()
    items = [
        seals.row("notes", note(kind="question", topic="D.1")),  # 1: the law of rows
        seals.row("notes", note(colour="red")),  # 2
        seals.row("notes", note(), device=other.enrolled["device_id"]),  # 3: bound to another phone
        seals.row("notes", note(), number=99),  # 4: bound to another number
        seals.row("notes", note(), push_token=other.enrolled["push_token"]),  # 5: another one's proof
        seals.row("notes", note(), push_token="x"),  # 6
        seals.row("notes", good),  # 7
        seals.item({"is": "row", "collection": "areas", "row": {"newDocumentState": {}}}),  # 8
        seals.item({"is": "part", "photo": "../x", "claim": "x", "offset": 0}, b"x"),  # 9
    ]
    flipped = dict(seals.row("notes", note()))  # 10: changed on its way
    raw = bytearray(plain(flipped["ct"]))
    raw[7] ^= 1
    flipped["ct"] = b64(bytes(raw))
    foreign = dict(items[6]) | {"device": "00000000-0000-4000-8000-000000000000", "number": 11}
    taken, codes = await sent(town, seals, [*items, flipped, foreign])
    assert taken == [7]
    assert codes == {1: "door_topic", 2: "unknown_field"} | dict.fromkeys(
        (3, 4, 5, 6, 8, 9, 10, 11), "sealed_unreadable"
    )
    assert [row["id"] for row in await notes()] == [good["id"]]


async def test_nobody_seals_in_another_phones_name(town: Town) -> None:
    """Anybody may seal to a public key, and a device's id stands on every rescue file. The proof inside does not."""
    _, victim = await phone_of(town)
    _, thief = await phone_of(town, HOA)
    forged = Sealer(
        {"device_id": victim.device, "push_token": thief.push_token, "seal_key": VECTORS["recipient"]["public"]}
    )
    forged.key = victim.key
    assert (await sent(town, thief, [forged.row("notes", note())]))[1] == {1: "sealed_unreadable"}
    assert await notes() == []


async def test_the_push_token_opens_nothing_else(town: Town) -> None:
    _, seals = await phone_of(town)
    document = note()
    body = {"v": 1, "push": {"notes": [{"newDocumentState": document}]}, "pull": {}}
    tries = [
        await town.http.post("/v1/sync", json=body, headers=seals.headers),
        await town.http.get("/v1/sync/answers/pull", headers=seals.headers),
        await town.http.post("/v1/sync/notes/push", json=[], headers=seals.headers),
        await town.http.head(f"/v1/uploads/{document['id']}", headers=seals.headers),
        await town.http.get("/v1/sync/stream", headers=seals.headers),
        await town.http.post("/v1/sealed", json=[], headers={"Authorization": "Bearer x"}),
        await town.http.post("/v1/sealed", json=[]),
    ]
    assert [answer.status_code for answer in tries] == [401] * 7
    assert (await post(town, seals, [])).json() == {"taken": [], "refused": []}


async def test_a_second_phone_delivers_for_the_first(town: Town) -> None:
    lan, seals = await phone_of(town)
    hoa, carrier = await phone_of(town, HOA)
    place, view = note(area="11455-T01"), opinion()
    taken, codes = await sent(town, carrier, [seals.row("notes", place, 1), seals.row("notes", view, 2)])
    assert (taken, codes) == ([1, 2], {})
    assert {row["author"] for row in await notes()} == {lan.enrolled["account"]["id"]}
    assert (await hoa.pull("notes"))["documents"] == []


async def test_what_a_revoked_phone_sealed_is_not_taken_at_this_door(town: Town) -> None:
    _, seals = await phone_of(town)
    _, carrier = await phone_of(town, HOA)
    item = seals.row("notes", note(), 1)
    await devices.revoke(seals.device)
    answer = await post(town, seals, [item])
    assert (answer.status_code, answer.json()["code"]) == (403, "revoked")
    assert (await sent(town, carrier, [item]))[1] == {1: "revoked"}
    account = await people.by_login(MINH.login)
    assert account is not None
    _, disabled = await phone_of(town, MINH)
    later = disabled.row("notes", note(area="11455-T02"), 1)
    await staff.disable_login(MINH.login)
    assert (await sent(town, carrier, [later]))[1] == {1: "revoked"}
    assert await notes() == []


async def test_late_items_wait_in_quarantine_and_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    _, seals = await phone_of(town)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + 40 * clock.DAY_MS)
    assert (await sent(town, seals, [seals.row("notes", note(), 1)]))[1] == {}
    assert [row["status"] for row in await notes()] == ["quarantined"]
    monkeypatch.setattr(clock, "now", lambda: now + 130 * clock.DAY_MS)
    answer = await post(town, seals, [seals.row("notes", note(), 2)])
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


async def test_a_request_has_its_size(town: Town) -> None:
    _, seals = await phone_of(town)
    many = [seals.row("notes", note()) for _ in range(sealed.MAX_ITEMS + 1)]
    assert (await post(town, seals, many)).status_code == 400
    assert (await sent(town, seals, many[:100]))[0] == list(range(1, 101))
    large = await town.http.post("/v1/sealed", content=b" " * (wire.MAX_BODY + 1), headers=seals.headers)
    assert large.status_code == 413
    for body in (b"{}", b"[1]", b'[{"device":"x"}]', b"\xff"):
        answer = await town.http.post("/v1/sealed", content=body, headers=seals.headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_phones_learn_the_key_and_the_rule_of_the_pin(town: Town) -> None:
    lan = await town.enrol(LAN)
    assert lan.enrolled["pin"] == "required" and lan.enrolled["seal_key"] == seal_key.public()
    limits = next(one for one in (await lan.pull("settings"))["documents"] if one["id"] == "limits")
    assert (limits["pin"], limits["seal_key"]) == ("required", seal_key.public())
    cp = (await lan.pull("settings"))["checkpoint"]
    await set_pin_rule("optional")
    (limits,) = (await lan.pull("settings", cp=cp))["documents"]
    assert limits["pin"] == "optional"
    assert (await town.enrol(MINH)).enrolled["pin"] == "optional"
