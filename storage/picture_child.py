"""The process that touches strangers' picture files: `python -m storage.picture_child`, started by `storage.pictures`.

Loading Python and Pillow takes longer than a picture, so one template process loads them once, opens no picture, and
forks a disposable child per picture. The child takes its limits, closes every door (`storage.picture_limits`), reads
the file from its standard input, answers one frame on its standard output and is gone with all its memory.

Spoken on the template's standard input, a SEQPACKET socket: first we greet (`ready`, or `no-faces`, then the names of
the walls that hold); then every message is `!d` seconds with two sockets: the picture's channel and its report.
On the report the template writes `!iI` (wait status, largest resident size in KiB) when the child has ended; when the
other end of the report goes away the child is killed. Closing standard input ends the template.

Frames: `P` + `!5I` (width, height, faces, bytes of large, bytes of small) + large + small; `R` + problem code; `F` +
the name of an error that is ours, not the picture's.
"""

import gc
import io
import os
import selectors
import signal
import socket
import struct
import warnings

os.environ["OMP_NUM_THREADS"] = "1"  # read by the face finder's libgomp while it loads; a child may not make threads

from PIL import Image

from storage import picture_limits

try:
    from storage import faces
except (ImportError, OSError):
    found_faces = False
else:
    found_faces = True

PIXELS = 25_000_000
"""Most pixels a picture may have. Up to twice as many: `picture_too_large`; more: `picture_bomb`."""
OTHER_PIXELS = 12_000_000
"""Fewer for PNG and WebP: cameras write JPEG, these cannot be scaled while decoding, and WebP's decoder holds
the picture four times over."""
SIDE = 12_000
SCANNED = 400_000_000
"""Most pixels × scans of a JPEG: every scan of a progressive one costs a pass over the picture; cameras make ten."""
LARGE, SMALL, QUALITY = 1600, 320, 82

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refuse(Exception):
    """The picture is at fault; the argument is a problem code."""


def decode(raw: bytes) -> Image.Image:
    """The upright RGB picture of `raw`, long side ≤ LARGE, holding pixels only. Raises Refuse, or MemoryError.

    The first frame counts: of an animation, and of a phone's MPO with a second view.
    """
    formats = _formats(raw)
    try:
        with Image.open(io.BytesIO(raw), formats=formats) as opened:
            _check_size(opened, raw)
            small = _shrink(opened)
            return _fresh(_turn(small, opened))
    except Image.DecompressionBombError as error:
        raise Refuse("picture_bomb") from error
    except Image.DecompressionBombWarning as error:
        raise Refuse("picture_too_large") from error
    except (Refuse, MemoryError):
        raise
    except Exception as error:  # a decoder fed with rubbish may raise anything
        raise Refuse("picture_unreadable") from error


def _formats(raw: bytes) -> list[str]:
    """The decoders that may look at `raw`, by its first bytes; raises Refuse before any of them does."""
    if raw.startswith(b"\xff\xd8\xff"):
        return ["JPEG", "MPO"]
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return ["PNG"]
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        width, height = _webp_size(raw)
        if width * height > 2 * PIXELS:
            raise Refuse("picture_bomb")
        if width * height > OTHER_PIXELS:
            raise Refuse("picture_too_large")
        return ["WEBP"]
    raise Refuse("picture_type")


def _check_size(opened: Image.Image, raw: bytes) -> None:
    """Refuse what would take too long; Pillow has refused what has more than PIXELS already."""
    pixels = opened.width * opened.height
    if max(opened.size) > SIDE or (opened.format in ("PNG", "WEBP") and pixels > OTHER_PIXELS):
        raise Refuse("picture_too_large")
    if opened.format in ("JPEG", "MPO") and pixels * raw.count(b"\xff\xda") > SCANNED:
        raise Refuse("picture_bomb")


