"""R1 and R2: fifty phones, bad lines, dying processes, an office at work. Nothing is lost, doubled, stuck or divergent."""

from pathlib import Path

import pytest

from sim_net import LINE_FAULTS
from sim_run import run_seed, run_seeds, seeds
from sim_town import Template

EVERY_KIND = {*LINE_FAULTS, "phone killed", "token ended", "clock jump", "area reassigned"}


@pytest.mark.timeout(600)
async def test_nothing_is_lost_doubled_stuck_or_divergent(template: Template, tmp_path: Path) -> None:
    injected = await run_seeds(range(1, 16), 6_000, template, tmp_path)
    if len(seeds(range(2))) > 1:
        assert set(injected) == EVERY_KIND


@pytest.mark.full
@pytest.mark.timeout(7_200)
async def test_the_same_over_400_seeds(template: Template, tmp_path: Path) -> None:
    await run_seeds(range(1, 401), 65_000, template, tmp_path)


async def test_a_seed_gives_one_course_of_events(template: Template, tmp_path: Path) -> None:
    traces = set()
    for seed in seeds(range(1, 3)):
        first = await run_seed(seed, template, tmp_path)
        assert (await run_seed(seed, template, tmp_path)).trace == first.trace, f"SEED={seed}"
        traces.add(first.trace)
    assert len(traces) == len(seeds(range(1, 3))), "another seed gives another course"


@pytest.mark.full
@pytest.mark.timeout(1_200)
async def test_twenty_seeds_give_the_same_course_twice(template: Template, tmp_path: Path) -> None:
    for seed in seeds(range(1, 21)):
        first = await run_seed(seed, template, tmp_path)
        assert (await run_seed(seed, template, tmp_path)).trace == first.trace, f"SEED={seed}"
