"""The phone on the lines a ward really has, in Chromium behind a proxy that cuts, hangs and dies: nothing is lost, nothing
is sent twice, nothing is called sent before it is. One installation, one browser; the letters are the journeys'.

(a–e: opening, offline, a draft, a kill: `test_whole_way.py`.)
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from cast import MINH
from chromium import Browser
from fault_proxy import FaultProxy, Latency, LimitData, Timeout
from phone_hands import add_photo, enrol, start, unlock
from sample import Sample
from storage.samples.pictures import sample_photo

LONG = 60_000


class Field(Browser):
    """A reporter's phone, behind a line of its own."""

    line: FaultProxy
    picture: Path
    sample: Sample

    def open_note(self, note: str) -> None:
        self.page.evaluate("(id) => { location.hash = `#/note/${id}`; }", note)
        expect(self.page.get_by_test_id("custody")).to_be_visible()

    def home(self) -> Page:
        self.page.evaluate("location.hash = '#/'")
        expect(self.page.get_by_test_id("write-note")).to_be_visible()
        return self.page

    def write(self, words: str, *, photo: bool = True) -> str:
        """By finger: each tap must hit what it means. The note's id."""
        page = self.home()
        page.get_by_test_id("write-note").tap()
        page.get_by_test_id("kind-observation").tap()
        page.get_by_test_id("topic-10").tap()
        page.get_by_test_id("topic-10.1").tap()
        page.get_by_test_id("note-text").fill(words)
        if photo:
            add_photo(page, self.picture)
        page.get_by_test_id("save-note").tap()
        note = page.locator("[data-testid^=note-]").filter(has_text=words)
        expect(note).to_be_visible(timeout=20_000)
        return str(note.get_attribute("data-testid")).removeprefix("note-")

    def expect_mood(self, note: str, mood: str, page: Page | None = None) -> None:
        expect((page or self.home()).locator(f"[data-testid=note-{note}][data-mood={mood}]")).to_be_visible(
            timeout=LONG
        )

    def sync_now(self) -> None:
        self.page.evaluate("location.hash = '#/log'")
        self.page.get_by_test_id("log-sync-now").click()

    def at_the_ward(self, note: str) -> tuple[int, list[tuple[str, int]]]:
        """How often the note is there, and its photos: state and size."""
        with sqlite3.connect(self.sample.world.data_dir / "sotay.db") as database:
            (count,) = database.execute("SELECT count(*) FROM notes WHERE id = ?", (note,)).fetchone()
            return count, database.execute("SELECT state, size FROM photos WHERE note = ?", (note,)).fetchall()


