"""The digest: what it says and hides, its forms and files, who may take it (S9, S13, S15)."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from admin import digest, digest_files
from admin.digest import Digest
from admin.digest_files import FORMATS
from cast import HOA, LAN, MAI, PHUC, SON, TUAN
from panel import Official, confirmed, grouped, opinions, signed_in
from storage import catalogue, clock, database, totals
from storage.database import reading
from storage.digest import Span, matters
from storage.viewer import Missing
from sync import windows
from town import Town, note
from trail import trail
from ward_template import WHOLE, template

TODAY = clock.local_day(clock.now())
WEEK, MONTH = windows.week_of(TODAY), windows.month_of(TODAY)
REASON = "Báo cáo giao ban tháng của phường"


async def made(area: str = "11455", period: str = MONTH) -> Digest:
    world = await catalogue.catalogue()
    async with reading() as conn:
        return await digest.gather(conn, world, area, period, clock.local_day(clock.now()))


def words(one: Digest) -> str:
    lines = [one.subject, *(block.text for block in one.blocks)]
    return "\n".join(lines + [" | ".join(row) for block in one.blocks for row in block.rows])


def sheets(one: Digest) -> str:
    return "\n".join(" | ".join(row) for sheet in one.sheets for row in sheet.rows)


@pytest.fixture
async def ward(town: Town) -> AsyncIterator[Town]:
    """A ward's month: seven place notes in one group, a visible opinion issue, a hidden one, an answer, an overdue issue."""
    lan, hoa = await town.enrol(LAN), await town.enrol(HOA)
    sent = [note(text="Cống tắc qzmot") for _ in range(7)]
    await lan.push("notes", *sent)
    await hoa.push("notes", *(note(area="11455-T05", topic="09.1", text="Đường hỏng qzmot") for _ in range(3)))
    seen = await opinions(town, 2, 2, 2, text="Một cửa qzmot trả muộn")
    few = await opinions(town, 1, 1, 1, topic="12.1", text="Sổ đỏ qzmot chậm")
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, [one["id"] for one in sent], "Ngập ngõ 1")
        await confirmed(tuan, number, "Cống tắc, nước rút chậm.")
        page = await tuan.see(f"/panel/issues/{number}")
        unit = page.form(f"/panel/issues/{number}/route").choices["unit"][-1]
        await tuan.send(page, f"/panel/issues/{number}/route", unit=unit, due=TODAY.isoformat())
        told = await grouped(tuan, seen, "Một cửa trả muộn")
        await confirmed(tuan, told, "Hỏi bao giờ có kết quả.")
        await answered(mai, told)
        hidden = await grouped(tuan, few, "Sổ đỏ qzhidden")
        await confirmed(tuan, hidden, "Chờ sổ đỏ qzhidden.")
    await totals.fold()
    await totals.snapshot()
    yield town
    clock.move(clock.system)


async def answered(mai: Official, number: int) -> None:
    page = await mai.see(f"/panel/issues/{number}")
    form = f"/panel/issues/{number}/answer"
    fields = {"title": "Lịch trả kết quả", "text": "Trả vào thứ Năm hằng tuần.", "source": "Quy trình một cửa"}
    page = await mai.send(page, form, status="answered", do="publish", sure="1", **fields)
    assert page.status == 200, page.text


# ---- what it says -----------------------------------------------------------------------------------------------


async def test_sentences_bands_answers_and_what_is_asked_of_whom(ward: Town) -> None:
    one = await made()
    said = words(one)
    assert one.blocks[0].kind == "heading" and one.blocks[1].kind == "text", "sentences first"
    assert "Trong kỳ có khoảng 10 phản ánh về việc tại chỗ" in said and "Thoát nước, nước sạch, điện (khoảng 5)" in said
    assert "Thoát nước, nước sạch, điện | ~5 | Khu vực mẫu 1 (~5)" in said and "Giao thông, chiếu sáng | <5 | –" in said
    assert (
        "Đã công bố" not in said and "đã công bố 1 câu trả lời" in said and "Lịch trả kết quả. Trả vào thứ Năm" in said
    )
    assert "Đề nghị đơn vị “son” trả lời" in said and "Ngập ngõ 1" in said
    assert said.rstrip().endswith("ô dưới 5 không nêu số.") or one.blocks[-1].kind == "last"
    assert "Một cửa trả muộn" in said, "an opinion issue past the threshold"
    everything = said + sheets(one)
    assert "qzhidden" not in everything and "qzmot" not in everything, "nothing of a hidden issue, no words of a note"

    await _no_small_number()
    await _as_it_stood()


async def _no_small_number() -> None:
    """S13: over all areas and windows no cell or sentence shows a count of 1–4; the lowest band includes 0."""
    for area in ("31", "11455", "11455-K1", "11455-K2", "11455-T01"):
        for period in (WEEK, MONTH):
            one = await made(area, period)
            everything = words(one) + sheets(one)
            opinion = [sheet for sheet in one.sheets if sheet.title == "Ý kiến, tin đồn"]
            finer = area in ("11455-T01",) or (period == WEEK and area.startswith("11455-K"))
            assert bool(opinion) != finer or area == "31", (area, period)
            for sheet in opinion:
                cells = [cell for row in sheet.rows[1:] for cell in row[1:]]
                assert all(re.fullmatch(r"<5|~\d*[05]", cell) for cell in cells), cells
            if finer:
                assert "Một cửa" not in everything and "Về ý kiến" not in everything
            assert not re.search(r"khoảng [1-4](?!\d)|~[1-4](?!\d)", everything)
            assert "Đất đai" not in everything, "a topic with 3 notes is not even named"

    one = await made("11455-K1", WEEK)
    assert {sheet.title for sheet in one.sheets} == {"Nội dung", "Việc tại chỗ", "Vấn đề", "Câu trả lời"}
    assert one.office == "11455" and "Khu vực mẫu 1" in one.subject

    for area, period in (
        ("11455", "2026"),
        ("11455", "2026-11-02"),
        ("11455", windows.week_of(TODAY + timedelta(days=8))),
        ("x", MONTH),
    ):
        with pytest.raises(Missing):
            await made(area, period)


