"""Debian's Chromium driven by Playwright's synchronous API, on a profile folder that outlives the browser.

    with Browser(tmp_path / "profile", base_url) as browser:
        page = browser.page
        …
        browser.kill()          # SIGKILL: what was not written is gone
        page = browser.reopen() # same profile

Tests that use it are plain functions (no `async def`), and the browser must be closed before an async test runs.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from processes import wait_until

ARGUMENTS = (
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
)
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def chromium_path() -> str:
    """Where Chromium is. `CHROMIUM` names another one."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise RuntimeError("Chromium is missing: apt-get install chromium, or set CHROMIUM=/path")
    return path


def chromium_version() -> str:
    said = subprocess.run([chromium_path(), "--version"], capture_output=True, text=True, timeout=30, check=True)
    return said.stdout.split()[1]


class Browser:
    """One Chromium on one profile. `context` and `page` change with `reopen`."""

    def __init__(
        self,
        profile: Path,
        base_url: str = "",
        *,
        phone: bool = False,
        locale: str = "vi-VN",
        arguments: Iterable[str] = (),
        **options: Any,
    ) -> None:
        self.profile = profile
        self.options: dict[str, Any] = {
            "locale": locale,
            "timezone_id": "Asia/Ho_Chi_Minh",
            **({"base_url": base_url} if base_url else {}),
            **(PHONE if phone else {}),
            **options,
        }
        self.arguments = [*ARGUMENTS, *arguments]
        self.context: BrowserContext
        self._playwright: Playwright

    def __enter__(self) -> "Browser":
        self._playwright = sync_playwright().start()
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.context.close()
        except PlaywrightError:
            pass  # killed
        finally:
            self._playwright.stop()

    @property
    def page(self) -> Page:
        """The first tab; made when there is none."""
        return self.context.pages[0] if self.context.pages else self.context.new_page()

    def office(self, base_url: str, *, width: int = 1280, script: bool = False) -> BrowserContext:
        """A window of an official, on a browser of its own beside the phone; close its `browser` when done."""
        browser = self._playwright.chromium.launch(
            executable_path=chromium_path(),
            headless=True,
            chromium_sandbox=os.geteuid() != 0,
            args=self.arguments,
        )
        context = browser.new_context(
            base_url=base_url,
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
        )
        context.on("close", lambda _: browser.close())
        return context

    def close(self) -> None:
        """As when the phone is switched off in order."""
        self.context.close()

    def kill(self) -> None:
        """SIGKILL to every process on this profile, found by the folder on their command line."""
        pids = self._pids()
        if not pids:
            raise RuntimeError("no browser runs on this profile")
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not self._pids(), 10, "browser gone")

    def reopen(self) -> Page:
        """A new browser on the same profile."""
        for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
            (self.profile / name).unlink(missing_ok=True)
        self._open()
        return self.page

    def _open(self) -> None:
        self.context = self._playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=chromium_path(),
            headless=True,
            chromium_sandbox=os.geteuid() != 0,
            args=self.arguments,
            **self.options,
        )

    def _pids(self) -> list[int]:
        mark = f"--user-data-dir={self.profile}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if mark in words and state != "Z":
                found.append(int(folder.name))
        return found
