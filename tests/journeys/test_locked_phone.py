"""S14 and what follows from it, in a real browser: the profile folder of a locked phone tells nothing, yet the phone still
delivers; unsent work leaves it as a file without the PIN; a phone the ward has stopped locks itself and keeps everything."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cast import HOA, LAN
from chromium import Browser
from installation import Installation
from phone_hands import PIN, add_photo, enrol, reload, unlock
from processes import wait_until
from storage.samples.pictures import sample_photo
from sync.words import word
from worlds import embedded_world

NOTE = "zqxjkv canary kwyzzb"
DRAFT = "Nguyễn Vôdanh wqxzkj"
AREA = "Tổ dân phố mẫu"


@pytest.fixture(scope="module")
def running(sqlite_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One world is enough: what lies on a phone has nothing to do with where the server keeps things."""
    folder = tmp_path_factory.mktemp("locked")
    shutil.copyfile(sqlite_town, folder / "sotay.db")
    world = embedded_world(folder)
    world.share_secret()
    with Installation(world) as installation:
        yield installation


def kept(running: Installation) -> list[dict[str, Any]]:
    """The notes at the ward, oldest first."""
    database = sqlite3.connect(running.world.data_dir / "sotay.db", timeout=30)
    database.row_factory = sqlite3.Row
    rows = [dict(row) for row in database.execute("SELECT id, text, status, photos FROM notes ORDER BY rowid")]
    database.close()
    return rows


def photo_states(running: Installation) -> list[str]:
    database = sqlite3.connect(running.world.data_dir / "sotay.db", timeout=30)
    states = [str(row[0]) for row in database.execute("SELECT state FROM photos")]
    database.close()
    return states


def write(page: Page, words: str, picture: Path | None = None, *, save: bool = True) -> None:
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("topic-10.1").click()
    page.get_by_test_id("note-text").fill(words)
    if picture:
        add_photo(page, picture)
    if save:
        page.get_by_test_id("save-note").click()
        expect(page.get_by_test_id("write-note")).to_be_visible(timeout=30_000)


def hits(profile: Path, canaries: dict[str, bytes]) -> dict[str, list[str]]:
    """In which files of the profile each canary stands, as bytes, as UTF-8 or as UTF-16."""
    found: dict[str, list[str]] = {}
    for path in profile.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            for name, canary in canaries.items():
                forms = {canary, canary.decode("utf-8", "ignore").encode("utf-16-le") or canary}
                if any(form in data for form in forms):
                    found.setdefault(name, []).append(str(path.relative_to(profile)))
    return found


def photo_bytes(page: Page) -> bytes:
    """The bytes of the shrunk photo, as they lie in the store."""
    return bytes(
        page.evaluate(
            """async () => Array.from(new Uint8Array(
              await (await fetch(document.querySelector("img[src^='blob:']").src)).arrayBuffer()))"""
        )
    )


