"""A load of prepared requests over kept connections: what the client costs must not be what is measured."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

Prepared = bytes | tuple[bytes, bytes | memoryview]  # whole, or head and body, so that a large body is kept only once


class Result:
    """Requests a second, and the times of single requests in milliseconds."""

    def __init__(self, seconds: float, times: list[float], bad: int) -> None:
        self.seconds = seconds
        self.rate = len(times) / seconds
        self.p50 = statistics.median(times) * 1000
        self.p95 = sorted(times)[int(len(times) * 0.95)] * 1000
        self.p99 = sorted(times)[int(len(times) * 0.99)] * 1000
        self.bad = bad


def request(url: str, body: bytes, token: str = "", method: str = "POST", extra: str = "") -> bytes:
    """One HTTP/1.1 request, ready to write."""
    return head(url, len(body), token, method, extra) + body


def head(url: str, length: int, token: str = "", method: str = "POST", extra: str = "") -> bytes:
    """The head of a request whose body of `length` bytes follows."""
    parts = urlsplit(url)
    auth = f"Authorization: Bearer {token}\r\n" if token else ""
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{auth}{extra}Content-Length: {length}\r\n\r\n".encode()
    )


async def run(
    at: int | Sequence[tuple[str, int]],
    work: Sequence[Sequence[Prepared]],
    good: bytes = b"[]",
    status: bytes = b"200",
) -> Result:
    """Every client sends its requests one after the other, to a port of this machine or to several hosts in turn; the
    answer's body must be `good` (empty: any)."""
    hosts = [("127.0.0.1", at)] if isinstance(at, int) else at
    times: list[float] = []
    bad = 0

    async def client(requests: Sequence[Prepared]) -> None:
        nonlocal bad
        lines = [await asyncio.open_connection(*host) for host in hosts]
        for turn, one in enumerate(requests):
            if lines[turn % len(lines)][0].at_eof():  # idle for longer than the server waits
                lines[turn % len(lines)] = await asyncio.open_connection(*hosts[turn % len(hosts)])
            reader, writer = lines[turn % len(lines)]
            start = time.perf_counter()
            for piece in [one] if isinstance(one, bytes) else one:
                writer.write(piece)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            _, told, length = head.lower().partition(b"content-length:")
            answer = await reader.readexactly(int(length.split(b"\r\n")[0])) if told else b""
            times.append(time.perf_counter() - start)
            bad += head.split(b" ", 2)[1] != status or bool(good and answer != good)
        for _, writer in lines:
            writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(client(requests) for requests in work))
    return Result(time.perf_counter() - start, times, bad)
