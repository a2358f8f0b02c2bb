"""All routes of the panel. The guard stands before every one of them; each handler declares who may call it."""

from collections.abc import Sequence
from copy import copy
from functools import wraps
from typing import Any

from litestar import Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from admin import (
    account,
    account_import,
    accounts,
    answering,
    answers,
    area_import,
    areas,
    assets,
    audit,
    borders,
    coverage,
    desk,
    digest_page,
    doors,
    due,
    export,
    issues,
    live,
    mistakes,
    note,
    notices,
    overview,
    phones,
    photos,
    places,
    regroup,
    rumours,
    search,
    signin,
    synonyms,
    system,
    text_templates,
    topics,
    undoing,
    units,
    ward,
)
from admin.access import current_viewer, guard
from storage.again import again


def _patient(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """The handler, called again when its transaction had to give way: nobody types a thing twice for that."""
    work = handler.fn

    @wraps(work)
    async def patient(*args: Any, **kwargs: Any) -> Any:
        return await again(lambda: work(*args, **kwargs))

    return copy(handler)(patient)


def panel(handlers: Sequence[HTTPRouteHandler]) -> Router:
    """These handlers as part of the panel: behind its guard, with its mistakes. For what has to stand in `server/`."""
    return Router(
        path="/panel",
        route_handlers=[_patient(handler) for handler in handlers],
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
            note.refile,
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
            accounts.show_list,
            accounts.add,
            account_import.show,
            account_import.take,
            accounts.show,
            accounts.change,
            accounts.reset,
            accounts.disable,
            accounts.enable,
            areas.show,
            area_import.show,
            area_import.take,
            areas.change,
            areas.show_undo,
            areas.undo,
            borders.show,
            borders.take,
            borders.undo,
            topics.show,
            topics.add,
            topics.import_form,
            topics.take,
            topics.change,
            places.show,
            places.save,
            doors.show,
            doors.save,
            system.show,
            system.retention,
            ward.show,
            ward.save,
            ward.save_day,
            ward.show_names,
            ward.add_names,
            ward.drop_name,
            synonyms.show,
            synonyms.save,
            synonyms.turn,
            phones.show,
            phones.code,
            phones.sheet,
            phones.revoke,
            photos.show,
            photos.drop,
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
