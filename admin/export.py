"""The one door through which anything leaves the panel as a file: who you are again, a reason, and a row in the trail.

`give` gathers the data in the transaction that writes the row: if either fails, nothing is given out. What leaves are bands
as the overview shows them; there is no list of notes.
"""

import csv
import io
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from admin import export_xlsx
from admin.access import EXPORTERS
from admin.callers import address_of
from admin.forms import Form, hard, read_form
from admin.overview import Window, asked_for, banded, figures, staffed
from admin.pages import Writer, language, page, write_day
from storage import audit, clock, guesses, people, second_factor
from storage.catalogue import Catalogue, catalogue
from storage.changes import writing
from storage.conn import Conn
from storage.overview import Matrix, snapshot_day
from storage.viewer import Missing, Viewer
from sync import mask

AnyRequest = Request[Any, Any, Any]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REASON_LEAST, REASON_MOST = 10, 200
# A spreadsheet takes a cell that begins so for a formula; full-width forms are folded to these first.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class File(msgspec.Struct, frozen=True):
    """What is given out."""

    label: str
    type: str
    data: bytes


def plain(cell: str) -> str:
    """A cell as no spreadsheet runs it: what would begin a formula – also behind spaces, also full-width – gets a `'`."""
    start = unicodedata.normalize("NFKC", cell).lstrip(" \u00a0\u200b\ufeff")
    return f"'{cell}" if start.startswith(FORMULA) else cell


def table(rows: Sequence[Sequence[str]]) -> bytes:
    """UTF-8 with a mark at the start, so that spreadsheets read Vietnamese; every cell quoted and `plain`."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [plain(cell) for cell in row] for row in rows
    )
    return "\ufeff".encode() + out.getvalue().encode()


async def is_same_person(request: AnyRequest, viewer: Viewer, form: Form) -> bool:
    """The password once more, and the code if the account has one. Counted with the guesses at the sign-in."""
    known = await people.check_password(viewer.login, form.raw("password")[:1000])
    if known is None or known.id != viewer.account:
        return False
    if known.second_factor and not await second_factor.accept(known.id, form.raw("code")[:40]):
        return False
    await guesses.guessed_right(viewer.login, address_of(request))
    return True


def reason_of(form: Form, world: Catalogue, viewer: Viewer) -> str:
    """Why. The trail keeps it for good, so everything that looks personal is masked; masks do not count as words."""
    typed = form.text("reason", REASON_MOST)
    ward = (world.tree.ward(viewer.codes[0]) or "") if viewer.codes else ""
    masked = hard(world, ward, typed)
    words = masked
    for marker in mask.MARKERS.values():
        words = words.replace(marker, "")
    if "reason" not in form.errors and len(words.strip()) < REASON_LEAST:
        form.errors["reason"] = "panel.export.reason_short"
    return masked


async def give(
    viewer: Viewer, what: str, reason: str, gather: Callable[[Conn], Awaitable[File]], *, area: str, **facts: str
) -> Response[bytes]:
    """Gathers and writes `export.<what>` into the trail in one transaction, then answers with the file."""
    async with writing() as w:
        made = await gather(w.conn)
        audit.record(w, viewer, f"export.{what}", area=area, detail=facts | {"reason": reason})
    headers = {"Content-Disposition": f'attachment; filename="{made.label}"'}
    return Response(made.data, media_type=made.type, headers=headers)


async def _asked(request: AnyRequest, viewer: Viewer) -> tuple[Window, Catalogue]:
    world = await catalogue()
    if not viewer.codes:
        raise Missing
    window = asked_for(request.query_params, viewer, world, clock.local_day(clock.now()))
    if not window.rows:
        raise Missing
    return window, world


async def _form(request: AnyRequest, window: Window, *, status: int = 200, **context: Any) -> Response[str]:
    return await page(request, "export.html", status=status, window=window, reason_most=REASON_MOST, **context)


@get("/export", opt=EXPORTERS)
async def show(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    window, _ = await _asked(request, viewer)
    return await _form(request, window)


def heading(write: Writer, window: Window, shown: Matrix, snapshot: str) -> list[list[str]]:
    """What stands above the table: what was asked for, the day, and how many notes, in a band as on the page."""
    today = clock.local_day(clock.now()).isoformat()
    asked = [
        ("panel.filter.area", write.area(window.area)),
        ("panel.filter.lane", write.t(f"panel.lane.{window.lane}")),
        ("panel.filter.period", write.period(window.period)),
        ("panel.filter.topic", write.topic(window.topic) if window.topic else write.t("panel.filter.all")),
        ("panel.export.day", write_day(today)),
        ("panel.overview.notes", shown.total.band),
    ]
    if window.lane == "opinion":
        asked.append(("panel.export.snapshot", write_day(snapshot)))
    if window.areas == "then":
        asked.append(("panel.export.areas", write.t("panel.overview.areas.are_then")))
    return [[write.t(key), value] for key, value in asked]


@post("/export", opt=EXPORTERS, status_code=200)
async def overview(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str] | Response[bytes]:
    """The banded table of one week or month, as the overview shows it."""
    window, world = await _asked(request, viewer)
    form = await read_form(request)
    reason = reason_of(form, world, viewer)
    if form.errors:
        return await _form(request, window, status=422, typed=form.typed, errors=form.errors)
    if not await guesses.may_guess(viewer.login, address_of(request)):
        return await _form(request, window, status=429, typed=form.typed, wrong="panel.export.too_many")
    if not await is_same_person(request, viewer, form):
        return await _form(request, window, status=403, typed=form.typed, wrong="panel.export.wrong")
    write = Writer(language(request), world)

    kind = "xlsx" if form.raw("kind") == "xlsx" else "csv"

    async def gather(conn: Conn) -> File:
        shown = await figures(conn, window, world.tree)
        hears = await staffed(conn, window, world.areas_now())
        rows = banded(write, shown, hears, write.t("panel.filter.area"), write.t("panel.overview.total"))
        head = heading(write, window, shown, await snapshot_day(conn))
        name = f"so-tay-{window.area}-{window.lane}-{window.period}.{kind}"
        if kind == "csv":
            return File(name, "text/csv; charset=utf-8", table([*head, [], *rows]))
        title = f"{write.area(window.area)}, {write.period(window.period)}"
        clean = [[plain(cell) for cell in row] for row in rows]
        return File(name, XLSX, export_xlsx.write(title, [[one, plain(value)] for one, value in head], clean))

    return await give(
        viewer, "overview", reason, gather, area=window.area, lane=window.lane, period=window.period, topic=window.topic
    )
