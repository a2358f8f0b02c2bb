"""The rule of rising: bands in, seldom wrong when nothing changed, awake when something did."""

import math
import random

import pytest

from sync.bands import band
from sync.rise import BACK, FEWEST, middle, rises, usual


@pytest.mark.parametrize(
    ("now", "earlier", "found"),
    [
        ("~10", ["<5"] * 8, True),
        ("~5", ["0"] * 8, False),
        ("~10", ["0"] * 8, True),
        ("~10", ["~5"] * 8, False),
        ("~15", ["~5"] * 8, True),
        ("~25", ["~15"] * 8, False),
        ("~30", ["~15"] * 8, True),
        ("~30", ["~10", "~30"] * 4, False),
        ("~50", ["<5"] * (FEWEST - 1), False),
        ("~50", [], False),
    ],
)
def test_the_rule(now: str, earlier: list[str], found: bool) -> None:
    assert rises(now, earlier) is found


def test_only_the_last_windows_count() -> None:
    assert rises("~20", ["<5"] * BACK + ["~90"] * 20) and usual(["~5"] * BACK + ["~90"]) == 7.0
    assert [middle(one) for one in ("0", "<5", "~5", "~10")] == [0, 2, 7, 12]


def chance(dice: random.Random, mean: float) -> int:
    """A count as chance alone makes it (Poisson)."""
    bound, n, left = math.exp(-mean), 0, dice.random()
    while left > bound:
        n, left = n + 1, left * dice.random()
    return n


@pytest.mark.parametrize("mean", [1, 3, 4, 6, 8, 12, 20, 40])
def test_chance_alone_rises_in_two_windows_of_a_hundred_at_most(mean: float) -> None:
    dice = random.Random(int(mean))
    tries = 4000
    false = sum(rises(band(chance(dice, mean)), [band(chance(dice, mean)) for _ in range(BACK)]) for _ in range(tries))
    assert false <= tries // 50, false / tries


@pytest.mark.parametrize(("mean", "times"), [(3, 5), (6, 4), (12, 2.5), (30, 2)])
def test_a_real_rise_is_seen(mean: float, times: float) -> None:
    dice = random.Random(int(mean))
    seen = sum(
        rises(band(chance(dice, mean * times)), [band(chance(dice, mean)) for _ in range(BACK)]) for _ in range(400)
    )
    assert seen >= 320, seen / 400
