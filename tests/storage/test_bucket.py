"""Both object stores keep the same promises; the month's key is one for all hosts and lies outside the database."""

import asyncio
import os
from pathlib import Path

import pytest

from cast import HOA, LAN, MINH
from s3 import Store
from storage import bucket, month_key
from storage.bucket import FileBucket, Media, make_bucket, media
from storage.bucket_s3 import S3Bucket
from storage.database import reading
from storage.objects import StoreAway
from town import Town, opinion
from worlds import World


@pytest.fixture
def store(world: World) -> bucket.Bucket:
    return make_bucket(world.media_url)


def test_objects_come_back_as_they_were_put(store: bucket.Bucket) -> None:
    store.put("raw/a/1", b"\x00\xff" * 70_000)
    store.put("raw/a/2", b"")
    store.put("photos/ngõ.jpg", b"x")
    assert store.get("raw/a/1") == b"\x00\xff" * 70_000
    assert store.get("raw/a/2") == b""
    assert store.keys("raw/") == ["raw/a/1", "raw/a/2"]
    assert store.keys("") == ["photos/ngõ.jpg", "raw/a/1", "raw/a/2"]


def test_missing_objects_are_none_and_deleting_them_is_no_error(store: bucket.Bucket) -> None:
    assert store.get("nothing") is None
    store.delete("nothing")
    store.put("a/b", b"1")
    store.delete("a/b")
    assert store.get("a/b") is None and store.keys("a") == []
    store.put("a/b", b"2")
    assert store.get("a/b") == b"2"


async def test_many_at_once(store: bucket.Bucket) -> None:
    many = Media(store)
    await asyncio.gather(*(many.put(f"p/{i}", bytes([i]) * 1000) for i in range(40)))
    found = await asyncio.gather(*(many.get(f"p/{i}") for i in range(40)))
    assert found == [bytes([i]) * 1000 for i in range(40)]
    many.close()


def test_a_store_that_is_away_stops_no_start_and_says_so_soon() -> None:
    away = make_bucket("s3+http://key:secret@127.0.0.1:9/bucket")
    with pytest.raises(StoreAway):
        away.put("key", b"bytes")


def test_a_bucket_nobody_could_make_at_the_start_is_made_by_the_first_put(s3: Store) -> None:
    late = S3Bucket(s3.url("not-made-yet"))
    late.put("key", b"bytes")
    assert late.get("key") == b"bytes"


def test_what_a_crash_inside_put_left_is_cleared_away(tmp_path: Path) -> None:
    store = FileBucket(tmp_path)
    store.put("raw/a/1", b"bytes")
    old, young = tmp_path / "raw" / "a" / ".2.dead", tmp_path / "raw" / "a" / ".3.live"
    for left in (old, young):
        left.write_bytes(b"an original")
    os.utime(old, (0, 0))
    assert store.keys("raw/") == ["raw/a/1"]
    assert young.exists() and not old.exists()


def test_keys_cannot_leave_the_folder(world: World) -> None:
    folder = FileBucket(world.data_dir / "inside")
    with pytest.raises(ValueError, match="outside"):
        folder.put("../outside", b"x")
    assert not (world.data_dir / "outside").exists()


def test_unknown_schemes_are_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match="s3\\+https"):
        make_bucket("ftp://x")


async def test_the_months_key_is_made_once_and_kept_outside_the_database(town: Town) -> None:
    first = await month_key.prepare("2026-11")
    month_key.forget()
    keys = await asyncio.gather(*(month_key.prepare("2026-12") for _ in range(6)))
    assert first is not None and len(set(keys)) == 1 and keys[0] not in (None, first)
    assert await media().get("window/2026-11.key") == first
    async with reading() as conn:
        kept = [dict(row) for row in await conn.fetch("SELECT * FROM meta")]
    assert first.hex() not in str(kept) and repr(first) not in str(kept)


async def test_tags_tell_reporters_apart_within_a_month_only(town: Town) -> None:
    for person, area in ((LAN, "11455-K1"), (MINH, "11455-K1"), (HOA, "11455-K2")):
        phone = await town.enrol(person)
        await phone.push("notes", opinion(area=area), opinion(area=area))
    async with reading() as conn:
        tags = [row["tag"] for row in await conn.fetch("SELECT tag FROM notes")]
        accounts = [row["id"] for row in await conn.fetch("SELECT id FROM accounts")]
    assert len(tags) == 6 and len(set(tags)) == 3
    other = await month_key.prepare("2027-01")
    assert other is not None
    assert not {month_key.tag(other, account) for account in accounts} & set(tags)


async def test_notes_are_taken_without_a_tag_while_the_store_is_away(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await town.enrol(LAN)

    async def away(key: str) -> bytes | None:
        raise StoreAway("down")

    monkeypatch.setattr(media(), "get", away)
    assert await lan.push("notes", opinion()) == []
    async with reading() as conn:
        rows = await conn.fetch("SELECT tag FROM notes")
    assert [row["tag"] for row in rows] == [None]
