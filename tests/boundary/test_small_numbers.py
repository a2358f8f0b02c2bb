"""Small numbers stay hidden (S13): an attacker reads everything the panel shows of the opinion lane and reasons over it.

What counts as found: a count of 1–4 that is known to be one. The lowest band is `<5` including 0, so that nobody learns
that somebody said something at all.
"""

import random
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest

from attacker import tables
from cast import MAI, SON, TUAN
from panel import Official, confirmed, grouped, opinions, signed_in
from storage import clock, overview, totals
from storage.issue_views import STATES
from sync import windows
from sync.bands import band
from town import Town

Figures = dict[tuple[str, str], int]


def truth_of(figures: Figures, families: Mapping[str, list[str]]) -> Figures:
    """Every count there is: by code, family and all, of a cluster and of the ward."""
    found: Figures = {}
    for (area, code), n in figures.items():
        family = next(name for name, codes in families.items() if code in codes)
        for where in (area, "ward"):
            for what in (code, family, "all"):
                found[where, what] = found.get((where, what), 0) + n
    return found


def town_of(seed: int) -> tuple[Figures, list[str], dict[str, list[str]]]:
    """A ward's month: few or many clusters and topics, most counts small, some of them at the edges of bands."""
    dice = random.Random(seed)
    clusters = [f"K{n}" for n in range(1, dice.randint(1, 6) + 1)]
    families = {
        str(f): [f"{f}.{c}" for c in range(1, dice.randint(1, 5) + 1)] for f in range(10, 10 + dice.randint(1, 6))
    }
    weights = dice.choice([(6, 3, 1), (1, 8, 1), (2, 3, 5), (0, 1, 0), (1, 0, 3)])
    figures = {}
    for cluster in clusters:
        for codes in families.values():
            for code in codes:
                lot = dice.choices((0, 1, 2), weights)[0]
                figures[cluster, code] = (0, dice.choice((1, 2, 3, 4, 4, 4)), dice.choice((5, 6, 9, 10, 14, 23)))[lot]
    return figures, clusters, families


def fours(clusters: int, codes: int) -> tuple[Figures, list[str], dict[str, list[str]]]:
    names, topics = [f"K{n}" for n in range(clusters)], [f"17.{n}" for n in range(codes)]
    return {(area, code): 4 for area in names for code in topics}, names, {"17": topics}


@pytest.mark.parametrize("seed", range(60))
def test_no_small_count_follows_from_the_tables(seed: int) -> None:
    figures, clusters, families = town_of(seed)
    assert tables(figures, clusters, families).small(truth_of(figures, families)) == {}


@pytest.mark.parametrize(("clusters", "codes"), [(1, 1), (1, 2), (2, 1), (5, 1), (2, 2), (5, 5), (6, 3)])
def test_where_every_count_is_four(clusters: int, codes: int) -> None:
    figures, names, families = fours(clusters, codes)
    assert tables(figures, names, families).small(truth_of(figures, families)) == {}


def test_the_attacker_finds_what_totals_on_their_own_would_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in ("safe", "_merged"):
        monkeypatch.setattr(overview, rule, lambda n, parts: n)
    figures, names, families = fours(5, 1)
    found = tables(figures, names, families).small(truth_of(figures, families))
    assert found["K0", "17.0"] == ((4, 4), 4), "five times <5 beside ~20"
    towns = [town_of(seed) for seed in range(40)]
    assert sum(bool(tables(*one).small(truth_of(one[0], one[2]))) for one in towns) > 10


def test_what_totals_still_tell() -> None:
    """The rule costs little: with a few parts the total shows again."""
    shown = [
        band(overview.safe(n, parts), zero_shown=False) for n, parts in ((7, [4, 3]), (7, [3, 2, 2]), (12, [9, 3, 0]))
    ]
    assert shown == ["<5", "~5", "~10"]


# ---- the panel itself -------------------------------------------------------------------------------------------

TODAY = clock.local_day(clock.now())
PERIODS = [windows.week_of(TODAY), windows.month_of(TODAY), windows.week_of(TODAY - timedelta(days=7))]
AREAS = ("11455", "11455-K1", "11455-K2", "11455-T01")
OTHERS = {"officer": MAI, "unit": SON}  # auditors read the trail of what the office did: tests/admin/test_audit.py


async def all_there_is(official: Official, numbers: int) -> dict[str, str]:
    """Every page an official can ask for about the opinion lane: windows, lists with every filter, issues one by one."""
    addresses = [
        f"/panel/?lane=opinion&area={a}&period={p}&topic={t}" for a in AREAS for p in PERIODS for t in ("", "17")
    ]
    addresses += [f"/panel/issues?state={s}&lane=opinion&topic={t}" for s in ("", *STATES) for t in ("", "17", "17.1")]
    addresses += [f"/panel/issues?state=&lane=opinion&area={area}" for area in AREAS]
    addresses += [f"/panel/issues/{number}" for number in range(1, numbers + 1)]
    addresses += ["/panel/due", "/panel/rumours", *(f"/panel/rumours/{number}" for number in range(1, numbers + 1))]
    addresses += [f"/panel/digest?area={a}&period={p}" for a in AREAS for p in PERIODS]
    return {address: (await official.see(address)).html for address in addresses}


async def test_nothing_outside_the_desk_moves_within_a_day_or_tells_a_small_count(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        shown = await grouped(tuan, await opinions(town, 2, 2, 1), "Một cửa trả kết quả chậm")
        await confirmed(tuan, shown)
        hidden = await grouped(tuan, await opinions(town, 2, 1, 1), "Lịch tiếp dân chưa rõ")
        await confirmed(tuan, hidden)
        await opinions(town, 1, 1, topic="08.2")
        await totals.fold()
        await totals.snapshot(again=True)
        before = {}
        for role, person in OTHERS.items():
            async with signed_in(town, person) as official:
                before[role] = await all_there_is(official, hidden + 1)
        for pages in before.values():
            for address, html in pages.items():
                text = html.replace("&lt;", "<")
                figures = re.findall(
                    r'<td class="figure[^"]*"(?: data-label="[^"]*")?>(?:<a [^>]*>)?([^<#]*|<5)<?/?', text
                )
                assert all(one in ("", "<5", "~5", "~10") for one in figures), (address, figures)
                assert "Lịch tiếp dân" not in html and "Sáp nhập" not in html, address
        assert "~5" in before["officer"][f"/panel/?lane=opinion&area=11455&period={PERIODS[0]}&topic="]
        pages = [before["officer"][f"/panel/issues/{n}"].replace(f"issues%2F{n}", "N") for n in (hidden, hidden + 1)]
        assert pages[0].replace(f"issues/{hidden}", "N") == pages[1].replace(f"issues/{hidden + 1}", "N"), (
            "no such thing"
        )
        late = await opinions(town, 1, 1, 1)
        await totals.fold()
        await totals.snapshot()
        await grouped(tuan, late[:2], into=shown)
    for role, person in OTHERS.items():
        async with signed_in(town, person) as official:
            after = await all_there_is(official, hidden + 1)
        moved = {address for address in after if bare(after[address]) != bare(before[role][address])}
        assert moved == set(), (role, moved)


def bare(html: str) -> str:
    """A page without what belongs to the session, and without the office's own doings (revision, history)."""
    html = re.sub(r'name="(csrf|rev|seen)" value="[^"]*"|data-rev="[^"]*"', "", html)
    return re.sub(r"<ol class=\"history.*?</ol>", "", html, flags=re.DOTALL)
