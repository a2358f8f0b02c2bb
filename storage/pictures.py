"""Pictures of places, rebuilt from their pixels in a child process with limits.

`rebuild` takes a file as a phone sent it and gives two new JPEGs, 1,600 and 320 px on the long side, with faces covered
and nothing in them but pixels. It blocks: call it in a thread (`asyncio.to_thread`), one at a time per core.

A `Darkroom` keeps one template process with everything loaded and has it fork a child per picture
(`storage.picture_child`), so a picture costs a fork instead of a start of Python and leaves no memory behind. A child
that dies takes only its picture with it; a template that dies is started again at the next picture. What a child sends
back is not believed: the frame and every marker of both JPEGs are checked here.
"""

import atexit
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

MOST_BYTES = 8 << 20
"""Largest file taken."""
_MOST_ANSWER = 4 << 20
_START = 30.0
_ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""All the template sees of ours. Large pages for its memory save a sixth of the time of a 3-megapixel picture, which
otherwise goes into first touching small ones; glibc before 2.35 and other C libraries take no notice."""
_CODES = frozenset({"picture_unreadable", "picture_type", "picture_too_large", "picture_bomb", "picture_portrait"})
_SIGKILL, _SIGXCPU = 9, 24

# What our own encoder writes, and nothing else: JFIF, tables, one frame, one scan, the end.
_JFIF = re.compile(rb"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01[\x01\x02].{5}\x00\x00", re.DOTALL)
_TABLES = frozenset({0xDB, 0xC0, 0xC4, 0xDD})
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)


class Rebuilt(msgspec.Struct, frozen=True):
    """Two JPEGs made from pixels only; `width` and `height` are those of `large`; `faces` were covered."""

    large: bytes
    small: bytes
    width: int
    height: int
    faces: int


class Refused(Exception):
    """The picture cannot be taken, now or later. `code` is a problem code:

    picture_unreadable · picture_type · picture_too_large · picture_bomb · picture_portrait · picture_too_slow
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Waiting(Exception):
    """No fault of the picture: no child could run, or faces cannot be covered here. Nothing passes; try later."""


class Darkroom:
    """A template process and the pictures it is working on. Threads may share one.

    `home` is the folder that holds the `storage` package. `walls` names what keeps a child off the network:
    `no-network` (a namespace of its own), `system-calls` (a filter). `peak` is the largest resident
    size of any child so far, KiB.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._home = home or Path(__file__).resolve().parent.parent
        self._lock = threading.Lock()
        self._template: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.walls: frozenset[str] = frozenset()
        self.peak = 0

    def rebuild(self, raw: bytes | Path, *, seconds: float = 10.0) -> Rebuilt:
        """Rebuild one picture; see the module's `rebuild`."""
        if isinstance(raw, Path):
            with raw.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise Refused("picture_too_large")
        channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        report, reported = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with channel, report:
            with theirs, reported:
                self._hand_over(seconds, theirs.fileno(), reported.fileno())
            answer = _exchange(channel, raw, time.monotonic() + seconds)
            if answer is None:
                report.shutdown(socket.SHUT_WR)  # the template kills the child
            status, peak = _ending(report)
        self.peak = max(self.peak, peak)
        return _judge(answer, status)

    def rehearse(self) -> None:
        """Start the template, so that `walls` is known. Raises Waiting where pictures cannot be rebuilt."""
        with self._lock:
            self._ready()

    def close(self) -> None:
        """End the template and whatever it still works on."""
        with self._lock:
            self._stop()

    @property
    def pid(self) -> int:
        """Process id of the running template; 0 where none runs."""
        return self._template.pid if self._template is not None and self._template.poll() is None else 0

    def _hand_over(self, seconds: float, *sockets: int) -> None:
        with self._lock:
            for last_try in (False, True):
                try:
                    socket.send_fds(self._ready(), [struct.pack("!d", seconds)], list(sockets))
                    return
                except OSError as error:  # the template died since its last picture
                    self._stop()
                    if last_try:
                        raise Waiting("the picture process cannot be reached") from error

    def _ready(self) -> socket.socket:
        if self._control is None or not self.pid:
            self._stop()
            self._control = self._begin()
        return self._control

    def _begin(self) -> socket.socket:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._template = subprocess.Popen(
                    [sys.executable, "-E", "-s", "-m", "storage.picture_child"],
                    cwd=self._home,
                    env=_ENVIRONMENT,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C at a terminal is for the parent, which then closes `control`
                )
            except OSError as error:
                control.close()
                raise Waiting("the picture process cannot be started") from error
        control.settimeout(_START)
        try:
            greeting = control.recv(200).decode().split()
        except OSError:
            greeting = []
        if greeting[:1] != ["ready"]:
            control.close()
            self._stop()
            raise Waiting("faces cannot be covered here" if greeting else "the picture process does not start")
        self.walls = frozenset(greeting[1:])
        return control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._template is not None:
            self._template.kill()
            self._template.wait()
            self._template = None


