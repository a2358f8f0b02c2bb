"""R11: broken bodies, uploads and encodings against a running server: never its fault, never slow, and it lives on."""

import json
from collections import Counter

import pytest

from broken_requests import Broken, broken_body, broken_upload
from installation import Installation
from pushing_phones import Answer, Wire, tokens
from sync.problems import CODES
from town import note, photo_row
from worlds import World

SECONDS = 1.0
CI, FULL = (1_500, 300), (10_000, 2_000)


def send(wire: Wire, broken: Broken) -> Answer:
    return wire.call(
        broken.method, broken.path, broken.body, **{k.replace("-", "_"): v for k, v in broken.headers.items()}
    )


def announce(wire: Wire, count: int) -> list[dict[str, object]]:
    """Photos whose uploads may be broken, of notes the server holds."""
    photos = []
    for _ in range(count):
        one = note()
        photo = photo_row(one, b"picture")
        assert wire.sync(notes=[one], photos=[photo]).status == 200
        photos.append(photo)
    return photos


def _check(seed: str, broken: Broken, answer: Answer, server: Installation) -> None:
    what = f"{seed}: {broken.method} {broken.path[:80]} {broken.headers} {broken.body[:300]!r} → {answer}"
    assert 200 <= answer.status < 500, what
    assert answer.seconds <= SECONDS, what
    if answer.status >= 400 and broken.method != "HEAD":
        assert answer.headers["content-type"].startswith("application/problem+json"), what
        assert json.loads(answer.body)["code"] in CODES, what
    assert server.server.is_alive


def run(settled: World, bodies: int, uploads: int) -> None:
    statuses: Counter[int] = Counter()
    slowest = 0.0
    (token, _), *_ = tokens(settled, 1)
    with Installation(settled) as server:
        wire = Wire(server.url, token)
        photos = announce(wire, 20)
        sent = 0
        for seed in range(bodies + uploads):
            broken = broken_body(seed) if seed < bodies else broken_upload(seed, photos)
            answer = send(wire, broken)
            if answer.status == 0:  # a refused body may end the connection before all of it was taken
                answer = send(wire, broken)
            _check(f"seed {seed}", broken, answer, server)
            statuses[answer.status] += 1
            slowest = max(slowest, answer.seconds)
            sent += 1
        honest = wire.sync(notes=[note()])
        assert (honest.status, "push" in json.loads(honest.body)) == (200, False)
        wire.close()
        log = server.server.said()
    print(f"R11 {settled.name}: {sent} broken requests, slowest {slowest * 1000:.0f} ms, {dict(statuses)}")
    assert sent == bodies + uploads
    assert statuses[400] > bodies / 10
    assert "unforeseen" not in log, log[-3000:]


@pytest.mark.timeout(600)
def test_broken_requests(settled: World) -> None:
    run(settled, *CI)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_broken_requests_in_full(settled: World) -> None:
    run(settled, *FULL)
