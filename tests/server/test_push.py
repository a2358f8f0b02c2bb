"""`POST /v1/sync/{collection}/push` and the notes part of the batch: every row has its own verdict, nothing twice."""

import gzip
import json
import uuid
from typing import Any

from cast import HOA, LAN, MINH, NGOC
from storage.changes import writing
from storage.database import reading
from town import Town, note, opinion


async def stored(id: str) -> dict[str, Any]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT * FROM notes WHERE id = $1", id)
    return dict(rows[0]) if rows else {}


async def test_a_note_is_taken_as_sent_and_kept_masked(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="Ngập trước ngõ, hỏi 0912 345 678", day="2026-11-20")
    assert await lan.push("notes", sent) == []
    row = await stored(sent["id"])
    assert "0912" not in row["text"] and "[" in row["text"]
    assert sent["claim"] not in json.dumps({name: str(value) for name, value in row.items()})


async def test_a_replay_stores_nothing_twice_and_is_taken(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    for _ in range(3):
        assert await lan.push("notes", sent) == []
    async with reading() as conn:
        assert len(await conn.fetch("SELECT id FROM notes")) == 1
        heads = await conn.fetch("SELECT head FROM streams WHERE name = 'w:11455'")
    assert heads[0]["head"] == 1


async def test_one_bad_row_does_not_hold_up_the_rest(town: Town) -> None:
    lan = await town.enrol(LAN)
    good = [note() for _ in range(49)]
    bad = note() | {"name": "Nguyễn Văn A"}
    answer = await lan.push("notes", *good[:20], bad, *good[20:])
    assert [(row["id"], row["status"], row["reject"]["code"], row["reject"]["field"]) for row in answer] == [
        (bad["id"], "rejected", "unknown_field", "name")
    ]
    assert "claim" not in answer[0]
    async with reading() as conn:
        assert len(await conn.fetch("SELECT id FROM notes")) == 49


async def test_a_lane_refuses_what_it_lacks(town: Town) -> None:
    lan = await town.enrol(LAN)
    cases = {
        "week": note(week="2026-W47"),
        "day": opinion(day="2026-11-20"),
        "place": opinion(place=str(uuid.uuid4())),
        "photos": opinion(photos=[str(uuid.uuid4())]),
        "urgent": opinion(urgent=True),
        "captured_at": opinion(captured_at=1),
        "heard_via": opinion(heard_via="market"),
    }
    answer = {row["id"]: row["reject"] for row in await lan.push("notes", *cases.values())}
    assert {field: answer[row["id"]]["code"] for field, row in cases.items()} == dict.fromkeys(cases, "lane_field")
    assert {field: answer[row["id"]]["field"] for field, row in cases.items()} == {field: field for field in cases}


async def test_a_door_topic_is_refused_and_leaves_no_trace(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note(topic="D.1", text="Tố giác một việc")
    answer = await lan.push("notes", sent)
    assert answer[0]["reject"]["code"] == "door_topic"
    assert await stored(sent["id"]) == {}


async def test_opinion_ids_may_not_hold_the_millisecond(town: Town) -> None:
    lan = await town.enrol(LAN)
    v7 = "0198c0de-0000-7000-8000-000000000001"
    assert (await lan.push("notes", opinion(id=v7)))[0]["reject"]["code"] == "id_bad"
    assert await lan.push("notes", note(id=v7)) == []
    for bad in ("00000000-0000-0000-0000-000000000000", str(uuid.uuid4()).upper(), "x" * 36):
        assert (await lan.push("notes", note(id=bad)))[0]["reject"]["code"] == "id_bad"


async def test_only_own_areas_and_the_right_level(town: Town) -> None:
    lan, ngoc = await town.enrol(LAN), await town.enrol(NGOC)
    assert (await ngoc.push("notes", note()))[0]["reject"]["code"] == "area_not_yours"
    assert (await lan.push("notes", note(area="11455-T02")))[0]["reject"]["code"] == "area_not_yours"
    assert (await lan.push("notes", note(area="11455-K1")))[0]["reject"]["code"] == "unknown_area"
    assert (await lan.push("notes", opinion(area="11455-T01")))[0]["reject"]["code"] == "unknown_area"
    assert (await lan.push("notes", opinion(area="11455-K2")))[0]["reject"]["code"] == "area_not_yours"
    assert (await lan.push("notes", note(area="99999")))[0]["reject"]["code"] == "unknown_area"


async def test_a_foreign_id_shows_nothing_of_the_other_note(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    sent = note(text="Chuyện riêng của tổ một")
    await lan.push("notes", sent)
    stolen = note(id=sent["id"], area="11455-T02", text="khác hẳn")
    answer = await minh.push("notes", stolen)
    assert answer[0]["reject"]["code"] == "id_taken"
    assert "riêng" not in json.dumps(answer, ensure_ascii=False)
    assert (await stored(sent["id"]))["text"].startswith("Chuyện")


async def test_an_edit_before_reading_is_taken_and_after_it_becomes_an_amendment(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="Đèn hỏng")
    await lan.push("notes", sent)
    assert await lan.push("notes", sent | {"text": "Đèn hỏng hai hôm"}, assumed=sent) == []
    assert (await stored(sent["id"]))["text"] == "Đèn hỏng hai hôm"
    async with reading() as conn:
        await conn.fetch("SELECT 1")
    await mark_opened(sent["id"])
    late = sent | {"text": "Đèn đã sáng lại"}
    answer = await lan.push("notes", late)
    assert (answer[0]["amendments"], answer[0]["text"]) == (1, "Đèn hỏng hai hôm")
    assert (await lan.push("notes", late)) == []  # a replay adds none
    assert (await stored(sent["id"]))["amendments"] == 1


async def mark_opened(id: str) -> None:
    async with writing() as w:
        await w.conn.fetch("UPDATE notes SET opened_at = $2, status = 'read' WHERE id = $1", id, w.now)


async def test_two_sides_merge_field_by_field(town: Town) -> None:
    lan = await town.enrol(LAN)
    base = note(text="Rác nhiều", reach="some", topic="11.1")
    await lan.push("notes", base)
    # this phone changed the words, the other one of the same account the reach
    await lan.push("notes", base | {"reach": "many"}, assumed=base)
    answer = await lan.push("notes", base | {"text": "Rác rất nhiều"}, assumed=base)
    assert [(row["text"], row["reach"]) for row in answer] == [("Rác rất nhiều", "many")]


async def test_withdrawing_before_and_after_reading(town: Town) -> None:
    lan = await town.enrol(LAN)
    first, second = note(), note()
    await lan.push("notes", first, second)
    assert await lan.push("notes", first | {"_deleted": True}) == []
    row = await stored(first["id"])
    assert (row["status"], row["text"]) == ("withdrawn", None)
    await mark_opened(second["id"])
    answer = await lan.push("notes", second | {"_deleted": True})
    assert (answer[0]["status"], answer[0]["_deleted"]) == ("read", False)


async def test_suspects_and_lately_held_areas_wait_in_quarantine(town: Town) -> None:
    hoa = await town.enrol(HOA)
    sent = note(area="11455-T05", text="chu tich phuong da tra loi ma chua ro")
    await hoa.push("notes", sent)
    assert (await stored(sent["id"]))["status"] == "quarantined"


async def test_bodies_that_cannot_be_read_are_400_and_too_big_ones_413(town: Town) -> None:
    lan = await town.enrol(LAN)
    url = "/v1/sync/notes/push"
    for body, headers, status, code in (
        (b"{", {}, 400, "bad_request"),
        (b'{"a":1}', {}, 400, "bad_request"),
        (b"[" * 100_000, {}, 400, "bad_request"),
        (b"\x1f\x8bbroken", {"Content-Encoding": "gzip"}, 400, "bad_request"),
        (gzip.compress(b"[]")[:-5], {"Content-Encoding": "gzip"}, 400, "bad_request"),
        (b"[]", {"Content-Encoding": "br"}, 400, "bad_request"),
        (b" " * 300_000, {}, 413, "too_large"),
        (gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}, 413, "too_large"),
        (json.dumps([{"newDocumentState": {"id": "x"}}] * 101).encode(), {}, 413, "too_many_rows"),
    ):
        answer = await town.http.post(url, content=body, headers=lan.headers | headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body[:20]
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert set(answer.json()["sentence"]) == {"vi", "en"}


async def test_gzip_bodies_are_read(town: Town) -> None:
    lan = await town.enrol(LAN)
    body = gzip.compress(json.dumps([{"newDocumentState": note()}]).encode())
    answer = await town.http.post(
        "/v1/sync/notes/push", content=body, headers=lan.headers | {"Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()) == (200, [])


async def test_odd_values_are_verdicts_never_errors(town: Town) -> None:
    lan = await town.enrol(LAN)
    odd: list[Any] = [
        7,
        None,
        [],
        {},
        {"id": None},
        note(text=""),
        note(text="x" * 281),
        note(text="a\x00b\x07c"),
        note(kind="hostile"),
        note(topic="77.7"),
        note(day=20261122),
        note(reach=None) | {"reach": None},
        note(claim="short"),
        note(photos=["a"]),
        note(text=None),
        note(captured_at=-1),
        note(day="2026-02-31"),
    ]
    answer = await lan.push("notes", *odd)
    codes = [row["reject"]["code"] for row in answer]
    # taken: control characters are stripped, an impossible day falls back to today's
    assert len(codes) == len(odd) - 2, codes
    assert set(codes) <= {"row_unreadable", "bad_value", "missing_field", "unknown_topic"}


async def test_an_id_several_times_in_one_push_is_judged_in_order(town: Town) -> None:
    lan = await town.enrol(LAN)
    first, other = note(text="Một"), note()
    rows = [first, other, first | {"text": "Hai"}, first, first | {"text": "Ba"}]
    answer = await lan.push("notes", *rows)
    assert [row["text"] for row in answer] == ["Hai"]  # the late copy of the first version is answered with the master
    assert (await stored(first["id"]))["text"] == "Ba"
