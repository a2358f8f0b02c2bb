"""What the reader's eye finds in a photo, and what the unit that repairs sees of a place issue's notes."""

from pathlib import Path
from typing import Any

import pytest

from cast import LAN, MAI, PHUC, SON, TUAN
from forgetting import photo_state, with_photo
from panel import Official, PanelPage, confirmed, grouped, note_row, opinions, signed_in
from server import worker
from storage import backup, backup_file, erase_photos, forgotten, restore
from storage.bucket import media
from storage.database import reading
from storage.objects import StoreAway
from town import Town, note


async def drop(official: Official, photo: str) -> PanelPage:
    """Sends what the form at a photo sends, from any page."""
    return await official.send(await official.see("/panel/"), "/panel/sign-out", f"/panel/photos/{photo}/drop")


async def test_a_photo_that_shows_more_than_a_place_goes_for_good(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent, row = await with_photo(lan, text="Cột đèn gãy")
    await worker.drain()
    form = f"/panel/photos/{row['id']}/drop"
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, PHUC) as phuc:
        assert (await drop(phuc, row["id"])).status == 404 and (await drop(mai, row["id"])).status == 403
        assert len(await media().keys("photos/")) == 2
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        after = await tuan.send(page, form)
        assert after.path.startswith(f"/panel/desk/{sent['id']}") and "Đã bỏ ảnh." in after.text
        assert "Cột đèn gãy" in after.text and f"/panel/photos/{row['id']}" not in after.html
        assert (await tuan.http.get(f"/panel/photos/{row['id']}/320")).status_code == 404
        assert (await drop(tuan, row["id"])).status == 404, "it is gone"
    assert await media().keys("photos/") == []
    await lan.batch(pull=["photos"])
    told = lan.documents["photos"][row["id"]]
    assert (told["state"], told["reject"]["code"], told["reject"]["retry"]) == ("rejected", "picture_dropped", "never")
    await lan.push("photos", row)  # a late copy of the phone's row
    assert await photo_state(row["id"]) == "rejected"


async def test_a_photo_taken_out_of_an_issue_is_gone_for_unit_and_officer(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await town.enrol(LAN)
    sent, row = await with_photo(lan)
    await worker.drain()
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, [sent["id"]], "Đèn gãy")
        await confirmed(tuan, number)
        assert f"/panel/photos/{row['id']}" in (await mai.see(f"/panel/issues/{number}")).html
        page = await tuan.see(f"/panel/issues/{number}")

        async def away(*keys: str) -> None:
            raise StoreAway("away")

        with monkeypatch.context() as patched:
            patched.setattr(media(), "delete", away)
            after = await tuan.send(page, f"/panel/photos/{row['id']}/drop")
        assert after.path.startswith(f"/panel/issues/{number}") and "Đã bỏ ảnh." in after.text
        assert f"/panel/photos/{row['id']}" not in (await mai.see(f"/panel/issues/{number}")).html
    assert len(await media().keys("photos/")) == 2, "the store was away"
    await erase_photos.erase(2**42)
    assert await media().keys("photos/") == [], "the sweeper finds what no row names"


async def test_a_restore_does_not_bring_it_back(town: Town, tmp_path: Path) -> None:
    await forgotten.flush()
    lan = await town.enrol(LAN)
    sent, row = await with_photo(lan)
    _, other = await with_photo(lan)
    await worker.drain()
    public, private = backup_file.make_key()
    await backup.back_up(tmp_path / "night.sotay", public)
    async with signed_in(town, TUAN) as tuan:
        await tuan.send(await tuan.see(f"/panel/desk/{sent['id']}"), f"/panel/photos/{row['id']}/drop")
    await forgotten.flush()
    await restore.restore(tmp_path / "night.sotay", backup_file.identity(private), replace=True)
    assert [await photo_state(one["id"]) for one in (row, other)] == ["rejected", "stored"]
    async with reading() as conn:
        (named,) = await conn.fetch("SELECT id, name FROM photos WHERE name IS NOT NULL")
    assert named["id"] == other["id"] and len(await media().keys("photos/")) == 2
    assert all(named["name"] in one for one in await media().keys("photos/"))


