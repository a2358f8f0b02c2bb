"""Security headers on every answer. An answer that set one itself (phone app, photos) keeps its own."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


HSTS = "max-age=31536000"  # a year of https only, for this host: its neighbours under the domain are not ours to bind


async def add_headers(message: Message, scope: Scope) -> None:
    """A `before_send` hook of the application."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        if str(scope["litestar_app"].state.settings.base_url).startswith("https://"):
            headers["Strict-Transport-Security"] = HSTS
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