def _exchange(channel: socket.socket, raw: bytes, deadline: float) -> bytes | None:
    """Send the picture and read the answer to its end; None when the time is over or the answer has none."""
    parts: list[bytes] = []
    size = 0
    try:
        channel.settimeout(max(0.001, deadline - time.monotonic()))
        channel.sendall(raw)
        channel.shutdown(socket.SHUT_WR)
        while size <= _MOST_ANSWER:
            channel.settimeout(max(0.001, deadline - time.monotonic()))
            part = channel.recv(1 << 18)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
    except TimeoutError:
        return None
    except OSError:
        return b""  # the child ended in the middle; its status says how
    return None


def _ending(report: socket.socket) -> tuple[int, int]:
    """Wait status and largest resident size (KiB) of the child, from the template. Raises Waiting when it died too."""
    report.settimeout(10.0)
    try:
        message = report.recv(16)
    except OSError:
        message = b""
    if len(message) != 8:
        raise Waiting("the picture process ended")
    status, peak = struct.unpack("!iI", message)
    return int(status), int(peak)


def _judge(answer: bytes | None, status: int) -> Rebuilt:
    """What the answer and the end of the child mean."""
    if answer is None:
        raise Refused("picture_too_slow")
    if os.WIFSIGNALED(status):
        how = os.WTERMSIG(status)
        slow_or_big = {_SIGXCPU: "picture_too_slow", _SIGKILL: "picture_bomb"}  # killed, not by us: no memory left
        raise Refused(slow_or_big.get(how, "picture_unreadable"))
    kind, body = answer[:1], answer[1:]
    if kind == b"F":
        raise Waiting(body[:60].decode("ascii", "replace"))
    if kind == b"R" and body.decode("ascii", "replace") in _CODES:
        raise Refused(body.decode("ascii"))
    if kind != b"P" or len(body) < 20:
        raise Refused("picture_unreadable")
    width, height, faces, large_size, small_size = struct.unpack("!5I", body[:20])
    large, small = body[20 : 20 + large_size], body[20 + large_size :]
    if len(small) != small_size or plain_size(large) != (width, height) or max(width, height) > 1600:
        raise Refused("picture_unreadable")
    if max(plain_size(small)) > 320:
        raise Refused("picture_unreadable")
    return Rebuilt(large=large, small=small, width=width, height=height, faces=faces)


def plain_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG that holds nothing but a picture; raises Refused for any other byte string.

    No application segment but JFIF without a thumbnail, no comment, one scan, and not a byte after the end.
    """
    start = _JFIF.match(jpeg)
    size = (0, 0)
    at = start.end() if start else len(jpeg)
    while jpeg[at : at + 1] == b"\xff" and at + 4 <= len(jpeg):
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA:
            end = _MARKER_IN_SCAN.search(jpeg, at + 2 + length)
            if end is not None and end.group() == b"\xff\xd9" and end.end() == len(jpeg) and all(size):
                return size
            break
        if marker not in _TABLES or length < 2:
            break
        if marker == 0xC0:
            size = int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
        at += 2 + length
    raise Refused("picture_unreadable")


_default = Darkroom()
atexit.register(_default.close)


def rebuild(raw: bytes | Path, *, seconds: float = 10.0) -> Rebuilt:
    """Rebuild one picture: JPEG, PNG or WebP; ≤ 8 MiB, ≤ 12,000 px a side, JPEG ≤ 25 and others ≤ 12 megapixels.

    Raises Refused when the picture is at fault, Waiting when it is not (fail closed: without the face finder no picture
    passes). Blocks: `seconds` is wall time from the hand-over on; a child that needs longer is killed.
    """
    return _default.rebuild(raw, seconds=seconds)
