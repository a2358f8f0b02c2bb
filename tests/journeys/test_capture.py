"""Capture on the phone as people do it: three taps, the camera in the page, the brush, and the ways a draft could get lost.

One installation and one phone for all. The camera is Chromium's own fake device.
"""

import base64
import gzip
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Request, expect

from cast import HOA, LAN
from chromium import Browser
from installation import Installation
from phone_hands import enrol, reload, start, unlock
from worlds import embedded_world

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PAINT = (0x20, 0x30, 0x2D)
SMALL = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture(scope="module")
def installation(sqlite_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("capture")
    shutil.copyfile(sqlite_town, folder / "sotay.db")
    world = embedded_world(folder)
    world.share_secret()
    with Installation(world) as running:
        yield running


@pytest.fixture(scope="module")
def lan(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Lan's phone, 320 px wide, enrolled and ready for use without network."""
    folder = tmp_path_factory.mktemp("phone")
    with Browser(folder, installation.url, phone=True, arguments=CAMERA, **SMALL) as browser:
        page = browser.page
        enrol(page, installation.enrolment(LAN.login)["code"])
        page.wait_for_function("navigator.serviceWorker.controller !== null")
        expect(page.get_by_test_id("net-state")).to_have_attribute("data-state", "sent", timeout=30_000)
        yield browser


@pytest.fixture
def phone(lan: Browser) -> Browser:
    """The same phone, lying on the table with its list of notes open."""
    if lan.page.url != "about:blank":
        lan.context.set_offline(False)
        if lan.page.get_by_test_id("write-note").count() == 0:
            start(lan.page)
            go_home(lan.page)
    return lan


def go_home(page: Page) -> None:
    """Out of the screen an earlier walk left open: a started app returns to an unfinished note."""
    home, back = page.get_by_test_id("write-note"), page.get_by_test_id("back")
    for _ in range(6):
        expect(home.or_(back).first).to_be_visible(timeout=30_000)
        if home.count():
            return
        back.click()
    raise AssertionError("six steps back are not home")


def shoot(page: Page) -> Locator:
    """Takes a frame from the open viewfinder; the glass over the photo just taken."""
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "live", timeout=20_000)
    page.get_by_test_id("shutter").click()
    glass = page.get_by_test_id("cover-glass")
    expect(glass).to_be_visible(timeout=20_000)
    return glass


def paint(page: Page, glass: Locator, *way: tuple[float, float]) -> None:
    """One stroke of the finger; points as parts of the picture."""
    strokes = int(glass.get_attribute("data-strokes") or 0)
    box = glass.bounding_box()
    assert box is not None
    spots = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in way]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=6)
    page.mouse.up()
    expect(glass).to_have_attribute("data-strokes", str(strokes + 1))
    expect(glass).to_have_attribute("data-kept", "true")  # on disk: from here on a kill takes nothing


def kept_picture(page: Page) -> Image.Image:
    """The first photo shown, as its bytes lie on the phone's disk."""
    shown = page.locator("figure img[src^='blob:']").first
    expect(shown).to_be_visible(timeout=20_000)
    pixels = shown.evaluate(
        """async (image) => { await image.decode();
           const size = {width: image.naturalWidth, height: image.naturalHeight};
           const canvas = Object.assign(document.createElement("canvas"), size);
           canvas.getContext("2d").drawImage(image, 0, 0);
           return canvas.toDataURL("image/png"); }"""
    )
    picture = Image.open(io.BytesIO(base64.b64decode(pixels.split(",")[1]))).convert("RGB")
    assert max(picture.size) <= 1600
    return picture


def pushed(sent: Request) -> list[Any]:
    """The marks of a batch on its way."""
    body = sent.post_data_buffer or b""
    batch = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return [row["newDocumentState"] for row in batch.get("push", {}).get("marks", [])]


def is_paint(picture: Image.Image, x: float, y: float) -> bool:
    found = picture.getpixel((int(picture.width * x), int(picture.height * y)))
    assert isinstance(found, tuple)
    return all(abs(a - b) <= 12 for a, b in zip(found, PAINT, strict=True))


