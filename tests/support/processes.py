"""Children of a test run: free ports, started with their output kept, and never outliving the run."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports nobody listens on now, all different, below the range from which outgoing connections take theirs."""
    low, high = 20000, 32000
    sockets: list[socket.socket] = []
    start = low + (os.getpid() * 97 + time.monotonic_ns() // 1000) % (high - low)
    try:
        for step in range(high - low):
            port = low + (start - low + step) % (high - low)
            candidate = socket.socket()
            try:
                candidate.bind((host, port))
            except OSError:
                candidate.close()
                continue
            sockets.append(candidate)
            if len(sockets) == count:
                return [found.getsockname()[1] for found in sockets]
    finally:
        for found in sockets:
            found.close()
    raise RuntimeError(f"no {count} free ports on {host}")


def free_port(host: str = "127.0.0.1") -> int:
    return free_ports(1, host)[0]


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def wait_until(ready: Callable[[], bool], seconds: float, what: str, pause: float = 0.05) -> None:
    """Asks `ready` until it says yes; an error after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds:g} s")
        time.sleep(pause)


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """One process of the run. What it says is in `log`; `kill()` is the power cut, `stop()` the orderly end."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
    ) -> None:
        self.log = log
        self.name = Path(command[0]).name
        with log.open("ab") as out:
            self.start = out.tell()
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, takes no lock
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        """Its output so far; not that of an earlier child with the same log."""
        return self.log.read_bytes()[self.start :].decode("utf-8", "replace")

    def wait_ready(self, ready: Callable[[], bool], seconds: float = 30) -> None:
        """Until `ready` says yes. A child that ended before is an error that shows its last lines."""

        def or_dead() -> bool:
            if not self.is_alive:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.said()[-3000:]}")
            return ready()

        try:
            wait_until(or_dead, seconds, f"{self.name} ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.said()[-3000:]}") from None

    def stop(self, sign: signal.Signals = signal.SIGTERM, seconds: float = 15) -> int:
        """Asks it to end and waits; kills it when it does not. Returns its exit code."""
        if self.is_alive:
            self.process.send_signal(sign)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.wait()

    def kill(self) -> None:
        """SIGKILL: no last word, as at a power cut."""
        if self.is_alive:
            self.process.kill()
        self.process.wait()
