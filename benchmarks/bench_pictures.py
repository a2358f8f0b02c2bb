"""Pictures per core: ours against the bare Pillow sequence, interleaved in one run.

`python benchmarks/bench_pictures.py [ROUNDS]`. Ours runs as in production, a child per picture; "without faces" swaps the
face finder for one that sees nothing, in a copy of the child's folder, since the product has no switch for that.
The ratio is one of CPU time (all processes that took part), summed over rounds taken in turn: wall time on a machine
with other work is given beside it, and says less. Scaling needs two free cores.
"""

import io
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageOps

from storage import pictures
from storage.pictures import Darkroom

TARGET, SCALING = 0.9, 1.7


def photograph(width: int, height: int) -> bytes:
    """A JPEG with the detail of a camera picture: noise at several sizes over a gradient, orientation 6."""
    picture = Image.radial_gradient("L").resize((width, height))
    for part in (64, 16, 4, 1):
        noise = Image.effect_noise((width // part, height // part), 60).resize((width, height))
        picture = Image.blend(picture, noise, 0.3 if part > 1 else 0.12)
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    tinted = Image.merge("RGB", (picture, picture.point(lambda v: v * 0.9), picture.point(lambda v: v * 0.7)))
    tinted.save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


def bare(raw: bytes) -> None:
    """What anyone would write with Pillow, in its fastest order; no limits, no child, tags dropped by default."""
    with Image.open(io.BytesIO(raw)) as opened:
        opened.thumbnail((1600, 1600), Image.Resampling.BICUBIC, reducing_gap=1.0)
        large = ImageOps.exif_transpose(opened)
    large.save(io.BytesIO(), "JPEG", quality=82)
    large.thumbnail((320, 320), Image.Resampling.BICUBIC)
    large.save(io.BytesIO(), "JPEG", quality=82)


def without_faces(folder: Path) -> Darkroom:
    package = folder / "storage"
    package.mkdir()
    real = Path(pictures.__file__).resolve().parent
    for name in ("__init__.py", "picture_child.py", "picture_limits.py"):
        package.joinpath(name).symlink_to(real / name)
    package.joinpath("faces.py").write_text(
        "class Portrait(Exception):\n    pass\n\n\ndef cover(picture):\n    return 0\n", encoding="utf-8"
    )
    return Darkroom(folder)


def spent(pid: int) -> float:
    """CPU seconds so far of this process, and of the process `pid` and its ended children."""
    own = time.process_time()
    if not pid:
        return own
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return own + sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def took(work: Callable[[bytes], object], raw: bytes, pid: int) -> tuple[float, float]:
    """Wall and CPU seconds of one picture."""
    began, before = time.perf_counter(), spent(pid)
    work(raw)
    return time.perf_counter() - began, spent(pid) - before


def rate(work: Callable[[bytes], object], raw: bytes, threads: int, each: int) -> float:
    """Pictures per second with `threads` at once."""

    def run() -> None:
        for _ in range(each):
            work(raw)

    crew = [threading.Thread(target=run) for _ in range(threads)]
    began = time.perf_counter()
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    return threads * each / (time.perf_counter() - began)


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, full = without_faces(Path(folder)), Darkroom()
        warm = photograph(640, 480)
        plain.rebuild(warm)
        full.rebuild(warm)
        for name, width, height in (("12 MP", 4000, 3000), ("3 MP", 2048, 1536)):
            raw = photograph(width, height)
            ways: dict[str, Callable[[bytes], object]] = {
                "bare": bare,
                "without faces": plain.rebuild,
                "with faces": full.rebuild,
            }
            pids = {"bare": 0, "without faces": plain.pid, "with faces": full.pid}
            wall: dict[str, list[float]] = {way: [] for way in ways}
            cpu = dict.fromkeys(ways, 0.0)
            for _ in range(rounds):
                for way, work in ways.items():
                    seconds, processor = took(work, raw, pids[way])
                    wall[way].append(seconds)
                    cpu[way] += processor
            print(f"{name}, {len(raw) / 1e6:.1f} MB; median ms: ", end="")
            print(" · ".join(f"{way} {statistics.median(each) * 1000:.0f}" for way, each in wall.items()))
            for way in ("without faces", "with faces"):
                pairs = zip(wall["bare"], wall[way], strict=True)
                clock = statistics.median(theirs / ours for theirs, ours in pairs)
                goal = f" (goal ≥ {TARGET})" if way == "without faces" else ""
                print(
                    f"  speed of ours {way} / bare Pillow, per core: {cpu['bare'] / cpu[way]:.2f}{goal}; by the clock {clock:.2f}"
                )
            for way, work in (("without faces", plain.rebuild), ("with faces", full.rebuild)):
                tries = [(rate(work, raw, 1, 4), rate(work, raw, 2, 4)) for _ in range(max(3, rounds // 4))]
                grown = statistics.median(two / one for one, two in tries)
                print(f"  two at once / one, {way}: {grown:.2f} (goal ≥ {SCALING} on 2 free cores)")
        print(f"largest child: {max(plain.peak, full.peak) / 1024:.0f} MiB; walls: {', '.join(sorted(full.walls))}")
        plain.close()
        full.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
