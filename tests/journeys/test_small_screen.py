"""Writing on the smallest phone, and what a screen reader is told: what only a browser shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cast import LAN
from chromium import Browser
from phone_hands import enrol, reload
from sample import Sample
from sync.words import word

SMALL = {"viewport": {"width": 320, "height": 640}}
DOUBT = "Chủ tịch phường hứa sửa đoạn đường này"


@pytest.fixture(scope="module")
def ward(sqlite_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    with Sample.of_the_cast(sqlite_town, tmp_path_factory.mktemp("ward")) as running:
        yield running


@pytest.fixture(scope="module")
def lan(ward: Sample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("phone"), ward.url, phone=True, **SMALL) as browser:
        enrol(browser.page, ward.enrolment(LAN.login)["code"])
        expect(browser.page.get_by_test_id("net-state")).to_have_attribute("data-state", "sent", timeout=30_000)
        yield browser


@pytest.fixture
def page(lan: Browser) -> Page:
    """Lan's phone with her list of notes open."""
    lan.context.set_offline(False)
    open_(lan.page, "")
    expect(lan.page.get_by_test_id("write-note")).to_be_visible()
    return lan.page


def open_(page: Page, path: str) -> None:
    page.evaluate("(path) => { location.hash = `#/${path}`; }", path)


def words(page: Page, kind: str = "observation", topic: str = "10") -> None:
    """On to the last step of a new note."""
    page.get_by_test_id("write-note").click()
    page.get_by_test_id(f"kind-{kind}").click()
    page.get_by_test_id(f"topic-{topic}").click()
    expect(page.get_by_test_id("note-text")).to_be_visible()


def saved(page: Page, text: str) -> str:
    """A note at the ward; its id."""
    words(page)
    page.get_by_test_id("note-text").fill(text)
    page.get_by_test_id("save-note").click()
    note = page.locator("a[data-testid^=note-]").filter(has_text=text)
    expect(note).to_have_attribute("data-mood", "sent", timeout=30_000)
    return str(note.get_attribute("data-testid")).removeprefix("note-")


def test_typing_goes_into_the_text_on_arrival(page: Page) -> None:
    words(page)
    expect(page.get_by_test_id("note-text")).to_be_focused()
    page.keyboard.type("Cống tắc")
    expect(page.get_by_test_id("note-text")).to_have_value("Cống tắc")


def test_an_open_question_is_seen_and_save_asks_once(page: Page) -> None:
    words(page)
    page.get_by_test_id("note-text").fill(DOUBT)
    page.get_by_test_id("save-note").click()  # before the marks had their moment
    doubt, bar = page.get_by_test_id("doubt"), page.locator(".save-bar")
    expect(doubt).to_be_visible()
    expect(doubt).to_be_focused()
    expect(page.get_by_test_id("save-fault")).to_contain_text("lần nữa")
    place, below = doubt.bounding_box(), bar.bounding_box()
    assert place and below and place["y"] >= 0 and place["y"] + place["height"] <= below["y"], (place, below)
    page.get_by_test_id("save-note").click()
    expect(page.locator("a[data-testid^=note-]").filter(has_text=DOUBT)).to_be_visible()


def test_too_much_is_counted_and_not_cut(page: Page) -> None:
    words(page)
    page.get_by_test_id("note-text").fill("x" * 300)
    expect(page.get_by_test_id("counter")).to_have_text("Dài quá 20 ký tự")
    page.get_by_test_id("save-note").click()
    expect(page.get_by_test_id("text-fault")).to_contain_text("280 ký tự")
    expect(page.get_by_test_id("note-text")).to_be_focused()
    many = " và ".join(f"09{12345670 + i}" for i in range(18))  # each becomes a longer mark
    page.get_by_test_id("note-text").fill(many)
    expect(page.get_by_test_id("counter")).to_contain_text("Dài quá")
    page.get_by_test_id("note-text").fill("")


def test_the_question_of_the_ward_stands_above_the_words(page: Page, ward: Sample) -> None:
    note = saved(page, "Nước đọng trước cổng chợ")
    ward.ask_back(note, "Đọng từ hôm nào?")
    open_(page, "phone")
    page.get_by_test_id("sync-now").click()
    open_(page, "")
    expect(page.locator(f"[data-testid=note-{note}][data-mood=ask]")).to_be_visible(timeout=30_000)
    open_(page, f"note/{note}")
    page.get_by_test_id("note-answer-ask").click()
    expect(page.get_by_test_id("words-ask")).to_contain_text("Đọng từ hôm nào?")
    page.get_by_test_id("back").click()
    open_(page, "")
    expect(page.locator(f"[data-testid=note-{note}]")).to_be_visible()
    expect(page.locator("[data-testid^=draft-]").filter(has_text="cổng chợ")).to_have_count(0)

    open_(page, f"note/{note}")
    reply = page.get_by_test_id("reply-text")
    reply.fill("Gọi 0912 345 678, chủ tịch phường đã hẹn")
    expect(page.get_by_test_id("text-marks").locator("mark.hides")).to_have_text(["0912 345 678"])
    page.get_by_test_id("reply-send").click()
    expect(page.get_by_test_id("doubt")).to_be_focused()
    page.get_by_test_id("doubt-no").click()
    page.get_by_test_id("reply-send").click()
    expect(page.locator("[data-testid^=message-]").last).to_contain_text("Gọi [điện thoại], ")


