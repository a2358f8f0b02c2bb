"""R23: 500 half-open slow clients for 60 s, and a healthy phone beside them. The long run only (`pytest --full`)."""

import resource
import socket
import threading
import time

import pytest

from installation import Installation
from pushing_phones import Crowd, check_all_there_once, p95, tokens
from worlds import World

CLIENTS = 500
SECONDS = 60


def drip(port: int, token: str, over: threading.Event, alive: list[int]) -> None:
    """Opens all connections: a third stop inside the headers, a third send a byte of a body a second, a third nothing."""
    lines = []
    for n in range(CLIENTS):
        line = socket.create_connection(("127.0.0.1", port), timeout=20)
        if n % 3 == 0:
            line.sendall(b"POST /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        elif n % 3 == 1:
            line.sendall(
                f"POST /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                "Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n{".encode()
            )
        lines.append(line)
    alive.append(len(lines))
    while not over.wait(1):
        for n, line in enumerate(lines):
            try:
                if n % 3 < 2:
                    line.send(b" ")
            except OSError:
                pass  # the server may well hang up on it
    for line in lines:
        line.close()


@pytest.mark.full
@pytest.mark.timeout(300)
def test_slow_clients_slow_nobody_else_down(settled: World) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    slow, *healthy = tokens(settled, 2)
    over, alive = threading.Event(), list[int]()
    with Installation(settled) as running:
        crowd_of_slow = threading.Thread(target=drip, args=(running.port, slow[0], over, alive), daemon=True)
        crowd_of_slow.start()
        deadline = time.monotonic() + 30
        while not alive and time.monotonic() < deadline:
            time.sleep(0.1)
        with Crowd(running.url, healthy, pause=0.1) as crowd:
            time.sleep(SECONDS)
        over.set()
        crowd_of_slow.join(30)
        crowd.settle()
    print(f"R23 {settled.name}: {alive} slow clients, a healthy phone's p95 {p95(crowd.seconds()) * 1000:.0f} ms")
    assert alive == [CLIENTS]
    assert set(crowd.statuses) == {200}
    assert p95(crowd.seconds()) <= 1
    check_all_there_once(settled, crowd)
