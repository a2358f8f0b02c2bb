"""Areas that moved, were merged or split, and reporters who hold others now: what was written is taken, what holds is read."""

import secrets
from typing import Any

import pytest

from areas_changed import close_area, day, hand_over, new_area
from cast import HOA, LAN, MINH, NGOC
from storage import clock, release
from storage.changes import writing
from storage.database import reading
from town import FieldPhone, Town, note, opinion

PUBLIC = ("areas", "places", "doors", "answers", "notices")


async def stored(id: str) -> dict[str, Any]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT area, ward, status FROM notes WHERE id = $1", id)
    return dict(rows[0])


async def publish_answer(area: str) -> str:
    """A published answer for an area, as the panel leaves it."""
    id = "5a1f6b1e-0000-4000-8000-" + secrets.token_hex(6)
    async with writing() as w:
        await w.conn.fetch(
            """INSERT INTO answers (id, issue, issues, version, topic, areas, title, text, status, state, written_by,
            created_at, published_at) VALUES ($1, 1, '[1]', 1, '10.1', $2, 'Đã nạo vét', 'Xong.', 'answered', 'published',
            'x', 0, 0)""",
            id,
            f'["{area}"]',
        )
        w.put(f"a:{area}", "answers", id)
    return id


async def pull_all(phone: FieldPhone, limit: int = 1000) -> None:
    """Pages until nothing remains; a lost stream starts everything anew, as clients do."""
    while True:
        before = dict(phone.checkpoints)
        answer = await phone.batch(pull=PUBLIC) if limit == 1000 else await small(phone, limit)
        if answer.get("drop") or answer.get("reset"):
            phone.checkpoints, phone.documents = {}, {}
        elif before == phone.checkpoints:
            return


async def small(phone: FieldPhone, limit: int) -> dict[str, Any]:
    """One batch whose pages are small."""
    asks = {
        name: {"limit": limit} | ({"cp": phone.checkpoints[name]} if name in phone.checkpoints else {})
        for name in PUBLIC
    }
    answer = (await phone.http.post("/v1/sync", json={"v": 1, "pull": asks}, headers=phone.headers)).json()
    for name, page in answer.get("pull", {}).items():
        phone.checkpoints[name] = page["checkpoint"]
        for document in page["documents"]:
            phone.documents.setdefault(name, {})[document["id"]] = document
    return dict(answer)


def held(phone: FieldPhone) -> dict[str, set[str]]:
    return {
        name: {id for id, document in rows.items() if not document["_deleted"]}
        for name, rows in phone.documents.items()
        if any(not document["_deleted"] for document in rows.values())
    }


async def test_a_merged_area_is_accepted_and_read_as_its_successor(town: Town) -> None:
    lan = await town.enrol(LAN)
    await pull_all(lan)
    await close_area("11455-T01", "11455-T02")
    unsent, words = note(), opinion()  # written before anybody told the phone
    assert await lan.push("notes", unsent, words, note(area="11455-T02")) == []
    assert await stored(unsent["id"]) == {"area": "11455-T01", "ward": "11455", "status": "received"}
    for_now, from_before = await publish_answer("11455-T02"), await publish_answer("11455-T01")
    minh = await town.enrol(MINH)
    for phone in (lan, minh):
        await pull_all(phone)
        assert {for_now, from_before} <= held(phone)["answers"]
        assert phone.documents["areas"]["11455-T01"]["successors"] == ["11455-T02"]
    assert (await town.enrol(LAN)).enrolled["areas"] == ["11455-T02"]
    # a stranger to both has no business there, closed or not
    assert (await (await town.enrol(HOA)).push("notes", note()))[0]["reject"]["code"] == "area_not_yours"


async def test_a_split_area_is_accepted_and_its_answers_reach_both_parts(town: Town) -> None:
    lan = await town.enrol(LAN)
    old = await publish_answer("11455-T01")
    for code in ("11455-T31", "11455-T32"):
        await new_area(code, "11455-K1")
    await close_area("11455-T01", "11455-T31", "11455-T32")
    unsent = note()
    assert await lan.push("notes", unsent, note(area="11455-T31"), note(area="11455-T32"), opinion()) == []
    assert (await stored(unsent["id"]))["area"] == "11455-T01"
    # reading it as the common parent makes nobody a holder of it
    assert (await lan.push("notes", note(area="11455-T02")))[0]["reject"]["code"] == "area_not_yours"
    await hand_over(MINH, ["11455-T32"])
    for person, sees in ((LAN, True), (MINH, True), (HOA, False)):
        phone = await town.enrol(person)
        await pull_all(phone)
        assert (old in held(phone).get("answers", set())) is sees, person.login
    assert (await town.enrol(LAN)).enrolled["areas"] == ["11455-T31", "11455-T32"]


