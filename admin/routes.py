"""All routes of the panel. The guard stands before every one of them; each handler declares who may call it."""

from litestar import Router
from litestar.di import Provide

from admin import (
    account,
    answers,
    assets,
    audit,
    desk,
    digest_page,
    export,
    issues,
    mistakes,
    note,
    notices,
    overview,
    photos,
    signin,
)
from admin.access import current_viewer, guard

ROUTES = [
    Router(
        path="/panel",
        route_handlers=[
            overview.show,
            signin.sign_in_form,
            signin.sign_in,
            signin.code_form,
            signin.check_code,
            signin.sign_out,
            signin.choose_language,
            desk.show,
            desk.group,
            desk.open_note,
            note.show,
            note.clear,
            note.rewrite,
            note.redirect,
            note.ask,
            issues.show_list,
            issues.show,
            issues.confirm,
            issues.take_out,
            issues.route,
            issues.close,
            issues.reopen,
            answers.answer,
            answers.notice,
            notices.show,
            notices.write,
            notices.withdraw,
            account.show,
            account.change_password,
            account.turn_on,
            account.renew_codes,
            account.turn_off,
            photos.show,
            audit.show,
            export.show,
            export.overview,
            digest_page.show,
            digest_page.take,
            assets.show,
            mistakes.nowhere,
        ],
        guards=[guard],
        dependencies={"viewer": Provide(current_viewer)},
        exception_handlers=mistakes.HANDLERS,
        include_in_schema=False,
    )
]
