"""Rescue files: unsent work of a phone, brought to the office as a file. `/panel/rescue`, and what `sotay rescue` does.

It stands here and not in `admin/`, because what is inside takes the way of a push.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from admin.access import RESCUERS
from admin.pages import page
from server.sealed import take
from storage import audit
from storage.changes import writing
from storage.viewer import Viewer
from sync import sealed
from sync.problems import Problem
from sync.sealed import NoRescueFile
from sync.wire import MAX_BODY

AnyRequest = Request[Any, Any, Any]
LONGEST_LINE = MAX_BODY + 1024


class Lines(Protocol):
    """A file, as far as it is read here: no more than a line at a time is held."""

    def readline(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


class Rescued(msgspec.Struct):
    """What came of a file. `refused`: code → how many; `lost`: items the file should hold and does not; `stopped`: the code
    of what ended the work before its time – the same file again goes on from there."""

    taken: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    lost: int = 0
    stopped: str = ""


async def rescue(file: Lines, who: Viewer | str, *, within: Iterable[str] | None = None) -> Rescued:
    """Imports a file; a second time changes nothing. The row in the trail is there before anything is taken. `within`: see
    `sealed.take`. Raises NoRescueFile."""
    promised = sealed.head(file.readline(LONGEST_LINE))
    digest = hashlib.sha256()
    for line in _lines(file):
        digest.update(line)
    async with writing() as w:
        audit.record(w, who, "data.rescued", detail={"file": digest.hexdigest()[:16]})
    file.seek(0)
    file.readline(LONGEST_LINE)
    done, found = Rescued(), 0
    try:
        for run in sealed.pieces(_lines(file), MAX_BODY):
            outcome = await take([item for item in run if item is not None], by_hand=True, within=within)
            found += len(run)
            done.taken += len(outcome.taken)
            done.refused.update(one.code for one in outcome.refused)
            done.refused["sealed_unreadable"] += run.count(None)
    except Problem as problem:
        done.stopped = problem.code
    done.refused = +done.refused
    done.lost = 0 if done.stopped else max(0, promised - found)
    return done


def _lines(file: Lines) -> Iterator[bytes]:
    """Never more than one line in memory; what has none is cut into pieces that no item fits."""
    return iter(lambda: file.readline(LONGEST_LINE), b"")


@get("/rescue", opt=RESCUERS)
async def show(request: AnyRequest) -> Response[str]:
    return await page(request, "rescue.html", done=None)


@post("/rescue", opt=RESCUERS, status_code=200, request_max_body_size=sealed.MAX_FILE)
async def bring(request: AnyRequest, viewer: NamedDependency[Viewer]) -> Response[str]:
    """Only work of accounts in the official's areas is taken; what the notes say is not shown here."""
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile):
        return await page(request, "rescue.html", status=422, done=None, wrong="panel.rescue.no_file")
    try:
        done = await rescue(file.file, viewer, within=viewer.codes)
    except NoRescueFile:
        return await page(request, "rescue.html", status=422, done=None, wrong="panel.rescue.not_one")
    return await page(request, "rescue.html", done=done)
