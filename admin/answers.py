"""Answers to an issue: reader and unit draft, the officer approves and publishes. Hidden issues: a notice to the ward."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from admin.access import OFFICE, OFFICER, WRITERS, NotAllowed
from admin.forms import Form, personal, read_form
from admin.issues import again, do, today
from storage import answers, issue_views, notices
from storage.answers import SOURCE_MAX, TEXT_MAX, TITLE_MAX, Draft
from storage.catalogue import catalogue
from storage.changes import Writing
from storage.database import reading
from storage.issue_views import Issue
from storage.viewer import Viewer

AnyRequest = Request[Any, Any, Any]


async def _issue(viewer: Viewer, number: int) -> Issue:
    async with reading() as conn:
        return await issue_views.one(conn, viewer, number)


def _draft(form: Form, issue: Issue) -> Draft:
    return Draft(
        title=form.text("title", TITLE_MAX),
        text=form.text("text", TEXT_MAX),
        status=form.choice("status", answers.statuses(issue.kind)),
        source=form.text("source", SOURCE_MAX, required=False),
        valid_to=form.day("valid_to", required=False, from_day=today()),
        area=form.choice("area", (issue.area, issue.ward)),
    )


DOING = {"draft": answers.save, "approve": answers.approve, "publish": answers.publish}
SAID = {"draft": "drafted", "approve": "approved", "publish": "published"}


@post("/issues/{number:int}/answer", opt=WRITERS, status_code=200)
async def answer(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """`do`: `preview` shows it as phones will, `draft` keeps it; of officers `approve`, or `publish` as the next version."""
    form = await read_form(request)
    issue = await _issue(viewer, number)
    draft, rev = _draft(form, issue), form.number("rev")
    act = form.raw("do") if form.raw("do") in DOING else "preview"
    if act in ("approve", "publish") and viewer.role != "officer":
        raise NotAllowed
    if form.errors:
        return await again(request, viewer, number, form, "answer")
    found = personal(await catalogue(), issue.ward, draft.title, draft.text, draft.source)
    if act == "preview":
        return await again(request, viewer, number, form, "answer", status=200, found=found, preview=draft)
    if found and not form.sure:
        return await again(request, viewer, number, form, "answer", found=found)

    async def work(w: Writing) -> None:
        await DOING[act](w, viewer, number, rev, draft)

    return await do(request, viewer, number, form, "answer", work, SAID[act])


@post("/issues/{number:int}/answer/publish", opt=OFFICE, status_code=200)
async def publish(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """What an officer approved goes out, word for word."""
    form = await read_form(request)
    rev = form.number("rev")
    return await do(
        request, viewer, number, form, "", lambda w: answers.publish_approved(w, viewer, number, rev), "published"
    )


@post("/issues/{number:int}/answer/withdraw", opt=OFFICER, status_code=200)
async def withdraw(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    form = await read_form(request)
    rev = form.number("rev")
    return await do(
        request, viewer, number, form, "", lambda w: answers.withdraw(w, viewer, number, rev), "answer_withdrawn"
    )


@post("/issues/{number:int}/notice", opt=OFFICE, status_code=200)
async def notice(
    request: AnyRequest, viewer: NamedDependency[Viewer], number: FromPath[int]
) -> Response[str] | Redirect:
    """A draft of a notice to the whole ward, which does not say that an issue stands behind it."""
    form = await read_form(request)
    issue = await _issue(viewer, number)
    words = notices.Words(
        areas=(issue.ward,),
        title=form.text("title", notices.TITLE_MAX),
        text=form.text("text", notices.TEXT_MAX),
        valid_from=form.day("from"),
        valid_to=form.day("to", from_day=max(form.raw("from"), today())),
    )
    if form.errors:
        return await again(request, viewer, number, form, "notice")
    if not form.sure and (found := personal(await catalogue(), issue.ward, words.title, words.text)):
        return await again(request, viewer, number, form, "notice", found=found)

    async def work(w: Writing) -> None:
        await notices.draft(w, viewer, words, issue=number)

    return await do(request, viewer, number, form, "notice", work, "notice_drafted")
