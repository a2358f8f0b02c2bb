"""`sotay serve` and `sotay worker`."""

import asyncio
import contextlib
import ctypes
import errno
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import click
import uvicorn

from server import logs
from server import worker as worker_room
from server.cli import say
from server.opening import opened
from server.settings import Settings, settings
from server.unsafe import refuse_contents, refuse_processes, refuse_settings
from storage import alive

RENEW_SECONDS = 4 * 60
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port", default=None, type=click.IntRange(1, 65535), help="default: the port of SOTAY_BASE_URL, else 8000"
)
@click.option("--workers", default=1, show_default=True, help="server processes (1 with SQLite)")
@click.option(
    "--with-worker", is_flag=True, help="run the picture and totals worker beside it, as a process of its own"
)
@click.option("--show-demo", is_flag=True, help="print the sample accounts and keep their enrolment codes fresh")
def serve(host: str, port: int | None, workers: int, with_worker: bool, show_demo: bool) -> None:
    """Phục vụ điện thoại và trang quản trị / Serve phones and panel."""
    logs.set_up()
    chosen = settings()
    refuse_processes(chosen, workers)
    refuse_unsafe(chosen)
    port = port or urlsplit(chosen.base_url).port or 8000
    _probe(host, port)
    if with_worker:
        subprocess.Popen([sys.executable, "-m", "server.cli", "worker"], preexec_fn=_die_with_parent)  # noqa: PLW1509
    if show_demo:
        threading.Thread(target=_keep_codes_fresh, daemon=True).start()
    uvicorn.run(
        "server.asgi:app",
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        timeout_graceful_shutdown=5,
        log_level="warning",
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `admin.callers` reads them, from named proxies only
    )


def refuse_unsafe(chosen: Settings) -> None:
    """Before anything is bound or begun: raises Unsafe (in production), NewerDatabase, OlderDatabase."""
    refuse_settings(chosen)

    async def look() -> None:
        async with opened(chosen):
            async with alive.living():
                await refuse_contents(chosen)

    asyncio.run(look())


def _die_with_parent() -> None:
    """The worker ends when the server does, however that ends: uvicorn raises its signal again, nothing runs after it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _probe(host: str, port: int) -> None:
    """Ends the command if the address cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                say.stop("cli.port_busy", port=port)
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                say.stop("cli.no_host", host=host, detail=error.strerror)
            say.stop("cli.port_refused", port=port, detail=error.strerror)


def _keep_codes_fresh() -> None:
    """Runs beside the server in a process of its own database connection; prints once, renews the codes quietly."""
    first = True
    while True:
        command = [sys.executable, "-m", "server.cli", "demo", "--renew"] + ([] if first else ["--quiet"])
        subprocess.run(command, check=False)
        first = False
        threading.Event().wait(RENEW_SECONDS)


@click.command()
def worker() -> None:
    """Việc nền: ảnh, số liệu, đợt ý kiến, xoá theo hạn / Work off what waits: pictures, totals, batches, snapshots, sweeping."""
    logs.set_up()
    refuse_unsafe(settings())

    async def work() -> None:
        async with opened(settings()), alive.living():
            task = asyncio.create_task(worker_room.run())
            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(work())
