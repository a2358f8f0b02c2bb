"""R5: kill -9 of the real server while phones push. CI: 3 kills a world; `--full`: 100."""

import time

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
                wait_until(lambda least=before + 40: len(crowd.acknowledged) >= least, 20, "pushes between two kills")
                running.server.kill()
                began = time.monotonic()
                running.start()
                ups.append(time.monotonic() - began)
        crowd.settle()
        assert not crowd.lies()
    cut = crowd.statuses[0]
    print(f"R5 {world.name}: {kills} kills, up again after {sorted(ups)[len(ups) // 2]:.2f} s (worst {max(ups):.2f} s; undisturbed "
          f"{undisturbed:.2f} s), "
          f"{len(crowd.acknowledged)} notes acknowledged, {cut} requests cut")  # fmt: skip
    assert len(ups) == kills and cut >= kills, f"only {cut} requests met {kills} kills"
    assert sorted(ups)[len(ups) // 2] <= max(UP_SECONDS, 2 * undisturbed) and max(ups) <= 4 * max(
        UP_SECONDS, undisturbed
    )
    check_all_there_once(world, crowd)


@pytest.mark.timeout(120)
def test_a_killed_server_is_back_with_everything_it_promised(settled: World) -> None:
    kill_under_load(settled, 3)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_hundred_kills(settled: World) -> None:
    kill_under_load(settled, 100)
