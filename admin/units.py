"""What a unit does with an issue beside answering it: gives it back to the office, with a reason."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import UNIT
from admin.forms import personal, read_form
from admin.issues import again, do, ward_of
from admin.pages import go
from storage import issue_course
from storage.catalogue import catalogue
from storage.issue_course import REASONS
from storage.viewer import Viewer

AnyRequest = Request[Any, Any, Any]
WORDS_MAX = 300


@post("/issues/{number:int}/refuse", opt=UNIT, status_code=200)
async def refuse(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """Not for this unit: the issue waits for the office again, and leaves the unit's list."""
    form = await read_form(request)
    reason, words = form.choice("reason", REASONS), form.text("words", WORDS_MAX)
    if form.errors:
        return await again(request, viewer, number, form, "refuse")
    if not form.sure and (found := personal(await catalogue(), await ward_of(viewer, number), words)):
        return await again(request, viewer, number, form, "refuse", found=found)
    rev = form.number("rev")
    answer = await do(
        request,
        viewer,
        number,
        form,
        "refuse",
        lambda w: issue_course.refuse(w, viewer, number, rev, reason, words),
        "refused",
    )
    return go("/panel/issues", "refused") if isinstance(answer, Redirect) else answer
