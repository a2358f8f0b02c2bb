"""R24: a phone's storage was wiped: every running number below the highest announced that never came is named."""

import random

import pytest

from cast import LAN
from town import FieldPhone, Town, note


def _numbers(ranges: list[list[int]]) -> set[int]:
    return {n for first, last in ranges for n in range(first, last + 1)}


async def _wiped(phone: FieldPhone, rng: random.Random) -> int:
    """Sends some of its numbers, loses the rest, then announces its highest. How many numbers are gone."""
    highest = rng.randint(1, 40)
    arrived = {n for n in range(1, highest + 1) if rng.random() < rng.random()}
    waiting = sorted(arrived, key=lambda _: rng.random())
    while waiting:  # in any order and in any portions, some of them twice
        some, waiting = waiting[:9], waiting[9:]
        again = rng.sample(sorted(arrived - set(waiting)), k=min(2, len(arrived - set(waiting))))
        rows = [{"seq": n, "newDocumentState": note()} for n in [*some, *again]]
        await _batch(phone, {"seq_max": rng.randint(max(some), highest), "push": {"notes": rows}})
    named = _numbers((await _batch(phone, {"seq_max": highest})).get("missing", []))
    assert named == set(range(1, highest + 1)) - arrived
    return len(named)


async def _batch(phone: FieldPhone, body: dict[str, object]) -> dict[str, list[list[int]]]:
    answer = await phone.http.post("/v1/sync", json={"v": 1, **body}, headers=phone.headers)
    return dict(answer.raise_for_status().json())


async def _phones(town: Town, how_many: int, seed: int) -> None:
    rng = random.Random(seed)
    gone = 0
    for n in range(how_many):
        try:
            gone += await _wiped(await town.enrol(LAN), rng)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, phone {n}") from error
    assert gone > how_many * 3, "too little was lost to prove anything"


async def test_100_wiped_phones(town: Town) -> None:
    await _phones(town, 100, seed=24)


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_500_wiped_phones(town: Town) -> None:
    await _phones(town, 500, seed=2_400)
