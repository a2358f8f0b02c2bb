"""What a person sees when something cannot be done. A foreign thing and a missing one look the same."""

import logging
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from admin.access import EVERYBODY, NotAllowed, SetUpFirst, SignInNeeded
from admin.pages import render
from storage.failures import Failure, failure
from storage.viewer import Clash, Missing, Refused
from sync.problems import Problem

log = logging.getLogger("sotay")
STATUS: dict[Failure | None, int] = {"away": 503, "raced": 503, "full": 507, None: 500}
AnyRequest = Request[Any, Any, Any]


def _page(request: AnyRequest, status: int, key: str) -> Response[str]:
    return render(request, "message.html", None, status=status, key=key)


def _sign_in(_: AnyRequest, error: SignInNeeded) -> Redirect:
    query = f"?{urlencode({'next': error.back})}" if error.back else ""
    return Redirect(f"/panel/sign-in{query}", status_code=303)


def _set_up(_: AnyRequest, __: SetUpFirst) -> Redirect:
    return Redirect("/panel/account", status_code=303)


def _denied(request: AnyRequest, error: NotAllowed) -> Response[str]:
    return _page(request, 403, f"panel.denied.{error.reason}")


def _missing(request: AnyRequest, _: Missing) -> Response[str]:
    return _page(request, 404, "panel.missing")


def _clash(request: AnyRequest, _: Clash) -> Response[str]:
    return _page(request, 409, "panel.clash")


def _refused(request: AnyRequest, error: Refused) -> Response[str]:
    return _page(request, 409, f"panel.refused.{error.reason}")


def _bad(request: AnyRequest, error: HTTPException) -> Response[str]:
    missing = error.status_code in (404, 405)
    return _page(request, error.status_code, "panel.missing" if missing else "panel.bad_request")


@get("/{rest:path}", opt=EVERYBODY)
async def nowhere(rest: FromPath[str]) -> None:
    """An address the panel does not have: a page says so."""
    del rest
    raise Missing


def _trouble(request: AnyRequest, error: Exception) -> Response[str]:
    """Nobody's mistake who sits before the page: what to do now, and that nothing was saved."""
    kind = "full" if isinstance(error, Problem) and error.code == "storage_full" else failure(error)
    if kind is None:
        log.error("unforeseen error", exc_info=error)
    return _page(request, STATUS[kind], f"panel.trouble.{kind or 'fault'}")


HANDLERS: ExceptionHandlersMap = {
    SignInNeeded: _sign_in,
    SetUpFirst: _set_up,
    NotAllowed: _denied,
    Missing: _missing,
    Clash: _clash,
    Refused: _refused,
    HTTPException: _bad,
    Exception: _trouble,
}
