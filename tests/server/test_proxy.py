"""The proxy of `docker-compose.yml` with our file: what is closed from outside the office is closed however it is written,
callers are told apart, and what phones need goes through."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import LAN
from installation import Installation
from proxy import Answer, Proxy
from storage.quota import ENROL_TRIES
from worlds import World

OFFICE, PHONE, OTHER_PHONE = "127.0.0.2", "127.0.0.3", "127.0.0.4"
# one address, as servers and proxies have disagreed about it
WAYS = (
    "{}",
    "{}/",
    "/{}",
    "/.{}",
    "/app/..{}",
    "/app/%2e%2e{}",
    "/app/%2E%2E{}",
    "/app/..%2f{}",
    "{};x=1",
    "{}?x=/app/",
)


def written(path: str) -> set[str]:
    """The path in every way somebody might try."""
    odd = (
        path[:2] + path[2].upper() + path[3:],
        path.upper(),
        "/%" + f"{ord(path[1]):x}" + path[2:],
        path.replace("/", "%2f", 1),
    )
    return {way.format(one) for one in (path, *odd) for way in WAYS} | {path.replace("/", "//"), "\\" + path[1:]}


@pytest.fixture
def proxy(settled: World, tmp_path: Path) -> Iterator[Proxy]:
    folder = tmp_path / "caddy"
    folder.mkdir()
    ahead = Proxy(folder, OFFICE)
    running = Installation(settled, base_url=ahead.url)
    running.env |= {"SOTAY_TRUSTED_PROXIES": "127.0.0.1", "SOTAY_PRODUCTION": "0"}
    with running, ahead.start(running):
        yield ahead


def code(answer: Answer) -> str:
    return str(json.loads(answer.body)["code"])


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
def test_from_outside_there_is_no_panel_and_nowhere_are_figures(proxy: Proxy) -> None:
    assert b"<form" in proxy.ask("/panel/sign-in", OFFICE).body
    closed = proxy.ask("/panel/sign-in", PHONE)
    assert closed.status == 403 and closed.headers["content-type"] == "text/plain; charset=utf-8"
    assert "mạng của văn phòng" in closed.body.decode() and "the office's network" in closed.body.decode()
    tried = written("/panel/sign-in") | written("/panel")
    for path in tried:
        answer = proxy.ask(path, PHONE, X_Forwarded_For=OFFICE, X_Real_IP=OFFICE, Forwarded=f"for={OFFICE}")
        assert answer.status in (400, 403, 404), path
        assert b"<form" not in answer.body and b"<header" not in answer.body, path
    for path in written("/metrics"):
        for source in (PHONE, OFFICE):
            assert proxy.ask(path, source).status in (400, 404), path
    assert proxy.ask("/metrics", OFFICE).body == b""  # the proxy's own answer: nothing was asked of the server


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
def test_phones_are_told_apart_by_their_real_address(proxy: Proxy) -> None:
    def tried(source: str, said: str) -> Answer:
        told = json.dumps({"code": "0000-0000-0000"}).encode()
        kind = {"Content_Type": "application/json", "X_Forwarded_For": said}
        return proxy.ask("/v1/enrol", source, "POST", told, **kind)

    # as many again, should a new window begin meanwhile; if the client were believed, no address would be asked twice
    said = (code(tried(PHONE, f"10.0.{n // 250}.{n % 250}")) for n in range(2 * ENROL_TRIES + 1))
    assert "too_many_requests" in said
    assert code(tried(OTHER_PHONE, PHONE)) == "code_unknown"


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
def test_what_phones_need_goes_through(proxy: Proxy) -> None:
    moved = proxy.ask("/app/", PHONE, tls=False)
    assert moved.status == 308 and moved.headers["location"].startswith("https://localhost")
    shell = proxy.ask("/app/", PHONE)
    assert shell.status == 200 and "strict-transport-security" in shell.headers
    assert proxy.ask("/v1/sync", PHONE, "POST", b"{}", Content_Type="application/json").status == 401
    packed = proxy.ask("/panel/sign-in", OFFICE, Accept_Encoding="zstd")
    assert packed.headers["content-encoding"] == "zstd" and packed.body[:4] == b"\x28\xb5\x2f\xfd"
    enrolment = json.dumps({"code": proxy.running.enrolment(LAN.login)["code"]}).encode()
    enrolled = json.loads(proxy.ask("/v1/enrol", PHONE, "POST", enrolment, Content_Type="application/json").body)
    with proxy.line("/v1/sync/stream", PHONE, Authorization=f"Bearer {enrolled['token']}") as stream:
        assert stream.status == 200 and stream.readline().startswith(b":")  # at once, while it goes on
