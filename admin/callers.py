"""Where a request comes from, for the limit on guesses. It is counted, never kept in clear and never shown."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from litestar import Request


def address_of(request: Request[Any, Any, Any]) -> str:
    """The caller's address: the other end of the connection. An IPv6 caller counts as its /64, which one house holds.

    Forwarding headers are written by whoever likes to, so they are not read, except from a proxy named in
    SOTAY_TRUSTED_PROXIES: then the last entry of `X-Forwarded-For` that is no such proxy, the one the proxy wrote.
    """
    peer = request.client.host if request.client else ""
    found = _read(peer)
    if found is None:
        return peer
    trusted = [ip_network(one) for one in request.app.state.settings.trusted_proxies]
    entries = ",".join(request.headers.getall("x-forwarded-for", [])).split(",")
    while any(found in network for network in trusted) and entries:
        following = _read(entries.pop().strip())
        if following is None:
            break
        found = following
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
