"""R19: backup, wipe, restore. What comes back is what was there, but for what was erased since; a wrong key and one
changed byte are refused before anything changes. CI: a small ward; `--full`: 100,000 notes and 5,000 photos under load."""

import asyncio
import os
import random
import time as watch
from pathlib import Path
from typing import Any

import pytest

from cast import LAN, MINH, TUAN
from forgetting import Time, hits, tables, with_photo
from panel import confirmed, grouped, note_row, opinions, signed_in
from server import worker
from storage import backup, backup_file, clock, erase, forgotten, restore, uploads
from storage import photos as stored
from storage.backup_file import BadBackup
from storage.bucket import media
from storage.changes import writing
from storage.database import reading
from storage.month_key import object_name
from sync import windows
from town import Town, note, opinion, photo_row


@pytest.fixture
def pair() -> tuple[str, Any]:
    """Public half and identity."""
    public, private = backup_file.make_key()
    return public, backup_file.identity(f"# a remark\n{private}\n")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "ward.sotay"


def seen(file: Path) -> tuple[bytes, int]:
    """Content and mode."""
    return file.read_bytes(), file.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def wipe_all(*, store: bool) -> None:
    """Another machine: an empty database, and perhaps an empty store."""
    async with writing() as w:
        for table in backup.ALL_TABLES:
            if table._meta.tablename not in ("meta", "areas"):
                await w.conn.fetch(f"DELETE FROM {table._meta.tablename}")
    for key in await media().keys(""):
        if store or key.startswith(("photos/", "raw/")):
            await media().delete(key)


async def epoch() -> str:
    async with reading() as conn:
        return str((await conn.fetch("SELECT value FROM meta WHERE key = 'epoch'"))[0]["value"])


async def lived(town: Town) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """A phone with a note and a stored photo, beside other notes."""
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    sent, row = await with_photo(lan, text="Cột đèn qzmot gãy")
    await worker.drain()
    await minh.push("notes", *(note(area="11455-T02", text=f"Ngõ ngập qzhai {n}") for n in range(20)))
    await lan.push("notes", opinion(text="Hỏi qzba một cửa"))
    await lan.batch(pull=["notes", "photos"])
    await forgotten.flush()
    return lan, sent, row


async def test_what_was_backed_up_comes_back_and_phones_sync_again(
    town: Town, pair: tuple[str, Any], file: Path
) -> None:
    lan, sent, row = await lived(town)
    before, old = await tables(), await epoch()
    made = await backup.back_up(file, pair[0])
    assert made.objects == 2 and made.gone == 0 and made.rows > 40
    data, mode = seen(file)
    assert mode == 0o600 and not any(clear in data for clear in (b"qzmot", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"notes"))
    header, rows = await _rehearsed(file, pair[1])
    assert rows == made.rows and header.epoch == old
    await wipe_all(store=False)
    done = await restore.restore(file, pair[1])
    assert (done.rows, done.objects, done.texts, done.authors, done.listed) == (made.rows, 2, 0, 0, True)
    after = await tables()
    for word in ("qzmot", "qzhai 7", "qzba"):
        assert before.count(word) == after.count(word) > 0
    assert await epoch() != old
    assert len(await media().keys("photos/")) == 2
    answer = await lan.batch(pull=["notes", "photos"])
    assert set(answer["reset"]) >= {f"u:{lan.enrolled['account']['id']}"}
    lan.checkpoints.clear()
    await lan.batch(pull=["notes", "photos"])
    assert lan.documents["photos"][row["id"]]["state"] == "stored"
    assert await lan.push("notes", sent) == [], "what it still holds is sent again and is known"
    async with reading() as conn:
        assert (await conn.fetch("SELECT COUNT(*) AS n FROM notes"))[0]["n"] == 22
        assert not await conn.fetch("SELECT value FROM meta WHERE key = 'restoring'")
    await lan.push("marks", {"id": opinion()["id"], "mark": "told"})  # a table with numbers of its own goes on counting


