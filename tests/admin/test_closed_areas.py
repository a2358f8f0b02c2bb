"""What the office sees of areas that were merged or split: nothing disappears, everything is read where it lies today."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from areas_changed import close_area, hand_over, new_area
from cast import HOA, LAN, MAI, MINH, NGOC, PHUC, SON, TUAN
from panel import confirmed, grouped, opinions, signed_in
from storage import clock, people, totals
from storage.database import reading
from sync import windows
from town import Town, note

MONTH = windows.month_of(clock.local_day(clock.now()))


def rows(html: str) -> dict[str, str]:
    """The rows of the shown table: name → last figure of the row."""
    found = {}
    for row in re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", html, re.S):
        name, *figures = re.findall(r">?([^<>]+)<", f">{row}")
        found[name.strip()] = [one.strip() for one in figures if one.strip()][-1].replace("&lt;", "<")
    return found


async def test_a_split_group_counts_where_it_lay(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", *(note(text=f"Ngập đoạn {n}") for n in range(7)))
    await totals.fold()
    await new_area("11455-T31", "11455-K1")
    await new_area("11455-T32", "11455-K1")
    await close_area("11455-T01", "11455-T31", "11455-T32")
    async with signed_in(town, MAI) as mai:
        ward = await mai.see(f"/panel/?period={MONTH}")
        assert rows(ward.html)["Khu vực mẫu 1"] == "~5"
        cluster = rows((await mai.see(f"/panel/?period={MONTH}&area=11455-K1")).html)
        assert cluster["Khu vực mẫu 1"] == "~5" and cluster["Khu mới 11455-T31"] == "0"
        assert "Tổ dân phố mẫu 1" not in cluster
        assert 'value="11455-T01"' not in ward.html, "a closed area is offered no more"
        kept = await mai.see(f"/panel/?period={MONTH}&area=11455-T01")  # an old bookmark
        assert rows(kept.html) == cluster


async def test_opinions_of_a_merged_cluster_count_in_its_successor(town: Town) -> None:
    await opinions(town, 4, 3, 1)
    await totals.fold()
    await close_area("11455-K1", "11455-K2")
    await totals.snapshot(again=True)
    async with signed_in(town, MAI) as mai:
        shown = rows((await mai.see(f"/panel/?lane=opinion&period={MONTH}")).html)
    assert shown["Khu vực mẫu 2"] == "~5" and "Khu vực mẫu 1" not in shown


@pytest.fixture
def todays_clock() -> Iterator[None]:
    """The clock may be moved, and goes right again."""
    yield
    clock.move(clock.system)


@pytest.mark.usefixtures("todays_clock")
async def test_a_cluster_made_within_the_month_has_no_figures_of_its_days(town: Town) -> None:
    """From the day it was made to the month's end is a window finer than any; what was merged into it makes it whole."""
    if clock.local_day(clock.now()).day == 1:
        clock.move(lambda: clock.system() + clock.DAY_MS)
    month = windows.month_of(clock.local_day(clock.now()))
    await new_area("11455-K8", "11455", "cluster")
    await new_area("11455-K9", "11455", "cluster")
    await close_area("11455-K1", "11455-K9")
    for person in (LAN, MINH, HOA):
        await hand_over(person, ["11455-K2", "11455-K8", "11455-K9"])
    await opinions(town, 4, 3, 0, area="11455-K2", release_them=False)
    await opinions(town, 4, 3, 1, area="11455-K9", release_them=False)
    ids = await opinions(town, 5, 3, 1, area="11455-K8", kind="rumour", topic="08.2", text="Nghe nói sắp sáp nhập")
    await totals.fold()
    await totals.snapshot(again=True)
    async with reading() as conn:
        kept = await conn.fetch("SELECT area, period FROM snapshots")
    assert {row["area"] for row in kept if row["period"] == month} == {"11455-K2", "11455-K9"}
    async with signed_in(town, MAI) as mai, signed_in(town, TUAN) as tuan:
        page = await mai.see(f"/panel/?lane=opinion&period={month}")
        assert rows(page.html)["Khu mới 11455-K9"] == "~5" and "Khu mới 11455-K8" not in rows(page.html)
        assert "Mới lập, chưa trọn tháng" in page.text and "Khu mới 11455-K8" in page.text
        alone = await mai.see(f"/panel/?area=11455-K8&lane=opinion&period={month}")
        assert alone.path.startswith("/panel/?area=11455&lane=opinion")
        week = windows.week_of(clock.local_day(clock.now()))
        assert "~15" in (await mai.see(f"/panel/?lane=opinion&period={week}")).text, "in the ward's week it counts"
        number = await grouped(tuan, ids, "Tin sáp nhập")
        await confirmed(tuan, number)
        rumour = await tuan.see(f"/panel/rumours/{number}")
        assert re.search(r"Khu mới 11455-K8</th><td class=\"figure\">–</td>", rumour.html)
        assert "số của ít ngày không nêu riêng" in rumour.text
    clock.move(lambda: clock.system() + 31 * clock.DAY_MS)
    following = windows.month_of(clock.local_day(clock.now()))
    async with signed_in(town, MAI) as mai:
        assert (await mai.see(f"/panel/?area=11455-K8&lane=opinion&period={following}")).path.startswith(
            "/panel/?area=11455-K8"
        )


async def test_merged_wards_are_one_desk_and_one_issue(town: Town) -> None:
    lan, ngoc = await town.enrol(LAN), await town.enrol(NGOC)
    here, there = note(), note(area="11737-T01")
    await lan.push("notes", here)
    await ngoc.push("notes", there)
    async with signed_in(town, TUAN) as tuan:
        assert there["id"] not in (await tuan.see("/panel/desk")).html
    await close_area("11737", "11455")
    async with signed_in(town, TUAN) as tuan, signed_in(town, PHUC) as phuc:
        for reader in (tuan, phuc):
            desk = (await reader.see("/panel/desk")).html
            assert here["id"] in desk and there["id"] in desk
        number = await grouped(tuan, [here["id"], there["id"]], "Ngập ngõ")
        assert str(number) in (await phuc.see(f"/panel/issues/{number}")).text
    async with reading() as conn:
        issue = (await conn.fetch("SELECT area, ward FROM issues WHERE number = $1", number))[0]
        assert (issue["area"], issue["ward"]) == ("11455", "11455")


async def test_an_issue_of_a_closed_area_goes_to_the_unit_of_its_successor(town: Town) -> None:
    lan = await town.enrol(LAN)
    one = note()
    await lan.push("notes", one)
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [one["id"]], "Ngập ngõ")
        await close_area("11455", "11737")
        page = await tuan.see(f"/panel/issues/{number}")  # what was held and closed stays with its holder
        son = await people.by_login(SON.login)
        assert son is not None
        due = (clock.local_day(clock.now()) + timedelta(days=7)).isoformat()
        await tuan.send(page, f"/panel/issues/{number}/route", unit=son.id, due=due)
    async with signed_in(town, SON) as unit:
        assert "Ngập ngõ" in (await unit.see(f"/panel/issues/{number}")).text
