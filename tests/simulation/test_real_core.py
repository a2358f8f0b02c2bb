"""R1 beside the model phones: the same days, faults and questions for phones that run the app's real TypeScript core.

CI: 2 seeds; `--full`: 20.
"""

from pathlib import Path

import pytest

from real_core import Core, CorePhone
from sim_run import run_seed, seeds
from sim_town import Course, Template


async def live(numbers: list[int], template: Template, folder: Path) -> int:
    faults = 0
    for seed in numbers:
        with Core() as core:
            outcome = await run_seed(seed, template, folder, Course(phone=CorePhone))
            assert not outcome.broken, str(outcome)
            assert core.requests > 500, "the core hardly spoke"
        faults += outcome.faults.total()
    return faults


@pytest.mark.timeout(300)
async def test_the_apps_own_core_loses_nothing(template: Template, tmp_path: Path) -> None:
    numbers = seeds(range(501, 503))
    assert await live(numbers, template, tmp_path) >= 300 * len(numbers)


@pytest.mark.full
@pytest.mark.timeout(3_600)
async def test_the_apps_own_core_over_20_seeds(template: Template, tmp_path: Path) -> None:
    assert await live(seeds(range(501, 521)), template, tmp_path) >= 6_000
