"""Signing in (password, then a code where there is a second factor) and out, and the choice of language.

A session's token is new at every step; the browser's old one dies.
"""

import secrets
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import (
    ACCOUNT,
    PUBLIC,
    NotAllowed,
    SignInNeeded,
    check_form,
    cookie_name,
    csrf_token,
    is_secure,
    safe_back,
)
from admin.callers import address_of
from admin.forms import read_form
from admin.pages import LANGUAGE_COOKIE, go, page
from storage import clock, guesses, people, second_factor, sessions

AnyRequest = Request[Any, Any, Any]
DOOR = "sotay_door"  # binds the sign-in form to this browser before there is a session
LOGIN_MAX = 40
YEAR = 365 * 24 * 3600


def cookie(request: AnyRequest, name: str, value: str, *, max_age: int | None = None) -> Cookie:
    return Cookie(
        key=cookie_name(request, name),
        value=value,
        path="/",
        httponly=True,
        secure=is_secure(request),
        samesite="lax",
        max_age=max_age,
    )


async def _form(request: AnyRequest, *, status: int = 200, **context: Any) -> Response[str]:
    door = request.cookies.get(cookie_name(request, DOOR)) or secrets.token_urlsafe(32)
    answer = await page(request, "sign_in.html", status=status, csrf=csrf_token(door), **context)
    answer.set_cookie(cookie(request, DOOR, door))
    return answer


@get("/sign-in", opt=PUBLIC)
async def sign_in_form(request: AnyRequest) -> Response[str]:
    return await _form(request, back=safe_back(request.query_params.get("next", "")))


@post("/sign-in", opt=PUBLIC, status_code=200)
async def sign_in(request: AnyRequest) -> Response[str] | Redirect:
    """At most 10 guesses an account in 15 minutes; a right one ends the browser's earlier session."""
    form = await read_form(request)
    login, back = form.text("login", LOGIN_MAX), safe_back(form.raw("next"))
    typed = {"login": login}
    try:
        await check_form(request, request.cookies.get(cookie_name(request, DOOR), ""))
    except NotAllowed:
        return await _form(request, status=403, back=back, typed=typed, wrong="panel.sign_in.again")
    address = address_of(request)
    if not await guesses.may_guess(login, address):
        return await _form(request, status=429, back=back, typed=typed, wrong="panel.sign_in.too_many")
    account = await people.check_password("" if form.errors else login, form.raw("password")[:1000])
    if account is None or account.role == "reporter":
        return await _form(request, status=403, back=back, typed=typed, wrong="panel.sign_in.wrong")
    await guesses.guessed_right(login, address)
    before = request.cookies.get(cookie_name(request))
    if account.second_factor:
        token = await sessions.begin(account.id, account.standing, before, stage=sessions.CODE)
        answer = Redirect(f"/panel/sign-in/code?{urlencode({'next': back})}", status_code=303)
        answer.set_cookie(session_cookie(request, token))
    else:
        answer = go(back)
        answer.set_cookie(session_cookie(request, await sessions.begin(account.id, account.standing, before)))
    answer.set_cookie(cookie(request, DOOR, "", max_age=0))
    return answer


def session_cookie(request: AnyRequest, token: str) -> Cookie:
    return cookie(request, "sotay_session", token, max_age=sessions.ABSOLUTE_MS // 1000)


@get("/sign-in/code", opt=PUBLIC)
async def code_form(request: AnyRequest) -> Response[str]:
    """The second step. Only whoever has just given the right password gets here."""
    token = request.cookies.get(cookie_name(request), "")
    back = safe_back(request.query_params.get("next", ""))
    if not token or await sessions.find(token, clock.now(), stage=sessions.CODE) is None:
        raise SignInNeeded(back)
    return await page(request, "sign_in_code.html", csrf=csrf_token(token), back=back)


@post("/sign-in/code", opt=PUBLIC, status_code=200)
async def check_code(request: AnyRequest) -> Response[str] | Redirect:
    """At most 5 wrong codes an account in 15 minutes; a code is good once."""
    token = request.cookies.get(cookie_name(request), "")
    await check_form(request, token)
    form = await read_form(request)
    back = safe_back(form.raw("next"))
    found = await sessions.find(token, clock.now(), stage=sessions.CODE)
    if found is None:
        raise SignInNeeded(back)
    address, again = address_of(request), {"csrf": csrf_token(token), "back": back}
    if not await guesses.may_guess(found.account, address, "code"):
        return await page(request, "sign_in_code.html", status=429, wrong="panel.sign_in.too_many", **again)
    if not await second_factor.accept(found.account, form.raw("code")[:40]):
        return await page(request, "sign_in_code.html", status=403, wrong="panel.sign_in.code_wrong", **again)
    await guesses.guessed_right(found.account, address, "code")
    answer = go(back)
    answer.set_cookie(session_cookie(request, await sessions.begin(found.account, found.standing, token)))
    return answer


@post("/sign-out", opt=ACCOUNT, status_code=303)
async def sign_out(request: AnyRequest) -> Redirect:
    await sessions.end(request.cookies.get(cookie_name(request), ""))
    answer = go("/panel/sign-in", "signed_out")
    answer.set_cookie(cookie(request, "sotay_session", "", max_age=0))
    return answer


@get("/language/{lang:str}", opt=PUBLIC, status_code=303)
async def choose_language(request: AnyRequest, lang: FromPath[str]) -> Redirect:
    """Keeps the page: `back` is where the link stood."""
    answer = go(safe_back(request.query_params.get("back", "")))
    kept = Cookie(
        key=LANGUAGE_COOKIE,
        value="en" if lang == "en" else "vi",
        path="/",
        max_age=YEAR,
        httponly=True,
        secure=is_secure(request),
        samesite="lax",
    )
    answer.set_cookie(kept)
    return answer
