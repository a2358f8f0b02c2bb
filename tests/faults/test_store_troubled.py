"""R9: the object store is away, hangs, is slow, resets, while phones push texts and photos. CI: 10 s of trouble (2.5 s of
each kind); `--full`: 600 s. Texts do not notice; photos wait; afterwards every photo is there and nothing else is.
"""

import asyncio
import time
from dataclasses import replace

import pytest

from fault_proxy import FaultProxy, Latency, ResetPeer, Timeout
from installation import Installation
from processes import wait_until
from pushing_phones import Crowd, check_all_there_once, p95, tokens
from s3 import Store
from sending_photos import PhotoPhone, leftovers
from storage.samples.pictures import sample_photo
from worlds import World

DRAIN_SECONDS = 120


def trouble(line: FaultProxy, running: Installation, seconds: float) -> None:
    """Away (and the server is started anew meanwhile), hanging, slow, resetting: a quarter of the time each."""
    began = time.monotonic()
    line.take_down()
    running.server.stop()
    running.start()
    time.sleep(max(0.0, seconds / 4 - (time.monotonic() - began)))
    line.bring_up()
    for toxic in (Timeout("down", ms=0), Latency("up", ms=400, jitter=300), ResetPeer("up", ms=20)):
        line.add(toxic)
        if isinstance(toxic, Timeout | ResetPeer):
            line.cut_all()
        time.sleep(seconds / 4)
        line.remove(toxic)


def troubled(world: World, s3: Store, seconds: float, wide: float) -> None:
    phones = tokens(world, 4)
    pictures = [sample_photo(seed, "flooded_road")[:] for seed in (1, 2)]
    with FaultProxy(s3.port, seed=9) as line:
        through = replace(world, media_url=world.media_url.replace(f":{s3.port}/", f":{line.port}/"))
        with Installation(through) as running:
            with Crowd(running.url, phones[1:], pause=0.05) as quiet:
                time.sleep(min(5, seconds / 2))
            normal = p95(quiet.seconds())
            camera = PhotoPhone(running.url, phones[0][0], pictures, pause=max(0.3, seconds / 60))
            with Crowd(running.url, phones[1:], pause=0.05) as crowd:
                camera.start()
                trouble(line, running, seconds)
                camera.stopping.set()
            camera.join(60)
            healed = time.monotonic()
            wait_until(lambda: not camera.waiting(), DRAIN_SECONDS, "all photos stored", pause=0.5)
            drained = time.monotonic() - healed
            for one in (quiet, crowd):
                one.settle()
    under = p95(crowd.seconds())
    answers = sorted({answer.status for answer in camera.answers})
    print(f"R9: {seconds:g} s, faults {dict(line.faults)}; texts {dict(crowd.statuses)}, p95 {normal * 1000:.0f} → "
          f"{under * 1000:.0f} ms; {len(camera.shots)} photos, {answers}; drained in {drained:.1f} s")  # fmt: skip
    for name in ("down", "timeout", "latency", "reset_peer"):
        assert line.faults[name] > 0, f"no {name}: {line.faults}"
    # 0: requests that met the server's own restart; the phone sends those again
    assert set(crowd.statuses) <= {200, 0} and not crowd.lies(), (crowd.statuses, crowd.lies())
    assert {answer.status for answer in camera.texts} <= {200, 0}
    assert all(answer.is_honest for answer in camera.answers) and set(answers) <= {204, 404, 423, 0}, answers
    assert any(status in (423, 0) for status in answers), "no photo had to wait"
    assert under <= max(2 * normal, wide)
    for one in (quiet, crowd):
        check_all_there_once(world, one)
    dangling, orphans = asyncio.run(leftovers(world))
    assert dangling == set() and orphans == set(), (dangling, orphans)


@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(170)
def test_texts_do_not_notice_that_the_store_is_in_trouble(settled: World, s3: Store) -> None:
    troubled(settled, s3, 10, wide=0.5)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["production"], indirect=True)
@pytest.mark.timeout(1200)
def test_ten_minutes_of_a_troubled_store(settled: World, s3: Store) -> None:
    troubled(settled, s3, 600, wide=0.1)
