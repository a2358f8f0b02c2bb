"""Capture on the phone against its budget, in Chromium as a phone 320 px wide: `python benchmarks/bench_phone.py [ROUNDS]`.

Save: from the tap to the list that shows the note (its transaction is strict and done by then), a photo with it.
Photo: a JPEG of 12 MP through the phone's own camera, from the choice of the file to the picture on the screen, which
comes from the disk. The processor is slowed six times for the page; workers, where the scaling happens, are not slowed by
Chromium (times with the scaling on a page slowed so would be the upper end). Memory: the peak of the page's process
above what it held before.
"""

import asyncio
import io
import random
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from PIL import Image
from playwright.sync_api import Page, expect

from cast import LAN
from chromium import Browser
from installation import Installation
from phone_hands import enrol
from town import sqlite_template
from worlds import World, embedded_world

CPU = 6
SAVE_MS, PHOTO_MS, PHOTO_MB, PHOTO_KB = 300, 2_000, 80, 350

LIST_SHOWS = """() => new Promise((done) => {
  const from = performance.now();
  const look = () => document.querySelector("[data-testid=write-note]") ? done(performance.now() - from) : setTimeout(look, 2);
  document.querySelector("[data-testid=save-note]").click();
  look();
})"""
PHOTO_SHOWS = """() => new Promise((done) => {
  document.querySelector("[data-testid=camera-photo-input]").addEventListener("change", () => {
    const from = performance.now();
    const shown = () => document.querySelector("[data-testid=cover-photo]")?.naturalWidth;
    const look = () => shown() ? done(performance.now() - from) : setTimeout(look, 4);
    look();
  }, {capture: true, once: true});
})"""


def picture() -> bytes:
    """4000 × 3000 with the grain of a real photo, about 3.4 MB."""
    chance = random.Random(12)
    small = Image.frombytes("RGB", (250, 188), bytes(chance.randrange(256) for _ in range(250 * 188 * 3)))
    grain = Image.effect_noise((4000, 3000), 22).convert("RGB")
    made = Image.blend(small.resize((4000, 3000), Image.Resampling.BICUBIC), grain, 0.35)
    out = io.BytesIO()
    made.save(out, "JPEG", quality=88)
    return out.getvalue()


def renderers(profile: Path) -> list[int]:
    """Processes of pages, below the browser on this profile."""
    mark = f"--user-data-dir={profile}".encode()
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    below = [pid for pid in numbers if mark in line_of(pid)]
    for pid in below:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        below += [int(child) for child in children.read_text().split() if int(child) not in below]
    return [pid for pid in below if b"--type=renderer" in line_of(pid)]


def line_of(pid: int) -> bytes:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def memory(pid: int, field: str) -> float:
    lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def to_words(page: Page) -> None:
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("note-text").fill("Ngõ nhà văn hoá ngập tới đầu gối sau mưa")


def main(rounds: int) -> bool:
    data = picture()
    saves, shots, sizes, peaks = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, Installation(prepared(Path(folder))) as running:
        file = Path(folder) / "12mp.jpg"
        file.write_bytes(data)
        profile = Path(folder) / "phone"
        with Browser(profile, running.url, phone=True, viewport={"width": 320, "height": 640}) as browser:
            page = browser.page
            enrol(page, running.enrolment(LAN.login)["code"])
            expect(page.get_by_test_id("net-state")).to_have_attribute("data-state", "sent", timeout=60_000)
            tools = browser.context.new_cdp_session(page)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
            for _ in range(rounds):
                to_words(page)
                page.get_by_test_id("add-photo").click()
                expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "missing", timeout=20_000)
                waiting = page.evaluate_handle(f"window.shown = ({PHOTO_SHOWS})(), 0")
                pids = renderers(profile)
                before = {pid: memory(pid, "VmRSS") for pid in pids}
                for pid in pids:
                    (Path("/proc") / str(pid) / "clear_refs").write_text("5")  # the peak is counted from here
                page.get_by_test_id("camera-photo-input").set_input_files(file)
                shots.append(page.evaluate("window.shown"))
                waiting.dispose()
                peaks.append(max(memory(pid, "VmHWM") - before[pid] for pid in pids))
                page.get_by_test_id("cover-done").click()
                caption = page.locator("figure figcaption").first
                expect(caption).to_contain_text("KB")
                sizes.append(int("".join(filter(str.isdigit, caption.inner_text()))))
                saves.append(page.evaluate(LIST_SHOWS))
    rows = [
        ("save → in the list, ms", statistics.median(saves), SAVE_MS),
        (f"photo of 12 MP ({len(data) / 1e6:.1f} MB) → on disk and shown, ms", statistics.median(shots), PHOTO_MS),
        ("  peak of the page's process, MiB", statistics.median(peaks), PHOTO_MB),
        ("  its bytes, KB", max(sizes), PHOTO_KB),
    ]
    print(f"{rounds} rounds, medians, processor / {CPU} for the page")
    for name, value, limit in rows:
        print(f"{'ok  ' if value <= limit else 'OVER'} {name:<56} {value:>8.0f} of {limit}")
    return all(value <= limit for _, value, limit in rows)


def prepared(folder: Path) -> World:
    """A ward with the cast in it."""
    template = asyncio.run(sqlite_template(folder))
    data = folder / "data"
    data.mkdir()
    template.rename(data / "sotay.db")
    world = embedded_world(data)
    world.share_secret()
    return world


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 5) else 1)
