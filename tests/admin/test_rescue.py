"""Rescue files at the office: taken in once however often they come, a revoked phone's work waits in quarantine, each file
leaves its row in the trail. By the panel without JavaScript, and by `sotay rescue import`."""

import io
import json
from typing import Any

import pytest

from admin.access import csrf_token
from cast import BINH, LAN, MAI, NGOC, PHUC, SON, TUAN, Person
from panel import Official, PanelPage, signed_in
from sealing import Sealer, rescue_file
from server.rescue import rescue
from storage import audit, devices
from storage.database import reading
from storage.samples.pictures import sample_photo
from sync.sealed import NoRescueFile
from town import Town, note, opinion
from trail import trail

AT = "/panel/rescue"


async def filled(town: Town, person: Person = LAN) -> tuple[Sealer, list[dict[str, Any]]]:
    """A phone's unsent work: two notes, a photo."""
    seals = Sealer((await town.enrol(person)).enrolled)
    area = {"area": person.areas[0]}
    items = seals.note_with_photo(note(**area), sample_photo(4, "flooded_road"), 1)
    return seals, [*items, seals.row("notes", note(**area), 2)]


async def counted() -> dict[str, int]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT status, count(*) AS n FROM notes GROUP BY status")
    return {row["status"]: row["n"] for row in rows}


async def bring(official: Official, data: bytes, name: str = "sotay-2026-11-22.txt") -> PanelPage:
    page = await official.see(AT)
    (form,) = [one for one in page.forms if one.action == AT]
    fields = {key: value for key, value in form.fields if key != "file"}
    answer = await official.http.post(AT, data=fields, files={"file": (name, data, "text/plain")})
    return PanelPage(answer)


async def rows_of_trail() -> list[dict[str, Any]]:
    return [row for row in (await trail())[0] if row["action"] == "data.rescued"]


async def test_a_file_is_taken_once(town: Town) -> None:
    _, items = await filled(town)
    file = rescue_file(items)
    async with signed_in(town, TUAN) as tuan:
        for _ in range(2):
            page = await bring(tuan, file)
            assert page.status == 200 and f"Đã nhận {len(items)} mục" in page.text
            assert await counted() == {"received": 2}
        assert "Ngõ ngập" not in page.text, "what it says is not shown here"
    async with reading() as conn:
        photos = [dict(row) for row in await conn.fetch("SELECT state FROM photos")]
    assert [row["state"] for row in photos] == ["received"]
    rows = await rows_of_trail()
    assert len(rows) == 2 and {row["subject"] for row in rows} == {""}
    assert len({row["detail"] for row in rows}) == 1, "the same file"


async def test_a_revoked_phones_work_waits_in_quarantine(town: Town) -> None:
    seals, items = await filled(town)
    await devices.revoke(seals.device)
    async with signed_in(town, BINH) as binh:
        page = await bring(binh, rescue_file(items))
    assert f"Đã nhận {len(items)} mục" in page.text
    assert await counted() == {"quarantined": 2}


async def test_only_work_of_ones_own_areas(town: Town) -> None:
    _, items = await filled(town, NGOC)
    async with signed_in(town, TUAN) as tuan:
        page = await bring(tuan, rescue_file(items))
    assert f"Không nhận {len(items)} mục" in page.text and "địa bàn khác" in page.text
    assert await counted() == {}
    async with signed_in(town, PHUC) as phuc:
        await bring(phuc, rescue_file(items))
    assert await counted() == {"received": 2}


@pytest.mark.parametrize("person", [SON, MAI], ids=lambda person: person.role)
async def test_it_is_the_readers_and_the_administrators(town: Town, person: Person) -> None:
    _, items = await filled(town)
    async with signed_in(town, person) as official:
        assert (await official.see(AT)).status == 403
        token = next(value for name, value in official.http.cookies.items() if "session" in name)
        files = {"file": ("x.txt", rescue_file(items), "text/plain")}
        answer = await official.http.post(AT, data={"csrf": csrf_token(token)}, files=files)
        assert answer.status_code == 403
    assert await counted() == {} and await rows_of_trail() == []


async def test_without_the_forms_token_nothing_is_read(town: Town) -> None:
    _, items = await filled(town)
    async with signed_in(town, TUAN) as tuan:
        answer = await tuan.http.post(AT, files={"file": ("x.txt", rescue_file(items), "text/plain")})
        assert answer.status_code == 403
    assert await counted() == {} and await rows_of_trail() == []


async def test_a_damaged_file_gives_what_is_left_of_it(town: Town) -> None:
    seals, items = await filled(town)
    items.append(seals.row("notes", opinion(), 3))
    file = rescue_file(items)
    cut = file[: file.rindex(b"\n", 0, -1) + 40]  # the last line breaks off
    lines = file.split(b"\n")
    lines[1] = lines[1].replace(b'"ct":"', b'"ct":"AAAA')
    async with signed_in(town, TUAN) as tuan:
        page = await bring(tuan, cut)
        assert f"Đã nhận {len(items) - 1} mục" in page.text and "Không nhận 1 mục" in page.text
        page = await bring(tuan, b"\n".join(lines[:4]))
        assert "thiếu" in page.text and "không mở được" in page.text
        for nothing in (b"", b"xin chao\n", b'{"format":"sotay-sealed-1"}\n', b"\x00" * 400_000, file[40:]):
            page = await bring(tuan, nothing)
            assert page.status == 422 and "không phải tệp dự phòng" in page.text
        (form,) = [one for one in (await tuan.see(AT)).forms if one.action == AT]
        answer = await tuan.http.post(AT, data=dict(form.fields))
        assert answer.status_code == 422 and "Chưa chọn tệp" in answer.text


async def test_the_command_takes_any_file(town: Town) -> None:
    _, first = await filled(town)
    _, other = await filled(town, NGOC)
    for items in (first, other, first):
        done = await rescue(io.BytesIO(rescue_file(items)), audit.COMMAND)
        assert (done.taken, dict(done.refused), done.lost, done.stopped) == (len(items), {}, 0, "")
    assert await counted() == {"received": 4}
    assert {row["actor"] for row in await rows_of_trail()} == {"command"}
    with pytest.raises(NoRescueFile):
        await rescue(io.BytesIO(json.dumps(first).encode()), audit.COMMAND)
