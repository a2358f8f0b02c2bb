"""`/metrics` on an address of its own (`SOTAY_METRICS=host:port`), served by the worker: never through the public proxy.

In the text format of Prometheus; the page holds what `storage.figures` says and nothing else.
"""

import asyncio
import logging
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, start_http_server

from server.settings import address
from storage.figures import gauges

log = logging.getLogger("sotay.metrics")
SECONDS = 15.0


async def serve(said: str, folder: Path) -> None:
    """Serves until cancelled. A port that is taken (a second worker on this host) is said once and left alone."""
    where = address(said)
    if where is None:
        return
    registry, shown = CollectorRegistry(), dict[str, Gauge]()
    try:
        server, thread = start_http_server(where[1], where[0], registry)
    except OSError as error:
        log.warning("the port of the figures is taken", extra={"error": type(error).__name__})
        return
    try:
        while True:
            try:
                for name, value in (await gauges(folder)).items():
                    if name not in shown:
                        shown[name] = Gauge(name, name.removeprefix("sotay_").replace("_", " "), registry=registry)
                    shown[name].set(value)
            except Exception:  # the database may be away: the next look is in a moment
                log.exception("figures cannot be read now")
            await asyncio.sleep(SECONDS)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
