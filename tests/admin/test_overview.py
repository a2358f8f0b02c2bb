"""The overview: bands and nothing but bands, fixed windows, opinion figures from the daily snapshot only."""

import re
from datetime import timedelta

import pytest

from cast import BINH, LAN, MAI, MINH, PHUC, TUAN
from panel import confirmed, grouped, opinions, signed_in
from storage import clock, totals
from storage.overview import Matrix, matrix, with_history
from sync import windows
from town import Town, note

TODAY = clock.local_day(clock.now())
WEEK, MONTH = windows.week_of(TODAY), windows.month_of(TODAY)
SHOWN = re.compile(r'<td class="figure depth-\d">(?:<a [^>]*>)?([^<]*)')


async def flood(town: Town, n: int) -> list[str]:
    lan = await town.enrol(LAN)
    notes = [
        note(text=f"Ngập sau mưa, đoạn {word}")
        for word in ["một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"][:n]
    ]
    await lan.push("notes", *notes)
    await totals.fold()
    return [one["id"] for one in notes]


async def test_it_opens_on_a_sentence_and_links_place_figures_to_their_issues(town: Town) -> None:
    ids = await flood(town, 7)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, ids, "Ngập ngõ")
        page = await mai.see("/panel/")
        assert "nổi nhất Thoát nước" in page.text and "(~5); 1 việc chưa trả lời" in page.text
        assert "1 việc chưa trả lời" in page.text and "Ngập ngõ" in page.text
        wanted = ("lane=place", "topic=10", "area=11455-K1", "/panel/issues")
        link = next(one for one in page.links if all(part in one for part in wanted))
        listed = await mai.see(link)
        assert f"/panel/issues/{number}" in listed.links
        deeper = await mai.see(f"/panel/?area=11455-K1&period={MONTH}&topic=10")
        assert "Tổ dân phố mẫu 1" in deeper.text and "~5" in deeper.text


async def test_every_figure_is_a_band(town: Town) -> None:
    await flood(town, 8)
    await opinions(town, 4, 3, 1)
    await totals.fold()
    await totals.snapshot(again=True)
    async with signed_in(town, MAI) as mai:
        for lane in ("place", "opinion"):
            for period in (WEEK, MONTH):
                for area in ("11455", "11455-K1", "11455-T01"):
                    page = await mai.see(f"/panel/?area={area}&lane={lane}&period={period}")
                    figures = [one.replace("&lt;", "<") for one in SHOWN.findall(page.html)]
                    assert all(re.fullmatch(r"0|<5|~\d*[05]", one) for one in figures), figures
                    assert lane == "place" or "0" not in figures, "0 is not told apart from <5"


async def test_opinion_figures_move_with_the_daily_snapshot_only(town: Town) -> None:
    await opinions(town, 4, 3, 1)
    await totals.fold()
    address = f"/panel/?lane=opinion&period={WEEK}"
    async with signed_in(town, MAI) as mai:
        assert "Không chủ đề nào đạt 5 ghi chú" in (await mai.see(address)).text
        await totals.snapshot(again=True)
        page = await mai.see(address)
        assert "Thủ tục hành chính" in page.text and "~5" in page.text
        await opinions(town, 4, 3, 1)
        await totals.fold()
        assert (await mai.see(address)).html == page.html
        cells = re.findall(r"<td class=\"figure[^<]*</?[^>]*>", page.html)
        assert 'href="/panel/issues?state=&lane=opinion&topic=17&area=11455"' in cells[0], "issues, never notes"
        assert "17.1" not in (await mai.see("/panel/issues?state=&lane=opinion&topic=17&area=11455")).text


async def test_opinions_have_no_window_finer_than_ward_and_week_or_cluster_and_month(town: Town) -> None:
    async with signed_in(town, MAI) as mai:
        for area in ("11455-K1", "11455-T01"):
            page = await mai.see(f"/panel/?area={area}&lane=opinion&period={WEEK}")
            assert page.path.startswith("/panel/?area=11455&lane=opinion")
        assert (await mai.see(f"/panel/?area=11455-K1&lane=opinion&period={MONTH}")).path.startswith(
            "/panel/?area=11455-K1"
        )
        page = await mai.see(f"/panel/?area=11455-T01&lane=opinion&period={MONTH}")
        assert page.path.startswith("/panel/?area=11455&lane=opinion")


@pytest.mark.parametrize(
    "query",
    [
        "period=2026-11-22",
        "period=2026-W60",
        "period=2026-13",
        "period=0001-W01",
        "period=0001-01",
        "period=2026",
        "period=2026-11-01..2026-11-09",
        f"period={windows.week_of(TODAY + timedelta(days=8))}",
        "lane=door",
        "lane=all",
        "topic=zz",
        "area=11737",
        "area=nowhere",
    ],
)
async def test_other_windows_do_not_exist(town: Town, query: str) -> None:
    async with signed_in(town, MAI) as mai:
        assert (await mai.see(f"/panel/?{query}")).status == 404