def test_three_taps_from_the_list_of_notes_to_the_words(phone: Browser) -> None:
    """Counted is every tap from the list on: to write, its kind, its topic; the words need none, for the field waits for
    them. Save is the fourth. Group, day and all else are filled in."""
    page = phone.page
    phone.context.set_offline(True)
    page.evaluate("() => { window.taps = 0; addEventListener('click', () => window.taps++, true); }")
    page.get_by_test_id("write-note").tap()
    page.get_by_test_id("kind-observation").tap()
    page.get_by_test_id("topic-10").tap()
    expect(page.get_by_test_id("note-text")).to_be_focused()
    assert page.evaluate("taps") == 3
    page.keyboard.type("Ngõ ngập", delay=5)
    page.get_by_test_id("save-note").tap()
    note = page.locator("[data-testid^=note-]").filter(has_text="Ngõ ngập")
    expect(note).to_be_visible()
    assert page.evaluate("taps") == 4
    reload(page)
    expect(note).to_have_attribute("data-mood", "waiting")


def test_what_the_brush_covers_is_gone_from_the_stored_bytes(phone: Browser) -> None:
    page = phone.page
    page.get_by_test_id("take-photo").tap()
    glass = shoot(page)
    page.get_by_test_id("brush-big").click()
    paint(page, glass, (0.2, 0.3), (0.8, 0.3))
    page.get_by_test_id("brush-small").click()
    paint(page, glass, (0.2, 0.8), (0.8, 0.8))
    page.get_by_test_id("cover-undo").click()
    expect(glass).to_have_attribute("data-strokes", "1")
    paint(page, glass, (0.5, 0.62))  # a tap is a dot
    page.get_by_test_id("cover-done").click()
    page.get_by_test_id("topic-10").tap()
    expect(page.get_by_test_id("draft-state")).to_be_visible()
    reload(page)
    picture = kept_picture(page)
    assert [is_paint(picture, x, 0.3) for x in (0.2, 0.35, 0.5, 0.65, 0.8)] == [True] * 5
    assert is_paint(picture, 0.5, 0.62)
    assert not is_paint(picture, 0.5, 0.8), "the stroke taken back"
    assert not is_paint(picture, 0.05, 0.05)
    page.get_by_test_id("save-note").tap()
    page.locator("[data-testid^=note-]").first.click()
    assert is_paint(kept_picture(page), 0.5, 0.3)


def test_who_goes_on_while_a_photo_is_covered_stays_where_they_went(phone: Browser) -> None:
    page = phone.page
    page.get_by_test_id("take-photo").tap()
    paint(page, shoot(page), (0.2, 0.3), (0.8, 0.3))
    leave = "document.querySelector('[data-testid=cover-done]').click(); location.hash = '#/'; location.hash"
    assert page.evaluate(leave) == "#/"
    page.get_by_test_id("write-note").tap()  # the photo is still being made
    expect(page.get_by_test_id("kind-observation")).to_be_visible()
    here = page.url
    page.get_by_test_id("kind-observation").tap()
    expect(page.get_by_test_id("topic-10")).to_be_visible()
    page.wait_for_timeout(2_000)
    assert page.url == here.removesuffix("kind") + "topic"
    go_home(page)
    page.locator("[data-testid^=draft-]").first.tap()
    page.get_by_test_id("topic-10").tap()
    assert is_paint(kept_picture(page), 0.5, 0.3)
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_test_id("drop-draft").tap()
    expect(page.get_by_test_id("write-note")).to_be_visible()


SLOW_DISK = """() => { const seal = crypto.subtle.encrypt.bind(crypto.subtle);
  crypto.subtle.encrypt = async (...what) => { await new Promise((done) => setTimeout(done, 150)); return seal(...what); }; }"""


def test_back_from_the_words_is_the_topic_also_after_a_photo_was_covered(phone: Browser) -> None:
    page = phone.page
    page.get_by_test_id("write-note").tap()
    page.get_by_test_id("kind-observation").tap()
    page.get_by_test_id("topic-10").tap()
    page.get_by_test_id("add-photo").tap()
    paint(page, shoot(page), (0.2, 0.3), (0.8, 0.3))
    page.evaluate(SLOW_DISK)
    page.get_by_test_id("cover-done").tap()
    assert is_paint(kept_picture(page), 0.5, 0.3)
    page.get_by_test_id("back").tap()
    page.get_by_test_id("topic-10").tap()
    reload(page)
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_test_id("drop-draft").tap()
    expect(page.get_by_test_id("write-note")).to_be_visible()


