"""@uppy/tus 6.0.0 and tus-js-client 4.3.1 in Chromium, on the server's origin behind a line that fails, in both worlds.

The page comes from the test, not from the server, whose content security policy stays as it is.
"""

import base64
import hashlib
import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from chromium import Browser
from fault_proxy import FaultProxy, Latency, LimitData, Slicer, Timeout
from foreign import Behind, bearer, bundle, one_world, photo_metadata

PATIENT = [0, 20, 50, 100, 100, 200, 200, 400, 400]


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    return bundle("uploads_page.mjs", tmp_path_factory.mktemp("page")).read_text("utf-8")


@pytest.fixture
def line(server: Behind) -> Iterator[FaultProxy]:
    with FaultProxy(server.port, seed=23) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, line: FaultProxy, script: str) -> Iterator[Page]:
    shown = browser.context.new_page()
    visit(shown, line.url, script)
    yield shown
    shown.close()


def visit(page: Page, origin: str, script: str) -> None:
    """The test's page at the server's origin; afterwards nothing stands between the browser and the line."""
    html = f"<!doctype html><meta charset=utf-8><title>Tải ảnh</title><script>{script}</script>"
    page.route("**/foreign", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(f"{origin}/foreign")
    page.unroute("**/foreign")


def photo(size: int = 300_000) -> dict[str, Any]:
    data = os.urandom(size)
    return {"data": base64.b64encode(data).decode(), "metadata": photo_metadata(data)}


def arrived(server: Behind, *photos: dict[str, Any]) -> bool:
    return all(server.sha256_held(one["metadata"]["photo_id"]) == one["metadata"]["sha256"] for one in photos)


def test_uppy_sends_three_photos_over_a_failing_line(server: Behind, line: FaultProxy, page: Page) -> None:
    photos = [photo(), photo(120_000), photo(400_000)]
    line.add(
        LimitData("up", bytes=100_000, times=3),
        LimitData("down", bytes=0, times=2),
        Timeout("up", ms=150, times=1),
        Latency("down", ms=5, jitter=5, chance=0.5),
        Slicer("up", size=8000, variation=7000, chance=0.5),
    )
    phone = server.reporter()
    said = page.evaluate(
        "job => byUppy(job)",
        {"photos": photos, "headers": bearer(phone), "chunkSize": 65536, "retryDelays": PATIENT, "limit": 2},
    )
    assert said["failed"] == []
    assert sorted(said["successful"]) == sorted(
        f"{line.url}/v1/uploads/{one['metadata']['photo_id']}" for one in photos
    )
    assert arrived(server, *photos)
    assert line.faults["limit_data"] >= 4, line.faults


@one_world
def test_uppy_says_which_photo_was_refused(server: Behind, page: Page) -> None:
    good, bad = photo(50_000), photo(50_000)
    bad["metadata"]["sha256"] = hashlib.sha256(b"other bytes").hexdigest()
    said = page.evaluate("job => byUppy(job)", {"photos": [good, bad], "headers": bearer(server.reporter())})
    assert len(said["successful"]) == len(said["failed"]) == 1 and "460" in said["failed"][0]
    assert arrived(server, good) and server.offset(bad["metadata"]["photo_id"]) == 0


def test_tus_js_client_goes_on_after_the_page_was_loaded_anew(
    server: Behind, line: FaultProxy, page: Page, script: str
) -> None:
    job = {"photo": photo(), "headers": bearer(server.reporter()), "chunkSize": 65536, "retryDelays": PATIENT}
    assert page.evaluate("job => byTus(job)", job | {"abortAt": 131072})["state"] == "aborted"
    visit(page, line.url, script)
    line.add(LimitData("up", bytes=30_000, times=2), LimitData("down", bytes=0, times=1))
    said = page.evaluate("job => byTus(job)", job)
    assert said["state"] == "success" and ["POST", 201] not in said["requests"], said
    assert arrived(server, job["photo"]) and line.faults["limit_data"] >= 2


@one_world
def test_tus_js_client_with_bytes_in_the_creation(server: Behind, line: FaultProxy, page: Page) -> None:
    line.add(LimitData("up", bytes=90_000, times=2), LimitData("down", bytes=0, times=1))
    options = {"headers": bearer(server.reporter()), "chunkSize": 65536, "uploadDataDuringCreation": True}
    job = {"photo": photo(), "retryDelays": PATIENT, **options}
    said = page.evaluate("job => byTus(job)", job)
    assert said["state"] == "success", said
    assert arrived(server, job["photo"]) and line.faults["limit_data"] >= 2