async def test_a_backup_from_before_it_was_rebuilt_does_not_either(town: Town, tmp_path: Path) -> None:
    await forgotten.flush()
    lan = await town.enrol(LAN)
    sent, row = await with_photo(lan)
    public, private = backup_file.make_key()
    await backup.back_up(tmp_path / "night.sotay", public)
    await worker.drain()
    async with signed_in(town, TUAN) as tuan:
        await tuan.send(await tuan.see(f"/panel/desk/{sent['id']}"), f"/panel/photos/{row['id']}/drop")
    await forgotten.flush()
    await restore.restore(tmp_path / "night.sotay", backup_file.identity(private), replace=True)
    assert await photo_state(row["id"]) == "rejected"


async def test_the_unit_sees_the_photos_of_what_was_merged_in(town: Town) -> None:
    lan = await town.enrol(LAN)
    (sent, row), (other, _) = await with_photo(lan), await with_photo(lan)
    await worker.drain()
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as son:
        into = await grouped(tuan, [other["id"]], "Cống tắc")
        await routed(tuan, into, (await unit())["id"])
        number = await grouped(tuan, [sent["id"]], "Cống tắc, đoạn sau")
        page = await tuan.see(f"/panel/issues/{number}")
        await tuan.send(page, f"/panel/issues/{number}/merge", into=into)
        assert f"/panel/photos/{row['id']}/320" in (await son.see(f"/panel/issues/{into}")).html
        assert (await son.http.get(f"/panel/photos/{row['id']}/320")).status_code == 200


async def test_a_redirected_note_shows_no_pictures(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent, row = await with_photo(lan)
    await worker.drain()
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        assert row["id"] in page.html
        await tuan.send(page, f"/panel/desk/{sent['id']}/redirect")
        assert row["id"] not in (await tuan.see(f"/panel/desk/{sent['id']}")).html


async def routed(reader: Official, number: int, unit: str) -> None:
    page = await reader.see(f"/panel/issues/{number}")
    await reader.send(page, f"/panel/issues/{number}/route", unit=unit, due="")


async def test_the_unit_sees_where_when_and_what_of_a_place_issue(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="Nắp cống vỡ trước cổng chợ")
    await lan.push("notes", sent)
    pseudonym = (await note_row(sent["id"]))["pseudonym"]
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, SON) as son:
        number = await grouped(tuan, [sent["id"]], "Nắp cống")
        await routed(tuan, number, (await unit())["id"])
        page = await son.see(f"/panel/issues/{number}")
        assert "Nắp cống vỡ trước cổng chợ" in page.text and pseudonym not in page.html
        assert not [one.action for one in page.forms if "take-out" in one.action or "drop" in one.action]
        assert not [given for _, given in page.elements if given.get("name") == "pick"]
        assert "Nắp cống vỡ trước cổng chợ" not in (await mai.see(f"/panel/issues/{number}")).text
    async with reading() as conn:
        assert await conn.fetch("SELECT n FROM audit WHERE action = 'read.issue' AND actor = $1", (await unit())["id"])


async def test_the_unit_reads_no_opinion(town: Town) -> None:
    ids = await opinions(town, 2, 2, 1, text="Hỏi qzmot một cửa")
    async with signed_in(town, TUAN) as tuan, signed_in(town, SON) as son:
        number = await grouped(tuan, ids, "Một cửa")
        await routed(tuan, number, (await unit())["id"])
        page = await son.see(f"/panel/issues/{number}")
        assert page.status == 200 and "qzmot" not in page.html


async def unit() -> dict[str, Any]:
    async with reading() as conn:
        return dict((await conn.fetch("SELECT id FROM accounts WHERE login = $1", SON.login))[0])
