"""The pictures of a phone: one reporter's afternoon, from the code on paper to the answer told to the neighbours."""

from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Locator, Page, expect

from chromium import Browser
from phone_hands import PIN, start, unlock
from storage.samples.pictures import sample_photo

REPORTER = "ctv01"
WORDS = "Mưa một lúc là ngõ nhà văn hoá ngập tới đầu gối, nước rút rất chậm"
WITH_A_NAME = WORDS + ", hỏi anh Trần Văn Mẫu số 0912 345 678"
IPHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 720},
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1",
}


class Takes(Protocol):
    def take(self, page: Page, name: str, *, height: int | None = None) -> None: ...


class Office(Protocol):
    def reads(self) -> int: ...
    def confirms(self, number: int) -> None: ...
    def answers(self, number: int) -> None: ...
    def draws_the_rest(self) -> None: ...


class Ward(Protocol):
    accounts: dict[str, dict[str, Any]]

    @property
    def world(self) -> Any: ...


def draw(phone: Browser, ward: Ward, shots: Takes, office: Office) -> None:
    page = phone.page
    enrols(page, str(ward.accounts[REPORTER]["enrol_code"]), shots)
    picture = ward.world.data_dir / "flood.jpg"
    picture.write_bytes(sample_photo(5, "flooded_road"))
    writes(page, picture, shots)
    asks_at_the_door(page, shots)
    writes_an_opinion(page)
    note = page.locator("[data-testid^=note-]").filter(has_text="ngõ nhà văn hoá")
    exchange(page)
    expect(note).to_contain_text("1/1", timeout=60_000)
    number = office.reads()
    exchange_until(page, note, f"số {number}")
    office.confirms(number)
    office.answers(number)
    exchange_until(page, note, "trả lời")
    reads_the_answer(page, note, shots)
    rescues(phone, shots)
    office.draws_the_rest()


def enrols(page: Page, code: str, shots: Takes) -> None:
    page.goto("/app/")
    page.get_by_test_id("enrol-code").fill(code)
    shots.take(page, "phone-code")
    page.get_by_test_id("enrol-submit").click()
    page.get_by_test_id("pin-new").fill(PIN, timeout=30_000)
    page.get_by_test_id("pin-again").fill(PIN)
    shots.take(page, "phone-pin")
    page.get_by_test_id("pin-keep").click()
    expect(page.get_by_test_id("write-note")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("net-state")).to_have_attribute("data-state", "sent", timeout=30_000)


def writes(page: Page, picture: Path, shots: Takes) -> None:
    page.get_by_test_id("write-note").click()
    shots.take(page, "phone-kind")
    page.get_by_test_id("kind-observation").click()
    shots.take(page, "phone-topic")
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("topic-10.1").click()
    page.get_by_test_id("note-text").fill(WITH_A_NAME)
    expect(page.get_by_test_id("masked")).to_be_visible()
    shots.take(page, "phone-masked")
    page.get_by_test_id("note-text").fill(WORDS)
    page.get_by_test_id("add-photo").tap()
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "missing", timeout=30_000)
    page.get_by_test_id("camera-photo-input").set_input_files(picture)
    glass = page.get_by_test_id("cover-glass")
    expect(glass).to_be_visible(timeout=30_000)
    page.get_by_test_id("brush-big").click()
    stroke(page, glass, (0.30, 0.32), (0.36, 0.34))
    shots.take(page, "phone-brush")
    page.get_by_test_id("cover-done").tap(timeout=30_000)
    expect(page.locator("img[src^='blob:']").first).to_be_visible(timeout=30_000)
    page.get_by_test_id("place-open").click()
    page.get_by_test_id("place-search").fill("ly thanh tong")
    page.locator("[data-testid^=place-]").filter(has_text="Lý Thánh Tông").last.click()
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_test_id("note-text")).to_be_visible()
    page.get_by_test_id("save-note").click()
    page.get_by_test_id("firm").get_by_role("button", name="Đã rõ").click(timeout=20_000)
    expect(page.get_by_test_id("firm")).to_have_count(0)


