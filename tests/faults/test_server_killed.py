"""R5: kill -9 of the real server while phones push. CI: 3 kills a world; `--full`: 100."""

import time
from functools import partial

import pytest

from installation import Installation
from processes import wait_until
from pushing_phones import Crowd, check_all_there_once, tokens
from worlds import World

UP_SECONDS = 3  # on a machine of its own; on a shared one an undisturbed start of the same run is the measure


def kill_under_load(world: World, kills: int) -> None:
    phones = tokens(world, 4)
    ups: list[float] = []
    began = time.monotonic()
    with Installation(world) as running:
        undisturbed = time.monotonic() - began
        with Crowd(running.url, phones) as crowd:
            for _ in range(kills):
                before = len(crowd.acknowledged)
                wait_until(partial(crowd.has, before + 40), 20, "pushes between two kills")
                running.server.kill()
                began = time.monotonic()
                running.start()
                ups.append(time.monotonic() - began)
        crowd.settle()
        assert not crowd.lies()
    cut = crowd.statuses[0]
    median, worst = sorted(ups)[len(ups) // 2], max(ups)
    print(f"R5 {world.name}: {kills} kills, up again after {median:.2f} s (worst {worst:.2f} s, undisturbed start")
    print(f"   {undisturbed:.2f} s), {len(crowd.acknowledged)} notes acknowledged, {cut} requests cut")
    assert len(ups) == kills and cut >= kills, f"only {cut} requests met {kills} kills"
    assert median <= max(UP_SECONDS, 2.5 * undisturbed) and worst <= max(2 * UP_SECONDS, 5 * undisturbed)
    check_all_there_once(world, crowd)


@pytest.mark.timeout(120)
def test_a_killed_server_is_back_with_everything_it_promised(settled: World) -> None:
    kill_under_load(settled, 3)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_hundred_kills(settled: World) -> None:
    kill_under_load(settled, 100)