async def _rehearsed(file: Path, key: Any) -> tuple[Any, int]:
    checked = await restore.check(file, key)
    return checked.header, sum(one["count"] for one in checked.manifest.tables.values())


async def test_what_was_erased_since_stays_erased(town: Town, pair: tuple[str, Any], file: Path) -> None:
    await town.enrol(LAN)
    await forgotten.flush()  # the list begins
    ids = await opinions(town, 2, 2, 1, text="Hỏi qzmot một cửa")
    kept = await opinions(town, 1, text="Hỏi qzhai một cửa")
    await backup.back_up(file, pair[0])
    async with signed_in(town, TUAN) as tuan:
        await confirmed(tuan, await grouped(tuan, ids))
    await erase.erase()
    assert await hits(town, "qzmot") == []
    await forgotten.flush()
    done = await restore.restore(file, pair[1], replace=True)
    assert done.listed and done.texts == done.authors == len(ids)
    assert await hits(town, "qzmot") == []
    assert "qzhai" in await tables() and (await note_row(kept[0]))["author"] is not None


async def test_without_the_list_all_words_of_opinions_and_all_authors_go(
    town: Town, pair: tuple[str, Any], file: Path
) -> None:
    await lived(town)
    await backup.back_up(file, pair[0])
    await wipe_all(store=True)
    done = await restore.restore(file, pair[1])
    assert not done.listed and done.texts == 1 and done.authors == 22
    left = await tables()
    assert "qzba" not in left and "qzmot" in left
    async with reading() as conn:
        assert not await conn.fetch("SELECT id FROM notes WHERE author IS NOT NULL OR tag IS NOT NULL")
        assert not await conn.fetch("SELECT stream FROM log WHERE stream LIKE 'u:%' AND collection = 'notes'")


async def test_a_list_that_begins_after_the_backup_counts_for_nothing(
    town: Town, pair: tuple[str, Any], file: Path, time: Time
) -> None:
    await lived(town)
    await backup.back_up(file, pair[0])
    await media().delete(forgotten.BEGUN)
    time.days = 1
    await forgotten.flush()
    assert not (await restore.restore(file, pair[1], replace=True)).listed


async def test_a_lost_key_of_a_month_leaves_no_tags(town: Town, pair: tuple[str, Any], file: Path) -> None:
    await lived(town)
    await backup.back_up(file, pair[0])
    month = windows.month_of(clock.local_day(clock.now()))
    await media().delete(object_name(month))
    await restore.restore(file, pair[1], replace=True)
    async with reading() as conn:
        assert not await conn.fetch("SELECT id FROM notes WHERE tag IS NOT NULL"), (
            "two keys would count one person twice"
        )


async def test_photos_on_their_way_are_asked_for_again(town: Town, pair: tuple[str, Any], file: Path) -> None:
    await forgotten.flush()
    lan = await town.enrol(LAN)
    _, whole = await with_photo(lan)
    _, half = await with_photo(lan, send=False)
    assert (await lan.tus("PATCH", half["id"], b"x" * 1000, Upload_Offset="0")).status_code == 204
    await backup.back_up(file, pair[0])
    await wipe_all(store=False)
    await restore.restore(file, pair[1])
    offsets = {one["photo_id"]: one["offset"] for one in (await lan.batch(pull=["photos"]))["uploads"]}
    assert offsets == {whole["id"]: 0, half["id"]: 0}


