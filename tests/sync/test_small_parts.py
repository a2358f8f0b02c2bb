"""Windows, areas, bands, checkpoints, tallies: the small pure parts."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import bands, cursor, ids, windows
from sync.area import Area, AreaTree, Held, scope, standing
from sync.cursor import Cursor
from sync.tally import Cell, Countable, cells, difference

TODAY = date(2026, 11, 22)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_weeks_and_months_read_back(day: date) -> None:
    week = windows.week_of(day)
    monday = windows.parse_week(week)
    assert monday is not None and monday.weekday() == 0 and 0 <= (day - monday).days < 7
    assert windows.is_period(week) and windows.is_period(windows.month_of(day))


@pytest.mark.parametrize(
    "text", ["", "2026-W60", "2026-W00", "2026-W4", "2026-13", "2026-1", "2026", "2026-11-22", "२०२६-W01"]
)
def test_other_windows_are_none(text: str) -> None:
    assert not windows.is_period(text)


@given(st.text(max_size=12))
def test_implausible_days_fall_back_to_today(text: str) -> None:
    day = windows.plausible_day(text, TODAY)
    assert 0 <= (TODAY - date.fromisoformat(day)).days <= windows.IMPLAUSIBLE_DAYS


def test_the_edges_of_what_is_plausible() -> None:
    assert windows.plausible_day("2026-09-23", TODAY) == "2026-09-23"
    assert windows.plausible_day("2026-09-22", TODAY) == "2026-11-22"
    assert windows.plausible_day("2026-11-23", TODAY) == "2026-11-22"
    assert windows.plausible_week("2026-W47", TODAY) == "2026-W47"
    assert windows.plausible_week("2026-W48", TODAY) == "2026-W47"
    assert windows.plausible_week("2025-W47", TODAY) == "2026-W47"


@pytest.mark.parametrize(
    ("n", "shown", "opinion"),
    [
        (0, "0", "<5"),
        (1, "<5", "<5"),
        (4, "<5", "<5"),
        (5, "~5", "~5"),
        (9, "~5", "~5"),
        (10, "~10", "~10"),
        (1234, "~1230", "~1230"),
    ],
)
def test_bands(n: int, shown: str, opinion: str) -> None:
    assert bands.band(n) == shown
    assert bands.band(n, zero_shown=False) == opinion


def test_months_are_never_added_to_pass_the_threshold() -> None:
    assert not bands.visible([(4, 3), (4, 3)])
    assert not bands.visible([(9, 2), (1, 1)])
    assert not bands.visible([])
    assert bands.visible([(1, 1), (5, 3)])


@given(st.text(max_size=8), st.dictionaries(st.text(max_size=20), st.integers(0, 1 << 50), max_size=8))
def test_checkpoints_read_back(epoch: str, numbers: dict[str, int]) -> None:
    assert cursor.decode(cursor.encode(Cursor(epoch, numbers))) == Cursor(epoch, numbers)


@given(st.text(max_size=60))
def test_any_text_is_a_checkpoint_or_none(text: str) -> None:
    assert cursor.decode(text) is None or isinstance(cursor.decode(text), Cursor)


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_not(text: str) -> None:
    assert ids.version(text) in (None, 4, 7)


def test_nil_and_max_are_no_ids() -> None:
    assert ids.version("00000000-0000-0000-0000-000000000000") is None
    assert ids.version("ffffffff-ffff-ffff-ffff-ffffffffffff") is None
    assert ids.version("f81d4fae-7dec-11d0-a765-00a0c91e6bf6") is None  # version 1


def area(code: str, parent: str, level: str, to: str | None = None, successors: tuple[str, ...] = ()) -> Area:
    return Area(code, parent, level, code, "2025-07-01", to, successors)  # type: ignore[arg-type]


TREE = AreaTree(
    [
        area("31", "", "city"),
        area("W", "31", "ward"),
        area("K1", "W", "cluster"),
        area("K2", "W", "cluster"),
        area("T1", "K1", "group"),
        area("T2", "K1", "group", "2026-06-30", ("T3",)),
        area("T3", "K1", "group"),
        area("T4", "K2", "group", "2026-06-30", ("T1", "T3")),
        area("T5", "K2", "group", "2026-06-30", ("T5",)),  # a circle, as bad imports have
    ]
)


def test_the_tree_is_walked_both_ways() -> None:
    assert TREE.up("T1") == ["T1", "K1", "W", "31"]
    assert TREE.ward("T1") == "W" and TREE.ward("31") is None and TREE.ward("?") is None
    assert set(TREE.below("K1")) == {"K1", "T1", "T2", "T3"}
    assert TREE.common(["T1", "T4"]) == "W" and TREE.common(["T1", "T3"]) == "K1" and TREE.common(["T1", "?"]) is None


def test_closed_areas_are_read_as_their_successors() -> None:
    assert TREE.current("T1", TODAY) == "T1"
    assert TREE.current("T2", TODAY) == "T3"
    assert TREE.current("T2", date(2026, 6, 30)) == "T2"
    assert TREE.current("T4", TODAY) == "K1"
    assert TREE.current("T5", TODAY) == "K2"  # nothing came in its place: what lies above
    assert TREE.current("?", TODAY) is None


def test_what_came_in_the_place_of_a_closed_area() -> None:
    reading = TREE.read(TODAY)
    assert reading.heirs("T4") == ("T1", "T3") and reading.heirs("T2") == ("T3",) and reading.heirs("T5") == ()
    assert set(reading.within("K1")) == {"K1", "T1", "T2", "T3", "T4"}  # T4 lay in another cluster before it was split
    assert reading.means("T3") == ["T3", "T2"] and reading.means("K1") == ["K1", "T4"]
    assert reading.children("K1") == ["T1", "T3"] and reading.children("K2") == []
    assert reading.common(["T2", "T1"]) == "K1" and reading.common(["T2", "T3"]) == "T3" and reading.common([]) is None
    assert reading.following(["T4"]) == ["31", "K1", "T1", "T2", "T3", "T4", "W"]
    assert reading.following(["K2"]) == ["31", "K2", "T5", "W"]


@st.composite
def reorganised(draw: st.DrawFn) -> AreaTree:
    """Trees as imports may leave them: closed here and there, successors anywhere, circles too."""
    codes = ["31", "W1", "W2", "K1", "K2", "K3", "T1", "T2", "T3", "T4"]
    parents = ["", "31", "31", "W1", "W1", "W2", "K1", "K1", "K2", "K3"]
    levels = ["city", "ward", "ward", "cluster", "cluster", "cluster", "group", "group", "group", "group"]
    days = st.sampled_from([None, None, "2026-06-30", TODAY.isoformat(), "2027-01-01"])
    return AreaTree(
        area(code, parent, level, draw(days), tuple(draw(st.lists(st.sampled_from([*codes, "?"]), max_size=3))))
        for code, parent, level in zip(codes, parents, levels, strict=True)
    )


@given(reorganised())
def test_a_code_always_means_an_open_area_or_none(tree: AreaTree) -> None:
    reading = tree.read(TODAY)
    for code, one in tree.by_code.items():
        means = tree.current(code, TODAY)
        assert means is None or reading.is_open(means)
        assert means == code or not reading.is_open(code)
        heirs = reading.heirs(code)
        assert all(reading.is_open(heir) for heir in heirs)
        if len(heirs) == 1:
            assert means == heirs[0]
        if means is not None:
            assert code in reading.within(means) and means in reading.up(code)
            assert all(means in reading.up(heir) for heir in heirs)
        assert one.code in reading.holders(code)
        # who holds an area may deliver for it, and so may who holds what came in its place
        for holding in (code, *heirs):
            assert standing(tree, [Held(holding, "2026-01-01")], code, TODAY) == "held"


def test_standing_over_time() -> None:
    now = [Held("T1", "2026-01-01")]
    assert standing(TREE, now, "T1", TODAY) == "held"
    assert standing(TREE, now, "K1", TODAY) == "held"  # the group's own cluster, for opinion notes
    assert standing(TREE, now, "K2", TODAY) == "foreign"
    assert standing(TREE, now, "T3", TODAY) == "foreign"
    assert standing(TREE, [Held("W", "2026-01-01")], "T1", TODAY) == "held"
    assert standing(TREE, [Held("T1", "2026-01-01", "2026-10-01")], "T1", TODAY) == "lately"
    assert standing(TREE, [Held("T1", "2026-01-01", "2026-09-01")], "T1", TODAY) == "foreign"
    assert standing(TREE, [Held("T1", "2026-12-01")], "T1", TODAY) == "foreign"


def test_scope_is_areas_and_ancestors() -> None:
    assert scope(TREE, [Held("T1", "2026-01-01"), Held("T3", "2026-01-01", "2026-02-01")], TODAY) == [
        "31",
        "K1",
        "T1",
        "T4",  # closed; T1 is one of the two that came in its place, so its answers hold here too
        "W",
    ]


countables = st.builds(
    Countable,
    lane=st.sampled_from(["place", "opinion"]),
    ward=st.just("W"),
    area=st.sampled_from(["T1", "K1"]),
    topic=st.sampled_from(["10.1", "17.1"]),
    status=st.sampled_from(["received", "in_issue", "withdrawn", "redirected", "closed"]),
    in_week=st.sampled_from(["2026-W46", "2026-W47"]),
    in_month=st.just("2026-11"),
    released=st.booleans(),
)


@given(st.lists(countables, max_size=12))
def test_folding_differences_equals_counting_anew(states: list[Countable]) -> None:
    """One note through any states: the sum of differences is what it counts for in the end."""
    folded: Counter[Cell] = Counter()
    before: frozenset[Cell] = frozenset()
    for state in states:
        after = cells(state)
        folded.update(difference(before, after))
        before = after
    assert {cell for cell, n in folded.items() if n} == set(before)
    assert all(n in (0, 1) for n in folded.values())


@given(countables)
def test_opinion_is_never_counted_finer_than_ward_and_week_or_cluster_and_month(note: Countable) -> None:
    for cell in cells(note):
        if note.lane == "opinion":
            assert (cell.area, cell.period) in {("W", note.in_week), (note.area, note.in_month)}
        assert note.released
