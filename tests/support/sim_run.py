"""Running seeds: one seed to its verdict, many seeds with the count of what went wrong on purpose."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sim_making import town
from sim_oracle import faults_of
from sim_town import Course, Template, Town


@dataclass(frozen=True)
class Outcome:
    seed: int
    broken: list[str]  # promises that were not kept
    faults: Counter[str]  # injected
    trace: str
    emptied_ms: int

    def __str__(self) -> str:
        return f"seed {self.seed} (run it alone: SEED={self.seed}):\n  " + "\n  ".join(self.broken[:10])


def _as_it_is(_: Town) -> AbstractContextManager[None]:
    return nullcontext()


async def run_seed(
    seed: int,
    template: Template,
    folder: Path,
    course: Course | None = None,
    plant: Callable[[Town], AbstractContextManager[None]] = _as_it_is,
) -> Outcome:
    async with town(seed, template, folder, course) as one:
        with plant(one):
            await one.live()
            broken = await faults_of(one)
        return Outcome(seed, broken, one.sim.faults, one.sim.trace.hexdigest(), one.emptied_ms)


def seeds(some: Iterable[int]) -> list[int]:
    """These seeds, or the one of SEED=… alone."""
    alone = os.environ.get("SEED")
    return [int(alone)] if alone else list(some)


async def run_seeds(
    some: Iterable[int], least: int, template: Template, folder: Path, course: Course | None = None
) -> Counter[str]:
    """Runs the seeds; fails at the first broken promise, and if fewer faults than `least` were injected."""
    injected: Counter[str] = Counter()
    chosen = seeds(some)
    for seed in chosen:
        outcome = await run_seed(seed, template, folder, course)
        assert not outcome.broken, str(outcome)
        injected += outcome.faults
    if len(chosen) > 1:
        assert injected.total() >= least, f"only {injected.total()} faults were injected: {dict(injected)}"
    return injected
