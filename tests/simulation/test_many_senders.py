"""R15: the same ids from eight senders at once, each push three times, in any order: one row each, both worlds."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from cast import LAN
from storage.database import reading
from town import FieldPhone, Town, note

SENDERS, TIMES, BATCH = 8, 3, 25


async def _push(phone: FieldPhone, rows: list[dict[str, Any]]) -> None:
    body = {"v": 1, "push": {"notes": [{"newDocumentState": row} for row in rows]}}
    for _ in range(20):
        answer = await phone.http.post("/v1/sync", json=body, headers=phone.headers)
        if answer.status_code == 503:  # raced too often or busy: what a phone does then
            await asyncio.sleep(0.05)
            continue
        assert answer.status_code == 200, answer.text
        assert not answer.json().get("push", {}).get("notes"), "a replay is no news"
        return
    raise AssertionError("never taken")


async def _all_at_once(town: Town, ids: int, seed: int) -> None:
    rng = random.Random(seed)
    phones = [await town.enrol(LAN) for _ in range(SENDERS)]
    rows = [note(text=f"Ngõ ngập lần thứ {n} trong mùa") for n in range(ids)]

    async def send(phone: FieldPhone) -> None:
        mine = [row for _ in range(TIMES) for row in rng.sample(rows, k=ids)]
        for start in range(0, len(mine), BATCH):
            await _push(phone, mine[start : start + BATCH])

    await asyncio.gather(*(send(phone) for phone in phones))
    async with reading() as conn:
        stored = [dict(row) for row in await conn.fetch("SELECT id, text, amendments, rev FROM notes")]
        log = await conn.fetch("SELECT doc FROM log WHERE collection = 'notes' AND stream LIKE 'u:%'")
    assert Counter(row["id"] for row in stored) == Counter(row["id"] for row in rows), f"seed {seed}"
    assert {(row["amendments"], row["rev"]) for row in stored} == {(0, 1)}, f"seed {seed}"
    assert len(log) == ids
    fresh = await phones[0].pull("notes", limit=1000)
    assert {doc["id"] for doc in fresh["documents"]} == {row["id"] for row in rows}


async def _same_id_other_words(town: Town, ids: int) -> None:
    """Two phones of an account hold different words for one id: the later words stand, the earlier ones are kept."""
    one, other = await town.enrol(LAN), await town.enrol(LAN)
    rows = [note(text=f"Bản thứ nhất của tin {n}") for n in range(ids)]
    other_rows = [row | {"text": f"Bản thứ hai của tin {n}"} for n, row in enumerate(rows)]
    await asyncio.gather(_conflicting(one, rows), _conflicting(other, other_rows))
    async with reading() as conn:
        texts = {row["id"]: row["text"] for row in await conn.fetch("SELECT id, text FROM notes")}
        beside = {row["note"]: row["fields"] for row in await conn.fetch("SELECT note, fields FROM amendments")}
    assert len(texts) == ids
    for first, second in zip(rows, other_rows, strict=True):
        said = {first["text"], second["text"]}
        assert texts[first["id"]] in said
        (kept,) = said - {texts[first["id"]]}
        assert kept in beside[first["id"]]


async def _conflicting(phone: FieldPhone, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        await phone.batch({"notes": rows[start : start + BATCH]})
        await asyncio.sleep(0)


async def test_200_ids_from_eight_senders(town: Town) -> None:
    await _all_at_once(town, 200, seed=15)


async def test_the_same_id_with_other_words_keeps_both(town: Town) -> None:
    await _same_id_other_words(town, 100)


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_1000_ids_from_eight_senders(town: Town) -> None:
    await _all_at_once(town, 1_000, seed=1_500)


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_1000_times_the_same_id_with_other_words(town: Town) -> None:
    await _same_id_other_words(town, 1_000)
