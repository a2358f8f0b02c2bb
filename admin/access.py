"""Who may do what at the panel. Every handler declares `opt={"policy": (…)}`: `public`, or the roles that may call it.

The guard looks the session up on every request, checks the role, and for unsafe methods the form's CSRF token, before a
handler runs. Which things exist for the official is decided by `Viewer.codes`, everything under the areas held.
"""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from storage import clock, people, sessions
from storage.catalogue import catalogue
from storage.second_factor import REQUIRED
from storage.viewer import Viewer
from sync.area import AreaTree

PUBLIC = {"policy": ("public",)}
EVERYBODY = {"policy": ("reader", "unit", "officer", "administrator", "auditor")}
READER = {"policy": ("reader",)}
UNIT = {"policy": ("unit",)}
OFFICER = {"policy": ("officer",)}
OFFICE = {"policy": ("reader", "officer")}
WRITERS = {"policy": ("reader", "unit", "officer")}
ISSUES = {"policy": ("reader", "unit", "officer")}
ANSWERING = {"policy": ("reader", "unit", "officer", "administrator")}
COVERAGE = {"policy": ("reader", "officer", "administrator")}
EXPORTERS = {"policy": ("reader", "officer", "administrator")}
RESCUERS = {"policy": ("reader", "administrator")}
ADMINISTRATOR = {"policy": ("administrator",)}
TRAIL = {"policy": ("administrator", "auditor")}
# reachable before a second factor is set up where the role must have one
ACCOUNT: dict[str, Any] = EVERYBODY | {"before_second_factor": True}
LIVE = "sotay-live"  # header of the panel's script where it looks again by itself
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class SignInNeeded(Exception):
    """Nobody is signed in, or the session ended."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


class SetUpFirst(Exception):
    """The role must have a second factor and has none yet: nothing else is shown."""


class NotAllowed(Exception):
    """The role may not do this. `reason` is the last part of a key `panel.denied.*`."""

    def __init__(self, reason: str = "role") -> None:
        super().__init__(reason)
        self.reason = reason


def is_secure(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """True where browsers reach the panel by https: then cookies are `Secure` and carry the `__Host-` prefix."""
    return str(connection.app.state.settings.base_url).startswith("https://")


def cookie_name(connection: ASGIConnection[Any, Any, Any, Any], name: str = "sotay_session") -> str:
    return f"__Host-{name}" if is_secure(connection) else name


def csrf_token(secret: str) -> str:
    """The token forms carry: bound to the session's secret, which no script can read."""
    return hmac.new(secret.encode(), b"sotay panel form", hashlib.sha256).hexdigest()


async def check_form(request: Request[Any, Any, Any], secret: str) -> None:
    """Raises NotAllowed unless this is a form of our own page: it carries the token of `secret`, is sent as forms are
    (what another site can send without asking is `text/plain`), and the browser does not say it comes from elsewhere."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise NotAllowed("form")
    if not _is_ours(request):
        raise NotAllowed("form")
    if request.content_type[0] not in FORMS:
        raise NotAllowed("form")
    sent = (await request.form()).get("csrf")
    if not secret or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), csrf_token(secret).encode()):
        raise NotAllowed("form")


def _is_ours(request: Request[Any, Any, Any]) -> bool:
    """True if the request's `Origin`, where there is one, is the address browsers use; on plain http, whose address may
    have several names (127.0.0.1, localhost), the one the browser asked for."""
    origin = request.headers.get("origin")
    base = urlsplit(str(request.app.state.settings.base_url))
    if origin is None or origin == f"{base.scheme}://{base.netloc}":
        return True
    return not is_secure(request) and origin == f"http://{request.headers.get('host', '')}"


def must_set_up(request: Request[Any, Any, Any], role: str, *, second_factor: bool) -> bool:
    """True for an official who has to set up a second factor before anything else (production only)."""
    return bool(request.app.state.settings.production) and role in REQUIRED and not second_factor


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of every panel route."""
    assert isinstance(connection, Request)
    if connection.method == "OPTIONS":
        return  # Litestar's own answer: which methods there are
    policy = handler.opt["policy"]
    if "public" in policy:
        return
    token = connection.cookies.get(cookie_name(connection), "")
    found = await sessions.find(token, clock.now(), touch=not by_itself(connection, handler)) if token else None
    if found is None:
        raise SignInNeeded(here(connection) if connection.method in SAFE else "")
    must = must_set_up(connection, found.role, second_factor=found.second_factor)
    if must and not handler.opt.get("before_second_factor"):
        raise SetUpFirst
    if found.role not in policy:
        raise NotAllowed
    if connection.method not in SAFE:
        await check_form(connection, token)
    connection.state.viewer = Viewer(found.account, found.login, found.role, await scope_of(found.account))
    connection.state.csrf = csrf_token(token)


def by_itself(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> bool:
    """True for what a page asks without anybody touching it: that does not keep a sign-in alive."""
    return bool(handler.opt.get("by_itself")) or LIVE in connection.headers


async def scope_of(account: str) -> tuple[str, ...]:
    """Everything under the areas the account holds today, each area followed by what lies in it; closed areas that are
    read there last. What was held and closed stays with its holder, beside what came in its place."""
    world = await catalogue()
    tree, now = world.tree, world.areas_now()
    codes: dict[str, None] = {}
    for area in await people.areas_of(account):
        for heir in now.heirs(area):
            codes.update(dict.fromkeys(in_order(tree, heir)))
            codes.update(dict.fromkeys(now.within(heir)))
        codes.update(dict.fromkeys(in_order(tree, area)))
    return tuple(codes)


def in_order(tree: AreaTree, code: str) -> Iterator[str]:
    """An area and everything under it, as a table of contents lists it."""
    if tree.get(code) is not None:
        yield code
        for child in sorted(tree.children(code), key=lambda area: area.code):
            yield from in_order(tree, child.code)


async def current_viewer(request: Request[Any, Any, Any]) -> Viewer:
    """The signed-in official, for handlers behind a role."""
    viewer: Viewer = request.state.viewer
    return viewer


def here(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Path and query of this request."""
    query = connection.scope["query_string"].decode("ascii", "ignore")
    return connection.scope["path"] + (f"?{query}" if query else "")


def safe_back(back: str) -> str:
    """A place inside the panel to return to; anything else becomes the panel's start."""
    inside = back == "/panel" or back.startswith(("/panel/", "/panel?"))
    odd = any(part in back for part in ("\\", "\n", "\r", "/.."))
    return back if inside and not odd else "/panel/"
