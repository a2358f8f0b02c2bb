"""A new version of the app: it waits for the writer, then it is every tab's, and no word is lost by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cast import LAN
from chromium import Browser
from phone_hands import enrol, start, unlock
from sample import Sample


@pytest.fixture(scope="module")
def lan(sqlite_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Lan's phone, ready for use without network."""
    with (
        Sample.of_the_cast(sqlite_town, tmp_path_factory.mktemp("ward")) as ward,
        Browser(tmp_path_factory.mktemp("phone"), ward.url, phone=True) as browser,
    ):
        enrol(browser.page, ward.enrolment(LAN.login)["code"])
        browser.page.wait_for_function("navigator.serviceWorker.controller !== null")
        yield browser


def test_an_update_waits_until_no_note_is_open(lan: Browser) -> None:
    page = lan.page
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("note-text").fill("Đang viết dở")
    # another address of the worker's file is a new version to the browser, as new bytes would be
    page.evaluate(
        """async () => { const found = await navigator.serviceWorker.register("/app/sw.js?newer", {scope: "/app/"});
           while (!found.waiting) await new Promise((done) => setTimeout(done, 50)); }"""
    )
    expect(page.get_by_test_id("take-update")).to_have_count(0)
    expect(page.get_by_test_id("note-text")).to_have_value("Đang viết dở")
    for _ in range(3):
        page.get_by_test_id("back").click()
    page.get_by_test_id("take-update").click()
    unlock(page)
    draft = page.locator("[data-testid^=draft-]").filter(has_text="Đang viết dở")
    draft.click()
    expect(page.get_by_test_id("note-text")).to_have_value("Đang viết dở")
    page.get_by_test_id("save-note").tap()
    expect(page.locator("[data-testid^=note-]").filter(has_text="Đang viết dở")).to_be_visible()


def test_an_update_taken_in_one_tab_is_every_tabs_and_costs_no_word(lan: Browser) -> None:
    """Else the other tab would go on with the parts of two versions."""
    page = lan.page
    other = lan.context.new_page()
    start(other)
    other.get_by_test_id("write-note").click()
    other.get_by_test_id("kind-observation").click()
    other.get_by_test_id("topic-10").click()
    page.bring_to_front()
    page.evaluate(
        """async () => { const found = await navigator.serviceWorker.register("/app/sw.js?newest", {scope: "/app/"});
           while (!found.waiting) await new Promise((done) => setTimeout(done, 50)); }"""
    )
    other.get_by_test_id("note-text").fill("Hai thẻ một máy")
    page.get_by_test_id("take-update").click()
    unlock(page)
    unlock(other)
    expect(other.get_by_test_id("note-text")).to_have_value("Hai thẻ một máy")
    other.once("dialog", lambda asked: asked.accept())
    other.get_by_test_id("drop-draft").click()
    expect(other.get_by_test_id("write-note")).to_be_visible()
    other.close()
