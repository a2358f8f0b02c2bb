"""`POST /v1/sync` and plain pull: checkpoints, exact pages, scope, running numbers. Documents as the wire says."""

import asyncio
import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from cast import HOA, LAN, MINH, NGOC
from storage import catalogue, clock
from storage.changes import writing
from storage.database import reading
from town import Town, note, opinion, photo_row

ALL = ("areas", "topics", "places", "doors", "settings", "answers", "notices", "notes", "photos", "messages")


async def test_a_cold_sync_brings_what_a_phone_needs_and_a_warm_one_nothing(town: Town) -> None:
    lan = await town.enrol(LAN)
    rounds = 0
    while True:
        rounds += 1
        answer = await lan.batch(pull=ALL)
        if not any(page["more"] for page in answer.get("pull", {}).values()):
            break
    assert rounds <= 6
    assert {"31", "11455", "11455-K1", "11455-T01"} <= lan.documents["areas"].keys()
    assert "11737-T01" not in lan.documents["areas"] and "11737" not in lan.documents["areas"]
    topic = lan.documents["topics"]["10.1"]
    assert topic["name"]["vi"] and topic["name"]["en"] and topic["lanes"]["rumour"] == "opinion"
    assert topic["lanes"]["observation"] == "place" and topic["parent"] == "10"
    assert all(place["area"] == "11455" for place in lan.documents["places"].values())
    assert {"D.1", "D.2"} <= {code for door in lan.documents["doors"].values() for code in door["for"]}
    assert lan.documents["settings"]["limits"]["limits"]["text"] == 280
    warm = await town.http.post(
        "/v1/sync",
        json={"v": 1, "pull": {name: {"cp": cp} for name, cp in lan.checkpoints.items()}},
        headers=lan.headers,
    )
    assert warm.json().keys() == {"auth", "server_time"} and len(warm.content) <= 250


