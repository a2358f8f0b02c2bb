"""R8: PostgreSQL is restarted at once, in the middle of batches. CI: 3 times; `--full`: 20."""

import signal
import time
from functools import partial

import pytest

from installation import Installation
from postgres import Cluster
from processes import wait_until
from pushing_phones import Crowd, check_all_there_once, tokens
from worlds import World

BACK_SECONDS = 2
TOLERANCE = 3  # a shared machine


def restart_under_load(world: World, cluster: Cluster, times: int) -> None:
    phones = tokens(world, 6)
    backs: list[float] = []
    with Installation(world) as running:
        with Crowd(running.url, phones, rows=20, pause=0) as crowd:
            for _ in range(times):
                wait_until(partial(crowd.has, len(crowd.acknowledged) + 100), 30, "pushes between two restarts")
                refused = crowd.statuses[503]
                cluster.child.stop(signal.SIGQUIT)  # pg_ctl -m immediate: no checkpoint, every connection dropped
                wait_until(lambda least=refused + 1: crowd.statuses[503] >= least, 30, "a push that met the restart")  # type: ignore[misc]
                cluster.start()
                began, before = time.monotonic(), len(crowd.acknowledged)
                wait_until(partial(crowd.has, before + 1), 30, "pushes again", pause=0.01)
                backs.append(time.monotonic() - began)
        crowd.settle()
    said = crowd.statuses
    print(f"R8: {times} restarts, pushes again {max(backs):.2f} s after it was up, answers {dict(said)}")
    assert len(backs) == times and said[503] >= times
    assert set(said) == {200, 503} and not crowd.lies(), (said, crowd.lies())
    assert max(backs) <= BACK_SECONDS + TOLERANCE
    check_all_there_once(world, crowd)


@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(150)
def test_phones_see_later_while_the_database_restarts(settled: World, postgres: Cluster) -> None:
    restart_under_load(settled, postgres, 3)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(900)
def test_twenty_restarts(settled: World, postgres: Cluster) -> None:
    restart_under_load(settled, postgres, 20)
