"""What the office sees of areas that were merged or split: nothing disappears, everything is read where it lies today."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from admin.live import names_for
from areas_changed import close_area, hand_over, new_area
from cast import HOA, LAN, MAI, MINH, NGOC, PHUC, SON, TUAN
from panel import confirmed, grouped, opinions, signed_in
from storage import clock, people, reach, totals
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.tables import MarkCount
from storage.tables_office import Total
from storage.viewer import Viewer
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


@pytest.fixture
def todays_clock() -> Iterator[None]:
    """The clock may be moved, and goes right again."""
    yield
    clock.move(clock.system)


@pytest.mark.usefixtures("todays_clock")
async def test_a_merged_cluster_has_opinion_figures_from_the_month_after(town: Town) -> None:
    """Yesterday the page said `~10` of one and hid the other: their sum today would tell the hidden one."""
    for person in (LAN, MINH, HOA):
        await hand_over(person, ["11455-K1", "11455-K2"])
    await opinions(town, 4, 4, 2, area="11455-K2", release_them=False)
    await opinions(town, 2, 1, 0, area="11455-K1")
    await totals.fold()
    async with signed_in(town, MAI) as mai:
        await totals.snapshot(again=True)
        before = rows((await mai.see(f"/panel/?lane=opinion&period={MONTH}")).html)
        assert (before["Khu vực mẫu 1"], before["Khu vực mẫu 2"]) == ("<5", "~10")
        await close_area("11455-K1", "11455-K2")
        await totals.snapshot(again=True)
        page = await mai.see(f"/panel/?lane=opinion&period={MONTH}")
        assert not {"Khu vực mẫu 1", "Khu vực mẫu 2"} & set(rows(page.html))
        assert "Lập hoặc sáp nhập trong hay sau thời gian này" in page.text
    async with reading() as conn:
        kept = await conn.fetch("SELECT area, period FROM snapshots")
    assert {row["area"] for row in kept if row["period"] == MONTH} == set()
    clock.move(lambda: clock.system() + 35 * clock.DAY_MS)
    following = windows.month_of(clock.local_day(clock.now()))
    await opinions(town, 4, 4, 2, area="11455-K2")
    await totals.fold()
    await totals.snapshot(again=True)
    async with signed_in(town, MAI) as mai:
        assert rows((await mai.see(f"/panel/?lane=opinion&period={following}")).html)["Khu vực mẫu 2"] == "~10"


async def test_a_merge_opens_no_month_that_was_closed(town: Town) -> None:
    """Two hidden clusters taken together are no hidden one, but they were shown apart: the weeks beside them stay lowered."""
    counts = {
        ("11455-K1", "2026-10"): 4,
        ("11455-K2", "2026-10"): 4,
        ("11455-K3", "2026-10"): 12,
        ("11455", "2026-W41"): 20,
    }
    async with writing() as w:
        cells = [
            {"lane": "opinion", "area": area, "topic": "17.1", "period": period, "n": n}
            for (area, period), n in counts.items()
        ]
        await w.conn.insert(Total, cells)

    async def shown() -> dict[tuple[str, str], int]:
        await totals.snapshot(again=True)
        async with reading() as conn:
            return {(row["area"], row["period"]): row["n"] for row in await conn.fetch("SELECT * FROM snapshots")}

    before = await shown()
    assert before["11455", "2026-W41"] == 15
    await close_area("11455-K1", "11455-K2")
    after = await shown()
    assert after == {at: n for at, n in before.items() if at[0] not in ("11455-K1", "11455-K2")}


@pytest.mark.usefixtures("todays_clock")
async def test_a_cluster_made_within_the_month_has_no_figures_of_its_days(town: Town) -> None:
    """From the day it was made to the month's end is a window finer than any, also if another was merged into it."""
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
    assert {row["area"] for row in kept if row["period"] == month} == {"11455-K2"}
    async with signed_in(town, MAI) as mai, signed_in(town, TUAN) as tuan:
        page = await mai.see(f"/panel/?lane=opinion&period={month}")
        assert not {"Khu mới 11455-K8", "Khu mới 11455-K9"} & set(rows(page.html))
        assert "không có số liệu ý kiến riêng: Khu mới 11455-K8, Khu mới 11455-K9" in page.text
        alone = await mai.see(f"/panel/?area=11455-K8&lane=opinion&period={month}")
        assert alone.path.startswith("/panel/?area=11455&lane=opinion")
        week = windows.week_of(clock.local_day(clock.now()))
        assert "~15" in (await mai.see(f"/panel/?lane=opinion&period={week}")).text, "in the ward's week it counts"
        number = await grouped(tuan, ids, "Tin sáp nhập")
        await confirmed(tuan, number)
        rumour = await tuan.see(f"/panel/rumours/{number}")
        assert re.search(r"Khu mới 11455-K8</th><td class=\"figure\">–</td>", rumour.html)
        assert "không nêu số riêng" in rumour.text
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


async def test_reach_says_nothing_of_a_merged_cluster(town: Town) -> None:
    """Of opinions: `told ~10` of one and `<5` of the other yesterday, and their sum today, would tell the other."""
    clusters = ["11455-K1", "11455-K2", "11455-K3"]
    async with writing() as w:
        rows = [("told", "11455-K1", 11), ("told", "11455-K2", 4), ("told", "11455-K3", 6)]
        await w.conn.insert(MarkCount, [{"subject": "a", "mark": mark, "area": area, "n": n} for mark, area, n in rows])

    async def told(*, opinion: bool) -> dict[str, str]:
        world = await catalogue()
        async with reading() as conn:
            lines = await reach.of_answer(conn, "a", clusters, world.tree, world.areas_now(), opinion=opinion)
        return {line.area: line.told for line in lines}

    before = await told(opinion=True)
    assert (before["11455-K1"], before["11455-K2"], before["11455-K3"]) == ("~10", "<5", "~5")
    await close_area("11455-K2", "11455-K1")
    after = await told(opinion=True)
    assert after == {area: band for area, band in before.items() if area not in ("11455-K1", "11455-K2")}
    assert (await told(opinion=False))["11455-K1"] == "~15", "matters of places are counted where they lie"


async def test_news_of_what_was_filed_in_a_closed_ward_are_still_heard(town: Town) -> None:
    await close_area("11455", "11737")
    world = await catalogue()
    viewer = Viewer("x", "tuan", "reader", (*world.tree.below("11737"), *world.tree.below("11455")))
    assert {"i:11455", "w:11455", "i:11737", "w:11737"} <= set(names_for(viewer, world))
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with reading() as conn:
        wards = {row["ward"] for row in await conn.fetch("SELECT ward FROM notes")}
    assert wards and {f"w:{ward}" for ward in wards} <= set(names_for(viewer, world))
