"""S13 over windows: weeks of the ward beside months of its clusters, which a trend shows side by side."""

from datetime import date

import pytest

from attacker_windows import WEEKS, A, Notes, found, notes_of, published
from sync.disclosure import publishable, runs

SEEDS = 40


def case(clusters: int, *weeks: tuple[int, ...]) -> tuple[Notes, list[str], dict[str, list[str]]]:
    """Notes of one topic: for each week of February how many in each cluster."""
    names = [f"K{n}" for n in range(clusters)]
    notes = Notes()
    for week, counts in zip(WEEKS, weeks, strict=False):
        for name, n in zip(names, counts, strict=True):
            notes[name, "17.1", week, A] += n
    return notes, names, {"17": ["17.1"]}


FOURS = case(1, (4,), (4,), (4,), (4,))  # four times <5 beside ~15
ONE_WEEK = case(2, (3, 2))  # a week of ~5 beside two clusters of <5


@pytest.mark.parametrize("part", range(3))
def test_no_small_count_follows_from_weeks_beside_months(part: int) -> None:
    for seed in range(part * SEEDS, (part + 1) * SEEDS):
        assert found(*notes_of(seed)) == {}, seed


@pytest.mark.parametrize("ward", [FOURS, ONE_WEEK])
def test_what_bare_counts_would_tell(ward: tuple[Notes, list[str], dict[str, list[str]]]) -> None:
    assert found(*ward, careful=False), "the attacker finds it"
    assert found(*ward) == {}


def test_the_attacker_finds_what_bare_counts_of_drawn_wards_would_tell() -> None:
    assert sum(bool(found(*notes_of(seed), careful=False)) for seed in range(40)) >= 3


def test_the_price_is_small() -> None:
    """A ward as it is: a few topics, most of the notes in one or two. What is lowered is lowered by a step."""
    lively = case(3, (6, 2, 3), (4, 4, 1), (9, 0, 2), (3, 5, 5))
    shown, bare = published(*lively), published(*lively, careful=False)
    assert {cell: n for cell, n in shown[0].items() if n} == {cell: n for cell, n in bare[0].items() if n}
    assert shown[1] == bare[1]
    weeks, months = published(*FOURS)
    assert months[A] == {("K0", "17.1"): 11} and weeks[WEEKS[0], "17.1"] == 4


def test_figures_only_ever_go_down_and_wards_stay_apart() -> None:
    counts = {
        ("w1", "17.1", "2027-W05"): 5,
        ("w1-K1", "17.1", "2027-02"): 3,
        ("w1-K2", "17.1", "2027-02"): 2,
        ("w2", "17.1", "2027-W05"): 5,
        ("w2-K1", "17.1", "2027-02"): 5,
    }
    shown = publishable(counts, lambda area: area.partition("-")[0], date(2027, 2, 23))
    assert all(shown.get(cell, 0) <= n for cell, n in counts.items()) and set(shown) <= set(counts)
    assert "5" not in str(shown.get(("w1", "17.1", "2027-W05"), 0)) and shown["w2", "17.1", "2027-W05"] == 5


def test_weeks_that_have_not_begun_hide_nothing() -> None:
    [alone] = runs("2027-W05", "2027-W05")
    assert alone.touching == ("2027-W05",) and alone.months == ("2027-02",)
    assert [run.months for run in runs("2027-W08", "2027-W09")] == [("2027-02",), ("2027-03",), ("2027-02", "2027-03")]


def ward_of(area: str) -> str:
    return area.partition("-")[0]


def five_of(week: str, month: str) -> dict[tuple[str, str, str], int]:
    return {("w", "17.1", week): 5, ("w-K1", "17.1", month): 3, ("w-K2", "17.1", month): 2}


@pytest.mark.parametrize(
    ("day", "week", "month"),
    [
        (date(2026, 12, 28), "2026-W51", "2026-12"),
        (date(2026, 12, 31), "2026-W53", "2026-12"),  # half of that week lies in a month nobody has written in
        (date(2027, 1, 1), "2026-W53", "2026-12"),
        (date(2026, 12, 3), "2026-W49", "2026-12"),  # the ward's first week began before its first month
    ],
)
def test_a_window_that_has_not_begun_leaves_no_room(day: date, week: str, month: str) -> None:
    """~5 beside <5 and <5 would say that neither is 0."""
    shown = publishable(five_of(week, month), ward_of, day)
    assert shown and max(shown.values()) < 5


def test_a_monday_leaves_no_more_room_than_the_day_before() -> None:
    counts = {("w", "17.1", f"2027-W{n:02d}"): 4 for n in (5, 6, 7)} | {("w-K1", "17.1", "2027-02"): 12}
    sunday, monday, tuesday = (publishable(counts, ward_of, date(2027, 2, day)) for day in (21, 22, 23))
    assert sunday == monday and sunday["w-K1", "17.1", "2027-02"] < 10
    assert tuesday["w-K1", "17.1", "2027-02"] >= 10, "a week that has begun may hold some"
