"""The state of the system, with what is wrong in words; and what is erased when: for administrators."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from admin.access import ADMINISTRATOR
from admin.pages import page
from storage import clock, erase, erase_photos, forgotten, leap, phones, state
from storage.clock import DAY_MS, HOUR_MS
from storage.database import reading
from storage.state import QUARANTINE_DAYS, UNREAD_DAYS
from storage.viewer import Viewer
from sync import windows

AnyRequest = Request[Any, Any, Any]
MONTHS_BACK = 365
# What goes, and after how many days at most; the eraser comes a little early (`storage/erase.py`).
TERMS = (
    ("opinion", erase.OPINION_DAYS + 2),
    ("author", erase.AUTHOR_DAYS + 1),
    ("quarantine", erase.QUARANTINE_DAYS + 1),
    ("place", erase.PLACE_DAYS + 1),
    ("photo", erase_photos.CLOSED_DAYS + 1),
    ("raw", erase_photos.RAW_DAYS + 1),
    ("mark", erase.MARK_DAYS),
    ("most", erase.MOST_DAYS + 1),
    ("backup", forgotten.KEPT_DAYS - 1),
)


def age(ms: int | None) -> tuple[str, int]:
    """A span in the largest unit that is not zero: a key of `panel.system.age.*` and how many."""
    if ms is None:
        return "none", 0
    for unit, length in (("days", DAY_MS), ("hours", HOUR_MS), ("minutes", 60_000)):
        if ms >= length:
            return unit, ms // length
    return "now", 0


@get("/system", opt=ADMINISTRATOR)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    store = await state.store_answers()
    async with reading() as conn:
        found = await state.state(conn, viewer, store=store)
    return await page(
        request,
        "system.html",
        state=found,
        age=age,
        words={"days": QUARANTINE_DAYS, "unread": UNREAD_DAYS, "silent": phones.SILENT_DAYS, "n": found.silent},
    )


@get("/retention", opt=ADMINISTRATOR)
async def retention(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """The terms, the eraser's last run, and what went month by month, in bands; what nobody had read stands out."""
    since = windows.month_of(clock.local_day(clock.now()) - timedelta(days=MONTHS_BACK))
    async with reading() as conn:
        found = await state.gone(conn, viewer, since)
    day = await leap.last_day()
    return await page(request, "retention.html", gone=found, terms=TERMS, erased_day=day.isoformat() if day else "")