async def test_wrong_key_changed_byte_and_cut_file_change_nothing(
    town: Town, pair: tuple[str, Any], file: Path, tmp_path: Path
) -> None:
    await lived(town)
    await backup.back_up(file, pair[0])
    before = await tables()
    data, rng = seen(file)[0], random.Random(19)
    other = backup_file.identity(backup_file.make_key()[1])
    with pytest.raises(BadBackup, match="key"):
        await restore.restore(file, other, replace=True)
    bad = tmp_path / "bad.sotay"
    for at in (*rng.sample(range(len(data)), 12), len(data) - 1):
        bad.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(BadBackup):
            await restore.restore(bad, pair[1], replace=True)
    for size in (0, 100, len(data) // 2, len(data) - 1):
        bad.write_bytes(data[:size])
        with pytest.raises(BadBackup):
            await restore.restore(bad, pair[1], replace=True)
    with pytest.raises(restore.NotEmpty):
        await restore.restore(file, pair[1])
    assert await tables() == before


async def test_a_backup_of_a_newer_version_is_refused(town: Town, pair: tuple[str, Any], file: Path) -> None:
    async with writing() as w:
        await w.conn.fetch(
            "INSERT INTO migration (name, app_name, ran_on) VALUES ('2099', 'storage', CURRENT_TIMESTAMP)"
        )
    await backup.back_up(file, pair[0])
    async with writing() as w:
        await w.conn.fetch("DELETE FROM migration WHERE name = '2099'")
    with pytest.raises(BadBackup, match="newer 2099"):
        await restore.restore(file, pair[1], replace=True)


async def test_backups_older_than_thirty_days_go(town: Town, pair: tuple[str, Any], file: Path, time: Time) -> None:
    await backup.back_up(file, pair[0])
    stranger = file.with_name("letter.txt")
    stranger.write_text("x")
    for one in (file, stranger):
        os.utime(one, (clock.now() / 1000 - 31 * 86400,) * 2)
    made = await backup.back_up(file.with_name("next.sotay"), pair[0])
    assert made.removed == 1 and names(file.parent) == ["letter.txt", "next.sotay"]


async def test_what_a_killed_backup_left_goes_and_what_is_being_written_stays(
    town: Town, pair: tuple[str, Any], file: Path
) -> None:
    left = file.with_name(".old.sotay.0a1b2c3d")
    left.write_bytes(b"half")
    slow = file.with_name("slow.sotay")
    with backup_file.writing_to(slow, backup_file.recipient(pair[0])) as archive:
        (busy,) = set(file.parent.glob(".slow.sotay.*"))
        await backup.back_up(file, pair[0])
        assert busy.exists() and not left.exists()
        archive.add("header.json", b"{}")
    assert names(file.parent) == ["slow.sotay", "ward.sotay"]


async def test_the_list_of_the_erased_is_as_short_lived_as_backups(town: Town, time: Time) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", opinion())
    time.days = 30
    await erase.erase()
    assert await forgotten.flush() == 2
    assert len(await media().keys("erased/")) == 2
    time.days = 60
    await erase.erase()
    assert len(await media().keys("erased/")) == 2
    time.days = 63
    await erase.erase()
    assert await media().keys("erased/") == [forgotten.BEGUN]


async def test_a_backup_is_of_one_moment(town: Town, pair: tuple[str, Any], file: Path) -> None:
    """Notes come in while it is written; what it holds of them fits together: each with both of its rows in the log."""
    await forgotten.flush()
    lan = await town.enrol(LAN)
    await lan.push("notes", *(note() for _ in range(50)))
    going = True

    async def on_and_on() -> int:
        n = 0
        while going:
            await lan.push("notes", note())
            n += 1
        return n

    load = asyncio.create_task(on_and_on())
    for n in range(4):
        await backup.back_up(file.with_name(f"{n}.sotay"), pair[0])
    going = False
    assert await load > 0
    for n in range(4):
        await restore.restore(file.with_name(f"{n}.sotay"), pair[1], replace=True)
        async with reading() as conn:
            rows = await conn.fetch(
                "SELECT n.id, COUNT(l.doc) AS logged FROM notes n LEFT JOIN log l ON l.doc = n.id GROUP BY n.id"
            )
        assert len(rows) >= 50 and {row["logged"] for row in rows} == {2}


async def test_a_file_that_lies_about_itself_is_refused(town: Town, pair: tuple[str, Any], file: Path) -> None:
    """Sealed well, and not what it says: its rows are compared with its last word."""
    await lived(town)
    await backup.back_up(file, pair[0])
    lie = file.with_name("lie.sotay")
    with (
        backup_file.reading_from(file, pair[1]) as members,
        backup_file.writing_to(lie, backup_file.recipient(pair[0])) as out,
    ):
        for name, data in members:
            out.add(name, data.replace(b"qzmot", b"qzxxx"))
    with pytest.raises(BadBackup, match="broken digests"):
        await restore.restore(lie, pair[1], replace=True)


async def grown(town: Town, notes: int, photos: int) -> None:
    """By phones, as in life but for the pictures: a copy stands for each."""
    lan = await town.enrol(LAN)
    for start in range(0, notes, 50):
        some = [note(text=f"Ngõ ngập qzfull {start + n}") for n in range(50)]
        rows = [photo_row(one, b"picture") for one in some] if start < photos else []
        with_photos = [one | {"photos": [row["id"]]} for one, row in zip(some, rows, strict=True)] if rows else some
        await lan.batch({"notes": with_photos, "photos": rows})
        for row in rows:
            await lan.tus("PATCH", row["id"], b"picture", Upload_Offset="0")
            found = await uploads.raw_bytes(row["id"])
            assert found is not None
            await stored.keep(row["id"], b"large " * 500 + row["id"].encode(), b"small " * 50, 10, 10, found[1])


async def digests() -> dict[str, dict[str, Any]]:
    """Of every table as it stands, but for those into which a restore writes that it was (`followers`: the index of search
    was made anew), and of the pictures' copies."""
    found = {}
    async with reading() as conn:
        for table in backup.TABLES:
            name, one = table._meta.tablename, backup_file.Sum()
            if name in ("meta", "audit", "audit_head", "followers"):
                continue
            async for page in backup.pages(conn, table):
                for row in page:
                    one.add(backup.encode(table, row))
            found[name] = one.said
    objects = backup_file.Sum()
    for key in await media().keys("photos/"):
        objects.add_object(key, await media().get(key) or b"")
    return found | {"objects": objects.said}


@pytest.mark.full
@pytest.mark.timeout(3600)
async def test_a_large_ward_comes_back_whole(town: Town, pair: tuple[str, Any], file: Path) -> None:
    """R19: 100,000 notes and 5,000 photos, while phones go on pushing; then the same without load, compared row by row."""
    await grown(town, 100_000, 5_000)
    await forgotten.flush()  # the list of what was erased begins: without one all authors would go
    minh = await town.enrol(MINH)
    pushed: list[str] = []
    over = asyncio.Event()

    async def load() -> None:
        while not over.is_set():
            one = note(area="11455-T02", text=f"Trong lúc sao lưu {len(pushed)}")
            assert await minh.push("notes", one) == []
            pushed.append(one["id"])

    async with asyncio.TaskGroup() as group:
        group.create_task(load())
        begun = watch.monotonic()
        made = await backup.back_up(file, pair[0])
        took = watch.monotonic() - begun
        over.set()
    assert made.objects == 10_000 and made.gone == 0 and made.rows > 200_000 and len(pushed) > 100
    await _rehearsed(file, pair[1])
    quiet = file.with_name("quiet.sotay")
    await backup.back_up(quiet, pair[0])
    before = await digests()
    await wipe_all(store=False)
    begun = watch.monotonic()
    await restore.restore(quiet, pair[1])
    print(f"R19 {town.world.name}: {made.rows} rows, {made.size >> 20} MiB; backed up in {took:.0f} s beside "
          f"{len(pushed)} pushes, restored in {watch.monotonic() - begun:.0f} s")  # fmt: skip
    assert await digests() == before
    at = random.Random(19).randrange(quiet.stat().st_size)
    with quiet.open("r+b") as broken:
        broken.seek(at)
        byte = broken.read(1)
        broken.seek(at)
        broken.write(bytes([byte[0] ^ 1]))
    for bad, key in ((quiet, pair[1]), (file, backup_file.identity(backup_file.make_key()[1]))):
        with pytest.raises(BadBackup):
            await restore.restore(bad, key, replace=True)
    assert await digests() == before
