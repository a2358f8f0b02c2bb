"""All routes of the panel. The guard stands before every one of them; each handler declares who may call it."""

from collections.abc import Sequence

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from admin import (
    account,
    answering,
    answers,
    assets,
    audit,
    coverage,
    desk,
    digest_page,
    due,
    export,
    issues,
    live,
    mistakes,
    note,
    notices,
    overview,
    photos,
    regroup,
    rumours,
    search,
    signin,
    text_templates,
    undoing,
    units,
)
from admin.access import current_viewer, guard


def panel(handlers: Sequence[ControllerRouterHandler]) -> Router:
    """These handlers as part of the panel: behind its guard, with its mistakes. For what has to stand in `server/`."""
    return Router(
        path="/panel",
        route_handlers=handlers,
        guards=[guard],
        dependencies={"viewer": Provide(current_viewer)},
        exception_handlers=mistakes.HANDLERS,
        include_in_schema=False,
    )


ROUTES = [
    panel(
        [
            overview.show,
            answering.show,
            coverage.show,
            signin.sign_in_form,
            signin.sign_in,
            signin.code_form,
            signin.check_code,
            signin.sign_out,
            signin.choose_language,
            desk.show,
            desk.group,
            desk.groups,
            desk.open_note,
            note.show,
            note.clear,
            note.rewrite,
            note.redirect,
            note.ask,
            note.join,
            note.hold,
            live.show,
            undoing.take_back,
            issues.show_list,
            issues.show,
            issues.confirm,
            issues.take_out,
            regroup.split,
            regroup.split_counts,
            regroup.merge,
            regroup.unmerge,
            issues.route,
            issues.close,
            issues.reopen,
            answers.answer,
            answers.publish,
            answers.withdraw,
            units.refuse,
            rumours.show_list,
            rumours.show,
            rumours.judge,
            rumours.check,
            due.show,
            text_templates.show,
            text_templates.save,
            text_templates.remove,
            answers.notice,
            notices.show,
            notices.write,
            notices.publish,
            notices.withdraw,
            account.show,
            account.change_password,
            account.turn_on,
            account.renew_codes,
            account.turn_off,
            photos.show,
            search.show,
            audit.show,
            export.show,
            export.overview,
            digest_page.show,
            digest_page.take,
            assets.show,
            mistakes.nowhere,
        ]
    )
]
