"""No other site, page or session can make an official's browser do something: every unsafe route of the app is walked (S8)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from litestar import Litestar

from admin.access import csrf_token
from cast import BINH, MAI, SON, TUAN, YEN, Person
from panel import Official, browser, fill, signed_in
from server.app import make_app
from storage import people, sessions
from storage.database import reading
from town import Town, settings_of

ROLES = {one.role: one for one in (TUAN, SON, MAI, BINH, YEN)}
SAFE = {"GET", "HEAD", "OPTIONS"}
HERE = "http://127.0.0.1:8000"
FORM = "application/x-www-form-urlencoded"


def unsafe_routes(town: Town) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    app: Litestar = town.http._transport.app  # type: ignore[attr-defined]
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            for method in handler.http_methods - SAFE:
                yield method, fill(route.path), tuple(handler.opt["policy"])


async def _csrf(official: Official, path: str = "/panel/account", action: str = "/panel/sign-out") -> str:
    return dict((await official.see(path)).form(action).fields)["csrf"]


def _tries(own: str, foreign: str) -> Iterator[tuple[dict[str, str], str]]:
    """Headers and body of requests that must not work, each for one reason."""
    plain = {"Content-Type": FORM}
    good = f"csrf={own}&rev=1&sure=1"
    yield plain, ""
    yield plain, "rev=1"
    yield plain, "csrf="
    yield plain, f"csrf={foreign}"
    yield plain, f"csrf={own[:-1]}"
    yield plain, f"csrf={csrf_token('')}"  # of a browser without any cookie: anybody can compute it
    for site in ("cross-site", "same-site"):
        yield plain | {"Sec-Fetch-Site": site}, good
    for origin in (
        "https://example.org",
        "null",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://127.0.0.1",
    ):
        yield plain | {"Origin": origin}, good
    for kind in ("text/plain", "application/json", "", "text/plain; application/x-www-form-urlencoded"):
        yield {"Content-Type": kind}, good


async def test_every_unsafe_route_with_a_cookie(town: Town) -> None:
    panel = [one for one in unsafe_routes(town) if one[1].startswith("/panel")]
    assert len(panel) > 15
    walked = 0
    for role, person in ROLES.items():
        async with signed_in(town, person) as official, signed_in(town, person) as other:
            own, foreign = await _csrf(official), await _csrf(other)
            for method, path, policy in panel:
                if "public" in policy or role not in policy:
                    continue
                for headers, body in _tries(own, foreign):
                    answer = await official.http.request(method, path, headers=headers, content=body)
                    assert answer.status_code == 403, (path, headers, body)
                    walked += 1
                if not path.endswith("sign-out"):
                    good = {"Content-Type": FORM, "Origin": HERE, "Sec-Fetch-Site": "same-origin"}
                    answer = await official.http.request(method, path, headers=good, content=f"csrf={own}")
                    assert answer.status_code != 403, (path, answer.text)
            assert (await official.see("/panel/account")).path == "/panel/account", "still signed in"
    assert walked > 300


async def test_the_two_steps_of_signing_in(town: Town) -> None:
    """They are public, and yet forms with a cookie: a browser could be signed in to somebody else's account."""
    paths = {path for _, path, policy in unsafe_routes(town) if path.startswith("/panel") and "public" in policy}
    assert paths == {"/panel/sign-in", "/panel/sign-in/code"}
    rest = f"&login=tuan&password={TUAN.password}"
    async with browser(town, TUAN) as tuan, browser(town, TUAN) as other, browser(town, TUAN) as bare:
        own = await _csrf(tuan, "/panel/sign-in", "/panel/sign-in")
        foreign = await _csrf(other, "/panel/sign-in", "/panel/sign-in")
        for headers, body in _tries(own, foreign):
            bare.http.cookies.clear()  # the answer to a refused form brings a new one
            for guest in (tuan, bare):
                answer = await guest.http.post("/panel/sign-in", headers=headers, content=body + rest)
                assert answer.status_code == 403 and "sotay_session" not in guest.http.cookies, (headers, body)
    account = await people.by_login("tuan")
    assert account is not None
    async with browser(town, TUAN) as tuan:
        half = await sessions.begin(account.id, account.standing, stage=sessions.CODE)
        tuan.http.cookies.set("sotay_session", half, domain="127.0.0.1")
        own = await _csrf(tuan, "/panel/sign-in/code", "/panel/sign-in/code")
        for headers, body in _tries(own, foreign):
            answer = await tuan.http.post("/panel/sign-in/code", headers=headers, content=body + "&code=000000")
            assert answer.status_code == 403 and "sotay_session=" not in str(answer.headers), (headers, body)
    async with reading() as conn:
        assert not await conn.fetch("SELECT bucket FROM attempts"), "what another site sends is not even a guess"


async def test_routes_of_phones_do_not_look_at_cookies(town: Town) -> None:
    others = [one for one in unsafe_routes(town) if not one[1].startswith("/panel")]
    assert others
    async with signed_in(town, TUAN) as tuan, browser(town, TUAN) as nobody:
        for method, path, _ in others:
            answers = [await one.http.request(method, path, content=b"{}") for one in (tuan, nobody)]
            assert answers[0].status_code == answers[1].status_code >= 400, path
            assert answers[0].content == answers[1].content, path


@asynccontextmanager
async def over_https(town: Town, person: Person) -> AsyncIterator[Official]:
    chosen = msgspec.structs.replace(settings_of(town.world), base_url="https://sotay.example")
    transport = httpx.ASGITransport(app=make_app(chosen, already_open=True))
    async with httpx.AsyncClient(transport=transport, base_url="https://sotay.example") as http:
        account = await people.by_login(person.login)
        assert account is not None
        token = await sessions.begin(account.id, account.standing)
        http.cookies.set("__Host-sotay_session", token, domain="sotay.example")
        yield Official(http, person)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://sotay.example", 303), ("http://sotay.example", 403), ("https://evil.sotay.example", 403)],
)
async def test_over_https_only_the_one_address_counts(town: Town, origin: str, status: int) -> None:
    async with over_https(town, TUAN) as tuan:
        data = {"csrf": await _csrf(tuan)}
        answer = await tuan.http.post("/panel/sign-out", data=data, headers={"Origin": origin})
        assert answer.status_code == status
