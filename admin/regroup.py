"""Splitting and merging issues, at the page of one. The reader alone; every step can be taken back."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import READER
from admin.forms import Form, personal, read_form
from admin.issues import SUMMARY_MAX, TITLE_MAX, again, do, ward_of
from storage import regroup
from storage.catalogue import catalogue
from storage.viewer import Viewer

AnyRequest = Request[Any, Any, Any]


async def _doubts(form: Form, viewer: Viewer, number: int, *texts: str) -> dict[str, Any]:
    """What looks personal in what was written, unless the person is sure."""
    found = None if form.sure else personal(await catalogue(), await ward_of(viewer, number), *texts)
    return {"found": found} if found else {}


@post("/issues/{number:int}/split", opt=READER, status_code=200)
async def split(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """The chosen notes become an issue of their own."""
    form = await read_form(request)
    title, ids, rev = form.text("title", TITLE_MAX), form.all("pick"), form.number("rev")
    doubts = await _doubts(form, viewer, number, title)
    if form.errors or doubts:
        return await again(request, viewer, number, form, "split", picked=ids, **doubts)
    return await do(
        request,
        viewer,
        number,
        form,
        "split",
        lambda w: regroup.split_notes(w, viewer, number, rev, ids, title),
        "split",
        notes=ids,
    )


@post("/issues/{number:int}/split-counts", opt=READER, status_code=200)
async def split_counts(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """A part of the confirmed notes, of which only the number is left, becomes an issue of its own."""
    form = await read_form(request)
    title, summary = form.text("title", TITLE_MAX), form.text("summary", SUMMARY_MAX)
    portion, rev = form.raw("portion"), form.number("rev")
    form.typed["portion"] = portion
    month, _, n = portion.partition(":")
    many = int(n) if n.isascii() and n.isdigit() and len(n) < 8 else 0
    if not many:
        form.errors["portion"] = "panel.field.choose"
    doubts = await _doubts(form, viewer, number, title, summary)
    if form.errors or doubts:
        return await again(request, viewer, number, form, "split-counts", **doubts)
    return await do(
        request,
        viewer,
        number,
        form,
        "split-counts",
        lambda w: regroup.split_counts(w, viewer, number, rev, month, many, title, summary),
        "split",
        notes=[],
    )


@post("/issues/{number:int}/merge", opt=READER, status_code=200)
async def merge(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """The issue is read with another one from now on; that one is shown."""
    form = await read_form(request)
    into, rev = form.number("into"), form.number("rev")
    form.typed["into"] = form.raw("into")
    if into <= 0:
        form.errors["into"] = "panel.field.choose"
        return await again(request, viewer, number, form, "merge")
    return await do(
        request,
        viewer,
        number,
        form,
        "merge",
        lambda w: regroup.merge(w, viewer, number, rev, into),
        "merged",
        notes=[],
        others=[into],
    )


@post("/issues/{number:int}/unmerge", opt=READER, status_code=200)
async def unmerge(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """The issue stands by itself again; merging it anew is the way back."""
    form = await read_form(request)
    rev = form.number("rev")
    return await do(request, viewer, number, form, "", lambda w: regroup.unmerge(w, viewer, number, rev), "unmerged")
