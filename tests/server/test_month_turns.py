"""Midnight of a month's first day, between the tag of a reporter and the transaction that stores the note."""

import pytest

from cast import LAN
from storage import clock, month_key
from storage.database import reading
from town import Town, opinion


async def test_a_tag_of_last_month_is_not_stored_in_this_one(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    prepare, now = month_key.prepare, clock.now()

    async def slow(month: str) -> bytes | None:
        key = await prepare(month)
        monkeypatch.setattr(clock, "_source", lambda: now + 31 * clock.DAY_MS)
        return key

    sent = opinion()
    await lan.push("notes", sent)
    monkeypatch.setattr(month_key, "prepare", slow)
    late = opinion()
    await lan.push("notes", late)
    async with reading() as conn:
        tags = {row["id"]: row["tag"] for row in await conn.fetch("SELECT id, tag FROM notes")}
    assert tags[sent["id"]] and tags[late["id"]] is None
