"""S3, S4: revoked phones over two processes, a code redeemed by a crowd, a token copied to a second device."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from cast import LAN, MINH
from installation import SOTAY, Installation
from processes import Child, free_port
from pushing_phones import Answer, Wire
from storage import clock, devices
from town import FieldPhone, Town, note
from worlds import World

REQUESTS = 1_000
REDEMPTIONS = 100


@contextmanager
def two_processes(settled: World) -> Iterator[tuple[Installation, list[str]]]:
    """An installation and a second server on the same database; the addresses of both."""
    with Installation(settled) as first:
        port = free_port()
        second = Child([SOTAY, "serve", "--port", str(port)], settled.data_dir / "second.log", env=first.env)
        url = f"http://127.0.0.1:{port}"
        try:
            second.wait_ready(lambda: _answers(url))
            yield first, [first.url, url]
        finally:
            second.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def one_of_five(wire: Wire, n: int) -> Answer:
    """A call a phone makes, each kind in its turn."""
    match n % 5:
        case 0:
            return wire.sync(notes=[note()])
        case 1:
            return wire.call("POST", "/v1/sync/notes/push", b"[]")
        case 2:
            return wire.call("GET", "/v1/sync/answers/pull")
        case 3:
            return wire.call("GET", "/v1/sync/stream")
        case _:
            return wire.tus("HEAD", "0190a1b2-0000-7000-8000-000000000000")


def test_a_revoked_phone_is_out_everywhere_at_once(settled: World) -> None:
    with two_processes(settled) as (first, urls):
        code = first.enrolment(LAN.login)["code"]
        enrolled = httpx.post(f"{urls[0]}/v1/enrol", json={"code": code}).raise_for_status().json()
        wires = [Wire(url, enrolled["token"]) for url in urls]
        assert [wire.sync(notes=[note()]).status for wire in wires] == [200, 200]
        assert first.sotay("device", "revoke", enrolled["device_id"])
        statuses: Counter[int] = Counter()
        for n in range(REQUESTS):
            answer = one_of_five(wires[n % 2], n // 2)
            assert answer.status == 403, f"request {n}: {answer}"
            statuses[answer.status] += 1
        for wire in wires:
            wire.close()
        listed = json.loads(first.sotay("device", "list", "--json"))
    assert statuses == {403: REQUESTS}
    assert [(one["id"], one["state"]) for one in listed] == [(enrolled["device_id"], "revoked")]


def test_of_a_crowd_exactly_one_gets_the_phone(settled: World) -> None:
    with two_processes(settled) as (first, urls):
        made = json.loads(first.sotay("enrol", LAN.login, "--sheet", "--json"))
        body = {"code": made["code"], "word": made["word"]}

        def redeem(n: int) -> int:
            return httpx.post(f"{urls[n % 2]}/v1/enrol", json=body, timeout=60).status_code

        with ThreadPoolExecutor(REDEMPTIONS) as crowd:
            statuses = Counter(crowd.map(redeem, range(REDEMPTIONS)))
        listed = json.loads(first.sotay("device", "list", "--json"))
    assert statuses == {200: 1, 403: REDEMPTIONS - 1}
    assert len(listed) == 1


async def copied() -> list[str]:
    return [one.id for one in await devices.listed() if one.copied_day]


async def test_a_copied_token_is_noticed_and_shown(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    thief = FieldPhone(town.http, lan.enrolled)  # the token alone: it has sent nothing and counts from 1
    for _ in range(3):
        await lan.batch(push={"notes": [note()]})
        await minh.batch(push={"notes": [note(area="11455-T02")]})
    assert await copied() == []
    for _ in range(2):
        await thief.batch(pull=["answers"])
        await lan.batch()
    assert await copied() == [lan.enrolled["device_id"]]
    shown = {one.id: one for one in await devices.listed()}
    assert shown[lan.enrolled["device_id"]].copied_day == clock.local_day(clock.now()).isoformat()
    await devices.revoke(lan.enrolled["device_id"])
    for phone in (lan, thief):
        answer = await town.http.post("/v1/sync", json={"v": 1}, headers=phone.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "revoked")


async def test_a_whole_phone_copied_is_noticed_once_both_have_gone_on(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.batch(push={"notes": [note()]})
    copy = FieldPhone(town.http, lan.enrolled, dict(lan.checkpoints), {}, lan.seq)
    await lan.batch(push={"notes": [note(), note()]})
    await copy.batch(push={"notes": [note()]})
    await lan.batch()
    await copy.batch()
    assert await copied() == [lan.enrolled["device_id"]]


async def test_one_late_copy_of_a_request_is_no_second_device(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    began = clock.now()
    for day in range(3):  # one a day, as bad luck may have it
        monkeypatch.setattr(clock, "_source", lambda day=day: began + day * (clock.DAY_MS + 1))
        await lan.batch(push={"notes": [note()]})
        late = {"v": 1, "device": lan.enrolled["device_id"], "seq_max": lan.seq - 1}
        assert (await town.http.post("/v1/sync", json=late, headers=lan.headers)).status_code == 200
    assert await copied() == []
