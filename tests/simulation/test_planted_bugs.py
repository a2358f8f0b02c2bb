"""R3: ten bugs are planted, one at a time; the simulation must find every one. That the same seeds are good without them
is what test_simulation.py shows."""

from pathlib import Path

import pytest

from sim_plants import PLANTS
from sim_run import run_seed, seeds
from sim_town import Course, Template

FINDS = 1  # the seed that finds each of them; two more should the course of events change with the code


@pytest.mark.parametrize("name", PLANTS)
async def test_a_planted_bug_is_found(name: str, template: Template, tmp_path: Path) -> None:
    plant, phone = PLANTS[name]
    for seed in seeds(range(FINDS, FINDS + 3)):
        if (await run_seed(seed, template, tmp_path, Course(phone=phone), plant)).broken:
            return
    raise AssertionError(f"nobody noticed: {name}")


@pytest.mark.full
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", PLANTS)
async def test_a_planted_bug_is_found_by_most_seeds(name: str, template: Template, tmp_path: Path) -> None:
    """Not by the luck of one seed: of twenty at least a quarter notice."""
    plant, phone = PLANTS[name]
    outcomes = [await run_seed(seed, template, tmp_path, Course(phone=phone), plant) for seed in seeds(range(1, 21))]
    found = sum(bool(outcome.broken) for outcome in outcomes)
    assert found * 4 >= len(outcomes), f"{name}: {found} of {len(outcomes)}"
