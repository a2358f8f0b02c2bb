"""429: a quota per device and account, tries to enrol per address. Counted in the database, told with Retry-After."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from cast import LAN, MINH
from storage import clock, devices, people, quota
from storage.database import reading
from storage.quota import ENROL_TRIES, Quota
from town import FieldPhone, Town, note

MINUTE = 60_000


@pytest.fixture
def limited() -> Iterator[None]:
    quota.use(Quota(batches=3, rows=20))
    yield
    quota.use(None)


async def sent(phone: FieldPhone, rows: int = 1) -> httpx.Response:
    body = {"v": 1, "push": {"notes": [{"newDocumentState": note()} for _ in range(rows)]}}
    return await phone.http.post("/v1/sync", json=body, headers=phone.headers)


async def stored() -> int:
    async with reading() as conn:
        return int((await conn.fetch("SELECT COUNT(*) AS n FROM notes"))[0]["n"])


async def test_a_device_that_never_stops_is_told_to_wait_and_nothing_is_half_done(
    town: Town, limited: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now() // MINUTE * MINUTE + 20_000
    monkeypatch.setattr(clock, "_source", lambda: now)
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    answers = await asyncio.gather(*(sent(lan) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 9
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["retry-after"] == "41"  # to the end of the minute
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert (refused.json()["code"], refused.json()["retry"]) == ("too_many_requests", "later")
    assert await stored() == 3
    # the plain push counts too; what carries no row never does; other devices are not concerned
    plain = await town.http.post("/v1/sync/notes/push", json=[{"newDocumentState": note()}], headers=lan.headers)
    assert plain.status_code == 429
    for _ in range(9):
        await lan.batch(pull=["topics"])
    assert await minh.push("notes", note(area="11455-T02")) == []
    later = now + MINUTE
    monkeypatch.setattr(clock, "_source", lambda: later)
    assert (await sent(lan)).status_code == 200


async def test_an_account_has_its_rows_a_day_over_all_its_phones(
    town: Town, limited: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    midnight = (clock.now() + 7 * 3_600_000) // clock.DAY_MS * clock.DAY_MS - 7 * 3_600_000
    now = midnight + 12 * 3_600_000
    monkeypatch.setattr(clock, "_source", lambda: now)
    first, second, minh = await town.enrol(LAN), await town.enrol(LAN), await town.enrol(MINH)
    assert (await sent(first, 15)).status_code == 200
    refused = await sent(second, 6)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
    assert (await sent(second, 5)).status_code == 200  # what was refused was not counted
    assert await stored() == 20
    assert await minh.push("notes", note(area="11455-T02")) == []
    next_day = midnight + clock.DAY_MS
    monkeypatch.setattr(clock, "_source", lambda: next_day)
    assert (await sent(second, 6)).status_code == 200


async def test_a_day_of_an_honest_phone_meets_no_limit(town: Town) -> None:
    quota.use(Quota())
    try:
        lan = await town.enrol(LAN)
        for _ in range(20):  # a restored server gets the 2,000 documents a phone may hold, as fast as it takes them
            assert (await sent(lan, 100)).status_code == 200
    finally:
        quota.use(None)


async def test_tries_to_enrol_are_counted_by_address(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now() // quota.ENROL_WINDOW_MS * quota.ENROL_WINDOW_MS + MINUTE
    monkeypatch.setattr(clock, "_source", lambda: now)
    account = await people.by_login(LAN.login)
    assert account is not None
    for _ in range(3):  # good tries don't count
        await town.enrol(MINH)

    async def tried(code: str, **headers: str) -> httpx.Response:
        return await town.http.post("/v1/enrol", json={"code": code}, headers=headers)

    answers = [await tried("0000-0000-0000", **{"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(ENROL_TRIES)]
    assert {answer.json()["code"] for answer in answers} == {"code_unknown"}
    code = await devices.new_code(account.id)
    refused = await tried(code.typed)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "841"
    other = httpx.ASGITransport(app=town.http._transport.app, client=("192.0.2.7", 1))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=other, base_url="http://127.0.0.1:8000") as http:
        assert (await http.post("/v1/enrol", json={"code": "0000-0000-0000"})).json()["code"] == "code_unknown"
    later = now + quota.ENROL_WINDOW_MS
    monkeypatch.setattr(clock, "_source", lambda: later)
    assert (await tried((await devices.new_code(account.id)).typed)).status_code == 200
    async with reading() as conn:
        buckets = [row["bucket"] for row in await conn.fetch("SELECT bucket FROM attempts")]
    assert not any("127.0.0.1" in bucket or "192.0.2.7" in bucket for bucket in buckets)
