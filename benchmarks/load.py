"""A load of prepared requests over kept connections: what the client costs must not be what is measured."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from urllib.parse import urlsplit


class Result:
    """Requests a second, and the times of single requests in milliseconds."""

    def __init__(self, seconds: float, times: list[float], bad: int) -> None:
        self.rate = len(times) / seconds
        self.p50 = statistics.median(times) * 1000
        self.p99 = sorted(times)[int(len(times) * 0.99)] * 1000
        self.bad = bad


def request(url: str, body: bytes, token: str = "", method: str = "POST", extra: str = "") -> bytes:
    """One HTTP/1.1 request, ready to write."""
    parts = urlsplit(url)
    auth = f"Authorization: Bearer {token}\r\n" if token else ""
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{auth}{extra}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def run(port: int, work: Sequence[Sequence[bytes]], good: bytes = b"[]") -> Result:
    """Every client sends its requests one after the other; the answer's body must be `good` (empty: any 200)."""
    times: list[float] = []
    bad = 0

    async def client(requests: Sequence[bytes]) -> None:
        nonlocal bad
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in requests:
            start = time.perf_counter()
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            times.append(time.perf_counter() - start)
            bad += not head.startswith(b"HTTP/1.1 200") or bool(good and answer != good)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(client(requests) for requests in work))
    return Result(time.perf_counter() - start, times, bad)