async def test_a_group_that_moved_to_another_ward_is_read_there(town: Town) -> None:
    lan = await town.enrol(LAN)
    await pull_all(lan)
    place = next(iter(lan.documents["places"]))
    await new_area("11737-T31", "11737-K1")
    await close_area("11455-T01", "11737-T31")
    unsent = note(place=place)
    assert await lan.push("notes", unsent) == []
    assert await stored(unsent["id"]) == {"area": "11455-T01", "ward": "11737", "status": "received"}
    answer = await lan.batch(pull=PUBLIC)
    assert answer["drop"] == ["a:11455"]
    lan.checkpoints, lan.documents = {}, {}
    await pull_all(lan)
    assert "11737-T31" in held(lan)["areas"] and "11455-T02" not in held(lan)["areas"]


async def test_opinions_of_merged_wards_are_released_together(town: Town) -> None:
    lan, minh, ngoc = await town.enrol(LAN), await town.enrol(MINH), await town.enrol(NGOC)
    assert await release.release() == 0
    await lan.push("notes", opinion(), opinion())
    await minh.push("notes", opinion(), opinion())
    await ngoc.push("notes", opinion(area="11737-K1"))
    later = clock.now()
    await release.release(later)  # the beats begin
    assert await release.release(later + release.HOUR_MS) == 0  # four of two, and one: no company
    await close_area("11737", "11455")
    assert await release.release(later + 2 * release.HOUR_MS) == 5
    async with reading() as conn:
        rows = await conn.fetch("SELECT stream, COUNT(*) AS n FROM log WHERE stream LIKE 'w:%' GROUP BY stream")
    assert {row["stream"]: row["n"] for row in rows} == {"w:11455": 4, "w:11737": 1}


async def test_a_reporter_reassigned_between_two_pages_ends_with_what_a_fresh_phone_has(town: Town) -> None:
    hoa = await town.enrol(HOA)
    await small(hoa, 3)
    assert held(hoa)["places"], "the pull is under way"
    await hand_over(HOA, ["11737-T01"])
    unsent = note(area="11455-T05")
    assert await hoa.push("notes", unsent) == []
    assert (await stored(unsent["id"]))["status"] == "quarantined"
    await pull_all(hoa, limit=3)
    fresh = await town.enrol(HOA)
    await pull_all(fresh)
    assert held(hoa) == held(fresh) and "11737-T01" in held(hoa)["areas"] and "11455" not in held(hoa)["areas"]


@pytest.mark.parametrize("change", ["moved", "merged", "split"])
async def test_areas_that_change_between_two_pages_end_the_same(town: Town, change: str) -> None:
    lan = await town.enrol(LAN)
    await small(lan, 2)
    match change:
        case "moved":
            await new_area("11455-T31", "11455-K2")
            await close_area("11455-T01", "11455-T31")
        case "merged":
            await close_area("11455-T01", "11455-T02")
        case _:
            await new_area("11455-T31", "11455-K1")
            await new_area("11455-T32", "11455-K2")
            await close_area("11455-T01", "11455-T31", "11455-T32")
    await pull_all(lan, limit=2)
    fresh = await town.enrol(LAN)
    await pull_all(fresh)
    assert held(lan) == held(fresh)
    assert lan.documents["areas"] == fresh.documents["areas"]
    assert await lan.push("notes", note()) == []


