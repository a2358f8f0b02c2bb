"""What is due: a list per unit to work from, or to print. Nothing is sent to anybody by itself."""

from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from admin.access import ISSUES
from admin.pages import page
from storage import clock, issue_views, terms
from storage.database import reading
from storage.issue_views import Filter, Issue
from storage.viewer import Viewer
from sync import working_days

AnyRequest = Request[Any, Any, Any]
MOST, SOON = 500, 3
GROUPS = ("overdue", "today", "soon", "later", "open")


@get("/due", opt=ISSUES)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """Unanswered issues by unit and by how soon they are due. A unit sees its own."""
    now = clock.now()
    today = clock.local_day(now)
    async with reading() as conn:
        found = await issue_views.listing(conn, viewer, Filter(state="unanswered"), now, limit=MOST)
        wards = {issue.ward for issue in found}
        soon = {ward: working_days.after(today, SOON, await terms.calendar(conn, ward)) for ward in wards}
        names = await issue_views.unit_names(conn, sorted({issue.unit for issue in found if issue.unit}))
    units: dict[str, dict[str, list[Issue]]] = {}
    for unit, issue in sorted(
        ((names.get(one.unit or "", ""), one) for one in found), key=lambda two: (not two[0], two[0])
    ):
        groups = units.setdefault(unit, {name: [] for name in GROUPS})
        groups[_group(issue, now, today, soon[issue.ward])].append(issue)
    late = sum(len(groups["overdue"]) for groups in units.values())
    now_due = sum(len(groups["today"]) for groups in units.values())
    return await page(request, "due.html", units=units, groups=GROUPS, late=late, now_due=now_due, soon_days=SOON)


def _group(issue: Issue, now: int, today: date, soon: date) -> str:
    if issue.overdue(now):
        return "overdue"
    if issue.due_day is None:
        return "open"
    if issue.due_day == today.isoformat():
        return "today"
    return "soon" if issue.due_day <= soon.isoformat() else "later"
