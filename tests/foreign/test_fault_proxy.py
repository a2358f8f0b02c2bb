"""The failing line itself: every toxic does what it says and is counted; without toxics nothing is changed."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from fault_proxy import Bandwidth, FaultProxy, Latency, LimitData, ResetPeer, Slicer, SlowClose, Timeout

DATA = bytes(range(256)) * 400


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except OSError:
            pass


@pytest.fixture
def line() -> Iterator[FaultProxy]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with FaultProxy(server.server_address[1], seed=1) as proxy:
            yield proxy
        server.shutdown()


def echo(line: FaultProxy, data: bytes = DATA) -> bytes:
    """What comes back until as much came as was sent, or the end."""
    with socket.create_connection(("127.0.0.1", line.port), timeout=5) as client:
        threading.Thread(target=_send, args=(client, data), daemon=True).start()
        back = b""
        while len(back) < len(data) and (piece := client.recv(65536)):
            back += piece
        return back


def _send(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except OSError:
        pass


def seconds(line: FaultProxy, data: bytes = DATA) -> float:
    start = time.monotonic()
    assert echo(line, data) == data
    return time.monotonic() - start


def test_a_sound_line_changes_nothing(line: FaultProxy) -> None:
    assert echo(line) == DATA
    assert not line.faults and line.connections == 1


@pytest.mark.parametrize("size", [0, 1, 70_000])
def test_limit_data_lets_exactly_so_many_bytes_through(line: FaultProxy, size: int) -> None:
    line.add(LimitData("down", bytes=size, times=2))
    assert [echo(line), echo(line), echo(line)] == [DATA[:size], DATA[:size], DATA]
    assert line.faults == {"limit_data": 2}


def test_latency_bandwidth_and_slicer_only_take_time(line: FaultProxy) -> None:
    for toxic, least in (
        (Latency("up", ms=200, jitter=20), 0.18),
        (Bandwidth("down", kb=400), 0.2),
        (Slicer("up", size=20_000, variation=5000, ms=30), 0.1),
    ):
        line.add(toxic)
        assert seconds(line) >= least, toxic.name
        line.clear()
    assert line.faults == {"latency": 1, "bandwidth": 1, "slicer": 1}


def test_a_timeout_closes_and_a_hanging_line_hangs_until_it_is_taken_away(line: FaultProxy) -> None:
    line.add(Timeout("up", ms=100, times=1))
    assert echo(line) == b""
    hanging = line.add(Timeout("down", ms=0))
    threading.Timer(0.2, line.remove, [hanging]).start()
    start = time.monotonic()
    assert echo(line) == b""
    assert time.monotonic() - start >= 0.19
    assert echo(line) == DATA and line.faults == {"timeout": 2}


def test_a_reset_is_no_orderly_end(line: FaultProxy) -> None:
    line.add(ResetPeer("up", times=1))
    with pytest.raises(ConnectionResetError):
        echo(line, b"x")
    assert echo(line) == DATA and line.faults == {"reset_peer": 1}


def test_the_end_comes_late(line: FaultProxy) -> None:
    line.add(SlowClose("up", ms=200))
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", line.port), timeout=5) as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert time.monotonic() - start >= 0.19
    assert line.faults == {"slow_close": 1}


def test_down_refuses_and_comes_back_on_the_same_port(line: FaultProxy) -> None:
    line.take_down()
    with pytest.raises(ConnectionRefusedError):
        echo(line)
    line.bring_up()
    assert echo(line) == DATA and line.faults == {"down": 1}


def test_equal_seeds_fail_equally(line: FaultProxy) -> None:
    line.add(LimitData("down", bytes=10, chance=0.5))
    first = [len(echo(line)) for _ in range(12)]
    assert 0 < first.count(10) < 12 and line.faults["limit_data"] == first.count(10)
    with FaultProxy(line.target, seed=1) as again:
        again.add(LimitData("down", bytes=10, chance=0.5))
        assert [len(echo(again)) for _ in range(12)] == first