@pytest.fixture(scope="module")
def phone(sqlite_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("field")
    with (
        Sample.of_the_cast(sqlite_town, folder) as sample,
        FaultProxy(sample.port, seed=11) as line,
        Field(folder / "profile", line.url, phone=True) as browser,
    ):
        browser.line, browser.sample = line, sample
        browser.picture = folder / "ngap.jpg"
        browser.picture.write_bytes(sample_photo(5, "flooded_road"))
        enrol(browser.page, sample.enrolment(MINH.login)["code"])
        browser.page.wait_for_function("navigator.serviceWorker.controller !== null")
        yield browser


@pytest.fixture(autouse=True)
def sound(phone: Field) -> Iterator[None]:
    """Whatever a journey ended in, the next one finds a good line and an open notebook."""
    yield
    phone.line.clear()
    phone.line.bring_up()
    phone.context.set_offline(False)
    if "/app/" not in phone.page.url:
        start(phone.page)


def test_f_a_line_cut_in_the_middle_of_a_photo(phone: Field) -> None:
    before = phone.line.faults["limit_data"]
    phone.line.add(LimitData("up", bytes=60_000, times=2))
    note = phone.write("Cắt ngang khi đang gửi ảnh")
    phone.expect_mood(note, "sent")
    assert phone.line.faults["limit_data"] - before == 2
    count, photos = phone.at_the_ward(note)
    assert count == 1 and [state for state, _ in photos] in (["received"], ["stored"])


def test_f2_the_app_is_killed_in_the_middle_of_a_photo_and_goes_on_where_it_was(phone: Field) -> None:
    hang = phone.line.add(LimitData("up", bytes=60_000))
    note = phone.write("Tắt máy giữa chừng")
    expect(phone.home().locator(f"[data-testid=note-{note}]")).to_contain_text("tới phường", timeout=LONG)
    phone.expect_mood(note, "waiting")
    assert phone.at_the_ward(note)[0] == 1, "words do not wait for photos"
    phone.kill()
    phone.line.remove(hang)
    phone.reopen()
    start(phone.page)
    phone.expect_mood(note, "sent")


def test_f3_offline_in_between_is_said_and_over_by_itself(phone: Field) -> None:
    phone.context.set_offline(True)
    note = phone.write("Mất sóng")
    phone.open_note(note)
    box = phone.page.get_by_test_id("stuck")
    expect(box).to_have_attribute("data-why", "offline")
    steps = phone.page.locator("[data-testid=custody] li")
    expect(steps.nth(0)).to_have_attribute("data-done", "true")
    expect(steps.nth(1)).to_have_attribute("data-done", "false")
    phone.context.set_offline(False)
    expect(phone.page.locator("[data-step=photos]")).to_have_attribute("data-done", "true", timeout=LONG)
    expect(box).to_have_count(0)
    expect(phone.page.locator("[data-step=taken] .custody-time")).to_be_visible()
    expect(phone.page.locator("[data-step=photos] .custody-time")).to_be_visible()


SYNC_TAGS = "navigator.serviceWorker.ready.then((one) => one.sync.getTags())"
SEALED = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((good) => { const r = indexedDB.open(name); r.onsuccess = () => good(r.result); });
    if (db.objectStoreNames.contains("sealed")) {
      const read = db.transaction("sealed").objectStore("sealed").getAllKeys();
      found.push(...await new Promise((good) => { read.onsuccess = () => good(read.result); }));
    }
    db.close();
  }
  return found;
}"""


def sealed_copies(page: Page) -> list[str]:
    """Of what the copies are by which the worker sends: rows (`outbox/…/row`) and parts of photos (`bytes/…`)."""
    return [str(key) for key in page.evaluate(SEALED)]


def test_g_what_waits_is_sent_with_no_page_open(phone: Field) -> None:
    """Background Sync: the browser wakes the worker, which never held the key and yet delivers."""
    phone.line.take_down()
    note = phone.write("Gửi khi ứng dụng đã đóng")
    for _ in range(300):  # a tag that an earlier journey left says nothing of this note
        copies = [key.split("/")[0] for key in sealed_copies(phone.page)]
        if phone.page.evaluate(SYNC_TAGS) == ["send"] and copies.count("bytes") == 2:
            break
        phone.page.wait_for_timeout(100)
    assert sorted(copies) == ["bytes", "bytes", "outbox", "outbox"], "the note, its photo, and the two parts of that"
    other = phone.context.new_page()
    tools = phone.context.new_cdp_session(other)
    found: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: found.extend(one["registrationId"] for one in said["registrations"] if not one["isDeleted"]),
    )
    tools.send("ServiceWorker.enable")
    phone.context.pages[0].close()
    assert phone.at_the_ward(note)[0] == 0
    phone.line.bring_up()
    wake = {"origin": phone.line.url, "registrationId": found[-1], "tag": "send", "lastChance": False}
    for _ in range(100):
        tools.send("ServiceWorker.dispatchSyncEvent", wake)
        other.wait_for_timeout(200)
        if phone.at_the_ward(note)[1] and phone.at_the_ward(note)[1][0][0] in ("received", "stored"):
            break
    count, photos = phone.at_the_ward(note)
    assert count == 1 and [state for state, _ in photos] in (["received"], ["stored"])
    assert [page.url for page in phone.context.pages] == ["about:blank"]
    start(phone.page)
    phone.expect_mood(note, "sent")
    assert phone.at_the_ward(note)[0] == 1, "what the open notebook sends is a replay"
    phone.page.evaluate("location.hash = '#/log'")
    expect(phone.page.locator("main")).to_contain_text("Máy tự gửi 2 mục, 1 ảnh khi ứng dụng đang đóng.")


@pytest.mark.parametrize("how", ["dead", "hanging"])
def test_h_a_network_that_leads_nowhere(phone: Field, how: str) -> None:
    """The phone believes to be online, and the ward is dead, or hangs (lie-fi)."""
    if how == "dead":
        phone.line.take_down()
    else:
        phone.line.add(Timeout("up", ms=1_500))
    note = phone.write(f"Có sóng mà không tới: {how}", photo=False)
    phone.open_note(note)
    expect(phone.page.get_by_test_id("stuck")).to_have_attribute("data-why", "offline", timeout=LONG)
    phone.page.evaluate("location.hash = '#/log'")
    expect(phone.page.locator("[data-testid=log] li").first).to_have_attribute("data-reason", "offline")
    assert phone.at_the_ward(note)[0] == 0
    phone.line.clear()
    if how == "dead":
        phone.line.bring_up()
    phone.open_note(note)
    phone.page.get_by_test_id("stuck-button").tap()
    phone.expect_mood(note, "sent")
    assert phone.at_the_ward(note)[0] == 1


def test_a_captive_portal_is_not_the_ward(phone: Field) -> None:
    """It answers everything with its own page and 200."""

    def portal(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<h1>Free Wi-Fi</h1>")

    phone.context.route("**/v1/**", portal)
    note = phone.write("Quán có Wi-Fi đòi đăng nhập", photo=False)
    phone.open_note(note)
    expect(phone.page.get_by_test_id("stuck")).to_have_attribute("data-why", "captive", timeout=LONG)
    assert phone.at_the_ward(note)[0] == 0
    phone.context.unroute("**/v1/**", portal)
    phone.page.get_by_test_id("stuck-button").tap()
    phone.expect_mood(note, "sent")


def test_i_two_tabs_send_once_and_share_a_new_token(phone: Field) -> None:
    other = phone.context.new_page()
    start(other)
    note = phone.write("Hai thẻ một máy", photo=False)
    phone.expect_mood(note, "sent")
    expect(other.locator(f"[data-testid=note-{note}][data-mood=sent]")).to_be_visible(timeout=LONG)
    assert phone.at_the_ward(note)[0] == 1

    # the token runs out; both tabs are told, one enrols again, both go on
    for page in (phone.page, other):
        page.evaluate("location.hash = '#/'")
    devices_end(phone.sample, MINH.login)
    late = phone.write("Mã máy đã hết hạn", photo=False)
    for page in (phone.page, other):
        page.bring_to_front()
        page.evaluate("location.hash = '#/log'")
        page.get_by_test_id("log-sync-now").click()
        expect(page.locator("[data-testid=net-state][data-state=enrol]")).to_be_visible(timeout=LONG)
    phone.open_note(late)
    expect(phone.page.get_by_test_id("stuck")).to_have_attribute("data-why", "enrol")
    phone.page.get_by_test_id("stuck-button").click()
    phone.page.get_by_test_id("enrol-code").fill(phone.sample.enrolment(MINH.login)["code"])
    phone.page.get_by_test_id("enrol-submit").click()
    phone.expect_mood(late, "sent")
    other.bring_to_front()
    other.evaluate("location.hash = '#/log'")
    other.get_by_test_id("log-sync-now").click()
    expect(other.locator("[data-testid=net-state][data-state=sent]")).to_be_visible(timeout=LONG)
    assert phone.at_the_ward(late)[0] == 1
    other.close()


def devices_end(sample: Sample, login: str) -> None:
    """Every token of this account is as one whose time is over (more than 90 days ago)."""
    with sqlite3.connect(sample.world.data_dir / "sotay.db") as database:
        database.execute(
            """UPDATE devices SET created_at = 0, seen_day = '2020-01-01'
            WHERE account = (SELECT id FROM accounts WHERE login = ?)""",
            (login,),
        )


def test_a_photo_that_went_missing_is_said_and_the_words_are_safe(phone: Field) -> None:
    """The browser may clear what it likes: bytes of a photo that never left."""
    phone.context.set_offline(True)
    note = phone.write("Máy dọn mất ảnh")
    phone.page.evaluate(EVICT, "bytes")
    phone.context.set_offline(False)
    phone.open_note(note)
    expect(phone.page.get_by_test_id("stuck")).to_have_attribute("data-why", "photo_lost", timeout=LONG)
    phone.expect_mood(note, "refused")  # never "sent" while a photo is missing
    phone.open_note(note)
    phone.page.get_by_test_id("stuck-button").click()
    phone.expect_mood(note, "sent")
    assert phone.at_the_ward(note)[0] == 1


EVICT = """async (shelf) => {
  for (const { name } of await indexedDB.databases()) {
    if (name === "sotay") continue;
    const db = await new Promise((good) => { const r = indexedDB.open(name); r.onsuccess = () => good(r.result); });
    await new Promise((good) => {
      const tx = db.transaction(shelf, "readwrite"); tx.objectStore(shelf).clear(); tx.oncomplete = good;
    });
    db.close();
  }
}"""


def test_storage_evicted_the_phone_begins_anew_and_the_ward_gives_back_what_it_has(phone: Field) -> None:
    note = phone.write("Trước khi máy dọn sạch", photo=False)
    phone.expect_mood(note, "sent")
    session = phone.context.new_cdp_session(phone.page)
    session.send("Storage.clearDataForOrigin", {"origin": phone.line.url, "storageTypes": "all"})
    enrol(phone.page, phone.sample.enrolment(MINH.login)["code"])
    expect(phone.page.locator(f"[data-testid=note-{note}]")).to_be_visible(timeout=LONG)
    phone.expect_mood(note, "sent")
    fresh = phone.write("Sau khi máy dọn sạch", photo=False)
    phone.expect_mood(fresh, "sent")
    assert [phone.at_the_ward(one)[0] for one in (note, fresh)] == [1, 1]


def test_a_question_of_the_office_is_answered_from_the_phone(phone: Field) -> None:
    note = phone.write("Cống ở đầu ngõ tắc", photo=False)
    phone.expect_mood(note, "sent")
    phone.sample.ask_back(note, "Đầu ngõ nào?")
    phone.sync_now()
    phone.expect_mood(note, "ask")
    phone.open_note(note)
    phone.page.get_by_test_id("reply-text").fill("Ngõ 3, gần nhà văn hoá, anh Trần Văn Mẫu 0912 345 678")
    phone.page.get_by_test_id("reply-send").tap()
    expect(phone.page.locator(".said-own[data-state=taken]")).to_be_visible(timeout=LONG)
    expect(phone.page.locator(".said-own")).not_to_contain_text("0912")
    phone.expect_mood(note, "sent")
    with sqlite3.connect(phone.sample.world.data_dir / "sotay.db") as database:
        said = [text for (text,) in database.execute("SELECT text FROM messages WHERE note = ?", (note,))]
    assert len(said) == 2 and not any("0912" in text or "Mẫu" in text for text in said)


def test_photos_wait_for_wifi_if_the_phone_saves_data_and_words_do_not(phone: Field) -> None:
    saving = """Object.defineProperty(navigator, "connection", {
        value: Object.assign(new EventTarget(), { type: "cellular", saveData: true }), configurable: true });"""
    # what the writer asks for must not wait for the next minute
    phone.context.add_init_script(saving + "setInterval = () => 0;")
    assert phone.context.service_workers
    for worker in phone.context.service_workers:  # the browser may wake it at any moment, and it sends too
        worker.evaluate(saving)
    phone.page.reload()
    unlock(phone.page)
    note = phone.write("Chỉ gửi ảnh khi có Wi-Fi")
    phone.open_note(note)
    expect(phone.page.get_by_test_id("stuck")).to_have_attribute("data-why", "wifi", timeout=LONG)
    assert phone.at_the_ward(note) == (1, [("expected", phone.at_the_ward(note)[1][0][1])])
    phone.line.add(Latency("up", ms=3000))
    phone.sync_now()  # the button is pressed while a try without photos is on its way
    phone.open_note(note)
    phone.page.get_by_test_id("stuck-button").tap()
    phone.expect_mood(note, "sent")


def test_the_log_says_all_this_in_plain_words(phone: Field) -> None:
    phone.page.evaluate("location.hash = '#/log'")
    expect(phone.page.get_by_test_id("log-used")).to_be_visible()
    words = phone.page.locator("main").inner_text()
    assert "Đã gửi" in words and "Tháng này đã gửi" in words
    assert "http" not in words and "undefined" not in words and "{" not in words
    assert "phone." not in words