def stroke(page: Page, glass: Locator, *way: tuple[float, float]) -> None:
    box = glass.bounding_box()
    assert box is not None
    spots = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in way]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=6)
    page.mouse.up()
    expect(glass).to_have_attribute("data-strokes", "1")


def asks_at_the_door(page: Page, shots: Takes) -> None:
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-suggestion").click()
    page.locator(".tile-door").first.click()
    expect(page.get_by_test_id("door-leave").or_(page.locator("[data-testid^=topic-]").first).first).to_be_visible()
    if not page.get_by_test_id("door-leave").count():
        page.locator("[data-testid^=topic-]").first.click()
    expect(page.get_by_test_id("doors")).to_be_visible()
    shots.take(page, "phone-door")
    page.get_by_test_id("door-leave").click()
    expect(page.get_by_test_id("write-note")).to_be_visible()


def writes_an_opinion(page: Page) -> None:
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-question").click()
    page.get_by_test_id("topic-17").click()
    page.get_by_test_id("note-text").fill("Bà con hỏi đổi giấy tờ sau sắp xếp thì làm ở đâu, có mất phí không")
    page.evaluate("scrollTo(0, 0)")
    page.get_by_test_id("save-note").click()
    expect(page.get_by_test_id("write-note")).to_be_visible(timeout=20_000)


def exchange_until(page: Page, note: Locator, words: str) -> None:
    page.bring_to_front()
    for _ in range(20):
        exchange(page)
        if words in note.inner_text():
            return
    raise AssertionError(f"the note never said {words!r}: {note.inner_text()!r}")


def exchange(page: Page) -> None:
    page.get_by_test_id("tab-phone").click()
    page.get_by_test_id("sync-now").click()
    page.wait_for_timeout(900)
    page.get_by_test_id("tab-notes").click()


def reads_the_answer(page: Page, note: Locator, shots: Takes) -> None:
    page.get_by_test_id("tab-answers").click()
    expect(page.locator("[data-testid^=answer-]").first).to_be_visible()
    page.locator("[data-testid^=answer-]").filter(has_text="Nạo vét cống").first.click()
    expect(page.get_by_test_id("answer-text").first).to_be_visible()
    shots.take(page, "phone-answer", height=960)
    page.get_by_test_id("mark-told").click()
    page.get_by_test_id("back").click()
    exchange(page)
    note.click()
    expect(page.get_by_test_id("custody").first).to_be_visible()
    shots.take(page, "phone-custody", height=1000)
    page.get_by_test_id("back").click()


def rescues(phone: Browser, shots: Takes) -> None:
    """Two notes that cannot leave, the phone's page, the rescue file, the lock."""
    page = phone.page
    phone.context.set_offline(True)
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-09").click()
    page.get_by_test_id("note-text").fill("Đèn đường đầu ngõ tắt ba hôm nay")
    page.get_by_test_id("save-note").click()
    expect(page.get_by_test_id("write-note")).to_be_visible(timeout=20_000)
    shots.take(page, "phone-offline")
    page.get_by_test_id("tab-phone").click()
    page.get_by_test_id("rescue").click()
    expect(page.get_by_test_id("rescue-holds")).to_be_visible()
    shots.take(page, "phone-rescue", height=640)
    phone.context.set_offline(False)
    page.goto("about:blank")
    page.goto("/app/")
    expect(page.get_by_test_id("pin")).to_be_visible(timeout=30_000)
    shots.take(page, "phone-locked", height=640)
    unlock(page)
    start(page)


def draw_iphone(phone: Browser, shots: Takes) -> None:
    """Before the first sign-in on an iPhone: the way to the home screen."""
    page = phone.page
    page.add_init_script("Object.defineProperty(navigator, 'standalone', {value: false})")
    page.goto("/app/#enrol=K7QF93XT")
    expect(page.get_by_test_id("install")).to_be_visible(timeout=30_000)
    shots.take(page, "phone-iphone", height=920)
