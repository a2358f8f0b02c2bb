"""The wiring: routes, policies, errors, headers, and what is open while the app lives."""

import contextlib
from collections.abc import AsyncIterator, Sequence

from litestar import Litestar
from litestar.datastructures import State
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from admin.headers import add_headers
from admin.routes import ROUTES as PANEL
from admin.routes import panel
from server import enrol, errors, health, openapi, phone_app, pull, push, rescue, sealed, stream, sync, uploads
from server.events import news
from server.opening import opened
from server.settings import Settings, settings
from server.traffic import Traffic
from server.unsafe import refuse_contents, refuse_settings
from storage import alive, catalogue, people

API: Sequence[ControllerRouterHandler] = [
    enrol.enrol_endpoint,
    sync.sync_endpoint,
    push.push_endpoint,
    sealed.sealed_endpoint,
    pull.pull_endpoint,
    stream.stream_endpoint,
    *uploads.ROUTES,
    *health.ROUTES,
    openapi.openapi,
    *phone_app.ROUTES,
]


POLICIES = {"public", "phone", *people.ROLES}


class NoPolicy(Exception):
    """A route that does not say who may call it: the app does not start."""


def make_app(chosen: Settings | None = None, *, already_open: bool = False) -> Litestar:
    """The application. `already_open`: database and store are open (tests, benchmarks)."""
    chosen = chosen or settings()

    @contextlib.asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            if not already_open:
                refuse_settings(chosen)  # also under another server than `sotay serve`
                await stack.enter_async_context(opened(chosen))
                await stack.enter_async_context(alive.living())
                await refuse_contents(chosen)
                await catalogue.catalogue()
            app.state.news = await stack.enter_async_context(news())
            await stack.enter_async_context(app.state.traffic.shown(chosen.metrics, app.state.news))
            yield

    app = Litestar(
        route_handlers=[*API, *PANEL, panel([rescue.show, rescue.bring])],
        lifespan=[lifespan],
        state=State({"settings": chosen, "traffic": Traffic()}),
        exception_handlers={Exception: errors.handle},
        before_send=[add_headers],
        openapi_config=None,  # server/openapi.py
        logging_config=None,  # server/logs.py sets it up
        debug=False,
    )
    check_policies(app)
    return app


def check_policies(app: Litestar) -> None:
    """Raises NoPolicy for a route of any kind without a declared policy, or with one that names nobody known."""
    for one in app.routes:
        for handler in one.route_handlers if isinstance(one, HTTPRoute) else [one.route_handler]:
            # Litestar's own: automatic OPTIONS
            if not handler.opt.get("policy") and handler.fn.__module__.startswith("litestar."):
                continue
            if not handler.opt.get("policy") or not set(handler.opt["policy"]) <= POLICIES:
                raise NoPolicy(f"{one.path} ({handler.handler_name}) declares no policy")
