"""What a person does with the phone app in a real browser: enrol, choose a PIN, type it again after every start."""

from pathlib import Path

from playwright.sync_api import Page, expect

PIN = "271828"


def enrol(page: Page, code: str, pin: str = PIN) -> None:
    """From nothing to the list of notes: the code, then a PIN."""
    page.goto("/app/")
    page.get_by_test_id("enrol-code").fill(code)
    page.get_by_test_id("enrol-submit").click()
    page.get_by_test_id("pin-new").fill(pin, timeout=30_000)
    page.get_by_test_id("pin-again").fill(pin)
    page.get_by_test_id("pin-keep").click()
    expect(page.get_by_test_id("write-note")).to_be_visible(timeout=30_000)


def unlock(page: Page, pin: str = PIN) -> None:
    """The PIN of a locked notebook. Every load of the page locks it."""
    page.get_by_test_id("pin").fill(pin, timeout=30_000)
    expect(page.get_by_test_id("locked")).to_have_count(0, timeout=30_000)


def start(page: Page, path: str = "/app/", pin: str = PIN) -> None:
    """Opens the app at a path and unlocks it."""
    page.goto("about:blank")  # else a path that differs in its fragment only would load nothing
    page.goto(path)
    unlock(page, pin)


def reload(page: Page, pin: str = PIN) -> None:
    page.reload()
    unlock(page, pin)


def add_photo(page: Page, picture: Path) -> None:
    """A picture from the phone's own camera, nothing covered: this browser has no camera for the viewfinder."""
    page.get_by_test_id("add-photo").tap()
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "missing", timeout=30_000)
    page.get_by_test_id("camera-photo-input").set_input_files(picture)
    page.get_by_test_id("cover-done").tap(timeout=30_000)
    expect(page.locator("img[src^='blob:']").first).to_be_visible(timeout=30_000)