@pytest.mark.timeout(400)
def test_a_locked_phone_tells_nothing_and_still_delivers(running: Installation, tmp_path: Path) -> None:
    picture = tmp_path / "ngap.jpg"
    picture.write_bytes(sample_photo(5, "flooded_road"))
    profile = tmp_path / "phone"
    with Browser(profile, running.url, phone=True, bypass_csp=True) as browser:
        page = browser.page
        answers: list[dict[str, Any]] = []
        page.on("response", lambda r: answers.append(r.json()) if r.url.endswith("/v1/enrol") else None)
        enrol(page, running.enrolment(LAN.login)["code"])
        page.wait_for_function("navigator.serviceWorker.controller !== null")
        expect(page.get_by_test_id("net-state")).to_have_attribute("data-state", "sent", timeout=60_000)
        running.server.kill()  # a phone in a dead zone, also for the browser's own tries
        browser.context.set_offline(True)
        write(page, NOTE, picture, save=False)
        shot = photo_bytes(page)
        page.get_by_test_id("save-note").click()
        expect(page.get_by_test_id("write-note")).to_be_visible(timeout=30_000)
        write(page, DRAFT, save=False)
        page.wait_for_timeout(1_000)  # the copies are sealed beside
        page.get_by_test_id("lock-now").first.click()
        expect(page.get_by_test_id("locked")).to_be_visible(timeout=30_000)
        browser.close()

        slices = {f"photo {at}": shot[at : at + 24] for at in range(len(shot) // 3, len(shot) - 24, len(shot) // 8)}
        texts = {"note": NOTE, "draft": DRAFT, "area": AREA, "token": answers[0]["token"], "pin": PIN}
        canaries = slices | {name: word.encode() for name, word in texts.items()}
        assert len(slices) >= 4
        assert hits(profile, canaries) == {}
        control = {"push": answers[0]["push_token"].encode(), "sealed": answers[0]["device_id"].encode()}
        assert hits(profile, control).keys() == control.keys(), "the search finds what does lie open"

        running.start()
        page = browser.reopen()
        page.goto("/app/")
        expect(page.get_by_test_id("locked")).to_be_visible(timeout=30_000)
        wait_until(lambda: [row["text"] for row in kept(running)] == [NOTE], 60, "note delivered while locked")
        wait_until(lambda: photo_states(running) in (["received"], ["stored"]), 60, "photo delivered while locked")

        page.get_by_test_id("pin").fill("314159")
        expect(page.get_by_test_id("pin-fault")).to_be_visible(timeout=30_000)
        unlock(page)
        expect(page.get_by_test_id("note-text")).to_have_value(DRAFT, timeout=30_000)
        page.goto("/app/#/")
        custody = page.get_by_test_id(f"note-{kept(running)[0]['id']}").get_by_test_id("custody")
        expect(custody).to_contain_text("tới phường", timeout=60_000)
        assert len(kept(running)) == 1, "what the open notebook sends is a replay"

        locks_itself(page)


HIDE = """(how) => { Object.defineProperty(document, "visibilityState", {value: how, configurable: true});
  document.dispatchEvent(new Event("visibilitychange")); }"""


def locks_itself(page: Page) -> None:
    """Out of sight for five minutes, or found so on coming back: the browser may have slept and run no timer."""
    page.clock.install()
    reload(page)
    page.evaluate(HIDE, "hidden")
    page.clock.fast_forward("04:50")
    page.evaluate(HIDE, "visible")
    page.clock.fast_forward("04:50")  # in sight
    expect(page.get_by_test_id("write-note").or_(page.get_by_test_id("note-text"))).to_be_visible()
    page.evaluate(HIDE, "hidden")
    page.clock.fast_forward("05:01")
    unlock(page)
    page.evaluate(HIDE, "hidden")
    page.clock.set_system_time(page.evaluate("Date.now()") + 6 * 60_000)
    expect(page.get_by_test_id("locked")).to_have_count(0)
    page.evaluate(HIDE, "visible")
    expect(page.get_by_test_id("locked")).to_be_visible(timeout=30_000)


SHARE_SHEET = """() => {
  let took;
  shared = new Promise((done) => (took = done));
  navigator.canShare = ({files}) => files.length === 1;
  navigator.share = async ({files: [file]}) => {
    if (!took) throw new DOMException("closed", "AbortError");
    const done = took;
    took = undefined;
    done({names: [file.name], type: file.type, text: await file.text()});
  };
}"""


def test_a_fault_of_the_pin_follows_the_language(running: Installation, tmp_path: Path) -> None:
    with Browser(tmp_path / "phone", running.url, phone=True) as browser:
        page = browser.page
        page.goto("/app/")
        page.get_by_test_id("enrol-code").fill(running.enrolment(HOA.login)["code"])
        page.get_by_test_id("enrol-submit").click()
        page.get_by_test_id("pin-new").fill("123456", timeout=30_000)
        page.get_by_test_id("pin-keep").click()
        fault = page.get_by_test_id("pin-fault")
        expect(fault).to_have_text(word("vi", "phone.pin.fault.weak"))
        page.get_by_test_id("lang-switch").click()
        expect(fault).to_have_text(word("en", "phone.pin.fault.weak"))


@pytest.mark.timeout(400)
def test_unsent_work_is_rescued_and_a_stopped_phone_locks_itself(running: Installation, tmp_path: Path) -> None:
    already = len(kept(running))
    with Browser(tmp_path / "phone", running.url, phone=True) as browser:
        page = browser.page
        device: list[str] = []
        page.on("response", lambda r: device.append(r.json()["device_id"]) if r.url.endswith("/v1/enrol") else None)
        enrol(page, running.enrolment(HOA.login)["code"])
        expect(page.get_by_test_id("net-state")).to_have_attribute("data-state", "sent", timeout=60_000)
        page.get_by_test_id("tab-phone").click()
        page.get_by_test_id("rescue").click()  # its part is fetched while there is a network
        expect(page.get_by_test_id("rescue-none")).to_be_visible(timeout=30_000)
        page.get_by_test_id("back").click()
        page.get_by_test_id("tab-notes").click()
        browser.context.set_offline(True)
        write(page, "Ghi chú được cứu")
        page.get_by_test_id("lock-now").click()
        expect(page.get_by_test_id("locked")).to_be_visible(timeout=30_000)
        page.evaluate(SHARE_SHEET)
        page.get_by_test_id("rescue").click()
        page.get_by_test_id("rescue-share").click()
        shared = page.evaluate("shared")
        with page.expect_download() as event:
            page.get_by_test_id("rescue-save").click()
        file = tmp_path / "sotay.txt"
        event.value.save_as(file)
        assert shared == {
            "names": [event.value.suggested_filename],
            "type": "text/plain",
            "text": file.read_text(encoding="utf-8"),
        }
        page.get_by_test_id("rescue-share").click()  # closed without choosing: nothing breaks
        assert "Ghi chú" not in file.read_text(encoding="utf-8")
        for _ in range(2):
            assert "Đã nhận 1 mục" in running.sotay("rescue", "import", str(file))
        assert len(kept(running)) == already + 1

        page.goto("/app/")
        unlock(page)
        write(page, "Sau khi bị ngừng")
        running.sotay("device", "revoke", device[0])
        browser.context.set_offline(False)
        expect(page.get_by_test_id("revoked")).to_be_visible(timeout=60_000)
        assert page.get_by_test_id("pin").count() == 0
        page.evaluate("navigator.canShare = () => false")
        page.get_by_test_id("rescue").click()
        expect(page.get_by_test_id("rescue-save")).to_be_visible()
        assert page.get_by_test_id("rescue-share").count() == 0
        with page.expect_download() as event:
            page.get_by_test_id("rescue-save").click()
        event.value.save_as(file)
        assert len(kept(running)) == already + 1
        assert "Đã nhận 2 mục" in running.sotay("rescue", "import", str(file))
        rows = kept(running)
        assert [row["status"] for row in rows[already:]] == ["received", "quarantined"]
