"""The audit trail for auditors and administrators. Filter, day and page stand in the address; nothing here can be changed."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from admin.access import TRAIL
from admin.pages import page
from storage import audit
from storage.audit import FAMILIES, PAGE
from storage.database import reading
from storage.viewer import Viewer
from sync import windows

AnyRequest = Request[Any, Any, Any]


@get("/audit", opt=TRAIL)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """`action` is a family (`read`) or a whole act (`read.note`); what does not exist is read as no filter."""
    query = request.query_params
    action, day, number = query.get("action", ""), query.get("day", ""), query.get("page", "1")
    action = (
        action if action.partition(".")[0] in FAMILIES and action.replace("_", "a").replace(".", "a").isalnum() else ""
    )
    day = day if windows.parse_day(day) else ""
    at = int(number) if number.isascii() and number.isdigit() and 0 < int(number[:6]) < 10_000 else 1
    async with reading() as conn:
        lines = await audit.listing(conn, viewer, action=action[:24], day=day, offset=(at - 1) * PAGE, limit=PAGE + 1)
    return await page(
        request,
        "audit.html",
        lines=lines[:PAGE],
        more=len(lines) > PAGE,
        at=at,
        action=action,
        on=day,
        families=FAMILIES,
    )
