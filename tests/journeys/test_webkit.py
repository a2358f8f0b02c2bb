"""(k) The second engine: Debian's WebKitGTK, driven by its own WebDriver on a screen of its own. What Safari shares with it
is tried: the service worker, the sealed store, a photo as JPEG, and a note that arrives with every byte of its photo."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from cast import HOA
from phone_hands import PIN
from processes import free_port, wait_until
from sample import Sample
from storage.samples.pictures import sample_photo

BROWSERS = (
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser",
)


@pytest.fixture
def screen() -> Iterator[str]:
    """A display nobody sees."""
    binary = shutil.which("Xvfb")
    assert binary, "Xvfb is missing: scripts/setup.sh webkit"
    read, write = os.pipe()
    process = subprocess.Popen(
        [binary, "-displayfd", str(write), "-screen", "0", "800x1000x24"], pass_fds=(write,), stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as said:
        number = said.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait(10)


@pytest.fixture
def webkit(screen: str) -> Iterator[webdriver.WebKitGTK]:
    driver = shutil.which("WebKitWebDriver")
    browser = next((path for path in BROWSERS if Path(path).exists()), None)
    assert driver and browser, "WebKitGTK is missing: scripts/setup.sh webkit"
    options = webdriver.WebKitGTKOptions()
    options.binary_location = browser
    options.add_argument("--automation")
    env = {
        **os.environ,
        "DISPLAY": screen,
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }
    service = webdriver.WebKitGTKService(executable_path=driver, port=free_port(), env=env)
    running = webdriver.WebKitGTK(options=options, service=service)
    yield running
    running.quit()


@pytest.mark.timeout(180)
def test_k_webkit_keeps_and_sends_a_note_with_its_photo(
    webkit: webdriver.WebKitGTK, sqlite_town: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "ngap.jpg"
    picture.write_bytes(sample_photo(5, "flooded_road"))
    wait = WebDriverWait(webkit, 60)

    def see(name: str) -> WebElement:
        return wait.until(lambda driver: driver.find_element(By.CSS_SELECTOR, f"[data-testid='{name}']"))

    def tap(name: str) -> None:
        webkit.execute_script("arguments[0].click()", see(name))

    with Sample.of_the_cast(sqlite_town, tmp_path) as sample:
        webkit.get(f"{sample.url}/app/")
        see("enrol-code").send_keys(sample.enrolment(HOA.login)["code"])
        tap("enrol-submit")
        see("pin-new").send_keys(PIN)
        see("pin-again").send_keys(PIN)
        tap("pin-keep")
        see("write-note")
        wait.until(lambda driver: driver.execute_script("return navigator.serviceWorker.controller !== null"))
        for step in ("write-note", "kind-observation", "topic-10", "topic-10.1"):
            tap(step)
        see("note-text").send_keys("Ngập đầu ngõ sau mưa")
        tap("add-photo")
        see("camera")
        photo = wait.until(
            lambda driver: driver.find_element(By.CSS_SELECTOR, "input[data-testid='camera-photo-input']")
        )
        photo.send_keys(str(picture))
        tap("cover-done")
        wait.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "img[src^='blob:']"))
        tap("save-note")
        note = wait.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "[data-testid^='note-'][data-phase]"))
        id = str(note.get_attribute("data-testid")).removeprefix("note-")
        wait.until(lambda driver: driver.find_element(By.CSS_SELECTOR, f"[data-testid='note-{id}'][data-mood='sent']"))

        def arrived() -> bool:
            with sqlite3.connect(sample.world.data_dir / "sotay.db") as database:
                rows = database.execute("SELECT type, state FROM photos WHERE note = ?", (id,)).fetchall()
            return rows in ([("image/jpeg", "received")], [("image/jpeg", "stored")])

        wait_until(arrived, 30, "the photo")
