"""R16: fifty rows, one of them bad in one of many ways: 49 are stored, one verdict comes back, nobody waits."""

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from cast import LAN
from storage.database import reading
from town import FieldPhone, Town, note

ROWS = 50
Spoil = Callable[[dict[str, Any]], dict[str, Any]]
BAD: list[tuple[str, Spoil]] = [
    ("unknown_field", lambda row: row | {"resident": "x"}),
    ("missing_field", lambda row: {name: value for name, value in row.items() if name != "kind"}),
    ("missing_field", lambda row: {name: value for name, value in row.items() if name != "text"}),
    ("missing_field", lambda row: {name: value for name, value in row.items() if name != "claim"}),
    ("bad_value", lambda row: row | {"kind": "gossip"}),
    ("bad_value", lambda row: row | {"text": "dài " * 100}),
    ("bad_value", lambda row: row | {"text": 7}),
    ("bad_value", lambda row: row | {"claim": "ngắn"}),
    ("bad_value", lambda row: row | {"photos": [str(uuid.uuid4())] * 4}),
    ("lane_field", lambda row: row | {"week": "2026-W47"}),
    ("unknown_topic", lambda row: row | {"topic": "99.9"}),
    ("door_topic", lambda row: row | {"topic": "D.1"}),
    ("unknown_area", lambda row: row | {"area": "00000-T01"}),
    ("unknown_area", lambda row: row | {"area": "11455-K1"}),
    ("area_not_yours", lambda row: row | {"area": "11455-T05"}),
    ("unknown_place", lambda row: row | {"place": str(uuid.uuid4())}),
    ("id_bad", lambda row: row | {"id": row["id"].upper()}),
    ("id_bad", lambda row: row | {"id": "0" * 36}),
]


async def _batches(town: Town, times: int, seed: int) -> None:
    rng = random.Random(seed)
    phone: FieldPhone = await town.enrol(LAN)
    good = 0
    for n in range(times):
        code, spoil = BAD[n % len(BAD)]
        rows = [note(text=f"Đèn hỏng ở cột thứ {n * ROWS + m}") for m in range(ROWS)]
        at = rng.randrange(ROWS)
        rows[at] = spoil(rows[at])
        answer = await phone.batch({"notes": rows})
        (verdict,) = answer["push"]["notes"]
        assert (verdict["status"], verdict["reject"]["code"]) == ("rejected", code), f"seed {seed}, batch {n}"
        assert "claim" not in verdict
        assert verdict["id"] == rows[at]["id"]
        assert "missing" not in answer, "the number of a refused row has arrived"
        good += ROWS - 1
        async with reading() as conn:
            counted = await conn.fetch("SELECT COUNT(*) AS n FROM notes")
        assert counted[0]["n"] == good, f"seed {seed}, batch {n}: {code}"


async def test_40_batches_with_one_bad_row(town: Town) -> None:
    await _batches(town, 40, seed=16)


@pytest.mark.full
@pytest.mark.timeout(1_800)
async def test_1000_batches_with_one_bad_row(town: Town) -> None:
    await _batches(town, 1_000, seed=1_600)
