"""Whatever goes wrong becomes a problem of the catalogue. Bodies are `application/problem+json`, in both languages."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from storage.failures import failure
from sync.problems import CODES, Problem, entry

log = logging.getLogger("sotay")
_BY_STATUS = {
    400: "bad_request",
    401: "token_unknown",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_requests",
    503: "unavailable",
}
RETRY_AFTER = 10


def problem_of(error: Exception) -> Problem:
    """The problem an exception stands for; unforeseen ones are logged and become `internal`."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return Problem(_BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal"))
    match failure(error):
        case "full":
            return Problem("storage_full")
        case "away" | "raced":
            return Problem("unavailable")
    log.error("unforeseen error", exc_info=error)
    return Problem("internal")


def answer(problem: Problem) -> Response[bytes]:
    """The problem as an answer; `extra` facts (tries left, streams) stand beside the catalogue's entry."""
    body: dict[str, Any] = entry(problem.code)
    for language, text in body["remedy"].items():
        for name, value in problem.extra.items():
            text = text.replace("{" + name + "}", str(value))
        body["remedy"][language] = text
    body |= {
        "type": f"/v1/problems#{problem.code}",
        "title": body["sentence"]["vi"],
        "status": problem.status,
        "detail": problem.detail or body["sentence"]["vi"],
    } | problem.extra
    headers = (
        {"Retry-After": str(problem.extra.get("after", RETRY_AFTER))}
        if CODES[problem.code][0] == "later" and problem.status != 409
        else {}
    )
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status if problem.status >= 400 else 400,
        media_type="application/problem+json",
        headers=headers,
    )


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes] | Redirect:
    """Litestar's handler for every exception."""
    del request
    refusal = answer(problem_of(error))
    if isinstance(error, HTTPException) and error.headers and "allow" in error.headers:
        refusal.headers["Allow"] = error.headers["allow"]  # RFC 9110 wants it with every 405
    return refusal