@pytest.mark.parametrize("change", ["moved", "merged", "split", "reassigned"])
async def test_after_120_days_without_network_everything_is_taken(
    town: Town, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    lan = await town.enrol(LAN)
    await pull_all(lan)
    unsent, words = note(day=day(0)), opinion()
    later = clock.now() + 119 * clock.DAY_MS
    monkeypatch.setattr(clock, "_source", lambda: later)
    match change:
        case "moved":
            await new_area("11737-T31", "11737-K1", since=100)
            await close_area("11455-T01", "11737-T31", ago=100)
        case "merged":
            await close_area("11455-T01", "11455-T02", ago=100)
            await hand_over(LAN, ["11455-T02"], ago=100)  # longer ago than an area is remembered as held
        case "split":
            await new_area("11455-T31", "11455-K1", since=100)
            await new_area("11455-T32", "11455-K1", since=100)
            await close_area("11455-T01", "11455-T31", "11455-T32", ago=100)
            await hand_over(LAN, ["11455-T31"], ago=100)
        case _:
            await hand_over(LAN, ["11455-T05"], ago=50)
    # its token ran out 89 days ago: the batch still delivers, and nothing is lost when it goes again after enrolling
    answer = await lan.batch(push={"notes": [unsent, words]}, pull=PUBLIC)
    assert (answer["auth"], "push" in answer) == ("expired", False)
    again = await town.enrol(LAN)
    assert await again.push("notes", unsent, words) == []
    assert [(await stored(one["id"]))["status"] for one in (unsent, words)] == ["quarantined"] * 2
    await pull_all(again)
    assert "11455-T01" in held(again)["areas"] or change == "moved"


@pytest.mark.parametrize(("old", "new"), [("a:11455", "a:31"), ("a:31", "a:11455")])
@pytest.mark.parametrize("limit", [1, 1000])
async def test_a_document_that_moved_while_the_phone_was_away_is_there_whichever_stream_is_read_first(
    town: Town, old: str, new: str, limit: int
) -> None:
    lan, ngoc = await town.enrol(LAN), await town.enrol(NGOC)  # Ngọc follows the city, not this ward
    answer = await publish_answer(old.removeprefix("a:"))
    for phone in (lan, ngoc):
        await pull_all(phone)
    async with writing() as w:
        w.left(old, "answers", answer)
        w.put(new, "answers", answer)
    other = await publish_answer("11455")
    for phone in (lan, ngoc):
        await pull_all(phone, limit=limit)
    assert held(lan)["answers"] == {answer, other}
    assert held(ngoc).get("answers", set()) == ({answer} if new == "a:31" else set())


async def test_a_stream_lost_is_dropped_and_one_gained_is_read_from_its_beginning(town: Town) -> None:
    hoa = await town.enrol(HOA)
    old, waiting = await publish_answer("11455-T05"), await publish_answer("11737-T01")
    await pull_all(hoa)
    await hand_over(HOA, ["11737-T01"])
    answer = await hoa.batch(pull=["answers"])
    assert answer["drop"] == ["a:11455", "a:11455-T05"]
    await pull_all(hoa)
    assert held(hoa)["answers"] == {waiting} and old not in held(hoa)["answers"]


async def test_areas_gained_lost_or_merged_are_told_to_the_phone_that_names_what_it_holds(town: Town) -> None:
    hoa = await town.enrol(HOA)
    first: list[str] = hoa.enrolled["areas"]
    assert "areas" not in await hoa.batch(areas=first)  # nothing to say, and nothing said
    assert "areas" not in await hoa.batch()
    await hand_over(HOA, ["11455-T05", "11455-T06"])
    assert (await hoa.batch(areas=first))["areas"] == ["11455-T05", "11455-T06"]
    await close_area("11455-T06", "11455-T05")
    assert (await hoa.batch(areas=["11455-T05", "11455-T06"]))["areas"] == ["11455-T05"]
    assert "areas" not in await hoa.batch(areas=["11455-T05"])
    await hand_over(HOA, ["11737-T01"])
    assert (await hoa.batch(areas=["11455-T05"]))["areas"] == ["11737-T01"]


async def test_a_checkpoint_at_its_end_is_right_for_what_the_answer_left_out(town: Town) -> None:
    lan = await town.enrol(LAN)
    await pull_all(lan)
    await publish_answer("11455")
    (page,) = (await lan.batch(pull=PUBLIC))["pull"].values()
    assert page["more"] is False
    lan.checkpoints |= dict.fromkeys(PUBLIC, page["checkpoint"])
    assert "pull" not in await lan.batch(pull=PUBLIC)
    await new_area("11455-T41", "11455-K1")
    later = await publish_answer("11455")
    await lan.batch(pull=PUBLIC)
    assert "11455-T41" in held(lan)["areas"] and later in held(lan)["answers"]
