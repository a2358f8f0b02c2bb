"""When a unit's answer is due: the ward's working days and days off, 24 hours for what is urgent, overdue first."""

from typing import Any

import pytest

from cast import LAN, TUAN
from panel import Official, PanelPage, grouped, signed_in
from storage import clock, people, terms
from storage.changes import writing
from storage.clock import DAY_MS, HOUR_MS
from storage.database import reading
from storage.tables_course import Holiday, WardTerm
from town import Town, note
from worlds import World

# In the future, whenever the tests run: the sample areas begin on the day they are made.
WEDNESDAY = clock.day_begins("2031-11-26") + 10 * HOUR_MS


@pytest.fixture
def on_wednesday(settled: World) -> Any:
    """After the ward was made: its areas begin on the real day."""
    del settled
    clock.move(lambda: WEDNESDAY)
    yield
    clock.move(clock.system)


async def routed(town: Town, tuan: Official, title: str, due: str = "", **fields: Any) -> PanelPage:
    lan = await town.enrol(LAN)
    sent = note(**fields)
    await lan.push("notes", sent)
    number = await grouped(tuan, [sent["id"]], title)
    unit = await people.by_login("son")
    assert unit is not None
    at = f"/panel/issues/{number}"
    return await tuan.send(await tuan.see(at), f"{at}/route", unit=unit.id, due=due)


async def due_of(title: str) -> tuple[str, int | None]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT due_day, due_at FROM issues WHERE title = $1", title)
    return rows[0]["due_day"], rows[0]["due_at"]


@pytest.mark.usefixtures("on_wednesday")
async def test_a_term_is_working_days_of_the_ward_and_urgent_is_a_day(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        page = await routed(town, tuan, "Mười ngày làm việc")
        assert await due_of("Mười ngày làm việc") == ("2031-12-10", None)
        assert "Hạn 10/12/2031" in page.text and "10 ngày làm việc" in page.text
        page = await routed(town, tuan, "Khẩn", urgent=True)
        assert await due_of("Khẩn") == ("2031-11-27", WEDNESDAY + DAY_MS)
        assert "27/11/2031 10:00" in page.text
        async with writing() as w:
            await w.conn.insert(WardTerm, [{"ward": "11455", "days": 3}])
            days = {"vi": "Lễ hội của phường", "en": "The ward's festival"}
            rows = [("11455", "2031-11-27", False), ("11455", "2031-11-30", True), ("11737", "2031-11-28", False)]
            await w.conn.insert(
                Holiday,
                [{"id": f"{a}:{day}", "ward": a, "day": day, "works": works} | days for a, day, works in rows],
            )
        await routed(town, tuan, "Ba ngày")
        assert await due_of("Ba ngày") == ("2031-12-01", None), "off on the 27th, worked on Sunday the 30th"
        await routed(town, tuan, "Ngày tự chọn", due="2031-12-24")
        assert await due_of("Ngày tự chọn") == ("2031-12-24", None)


@pytest.mark.usefixtures("on_wednesday")
async def test_a_ward_may_work_on_a_common_day_off(town: Town) -> None:
    async with writing() as w:
        row = {"id": "11455:2027-01-01", "ward": "11455", "day": "2027-01-01", "works": True, "vi": "a", "en": "a"}
        await w.conn.insert(Holiday, [row])
    async with reading() as conn:
        eve = clock.day_begins("2026-12-31")
        own, other = [await terms.due(conn, ward, urgent=False, now=eve - DAY_MS * 13) for ward in ("11455", "11737")]
    assert (own.day, other.day) == ("2027-01-01", "2027-01-04")


async def test_what_is_overdue_stands_first_and_an_urgent_matter_after_its_hours(town: Town) -> None:
    moment = WEDNESDAY
    clock.move(lambda: moment)
    try:
        async with signed_in(town, TUAN) as tuan:
            await routed(town, tuan, "Khẩn", urgent=True)
            await routed(town, tuan, "Thường", due="2031-11-26")
            page = await tuan.see("/panel/issues")
            assert page.text.index("Khẩn") < page.text.index("Thường") and "Quá hạn 0" in page.text
        moment = WEDNESDAY + 15 * HOUR_MS
        async with signed_in(town, TUAN) as tuan:  # the sign-in of the day before is over
            page = await tuan.see("/panel/issues")
            assert page.text.index("Thường") < page.text.index("Khẩn"), "the 26th is over, the 24 hours are not"
            late = await tuan.see("/panel/issues?state=overdue")
            assert "Thường" in late.text and "Khẩn" not in late.text
        moment = WEDNESDAY + DAY_MS + 1
        async with signed_in(town, TUAN) as tuan:
            assert "Quá hạn 2" in (await tuan.see("/panel/issues")).text
    finally:
        clock.move(clock.system)