def _webp_size(raw: bytes) -> tuple[int, int]:
    """Width and height a WebP claims: its decoder takes memory for them before Pillow can ask (RFC 9649, 2.5–2.7)."""
    if len(raw) < 30:
        raise Refuse("picture_unreadable")
    kind = raw[12:16]
    if kind == b"VP8X":
        return int.from_bytes(raw[24:27], "little") + 1, int.from_bytes(raw[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(raw[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(raw[26:28], "little") & 0x3FFF, int.from_bytes(raw[28:30], "little") & 0x3FFF
    raise Refuse("picture_unreadable")


def _shrink(opened: Image.Image) -> Image.Image:
    """Decode to at most LARGE. The JPEG decoder scales while it decodes; modes that cannot be averaged go first."""
    picture: Image.Image = opened
    if "transparency" in opened.info or opened.mode == "PA":
        picture = opened.convert("RGBA")
    elif opened.mode == "P":
        picture = opened.convert("RGB")
    elif opened.mode == "1":
        picture = opened.convert("L")
    picture.thumbnail((LARGE, LARGE), Image.Resampling.BICUBIC, reducing_gap=1.0)
    picture.load()
    return picture


def _turn(picture: Image.Image, opened: Image.Image) -> Image.Image:
    """Bake the camera's orientation in; rubbish where it should stand means upright."""
    try:
        how = _UPRIGHT.get(opened.getexif().get(_ORIENTATION, 1))
    except Exception:  # the EXIF parser fed with rubbish may raise anything
        how = None
    return picture if how is None else picture.transpose(how)


def _fresh(picture: Image.Image) -> Image.Image:
    """A new RGB image with the pixels on white. Nothing but pixels can come along: no profile, tag or comment."""
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("LA", "La", "RGBA", "RGBa"):
        seen = picture.convert("RGBA")
        fresh = Image.new("RGB", picture.size, "white")
        fresh.paste(seen, (0, 0), seen)
        return fresh
    fresh = Image.new("RGB", picture.size, None)  # not filled first: every pixel is pasted over
    fresh.paste(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return fresh


def develop(raw: bytes) -> bytes:
    """The frame that answers one picture file."""
    try:
        large = decode(raw)
        covered = faces.cover(large)
        share = SMALL / max(large.size)
        size = max(1, round(large.width * share)), max(1, round(large.height * share))
        small = large if share >= 1 else large.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.0)
        written = [_jpeg(large), _jpeg(small)]
    except Refuse as refusal:
        return b"R" + str(refusal).encode()
    except MemoryError:
        return b"Rpicture_bomb"
    except faces.Portrait:
        return b"Rpicture_portrait"
    except Exception as error:
        return b"F" + type(error).__name__.encode()
    return b"P" + struct.pack("!5I", *large.size, covered, *map(len, written)) + b"".join(written)


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def configure() -> None:
    """Settings of the decoders for this process: the pixel limit is an error, other warnings are nobody's business."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def _child(channel: int, baseline: int, seconds: float) -> None:
    """The life of a child: walls first, then the first byte of the picture."""
    code = 1
    try:
        picture_limits.take_over(channel)
        picture_limits.limit(baseline, seconds)
        picture_limits.seal()
        with open(0, "rb", buffering=0, closefd=False) as stdin:
            raw = stdin.readall()
        left = memoryview(develop(raw))
        while left:
            left = left[os.write(1, left) :]
        code = 0
    finally:
        os._exit(code)


def _rehearse() -> None:
    """Run every part once on our own pictures, so that a sealed child has nothing left to import or open."""
    for kind in ("JPEG", "PNG", "WEBP"):
        out = io.BytesIO()
        Image.linear_gradient("L").convert("RGB").save(out, kind)
        decode(out.getvalue())
    _jpeg(Image.new("RGB", (8, 8)))


def _seal_holds() -> bool:
    """Whether the system-call filter can be had here, tried in a child."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if picture_limits.seal() else 1)
    return os.waitpid(pid, 0)[1] == 0


class _Running:
    """One child and the socket its end is reported on."""

    def __init__(self, pid: int, report: socket.socket) -> None:
        self.pid, self.report, self.pidfd = pid, report, os.pidfd_open(pid)


def serve(control: socket.socket) -> None:
    """Fork a child per message until `control` is closed. Single-threaded, so forking is safe."""
    baseline = picture_limits.mapped()
    with selectors.DefaultSelector() as ready:
        ready.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                running: _Running | None = key.data
                if running is None:
                    message, fds, _, _ = socket.recv_fds(control, 8, 2)
                    if not message:
                        return
                    running = _start(fds, baseline, struct.unpack("!d", message)[0])
                    if running is not None:
                        ready.register(running.report, selectors.EVENT_READ, running)
                        ready.register(running.pidfd, selectors.EVENT_READ, running)
                elif key.fileobj is running.report:
                    os.kill(running.pid, signal.SIGKILL)
                    ready.unregister(running.report)
                else:
                    ready.unregister(running.pidfd)
                    if running.report in ready.get_map():
                        ready.unregister(running.report)
                    _reap(running)
                    break  # the events read in this round may speak of what was just closed


def _start(fds: list[int], baseline: int, seconds: float) -> _Running | None:
    """Fork; None where the system has no room for a process (the closed report tells the other side)."""
    channel, report = fds[0], socket.socket(fileno=fds[1])
    try:
        pid = os.fork()
        if pid == 0:
            _child(channel, baseline, seconds)
        return _Running(pid, report)
    except OSError:
        report.close()
        return None
    finally:
        os.close(channel)


def _reap(running: _Running) -> None:
    os.close(running.pidfd)
    _, status, usage = os.wait4(running.pid, 0)
    try:
        running.report.send(struct.pack("!iI", status, usage.ru_maxrss))
    except OSError:
        pass  # nobody waits any more
    running.report.close()


def main() -> None:
    os.environ.clear()
    os.nice(5)  # phones, panel and totals first
    control = socket.socket(fileno=os.dup(0))
    if not found_faces:
        control.send(b"no-faces")
        return
    alone = picture_limits.leave_network()
    picture_limits.no_new_privileges()
    picture_limits.keep_memory()
    configure()
    _rehearse()
    gc.collect()
    gc.freeze()  # a child then copies fewer pages
    walls = (("no-network", alone), ("system-calls", _seal_holds()))
    control.send(" ".join(["ready", *(name for name, holds in walls if holds)]).encode())
    serve(control)


if __name__ == "__main__":
    main()