async def test_hidden_issues_move_no_figure_outside_the_desk(town: Town) -> None:
    async with signed_in(town, MAI) as mai, signed_in(town, TUAN) as tuan:
        before = await mai.see("/panel/")
        number = await grouped(tuan, await opinions(town, 2, 1))
        await confirmed(tuan, number)
        assert (await mai.see("/panel/")).html == before.html
        assert "1 việc chưa trả lời" in (await tuan.see("/panel/")).text


async def test_each_ward_by_itself_and_the_administrator_without_lists(town: Town) -> None:
    ids = await flood(town, 6)
    async with signed_in(town, TUAN) as tuan, signed_in(town, PHUC) as phuc, signed_in(town, BINH) as binh:
        await grouped(tuan, ids, "Ngập ngõ")
        assert "Chưa có ghi chú nào" in (await phuc.see("/panel/")).text
        page = await binh.see("/panel/")
        assert "~5" in page.text and "Ngập ngõ" not in page.text
        assert (await binh.see("/panel/issues")).status == 403


def test_totals_are_banded_on_their_own_and_columns_say_no_more_than_bands() -> None:
    rows = {"A": ["a"], "B": ["b"]}
    figures = {("a", "10"): 4, ("b", "10"): 3, ("a", "09"): 4, ("a", "11"): 9, ("b", "12"): 0}
    place = matrix(rows, figures, zero_shown=True)
    assert place.topic_totals["10"].band == "~5" and place.cells["A", "10"].band == "<5"
    assert place.area_totals["A"].band == "~15" and place.total.band == "~20"
    assert "12" not in place.topics and place.cells["B", "09"].band == "0"
    opinion = matrix(rows, figures, zero_shown=False)
    assert opinion.topics == ["11"], "a column of 10 would say that neither 4 nor 3 is 0; one of 12, that it is not 0"
    assert (
        opinion.cells["B", "11"].band == "<5" and opinion.cells["B", "11"].depth == opinion.topic_totals["11"].depth - 1
    )
    assert place.topics == ["10", "11", "09"], "sorted by band, then by code"


def test_rising_is_found_from_the_bands_of_the_windows_before() -> None:
    def table(**counts: int) -> Matrix:
        return matrix({"A": ["a"]}, {("a", topic[1:]): n for topic, n in counts.items()}, zero_shown=True)

    now = table(t09=16, t10=27, t11=9, t12=16)
    weeks = [(f"2026-W{week}", table(t09=14, t10=2, t12=1 + week % 2)) for week in range(46, 38, -1)]
    found = with_history(now, "2026-W47", weeks, zero_shown=True)
    assert found.rising == [("10", "<5", "~25"), ("12", "<5", "~15")], "9 is too few, 16 after 14 is usual"
    assert with_history(now, "2026-W47", weeks[:3], zero_shown=True).rising == [], "nobody knows yet what is usual"
    quiet = [(at, table()) for at, _ in weeks]
    shown = with_history(now, "2026-W47", weeks[:4] + quiet[4:], zero_shown=True)
    assert [cell is None for _, cell in shown.trend] == [True] * 4 + [False] * 5, (
        "before the first note nothing is known"
    )
    assert shown.trend[-1] == ("2026-W47", now.total) and shown.rising


async def test_every_place_figure_opens_the_issues_its_notes_are_in(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    notes = [note(topic="09.1"), note(topic="09.3", area="11455-T02")]
    await lan.push("notes", notes[0])
    await minh.push("notes", notes[1])
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await grouped(tuan, [one["id"] for one in notes], "Đường, đèn cả cụm")
        await totals.fold()
        opened = set()
        for address in (
            f"/panel/?period={WEEK}",
            f"/panel/?period={MONTH}&area=11455-K1",
            f"/panel/?period={WEEK}&topic=09",
        ):
            page = await mai.see(address)
            figures = [link for link in page.links if link.startswith("/panel/issues?state=&lane=place")]
            assert figures
            opened.update(figures)
        for link in sorted(opened):
            assert f"/panel/issues/{number}" in (await mai.see(link)).html, link
        late = await mai.see("/panel/?lane=opinion")
        assert "Đường, đèn cả cụm" not in late.text and "Đường, đèn cả cụm" in (await mai.see("/panel/")).text
        empty = await mai.see("/panel/issues?state=&lane=place&topic=11&area=11455")
        assert "chưa được gom" in empty.text and "3 cộng tác viên" not in empty.text
