"""P7: what phones feel while the picture worker is busy: p99 of a push, idle against rebuilding 12-megapixel photos.

`python benchmarks/bench_beside_pictures.py [SECONDS] [PHOTOS]`. SQLite + files, `sotay serve` and `sotay worker` as in
production; one phone pushes a note every 50 ms. Goal: ≤ 2 × idle on 2 free cores.
"""

import hashlib
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import asyncio

from bench_pictures import photograph

from installation import Installation
from pushing_phones import Wire, tokens
from town import note, sqlite_template
from worlds import embedded_world


def percentile(seconds: list[float], share: float) -> float:
    return sorted(seconds)[int(len(seconds) * share)] * 1000


def push_for(wire: Wire, area: str, seconds: float) -> list[float]:
    """Times of pushes, one every 50 ms."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        answer = wire.sync(notes=[note(area=area)])
        assert answer.status == 200, answer.body
        times.append(answer.seconds)
        time.sleep(max(0, 0.05 - answer.seconds))
    return times


def upload(wire: Wire, area: str, photos: int) -> None:
    for n in range(photos):
        data = photograph(4000, 3000) + n.to_bytes(4, "big")
        sent = note(area=area)
        row = {"id": str(uuid.uuid4()), "note": sent["id"], "claim": sent["claim"], "size": len(data),
               "sha256": hashlib.sha256(data).hexdigest(), "type": "image/jpeg"}  # fmt: skip
        assert wire.sync(notes=[sent | {"photos": [row["id"]]}], photos=[row]).status == 200
        assert wire.tus("PATCH", row["id"], data, Upload_Offset="0").status == 204


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    photos = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as name:
        folder = Path(name)
        template = folder / "template"
        template.mkdir()
        shutil.copyfile(asyncio.run(sqlite_template(template)), folder / "sotay.db")
        world = embedded_world(folder)
        world.share_secret()
        (token, area), (other, second) = tokens(world, 2)
        with Installation(world) as running:
            wire = Wire(running.url, token)
            push_for(wire, area, 3)
            idle = push_for(wire, area, seconds)
            upload(Wire(running.url, other), second, photos)
            wire.close()  # the server has ended the kept connection meanwhile
            busy = push_for(wire, area, seconds)
            waiting = len(list((folder / "media" / "raw").rglob("*")))
        for label, times in (("idle", idle), ("worker busy", busy)):
            print(f"P7 a push, {label}: p50 {percentile(times, 0.5):.1f} ms, p99 {percentile(times, 0.99):.1f} ms")
        ratio = percentile(busy, 0.99) / percentile(idle, 0.99)
        print(f"P7 p99 busy / idle: {ratio:.2f} (goal ≤ 2; {waiting} files of raw bytes still waited at the end)")


if __name__ == "__main__":
    main()
