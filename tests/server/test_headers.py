"""Every answer of every route, mistakes included, carries what tells browsers to be careful (S7)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.types import Message

from cast import LAN, TUAN
from panel import browser, fill, signed_in
from server.app import make_app
from storage.changes import writing
from town import Town, note, settings_of

REQUIRED = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
CACHED = ("/app", "/panel/assets/")  # files of the build and nothing else
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUATSCH")


async def first_line(
    app: Litestar, method: str, address: str, headers: dict[str, str], body: bytes = b""
) -> httpx.Response:
    """Status and headers of an answer; what would go on for ever (the news stream) is hung up on."""
    path, _, query = address.partition("?")
    started: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    sent = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        return sent.pop() if sent else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and not started.done():
            started.set_result(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    call = asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type]
    await asyncio.wait({call, started}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    message = started.result()
    return httpx.Response(message["status"], headers=message["headers"])  # type: ignore[typeddict-item]


def check(answer: httpx.Response, method: str, path: str, *, https: bool) -> None:
    what, got = (method, path, answer.status_code), answer.headers
    for name, value in REQUIRED.items():
        assert got.get_list(name) == [value], (what, name)
    assert got["referrer-policy"] in ("same-origin", "no-referrer"), what
    policies = got.get_list("content-security-policy")
    assert len(policies) == 1, what
    allowed = policies[0]
    if path.startswith("/app") and answer.status_code < 400:
        allowed = allowed.replace("'wasm-unsafe-eval'", "")  # the phone's PIN: argon2 in WebAssembly
    assert "unsafe" not in allowed and "default-src 'none'" in allowed and "frame-ancestors 'none'" in allowed, what
    assert "*" not in allowed and "http" not in allowed, what
    if not (path.startswith(CACHED) and answer.status_code < 400):
        assert got["cache-control"] == "no-store", what
    assert ("strict-transport-security" in got) == https, what


def addresses(app: Litestar) -> list[str]:
    """Every route with its places filled, and what no route is."""
    filled = [fill(route.path) for route in app.routes]
    return [
        *filled,
        "/app/",
        "/nowhere",
        "/panel/nowhere",
        "/v1/nowhere",
        "/app/none.js",
        "/app/%00",
        "//",
        "/v1/sync?x=1",
    ]


@pytest.fixture(params=["http", "https"])
def https(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "https")


@asynccontextmanager
async def opened(town: Town, https: bool) -> AsyncIterator[Litestar]:
    base_url = "https://sotay.example" if https else "http://127.0.0.1:8000"
    made = make_app(msgspec.structs.replace(settings_of(town.world), base_url=base_url), already_open=True)
    async with made.lifespan():
        yield made


async def test_every_route_and_method_for_everybody(town: Town, https: bool) -> None:
    async with opened(town, https) as made:
        lan = await town.enrol(LAN)
        async with signed_in(town, TUAN) as tuan:
            token = tuan.http.cookies["sotay_session"]
        cookie = {"Cookie": f"sotay_session={token}; __Host-sotay_session={token}"}
        statuses = set()
        for caller in ({}, lan.headers, cookie):
            for path in addresses(made):
                for method in METHODS:
                    answer = await first_line(made, method, path, caller)
                    check(answer, method, path, https=https)
                    statuses.add(answer.status_code)
        assert {200, 303, 400, 401, 403, 404, 405} <= statuses, statuses


async def test_answers_with_data_and_all_kinds_of_mistakes(town: Town, https: bool) -> None:
    async with opened(town, https) as made:
        lan = await town.enrol(LAN)
        await lan.push("notes", note())
        json = lan.headers | {"Content-Type": "application/json"}
        ask = msgspec.json.encode({"v": 1, "device": lan.enrolled["device_id"], "clock_ms": 0, "seq_max": 0})
        statuses = set()
        for method, path, headers, body in (
            ("POST", "/v1/sync", json, ask),
            ("POST", "/v1/sync", json, b"{"),
            ("POST", "/v1/sync", json | {"Content-Type": "text/plain"}, ask),
            ("POST", "/v1/sync", json, b" " * 3_000_000),
            ("GET", "/v1/sync/areas/pull?limit=5", lan.headers, b""),
            ("GET", "/v1/sync/areas/pull?limit=0", lan.headers, b""),
            ("GET", "/v1/sync/stream", lan.headers, b""),
            ("POST", "/v1/enrol", json, b'{"code": "AAAA-BBBB-CCCC", "platform": "android"}'),
            ("POST", "/panel/sign-in", {"Content-Type": "application/x-www-form-urlencoded"}, b"login=x"),
            ("POST", "/panel/sign-in", {"Content-Type": "multipart/form-data; boundary=x"}, b"rubbish"),
            ("GET", "/v1/schema/openapi.json", {}, b""),
            ("GET", "/health", {}, b""),
            ("GET", "/ready", {}, b""),
        ):
            answer = await first_line(made, method, path, headers, body)
            check(answer, method, path, https=https)
            statuses.add(answer.status_code)
        async with writing() as w:
            await w.conn.fetch("DROP TABLE meta")
        answer = await first_line(made, "GET", "/ready", {})
        assert answer.status_code in (500, 503)
        check(answer, "GET", "/ready", https=https)
        assert {200, 400, 403, 413} <= statuses, statuses


async def test_the_phone_may_compile_its_own_wasm_and_nothing_else_may(town: Town) -> None:
    async with browser(town, TUAN) as anybody:
        policy = (await anybody.http.get("/app/")).headers["content-security-policy"]
        assert policy.count("unsafe") == 1 and "script-src 'self' 'wasm-unsafe-eval'" in policy