def test_killed_while_the_camera_is_open_the_same_screen_comes_back(phone: Browser) -> None:
    page = phone.page
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("note-text").fill("Nắp cống vỡ")
    page.get_by_test_id("add-photo").click()
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "live", timeout=20_000)
    phone.kill()

    page = phone.reopen()
    phone.context.set_offline(True)
    start(page)
    camera = page.get_by_test_id("camera")
    expect(camera).to_have_attribute("data-state", "idle")  # it does not switch itself on
    page.get_by_test_id("camera-open").click()
    glass = shoot(page)
    paint(page, glass, (0.3, 0.5), (0.7, 0.5))
    phone.kill()

    page = phone.reopen()
    phone.context.set_offline(True)
    start(page)
    expect(page.get_by_test_id("cover-glass")).to_have_attribute("data-strokes", "1")
    page.get_by_test_id("back").click()
    expect(page.get_by_test_id("note-text")).to_have_value("Nắp cống vỡ")
    assert is_paint(kept_picture(page), 0.5, 0.5)
    page.get_by_test_id("save-note").tap()
    expect(page.locator("[data-testid^=note-]").filter(has_text="Nắp cống vỡ")).to_contain_text("0/1")


FILL = """async () => {
  const open = indexedDB.open("somebody-elses-videos", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("v", {autoIncrement: true});
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  let refused = 0;
  for (let size = 1 << 20; size > 100; refused ? (size >>= 1) : 0) {
    const tx = db.transaction("v", "readwrite");
    tx.objectStore("v").put(crypto.getRandomValues(new Uint8Array(Math.min(size, 65536))).buffer);
    refused = await new Promise((done) => { tx.oncomplete = () => done(0); tx.onabort = () => done(1); });
  }
  db.close();
}"""


def small_disk(phone: Browser, room: int) -> tuple[Page, Callable[[], object]]:
    """The same phone with only so many bytes left; the second value takes the limit away."""
    used = phone.page.evaluate("navigator.storage.estimate().then((room) => room.usage)")
    phone.close()
    page = phone.reopen()
    tools = phone.context.new_cdp_session(page)
    origin = {"origin": phone.options["base_url"]}
    tools.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": used + room})
    start(page)
    return page, lambda: tools.send("Storage.overrideQuotaForOrigin", origin)


def test_a_full_phone_says_so_and_loses_nothing(phone: Browser) -> None:
    page, make_room = small_disk(phone, 1_500_000)
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    expect(page.get_by_test_id("draft-state")).to_have_attribute("data-kept", "true")
    page.evaluate(FILL)
    page.get_by_test_id("note-text").fill("Đèn đường tắt ba hôm")
    expect(page.get_by_test_id("trouble")).to_contain_text("Máy đã đầy")
    page.get_by_test_id("save-note").tap()
    expect(page.get_by_test_id("save-fault")).to_contain_text("Máy đã đầy")
    expect(page.get_by_test_id("note-text")).to_have_value("Đèn đường tắt ba hôm")
    make_room()
    expect(page.get_by_test_id("draft-state")).to_have_attribute("data-kept", "true", timeout=10_000)
    reload(page)
    page.get_by_test_id("save-note").tap()
    expect(page.locator("[data-testid^=note-]").filter(has_text="ba hôm")).to_be_visible()