async def test_own_notes_come_back_with_their_state_and_only_own_ones(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    mine, theirs = note(), note(area="11455-T02")
    await lan.batch(push={"notes": [mine]}, pull=ALL)
    await minh.batch(push={"notes": [theirs]}, pull=ALL)
    assert list(lan.documents["notes"]) == [mine["id"]]
    document = lan.documents["notes"][mine["id"]]
    assert document["status"] == "received" and "claim" not in document and "author" not in document
    allowed = {"id", "kind", "topic", "area", "text", "day", "status", "rev", "received_at", "_deleted"}
    assert document.keys() == allowed


async def test_pages_are_exact_while_more_remains(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = [note() for _ in range(23)]
    await lan.push("notes", *sent)
    seen: list[str] = []
    cp: Any = None
    sizes = []
    while True:
        page = await lan.pull("notes", limit=5, cp=cp)
        sizes.append(len(page["documents"]))
        seen += [document["id"] for document in page["documents"]]
        cp = page["checkpoint"]
        if not page["more"]:
            break
    assert sizes == [5, 5, 5, 5, 3]
    assert sorted(seen) == sorted(row["id"] for row in sent) and len(set(seen)) == 23
    assert (await lan.pull("notes", limit=5, cp=cp))["documents"] == []


async def test_a_document_of_several_streams_comes_once_a_page(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with writing() as w:
        for stream in ("a:31", "a:11455", "a:11455-T01"):
            w.put(stream, "topics", "10.1")
    cp: Any = None
    for _ in range(200):
        page = await lan.pull("topics", limit=7, cp=cp)
        found = [document["id"] for document in page["documents"]]
        assert len(found) == len(set(found))
        assert len(found) == 7 or not page["more"]
        cp = page["checkpoint"]
        if not page["more"]:
            break
    else:
        raise AssertionError("the pull never ended")


async def test_left_streams_give_tombstones_unless_the_document_is_elsewhere_in_scope(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.batch(pull=ALL)
    place = next(iter(lan.documents["places"]))
    async with writing() as w:
        w.left("a:11455", "places", place)
    await lan.batch(pull=["places"])
    assert lan.documents["places"][place] == {"id": place, "_deleted": True}
    async with writing() as w:
        w.put("g", "places", place)
        w.left("a:31", "places", place)
    await lan.batch(pull=["places"])
    assert lan.documents["places"][place]["_deleted"] is False


async def test_missing_running_numbers_are_named(town: Town) -> None:
    lan = await town.enrol(LAN)
    body: dict[str, Any] = {"v": 1, "device": lan.enrolled["device_id"], "seq_max": 41, "push": {"notes": []}}
    for seq in (2, 3, 10, 41, 12):
        body["push"]["notes"].append({"seq": seq, "newDocumentState": note()})
    answer = (await town.http.post("/v1/sync", json=body, headers=lan.headers)).json()
    assert answer["missing"] == [[1, 1], [4, 9], [11, 11], [13, 40]]
    void = {"seq": 4, "newDocumentState": {"id": str(uuid.uuid4()), "mark": "void"}}
    body["push"] = {
        "notes": [{"seq": seq, "newDocumentState": note()} for seq in (1, *range(5, 10), 11, *range(13, 41))],
        "marks": [void],
    }
    answer = (await town.http.post("/v1/sync", json=body, headers=lan.headers)).json()
    assert "missing" not in answer


async def test_another_epoch_resets_in_the_batch_and_is_410_in_a_plain_pull(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.batch(push={"notes": [note()]}, pull=ALL)
    async with writing() as w:
        await catalogue.set_meta(w.conn, "epoch", "feedbeef")
    sent = note()
    answer = await lan.batch(push={"notes": [sent]}, pull=ALL)
    assert f"u:{lan.enrolled['account']['id']}" in answer["reset"] and "g" in answer["reset"]
    assert answer["pull"]["notes"]["checkpoint"]["c"]["e"] == "feedbeef"
    assert {sent["id"]} < lan.documents["notes"].keys()  # the push was judged, everything is read again from 0
    again = await lan.batch(pull=ALL)
    assert "reset" not in again
    old = {"c": {"e": "0000", "v": {"g": 5}}}
    url = f"/v1/sync/topics/pull?cp={_cp(old)}"
    plain = await town.http.get(url, headers=lan.headers)
    assert (plain.status_code, plain.json()["code"], plain.json()["streams"]) == (410, "resync-required", ["g"])


def _cp(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_a_number_from_the_future_and_a_floor_need_a_resync(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.batch(pull=ALL)
    epoch = lan.checkpoints["topics"]["c"]["e"]
    future = {"c": {"e": epoch, "v": {"g": 10**9}}}
    answer = await town.http.get(f"/v1/sync/topics/pull?cp={_cp(future)}", headers=lan.headers)
    assert answer.status_code == 410
    async with writing() as w:
        await w.conn.fetch("UPDATE streams SET floor = 50 WHERE name = 'g'")
    answer = await town.http.get(
        f"/v1/sync/topics/pull?cp={_cp({'c': {'e': epoch, 'v': {'g': 49}}})}", headers=lan.headers
    )
    assert answer.status_code == 410
    answer = await town.http.get(
        f"/v1/sync/topics/pull?cp={_cp({'c': {'e': epoch, 'v': {'g': 50}}})}", headers=lan.headers
    )
    assert answer.status_code == 200


async def test_streams_out_of_scope_are_dropped_and_unsent_work_is_still_taken(town: Town) -> None:
    hoa = await town.enrol(HOA)
    await hoa.batch(pull=ALL)
    assert "11455-K2" in hoa.documents["areas"]
    account = hoa.enrolled["account"]["id"]
    async with writing() as w:
        today = "2026-01-01"
        await w.conn.fetch(
            "UPDATE account_areas SET valid_from = $2, valid_to = $3 WHERE account = $1", account, today, _yesterday()
        )
        await w.conn.fetch(
            "INSERT INTO account_areas (account, area, valid_from) VALUES ($1, $2, $3)", account, "11737-T01", today
        )
    late = note(area="11455-T05")
    answer = await hoa.batch(push={"notes": [late]}, pull=ALL)
    assert answer["drop"] == ["a:11455"]  # the only stream left behind that ever held something
    assert hoa.documents["notes"][late["id"]]["status"] == "quarantined"
    assert "11737-T01" in hoa.documents["areas"]
    assert all("a:11455" not in page["checkpoint"]["c"]["v"] for page in answer["pull"].values())


def _yesterday() -> str:
    return (clock.local_day(clock.now()) - timedelta(days=1)).isoformat()


async def test_opinion_notes_stay_out_of_the_office_until_released(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", opinion(), note())
    async with reading() as conn:
        rows = await conn.fetch("SELECT doc FROM log WHERE stream = 'w:11455'")
        lanes = await conn.fetch("SELECT lane FROM notes WHERE id = $1", rows[0]["doc"])
    assert len(rows) == 1 and lanes[0]["lane"] == "place"


async def test_the_answer_keeps_to_max_bytes_and_says_more(town: Town) -> None:
    lan = await town.enrol(LAN)
    body = {"v": 1, "max_bytes": 4096, "pull": {"topics": {"limit": 1000}}}
    answer = (await town.http.post("/v1/sync", json=body, headers=lan.headers)).json()
    page = answer["pull"]["topics"]
    assert page["more"] and 0 < len(json.dumps(page["documents"])) < 3 * 4096


async def test_bad_batches(town: Town) -> None:
    lan = await town.enrol(LAN)
    for body, status, code in (
        ({}, 400, "bad_request"),
        ({"v": 0}, 426, "client_too_old"),
        ({"v": -1}, 400, "bad_request"),
        ({"v": 1, "who": "Lan"}, 400, "bad_request"),
        ({"v": 1, "pull": {"accounts": {}}}, 400, "bad_request"),
        ({"v": 1, "push": {"answers": []}}, 400, "bad_request"),
        ({"v": 1, "pull": {"topics": {"limit": 100_000}}}, 400, "bad_request"),
    ):
        answer = await town.http.post("/v1/sync", json=body, headers=lan.headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    for path in ("/v1/sync/accounts/pull", "/v1/sync/log/pull"):
        assert (await town.http.get(path, headers=lan.headers)).status_code == 404
    assert (await town.http.get("/v1/sync/topics/pull?cp=!!", headers=lan.headers)).status_code == 400
    assert (await town.http.get("/v1/sync/topics/pull?limit=5000", headers=lan.headers)).status_code == 400


async def test_marks_are_counted_once_and_keep_no_account(town: Town) -> None:
    lan, ngoc = await town.enrol(LAN), await town.enrol(NGOC)
    await lan.batch(pull=["doors"])
    door = next(iter(lan.documents["doors"]))
    mark = {"id": str(uuid.uuid4()), "mark": "door", "door": door, "area": "11455-T01"}
    for _ in range(3):
        assert "push" not in await lan.batch(push={"marks": [mark]})
    assert "push" not in await ngoc.batch(push={"marks": [mark]})
    async with reading() as conn:
        counts = [dict(row) for row in await conn.fetch("SELECT mark, subject, area, n FROM mark_counts")]
        columns = {key for row in await conn.fetch("SELECT * FROM marks") for key in row}
    assert counts == [{"mark": "door", "subject": door, "area": "11455", "n": 1}]
    assert "account" not in columns and "author" not in columns


async def test_a_mark_on_an_opinion_issue_never_carries_a_group(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with writing() as w:
        for number, lane in ((41, "opinion"), (42, "place")):
            await w.conn.fetch(
                """INSERT INTO issues (number, ward, lane, kind, topic, area, title, summary, status, truth, outcome,
                urgent, created_at, rev) VALUES ($1, '11455', $2, 'question', '17.1', '11455', 'x', '', 'open', '', '',
                FALSE, 0, 1)""",
                number,
                lane,
            )
    marks = [
        {"id": str(uuid.uuid4()), "mark": "plus_one", "issue": number, "area": "11455-T01"} for number in (41, 42, 43)
    ]
    await lan.batch(push={"marks": marks})
    async with reading() as conn:
        counted = {row["subject"]: row["area"] for row in await conn.fetch("SELECT subject, area FROM mark_counts")}
        kept = {row["area"] for row in await conn.fetch("SELECT area FROM marks WHERE mark = 'plus_one'")}
    assert counted == {"41": "11455-K1", "42": "11455-T01", "43": "11455-K1"}
    assert kept == {"11455-K1", "11455-T01"}


async def test_the_same_batch_many_times_in_parallel_stores_each_note_once(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = [note() for _ in range(20)]
    rows = [{"newDocumentState": row} for row in sent]
    calls = [
        town.http.post("/v1/sync/notes/push", json=rows[::-1] if i % 2 else rows, headers=lan.headers) for i in range(8)
    ]
    answers = await asyncio.gather(*calls)
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, [])] * 8
    async with reading() as conn:
        stored = [row["id"] for row in await conn.fetch("SELECT id FROM notes")]
        numbers = [row["n"] for row in await conn.fetch("SELECT n FROM log WHERE stream = 'w:11455' ORDER BY n")]
    assert sorted(stored) == sorted(row["id"] for row in sent)
    assert len(numbers) == 20 and len(set(numbers)) == 20


async def test_a_wrong_clock_is_told_and_nothing_is_refused_or_kept(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await town.enrol(LAN)
    now = clock.now()
    monkeypatch.setattr(clock, "_source", lambda: now)
    minute = 60_000
    cases = [
        (now, None),
        (now + 5 * minute, None),
        (now - 5 * minute, None),
        (now + 5 * minute + 1, 5 * minute + 1),
        (now - 6 * minute, -6 * minute),
        (1, 1 - now),  # 1970
        (2_145_916_800_000, 2_145_916_800_000 - now),  # 2038
        (10**30, 1 << 52),
    ]
    for clock_ms, told in cases:
        sent = note(day="2038-01-01" if clock_ms > now else "1970-01-01")
        body = {"v": 1, "clock_ms": clock_ms, "push": {"notes": [{"newDocumentState": sent}]}}
        answer = await town.http.post("/v1/sync", json=body, headers=lan.headers)
        assert answer.status_code == 200 and "push" not in answer.json()
        assert answer.json().get("clock_skew_ms") == told
    async with reading() as conn:
        rows = await conn.fetch("SELECT day, captured_at, received_at FROM notes")
    today = clock.local_day(now).isoformat()
    assert [(row["day"], row["captured_at"], row["received_at"]) for row in rows] == [(today, None, now)] * len(cases)
    assert "clock_skew_ms" not in await lan.batch(pull=["topics"])  # a client that tells no clock


async def test_a_photo_row_whose_answer_was_lost_comes_by_the_next_pull(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    photo = photo_row(sent, b"x" * 40)
    sent["photos"] = [photo["id"]]
    await lan.push("notes", sent)
    assert await lan.push("photos", photo) == []  # the answer is lost: the client pulls before it sends again
    page = await lan.pull("photos")
    assert [document["id"] for document in page["documents"]] == [photo["id"]]
    assert (await lan.pull("photos", cp=page["checkpoint"]))["documents"] == []
    assert await lan.push("photos", photo) == []
    (document,) = (await lan.pull("photos", cp=page["checkpoint"]))["documents"]
    assert (document["id"], document["state"], document["offset"]) == (photo["id"], "expected", 0)
