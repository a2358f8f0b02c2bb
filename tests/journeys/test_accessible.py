"""Every screen of the phone and every page of the panel, by axe-core: WCAG 2.2 AA, no violation, nothing wider than the
screen. Both languages, day and night; the phone at 320 px, the panel at 320 and 1,280 px. Pages are found by themselves.

CI: the panel in Vietnamese at 320 px, in English at 1,280 px by day; `--full`: all of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accessible import TALL, Inspector, patterns, screens, walk
from chromium import Browser
from phone_hands import PIN, add_photo, unlock
from sample import Sample
from storage.samples.pictures import sample_photo

# Pages the sample data leads to only once something was done; each with its reason.
UNREACHED = {"/panel/areas/undo/{number:int}"}  # a change of areas must have been made
ROLES = ("reader", "officer", "unit", "administrator", "auditor")
# What is under /panel but is no page: nothing to read there.
FILES = ("/panel/assets/", "/panel/photos/", "/panel/language/", "/panel/live")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    with Sample.filled(tmp_path_factory.mktemp("sample"), notes=150) as running:
        yield running


@pytest.mark.timeout(900)
def test_every_page_of_the_panel(sample: Sample, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    full = request.config.getoption("--full")
    known = patterns()
    seen: set[tuple[str, str]] = set()
    inspector = Inspector()
    with Browser(tmp_path / "office", sample.url) as browser:
        browser.page.goto("about:blank")
        for role in ROLES:
            http = sample.signed_in(role)
            reached = walk(http, known)
            new = {
                (path, kind): at
                for path, kinds in reached.items()
                for kind, at in kinds.items()
                if (path, kind) not in seen
            }
            seen |= new.keys()
            office = browser.office(sample.url, script=True)
            office.add_cookies(
                [{"name": one.name, "value": str(one.value), "url": sample.url} for one in http.cookies.jar]
            )
            page = office.new_page()
            for lang in ("vi", "en"):
                office.add_cookies([{"name": "sotay_language", "value": lang, "url": sample.url}])
                for address in filter(None, new.values()):
                    page.goto(address)
                    assert page.locator("html").get_attribute("lang") == lang
                    if full:
                        inspector.look(page, f"{role} {address} {lang}", 320, 1280)
                    elif lang == "vi":
                        inspector.look(page, f"{role} {address} {lang}", 320)
                    else:
                        inspector.look(page, f"{role} {address} {lang}", 1280, night=False)
            menus(inspector, page, role)
            office.close()
    missed = {path for path in known.keys() - {path for path, _ in seen} if not path.startswith(FILES)}
    assert inspector.found == [], "\n".join(inspector.found)
    assert missed <= UNREACHED, "no link from the sample data leads to these pages"
    assert inspector.runs > 50


@pytest.mark.timeout(180)
def test_paper_has_what_is_read_and_nothing_to_press(sample: Sample, tmp_path: Path) -> None:
    http = sample.signed_in("reader")
    with Browser(tmp_path / "office", sample.url) as browser:
        office = browser.office(sample.url, script=True)
        office.add_cookies([{"name": one.name, "value": str(one.value), "url": sample.url} for one in http.cookies.jar])
        page = office.new_page()
        for address, most in (("/panel/", 3), ("/panel/digest", 4), ("/panel/due", 2), ("/panel/issues", 2)):
            page.goto(address)
            pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf()))
            assert 1 <= pages <= most, f"{address}: {pages} pages"
            page.emulate_media(media="print")
            expect(page.locator(".printed")).to_be_visible()
            expect(page.locator(".printed")).to_contain_text(re.compile(r"\d\d/\d\d/\d{4}"))
            expect(page.locator("h1")).to_be_visible()
            pressed = page.locator("main :is(button, input:not([type=hidden]), select, summary)")
            assert not [one for one in pressed.all() if one.is_visible()], address
            page.emulate_media(media="screen")
            expect(page.locator(".printed")).to_be_hidden()


def menus(inspector: Inspector, page: Page, role: str) -> None:
    """On a narrow screen the rooms wait behind a button that the keyboard opens and shuts, with no script of ours."""
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto("/panel/system" if role == "administrator" else "/panel/account")
    buttons = page.locator("button[popovertarget]")
    assert buttons.count() == (2 if role == "administrator" else 1)
    for button in buttons.all():
        links = page.locator(f"#{button.get_attribute('popovertarget')} a")
        expect(links.first).to_be_hidden()
        button.press("Enter")
        expect(links.first).to_be_visible()
        page.keyboard.press("Tab")
        expect(links.first).to_be_focused()
        inspector.look(page, f"{role} {button.text_content()}", 320)
        page.keyboard.press("Escape")
        expect(links.first).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 700})
    expect(buttons.first).to_be_hidden()
    expect(page.locator("#menu a").first).to_be_visible()


def note_with_photo(page: Page, picture: Path, words: str) -> str:
    """A note at a place, with one photo. Its id."""
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("topic-10.1").click()
    page.get_by_test_id("note-text").fill(words)
    add_photo(page, picture)
    page.get_by_test_id("save-note").click()
    note = page.locator("[data-testid^=note-]").filter(has_text=words)
    expect(note).to_be_visible(timeout=20_000)
    return str(note.get_attribute("data-testid")).removeprefix("note-")


@pytest.mark.timeout(600)
def test_every_screen_of_the_phone(sample: Sample, tmp_path: Path) -> None:
    picture = tmp_path / "ngap.jpg"
    picture.write_bytes(sample_photo(5, "flooded_road"))
    inspector = Inspector()
    with Browser(tmp_path / "phone", sample.url, phone=True) as browser:
        page = browser.page

        def look(name: str) -> None:
            for lang in ("vi", "en"):
                switch = page.locator(f"[data-testid=lang-switch][lang={lang}]")
                if switch.count():
                    switch.first.click()
                expect(page.locator(f"html[lang={lang}]")).to_be_visible()
                inspector.look(page, f"{name} {lang}", 320)
                inspector.enlarge(page, f"{name} {lang}", 360)
                page.set_viewport_size({"width": 320, "height": TALL})

        def open_(path: str, name: str = "") -> None:
            page.evaluate("(path) => { location.hash = `#/${path}`; }", path)
            expect(page.locator("h1").first).to_be_visible()
            look(name or path)

        page.goto("/app/")
        expect(page.get_by_test_id("enrol-code")).to_be_visible(timeout=30_000)
        look("enrol first")
        page.get_by_test_id("enrol-code").fill(sample.enrolment("ctv01")["code"])
        page.get_by_test_id("enrol-submit").click()
        expect(page.get_by_test_id("pin-new")).to_be_visible(timeout=30_000)
        look("choosing a PIN")
        for field in ("pin-new", "pin-again"):
            page.get_by_test_id(field).fill(PIN)
        page.get_by_test_id("pin-keep").click()
        expect(page.get_by_test_id("write-note")).to_be_visible(timeout=30_000)
        page.get_by_test_id("tab-answers").click()
        expect(page.locator("[data-testid^=answer-]").first).to_be_visible(timeout=30_000)
        answer = str(page.locator("[data-testid^=answer-]").first.get_attribute("data-testid"))
        page.get_by_test_id("tab-notes").click()
        sent = note_with_photo(page, picture, "Cống đầu ngõ tắc, nước ngập")
        expect(page.locator(f"[data-testid=note-{sent}][data-mood=sent]")).to_be_visible(timeout=60_000)
        sample.ask_back(sent, "Ngập từ đoạn nào đến đoạn nào?")
        page.get_by_test_id("tab-phone").click()
        page.get_by_test_id("sync-now").click()
        page.get_by_test_id("tab-notes").click()
        expect(page.locator(f"[data-testid=note-{sent}][data-mood=ask]")).to_be_visible(timeout=30_000)
        browser.context.set_offline(True)
        stuck = note_with_photo(page, picture, "Đèn ngõ 5 không sáng")

        seen = set()
        for screen in screens():
            with_id = {"write": "", "note": sent, "answer": answer.removeprefix("answer-")}
            if screen != "write":
                open_(f"{screen}/{with_id[screen]}" if screen in with_id else screen, screen or "home")
            seen.add(screen)
        open_(f"note/{stuck}", "note stuck")
        expect(page.locator("[data-testid=stuck][data-why=offline]")).to_be_visible()
        open_("", "home")
        page.get_by_test_id("write-note").click()
        page.get_by_test_id("kind-observation").click()
        page.get_by_test_id("topic-10").click()
        look("words of a place")
        page.get_by_test_id("place-open").click()
        look("places")
        page.get_by_test_id("back").click()
        page.get_by_test_id("add-photo").click()
        expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "missing", timeout=30_000)
        look("camera")
        page.get_by_test_id("camera-photo-input").set_input_files(picture)
        expect(page.get_by_test_id("cover-glass")).to_be_visible(timeout=30_000)
        look("brush")
        page.get_by_test_id("cover-done").click()
        expect(page.locator("img[src^='blob:']").first).to_be_visible(timeout=30_000)
        look("words with a photo")
        open_("", "home with a draft")
        page.get_by_test_id("write-note").click()
        page.get_by_test_id("kind-question").click()
        page.get_by_test_id("topic-D").click()
        page.locator("[data-testid^='topic-D.']").first.click()
        expect(page.get_by_test_id("doors")).to_be_visible()
        look("door")
        open_("", "home")
        page.get_by_test_id("write-note").click()
        look("kind")
        page.get_by_test_id("kind-rumour").click()
        look("topics")
        page.locator("[data-testid^=topic-]").first.click()
        if not page.get_by_test_id("note-text").count():
            look("topics below")
            page.locator("[data-testid^=topic-]").first.click()
        look("words of an opinion")
        page.get_by_test_id("save-note").click()
        expect(page.locator("[role=alert]").first).to_be_visible()
        look("words missing")
        page.reload()
        expect(page.get_by_test_id("pin")).to_be_visible(timeout=30_000)
        look("locked")
        page.get_by_test_id("pin").fill("314159")
        expect(page.get_by_test_id("pin-fault")).to_be_visible(timeout=30_000)
        look("wrong PIN")
        unlock(page)
    assert inspector.found == [], "\n".join(inspector.found)
    assert inspector.runs > 2 * 2 * (len(seen) + 5)