async def _as_it_stood() -> None:
    """A window that is over is told as it stood at its end, however late."""
    before = await made(period=WEEK)
    assert not await _overdue_today(), "its last day is not over"
    clock.move(lambda: clock.system() + 40 * clock.DAY_MS)
    after = await made(period=WEEK)
    assert after.until == windows.days(WEEK)[1] and before.until == TODAY
    assert "chưa trả lời" in words(after) and words(await made(period=WEEK)) == words(after)
    assert await _overdue_today(), "in a window that ended with its last day"


async def _overdue_today() -> bool:
    """Whether the issue due today is told as overdue by a window whose last day is today."""
    areas = list((await catalogue.catalogue()).tree.by_code)
    async with reading() as conn:
        told = await matters(conn, areas, ["place"], Span(TODAY, TODAY))
    return next(one.overdue for one in told if one.title == "Ngập ngõ 1")


# ---- the page ---------------------------------------------------------------------------------------------------


async def take(
    official: Official, at: str = f"/panel/digest?area=11455&period={MONTH}", **values: str
) -> httpx.Response:
    page = await official.see(at)
    (form,) = [one for one in page.forms if one.method == "post" and one.action.startswith("/panel/digest")]
    fields: dict[str, Any] = {"password": official.person.password, "reason": REASON, "format": "docx", "form": "party"}
    return await official.http.post(form.action, data=dict(form.filled(**fields | values)))


async def exports() -> list[dict[str, Any]]:
    return [row for row in (await trail())[0] if row["action"] == "export.digest"]


async def test_the_page_the_file_and_its_row_in_the_trail(ward: Town) -> None:
    async with signed_in(ward, MAI) as mai:
        page = await mai.see("/panel/")
        assert "/panel/digest" in page.links
        preview = await mai.see(f"/panel/digest?area=11455&period={MONTH}")
        assert "Trong kỳ có khoảng 10" in preview.text and "qzhidden" not in preview.html
        for kind in FORMATS:
            answer = await take(mai, format=kind)
            assert answer.status_code == 200 and answer.headers["content-type"].startswith(digest_files.TYPES[kind])
            assert answer.headers["content-disposition"] == f'attachment; filename="so-tay-11455-{MONTH}.{kind}"'
            assert answer.headers["cache-control"] == "no-store"
    rows = await exports()
    assert len(rows) == 3 and all(REASON in row["detail"] and row["area"] == "11455" for row in rows)
    await _nothing_without_password_reason_and_row(ward)
    await _whose_it_is(ward)
    await _a_template_that_lacks_a_place(ward)


async def _nothing_without_password_reason_and_row(ward: Town) -> None:
    before = len(await exports())
    async with signed_in(ward, MAI) as mai:
        wrongs: tuple[tuple[dict[str, str], int], ...] = (
            ({"password": "sai"}, 403),
            ({"reason": "vì"}, 422),
            ({"format": "exe"}, 422),
            ({"form": ""}, 422),
        )
        for values, status in wrongs:
            answer = await take(mai, **values)
            assert answer.status_code == status and "html" in answer.headers["content-type"], values
        assert len(await exports()) == before
        page = await mai.see("/panel/digest")
        form = next(one for one in page.forms if one.method == "post" and one.action.startswith("/panel/digest"))
        await database.current().run_ddl("ALTER TABLE audit RENAME TO audit_away")
        fields = dict(form.filled(password=MAI.password, reason=REASON, format="pdf", form="state"))
        answer = await mai.http.post(form.action, data=fields)
        await database.current().run_ddl("ALTER TABLE audit_away RENAME TO audit")
        assert (
            answer.status_code in (500, 503)
            and not answer.content.startswith(b"%PDF")
            and len(await exports()) == before
        )


async def _whose_it_is(ward: Town) -> None:
    async with signed_in(ward, SON) as son, signed_in(ward, PHUC) as phuc, signed_in(ward, TUAN) as tuan:
        assert (await son.see("/panel/digest")).status == 403
        assert (await phuc.see("/panel/digest?area=11455")).status == 404
        assert (await tuan.see("/panel/digest?area=11455&period=2026")).status == 404
        assert "qzhidden" not in (await tuan.see(f"/panel/digest?period={MONTH}")).html, (
            "the reader's digest is no other"
        )


async def _a_template_that_lacks_a_place(ward: Town) -> None:
    own = digest_files.own_template(ward.world.data_dir, "party")
    own.parent.mkdir(parents=True)
    own.write_bytes(template(*WHOLE[1:]))
    async with signed_in(ward, MAI) as mai:
        answer = await take(mai)
        assert answer.status_code == 409 and "Tệp mẫu thiếu chỗ điền: {{CO_QUAN}}" in answer.text
        assert (await take(mai, form="state")).status_code == 200
