"""Signing in at the panel: guesses, sessions, cookies, and the token every form must carry."""

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from cast import LAN, MAI, TUAN
from panel import browser, signed_in
from storage import clock, guesses, people, staff
from storage.database import reading
from town import Town

MINUTE = 60_000


@pytest.fixture
def clock_moves() -> Iterator[list[int]]:
    """A clock that stands still; add milliseconds to its only element."""
    at = [clock.now()]
    before = clock._source
    clock.move(lambda: at[0])
    yield at
    clock.move(before)


async def test_a_right_password_opens_the_overview_and_a_wrong_one_does_not(town: Town) -> None:
    async with browser(town, TUAN) as tuan:
        page = await tuan.sign_in("sai mat khau")
        assert page.status == 403
        assert "chưa đúng" in page.text
        page = await tuan.sign_in()
        assert (page.status, page.path) == (200, "/panel/")


async def test_reporters_have_no_panel(town: Town) -> None:
    await people.set_password((await people.by_login("lan")).id, LAN.password)  # type: ignore[union-attr]
    async with browser(town, LAN) as lan:
        assert (await lan.sign_in()).status == 403


async def test_ten_guesses_in_fifteen_minutes_and_not_one_more(town: Town, clock_moves: list[int]) -> None:
    async with browser(town, TUAN) as tuan:
        for _ in range(10):
            assert (await tuan.sign_in("sai")).status == 403
            clock_moves[0] += 1000
        page = await tuan.sign_in()  # even the right one is not looked at
        assert page.status == 429
        assert "15 phút" in page.text
        clock_moves[0] += 15 * MINUTE
        assert (await tuan.sign_in()).status == 200


async def test_an_unknown_login_is_limited_too_and_not_kept_in_clear(town: Town) -> None:
    assert [await guesses.may_guess("khong-co-ai", "192.0.2.1") for _ in range(12)] == [True] * 10 + [False] * 2
    async with reading() as conn:
        rows = await conn.fetch("SELECT bucket FROM attempts")
    assert rows and not any("khong" in row["bucket"] for row in rows)


async def test_no_fifteen_minutes_hold_more_than_ten_guesses(town: Town, clock_moves: list[int]) -> None:
    """Also not across the edge of a window: nine late guesses and ten more right after it."""
    begun, made = clock_moves[0], []
    for _ in range(120):
        if await guesses.may_guess("tuan", "192.0.2.1"):
            made.append(clock_moves[0] - begun)
        clock_moves[0] += 30_000
    for first in made:
        assert sum(first <= one < first + 15 * MINUTE for one in made) <= 10


async def test_the_session_is_new_at_every_sign_in_and_only_its_hash_is_kept(town: Town) -> None:
    async with browser(town, TUAN) as tuan:
        await tuan.sign_in()
        first = tuan.http.cookies["sotay_session"]
        await tuan.sign_in()
        second = tuan.http.cookies["sotay_session"]
    assert first != second and len(second) >= 43
    async with reading() as conn:
        held = [row["token_hash"] for row in await conn.fetch("SELECT token_hash FROM sessions")]
    assert held == [hashlib.sha256(second.encode()).hexdigest()]


async def test_a_session_a_browser_brings_along_is_not_kept(town: Town) -> None:
    async with browser(town, TUAN) as tuan:
        tuan.http.cookies.set("sotay_session", "planted", domain="127.0.0.1")
        await tuan.sign_in()
        assert "planted" not in tuan.http.cookies.jar._cookies["127.0.0.1"]["/"]["sotay_session"].value  # type: ignore[attr-defined]
        async with reading() as conn:
            held = [row["token_hash"] for row in await conn.fetch("SELECT token_hash FROM sessions")]
        assert hashlib.sha256(b"planted").hexdigest() not in held


async def test_sessions_end_after_30_minutes_of_rest_and_after_12_hours(town: Town, clock_moves: list[int]) -> None:
    async with signed_in(town, TUAN) as tuan:
        clock_moves[0] += 29 * MINUTE
        assert (await tuan.see("/panel/desk")).path == "/panel/desk"
        clock_moves[0] += 31 * MINUTE
        page = await tuan.see("/panel/desk?tab=cleared")
        assert page.path.startswith("/panel/sign-in?next=")
        back = await tuan.send(page, "/panel/sign-in", login="tuan", password=TUAN.password)
        assert back.path == "/panel/desk?tab=cleared"
        for _ in range(12 * 3 + 1):
            clock_moves[0] += 20 * MINUTE
            page = await tuan.see("/panel/desk")
        assert page.path.startswith("/panel/sign-in")


async def test_signing_out_ends_the_session_at_the_server(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        token = tuan.http.cookies["sotay_session"]
        page = await tuan.send(await tuan.see("/panel/"), "/panel/sign-out")
        assert "Đã đăng xuất" in page.text
        tuan.http.cookies.set("sotay_session", token, domain="127.0.0.1")
        assert (await tuan.see("/panel/desk")).path.startswith("/panel/sign-in")


async def test_a_disabled_account_is_out_at_once(town: Town) -> None:
    async with signed_in(town, MAI) as mai:
        await staff.disable_login("mai")
        assert (await mai.see("/panel/issues")).path.startswith("/panel/sign-in")
        assert (await mai.sign_in()).status == 403


async def test_cookies_are_closed_to_scripts_and_other_sites(town: Town) -> None:
    async with browser(town, TUAN) as tuan:
        form = (await tuan.see("/panel/sign-in")).form("/panel/sign-in")
        answer = await tuan.http.post("/panel/sign-in", data=dict(form.filled(login="tuan", password=TUAN.password)))
        assert answer.status_code == 303
        cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("sotay_session="))
        assert "httponly" in cookie.lower() and "samesite=lax" in cookie.lower() and "path=/" in cookie.lower()


async def test_the_way_back_never_leaves_the_panel(town: Town) -> None:
    for back in ("https://example.org/", "//example.org", "/panel/../app/", "/app/", "/panel\\@example.org"):
        async with browser(town, TUAN) as tuan:
            page = await tuan.see(str(httpx.URL("/panel/sign-in", params={"next": back})))
            form = page.form("/panel/sign-in")
            data = dict(form.filled(login="tuan", password=TUAN.password))
            answer = await tuan.http.post("/panel/sign-in", data=data | {"next": back})
            assert answer.headers["location"] == "/panel/", back


async def test_a_sign_in_form_of_another_browser_is_refused(town: Town) -> None:
    async with browser(town, TUAN) as tuan, browser(town, TUAN) as other:
        page = await tuan.see("/panel/sign-in")
        stolen = dict(page.form("/panel/sign-in").filled(login="tuan", password=TUAN.password))
        answer = await other.http.post("/panel/sign-in", data=stolen)
        assert answer.status_code == 403 and "sotay_session" not in other.http.cookies
