"""The page "Tài khoản": an official's own password and second factor.

Each change asks for the password again, and ends every sign-in of the account but this one, which gets a new token.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin import qr
from admin.access import ACCOUNT, EVERYBODY, cookie_name, csrf_token, must_set_up
from admin.callers import address_of
from admin.forms import Form, read_form
from admin.pages import go, page
from admin.signin import session_cookie
from storage import guesses, passwords, people, second_factor, sessions
from storage.viewer import Refused, Viewer

AnyRequest = Request[Any, Any, Any]


def _token(request: AnyRequest) -> str:
    return request.cookies.get(cookie_name(request), "")


async def _page(request: AnyRequest, viewer: Viewer, form: Form | None = None, which: str = "") -> Response[str]:
    """`which` of the page's forms was sent and is shown again with what is wrong."""
    facts = await people.by_id(viewer.account)
    assert facts is not None
    anew = "anew" in request.query_params or which == "second"
    offer = second_factor.offered(_token(request)) if anew or not facts.second_factor else b""
    return await page(
        request,
        "account.html",
        status=422 if form else 200,
        errors={f"{which}.{field}": key for field, key in form.errors.items()} if form else {},
        on=facts.second_factor,
        must=must_set_up(request, viewer.role, second_factor=facts.second_factor),
        may_turn_off=not must_set_up(request, viewer.role, second_factor=False),
        left=await second_factor.codes_left(viewer.account),
        qr=qr.drawn(second_factor.uri(offer, viewer.login)) if offer else "",
        secret=second_factor.written(offer) if offer else "",
        shortest=passwords.SHORTEST,
    )


async def _check_password(request: AnyRequest, viewer: Viewer, form: Form) -> None:
    """Counts as a guess like at the door, so that a session left open is no place to try passwords at."""
    address = address_of(request)
    if not await guesses.may_guess(viewer.login, address):
        form.errors["password"] = "panel.sign_in.too_many"  # noqa: S105 - a key of the words
    elif await people.check_password(viewer.login, form.raw("password")[: passwords.LONGEST]) is None:
        form.errors["password"] = "panel.account.password_wrong"  # noqa: S105
    else:
        await guesses.guessed_right(viewer.login, address)


async def _new_session(request: AnyRequest, viewer: Viewer) -> str:
    """A new session for this browser: the change ended all of them."""
    facts = await people.by_id(viewer.account)
    assert facts is not None
    return await sessions.begin(facts.id, facts.standing)


@get("/account", opt=ACCOUNT)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    return await _page(request, viewer)


@post("/account/password", opt=ACCOUNT, status_code=200)
async def change_password(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """At least 12 characters, not the login, not what everybody tries first."""
    form = await read_form(request)
    new = form.raw("new")
    if weak := passwords.weakness(new, viewer.login):
        form.errors["new"] = f"panel.weak.{weak}"
    elif new != form.raw("again"):
        form.errors["again"] = "panel.account.not_the_same"
    if not form.errors:
        await _check_password(request, viewer, form)
    if form.errors:
        return await _page(request, viewer, form, "password")
    await people.set_password(viewer.account, new, who=viewer)
    answer = go("/panel/account", "password_changed")
    answer.set_cookie(session_cookie(request, await _new_session(request, viewer)))
    return answer


@post("/account/second-factor", opt=ACCOUNT, status_code=200)
async def turn_on(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """Confirms the secret that was shown by a code of it. The recovery codes are shown now and never again."""
    form = await read_form(request)
    form.text("code", 12)
    if not form.errors:
        await _check_password(request, viewer, form)
    if not form.errors:
        codes = await second_factor.turn_on(viewer.account, second_factor.offered(_token(request)), form.raw("code"))
        if codes is not None:
            token = await _new_session(request, viewer)
            answer = await page(request, "recovery_codes.html", codes=codes, csrf=csrf_token(token))
            answer.set_cookie(session_cookie(request, token))
            return answer
        form.errors["code"] = "panel.account.code_wrong"
    return await _page(request, viewer, form, "second")


@post("/account/recovery-codes", opt=EVERYBODY, status_code=200)
async def renew_codes(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """Ten new ones; the old ones are dead."""
    form = await read_form(request)
    facts = await people.by_id(viewer.account)
    if facts is None or not facts.second_factor:
        raise Refused("no_second_factor")
    await _check_password(request, viewer, form)
    if form.errors:
        return await _page(request, viewer, form, "codes")
    return await page(request, "recovery_codes.html", codes=await second_factor.renew_codes(viewer.account))


@post("/account/second-factor/off", opt=EVERYBODY, status_code=200)
async def turn_off(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    """For roles that may do without one."""
    if must_set_up(request, viewer.role, second_factor=False):
        raise Refused("second_factor_required")
    form = await read_form(request)
    await _check_password(request, viewer, form)
    if form.errors:
        return await _page(request, viewer, form, "off")
    await second_factor.turn_off(viewer.account)
    answer = go("/panel/account", "second_factor_off")
    answer.set_cookie(session_cookie(request, await _new_session(request, viewer)))
    return answer
