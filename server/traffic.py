"""What a server process answers, how fast, and how full it is: `/metrics` on a port of its own after the worker's.

`SOTAY_METRICS=host:9464` gives the worker 9464 and each server process of that host the first free port after it, so
that each is a target of its own and none has to add up the others. Routes stand there as they are declared
(`/panel/issues/{number}`): no address, area, account or id of anything.
"""

import contextlib
import logging
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Literal

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from server.events import News
from server.settings import address
from storage.database import current

log = logging.getLogger("sotay.traffic")
PORTS = 32  # server processes of one host at most
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Traffic:
    """The figures of this process. `counting(app)` is the application that keeps them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._answers = Counter(
            "sotay_answers", "answers by route and status", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "sotay_answer_seconds",
            "from the head of the request to the head of the answer",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._open = Gauge("sotay_requests_open", "begun and not ended", registry=self.registry)

    def counting(self, app: ASGIApp) -> ASGIApp:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:  # it is a `str`, so the servers' plain "http" equals it
                await app(scope, receive, send)
                return
            began = time.perf_counter()

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    # before the route is known nothing a client made up may become a name
                    method, route = scope["method"], scope.get("path_template") or "none"
                    known = method if route != "none" else "any"
                    self._answers.labels(known, route, message["status"]).inc()
                    self._seconds.labels(known, route).observe(time.perf_counter() - began)
                await send(message)

            with self._open.track_inprogress():
                await app(scope, receive, sent)

        return counted

    @contextlib.asynccontextmanager
    async def shown(self, said: str, news: News) -> AsyncIterator[None]:
        """Answers `/metrics` while the block runs, on the first free port after the one `said` names; nowhere if it names
        none. Raises BadSetting."""
        where = address(said)
        if where is None:
            yield
            return
        Gauge("sotay_phones_listening", "open streams of news", registry=self.registry).set_function(news.listening)
        connections = Gauge(
            "sotay_database_connections", "of this process, by state", ("state",), registry=self.registry
        )
        for state in ("open", "idle"):
            connections.labels(state).set_function(partial(_connections, state))
        for port in range(where[1] + 1, where[1] + 1 + PORTS):
            with contextlib.suppress(OSError):
                server, thread = start_http_server(port, where[0], self.registry)
                break
        else:
            log.warning("all ports of the figures are taken", extra={"n": PORTS})
            yield
            return
        log.info("figures are shown", extra={"n": port})
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)


def _connections(state: Literal["open", "idle"]) -> int:
    return current().connections()[state]