def test_a_full_phone_opens_reads_and_makes_room(phone: Browser, installation: Installation) -> None:
    page, make_room = small_disk(phone, 3_000_000)
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("note-text").fill("Không cần nữa")
    expect(page.get_by_test_id("low-space")).to_contain_text("Máy sắp hết chỗ, còn khoảng 4 MB")
    page.get_by_test_id("add-photo").click()
    shoot(page)
    page.get_by_test_id("cover-done").click()
    expect(page.get_by_test_id("remove-1")).to_be_visible()
    expect(page.get_by_test_id("draft-state")).to_have_attribute("data-kept", "true")
    page.evaluate(FILL)

    page.reload()
    page.get_by_test_id("pin").fill("314159")
    expect(page.get_by_test_id("pin-fault")).to_contain_text("chưa đúng", timeout=30_000)
    unlock(page)
    expect(page.get_by_test_id("note-text")).to_have_value("Không cần nữa", timeout=30_000)
    page.get_by_test_id("remove-1").click()
    expect(page.get_by_test_id("remove-1")).to_have_count(0)
    expect(page.get_by_test_id("trouble").or_(page.locator("[data-kept=true]")).first).to_be_visible()
    reload(page)
    expect(page.get_by_test_id("note-text")).to_have_value("Không cần nữa", timeout=30_000)
    expect(page.get_by_test_id("remove-1")).to_have_count(0)
    page.evaluate(FILL)  # the picture made room

    page.goto("/app/#/phone")
    expect(page.get_by_test_id("sync-now")).to_be_enabled(timeout=30_000)
    page.get_by_test_id("add-account").click()
    page.get_by_test_id("enrol-code").fill(installation.enrolment(HOA.login)["code"])
    page.get_by_test_id("enrol-submit").click()
    expect(page.get_by_test_id("enrol-error")).to_contain_text("Máy đã đầy")
    assert not [url for url in asked if url.endswith("/v1/enrol")], "a code serves once"
    page.goto("/app/#/")
    expect(page.get_by_test_id("no-space")).to_contain_text("Xoá bớt ảnh, video")
    page.locator("[data-testid^=note-]").first.click()
    expect(page.get_by_test_id("custody")).to_be_visible()
    page.get_by_test_id("back").click()
    draft = page.locator("[data-testid^=draft-]").filter(has_text="Không cần nữa")
    draft.click()
    page.get_by_test_id("drop-draft").click()
    expect(page.get_by_test_id("write-note")).to_be_visible()
    expect(draft).to_have_count(0)

    make_room()
    page.get_by_test_id("tab-phone").click()
    page.get_by_test_id("sync-now").click()
    page.get_by_test_id("tab-notes").click()
    expect(page.get_by_test_id("no-space")).to_have_count(0, timeout=30_000)


def test_marks_in_the_text_and_one_question_per_doubt(phone: Browser) -> None:
    page = phone.page
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    words = page.get_by_test_id("note-text")
    words.fill("Số 0912 345 678, chủ tịch phường hứa sửa")
    marks = page.get_by_test_id("text-marks")
    expect(marks.locator("mark.hides")).to_have_text(["0912 345 678"])
    expect(marks.locator("mark.doubts")).to_have_text(["chủ tịch phường"])
    page.get_by_test_id("doubt-no").click()
    expect(page.get_by_test_id("doubt")).to_have_count(0)
    expect(words).to_have_value("Số 0912 345 678, chủ tịch phường hứa sửa")
    words.fill("Số 0912 345 678, chủ tịch phường hứa sửa, gặp Maria Lopez")
    expect(page.get_by_test_id("doubt")).to_contain_text("«Maria Lopez»")
    page.get_by_test_id("doubt-yes").click()
    expect(words).to_have_value("Số 0912 345 678, chủ tịch phường hứa sửa, gặp [tên]")
    page.get_by_test_id("save-note").tap()
    saved = page.locator("[data-testid^=note-]").filter(has_text="hứa sửa")
    expect(saved).to_contain_text("Số [điện thoại], chủ tịch phường hứa sửa, gặp [tên]")


def test_a_door_matter_leaves_one_count_and_nothing_else(phone: Browser) -> None:
    page = phone.page
    marks: list[Any] = []
    page.on("request", lambda sent: marks.extend(pushed(sent)) if sent.url.endswith("/v1/sync") else None)
    drafts = page.locator("[data-testid^=draft-]")
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-question").click()
    page.get_by_test_id("topic-D").click()
    page.get_by_test_id("topic-D.4").click()
    call = page.locator("[data-testid^=door-call-]")
    expect(call).to_have_count(2)
    assert {each.get_attribute("href") for each in call.all()} == {"tel:112", "tel:114"}
    expect(page.get_by_test_id("note-text")).to_have_count(0)
    expect(page).to_have_title("Sổ Tay")  # the browser keeps titles, and no PIN guards them
    page.locator("[data-testid^=door-told-]").first.click()
    expect(page.get_by_test_id("write-note")).to_be_visible()
    expect(drafts).to_have_count(0)
    for _ in range(100):
        if marks:
            break
        page.wait_for_timeout(100)
    (mark,) = marks
    assert mark["mark"] == "door"
    assert {name for name, value in mark.items() if value} == {"id", "mark", "door", "area"}
    assert mark["area"] == "11455"
