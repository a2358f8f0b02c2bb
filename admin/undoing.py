"""Taking an act back: what a page offers after it, and the button's own address."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from admin.access import READER
from admin.forms import read_form
from admin.pages import go, page
from storage import undo
from storage.changes import Writing, writing
from storage.conn import Conn
from storage.viewer import Clash, Refused, Viewer

AnyRequest = Request[Any, Any, Any]


async def acted(
    viewer: Viewer,
    work: Callable[[Writing], Awaitable[int | None]],
    what: str,
    back: str,
    *,
    notes: Sequence[str] = (),
    issues: Sequence[int] = (),
) -> tuple[int | None, str]:
    """Does an act that can be taken back. What it returned (an issue it opened), and the token. Raises what `work` raises."""
    async with writing() as w:
        before = await undo.watch(w, what, back, notes=notes, issues=issues)
        made = await work(w)
        return made, await undo.keep(w, viewer, before, made=made)


def went(path: str, said: str, token: str) -> Redirect:
    """After an act: to a page that says what happened and offers to take it back."""
    joint = "&" if "?" in path else "?"
    return go(f"{path}{joint}undo={token}", said)


async def offer(request: AnyRequest, conn: Conn, viewer: Viewer, now: int) -> dict[str, Any]:
    """For a page: the token of the act that led here and how many seconds it is good for."""
    token = request.query_params.get("undo", "")
    left = await undo.seconds(conn, viewer, token, now) if token.isascii() and len(token) < 100 else 0
    return {"undo": token, "undo_left": left}


@post("/undo", opt=READER, status_code=200)
async def take_back(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Redirect:
    form = await read_form(request)
    try:
        async with writing() as w:
            before = await undo.take_back(w, viewer, form.raw("undo")[:100])
    except Refused as refused:
        return await page(request, "message.html", status=422, key=f"panel.refused.{refused.reason}")
    except Clash:
        return await page(request, "message.html", status=409, key="panel.refused.undo_changed")
    return go(before.back, "undone")