def test_taking_back_says_that_it_is_on_its_way(page: Page, lan: Browser) -> None:
    note = saved(page, "Ghế đá gãy chân")
    lan.context.set_offline(True)
    page.once("dialog", lambda dialog: dialog.accept())
    open_(page, f"note/{note}")
    page.get_by_test_id("note-remove").click()
    expect(page.get_by_test_id("toast")).to_have_text("Đang rút lại")


def test_a_phone_without_room_says_so_at_the_button(page: Page, lan: Browser) -> None:
    note = saved(page, "Cây đổ ngang vỉa hè")
    open_(page, f"note/{note}")
    page.locator("summary").click()
    page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('no room', 'QuotaExceededError'); }; }"
    )
    page.get_by_test_id("reply-text").fill("Chiều nay")
    expect(page.get_by_test_id("not-kept")).to_contain_text("Máy đã đầy")
    page.get_by_test_id("reply-send").click()
    expect(page.get_by_test_id("not-kept")).to_contain_text("Máy đã đầy")
    expect(page.get_by_test_id("reply-text")).to_have_value("Chiều nay")
    open_(page, "phone")
    page.get_by_test_id("wifi-only").click()
    expect(page.get_by_test_id("not-kept")).to_contain_text("Máy đã đầy")
    expect(page.get_by_test_id("wifi-only")).not_to_be_checked()
    reload(page)


def test_a_screen_says_its_name_and_whose_words_it_shows(page: Page) -> None:
    note = saved(page, "Biển báo bị che khuất")
    page.get_by_test_id("tab-phone").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page).to_have_title("Điện thoại – Sổ Tay")
    page.get_by_test_id("lang-switch").click()
    expect(page).to_have_title("Phone – Sổ Tay")
    expect(page.get_by_test_id("lang-switch")).to_be_focused()
    open_(page, f"note/{note}")
    expect(page.get_by_test_id("custody")).to_be_visible()
    expect(page).to_have_title("Sổ Tay")  # the browser's history is no place for a topic
    said = page.get_by_text("Biển báo bị che khuất")
    expect(said).to_have_attribute("lang", "vi")
    expect(page.locator(".paper-foot [lang=vi]").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).not_to_have_attribute("lang", "vi")
    page.get_by_test_id("lang-switch").click()


def test_what_went_wrong_is_said_over_the_note_and_not_as_if_it_were_done(page: Page) -> None:
    words(page)
    page.get_by_test_id("add-photo").click()
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "missing", timeout=30_000)
    no_picture = {"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    page.get_by_test_id("camera-photo-input").set_input_files(no_picture)
    page.get_by_test_id("back").click()
    toast = page.get_by_test_id("toast")
    expect(toast).to_have_text("Tệp này không phải ảnh dùng được. Hãy chụp lại.")
    tick = page.get_by_test_id("save-note").locator("path").get_attribute("d")
    assert tick != toast.locator("path").get_attribute("d")
    said, bar = toast.locator("span").bounding_box(), page.locator(".save-bar").bounding_box()
    assert said and bar and said["y"] + said["height"] <= bar["y"]


# The parts that come after everything else are gone, as on a phone whose first visit was cut short.
FORGET = """async () => { const cache = await caches.open("sotay-shell");
  for (const one of await cache.keys()) if (/pages|en\\.js/.test(one.url)) await cache.delete(one); }"""


def test_a_page_that_is_not_here_yet_says_so_and_comes_with_the_network(page: Page, lan: Browser) -> None:
    reload(page)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.wait_for_timeout(11_000)  # what the worker fetches by itself is here
    page.evaluate(FORGET)
    lan.context.set_offline(True)
    open_(page, "help")
    expect(page.get_by_test_id("missing")).to_contain_text("Không có mạng")
    page.get_by_test_id("lang-switch").click()
    expect(page.get_by_test_id("toast")).to_contain_text("Không có mạng")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    lan.context.set_offline(False)
    expect(page.get_by_test_id("missing")).to_have_count(0, timeout=30_000)
    expect(page.locator("h1")).to_have_text(word("vi", "phone.help.title"))


def test_another_account_is_not_told_to_enrol_again(page: Page) -> None:
    page.get_by_test_id("tab-phone").click()
    page.get_by_test_id("add-account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nhập mã cho tài khoản khác")


def test_letters_twice_as_large_leave_the_two_buttons_on_the_screen(page: Page, lan: Browser) -> None:
    for i in range(3):
        saved(page, f"Rác ở góc chợ, lần {i}")
    tools = lan.context.new_cdp_session(page)
    tools.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for name in ("write-note", "take-photo"):
        box = page.get_by_test_id(name).bounding_box()
        assert box and box["y"] + box["height"] <= 640, (name, box)
    tools.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
    tools.detach()


def test_buttons_of_the_head_stand_apart(page: Page) -> None:
    lock, lang = (page.get_by_test_id(name).bounding_box() for name in ("lock-now", "lang-switch"))
    assert lock and lang and lang["x"] - (lock["x"] + lock["width"]) >= 8
    small = page.evaluate(
        """() => [...document.querySelectorAll(".hint, .tabs span, .card-foot, .card-when")]
             .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16).map((one) => one.className || one.tagName)"""
    )
    assert small == []
