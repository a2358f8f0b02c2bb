"""`make screenshots`: draws the pictures of README and docs into docs/pictures/, from a sample ward of its own.

    python scripts/screenshots.py [FOLDER]

The ward, its clock and the sample photos are the same in every run, so that a picture changes with what it shows.
Phones are 360 px wide at two dots a pixel, the panel is 1280 px wide; both Vietnamese. WebP, at most 80 kB each.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import httpx
import pictures_panel
import pictures_phone
from PIL import Image
from playwright.sync_api import Page, expect

from chromium import Browser
from processes import Child, free_port, is_listening
from worlds import embedded_world

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 80_000
MOMENT = datetime(2026, 11, 27, 15, 10, tzinfo=timezone(timedelta(hours=7)))  # a Friday: the week has something to show
NOTES, SEED, PORT = 420, 7, 8000  # the port stands in a picture; another one when it is taken

# The page's clock: Date alone is moved; timers run as ever.
CLOCK = """(() => { const Real = Date, gap = %d;
  globalThis.Date = class extends Real {
    constructor(...given) { if (given.length) super(...given); else super(Real.now() + gap); }
    static now() { return Real.now() + gap; } }; })()"""


class SampleWard:
    """A sample ward at MOMENT, with server and worker, in a folder of its own. `accounts`: login → what `demo` said."""

    def __init__(self, folder: Path) -> None:
        self.world = embedded_world(folder)
        port = free_port() if is_listening(PORT) else PORT
        self.url = f"http://127.0.0.1:{port}"
        self.env = self.world.env | {"SOTAY_BASE_URL": self.url}
        self.started = time.time_ns() // 1_000_000
        self.moment = int(MOMENT.timestamp() * 1000)
        self.accounts: dict[str, dict[str, Any]] = {}
        self.children: list[Child] = []

    def __enter__(self) -> Self:
        said = self.sotay("demo", "--notes", str(NOTES), "--seed", str(SEED), "--json", seed=SEED)
        self.accounts = {one["login"]: one for one in json.loads(said)["accounts"]}
        port = self.url.rpartition(":")[2]
        for arguments in (("serve", "--port", port), ("worker",)):
            log = self.world.data_dir / f"{arguments[0]}.log"
            self.children.append(Child(self._command(0, *arguments), log, env=self.env))
        self.children[0].wait_ready(self._ready)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in reversed(self.children):
            child.stop()
            if error is not None:
                print(child.log.name, child.said()[-3000:])

    def sotay(self, *arguments: str, seed: int = 0) -> str:
        """A command of this installation; its output."""
        done = subprocess.run(
            self._command(seed, *arguments), env=self.env, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def _command(self, seed: int, *arguments: str) -> list[str]:
        told = (str(seed), str(self.started), str(self.moment))
        return [sys.executable, str(ROOT / "scripts" / "at_moment.py"), *told, *arguments]

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ready", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False


class Shots:
    """Puts pictures into the folder, small enough, and remembers which."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[str] = []

    def take(self, page: Page, name: str, *, height: int | None = None) -> None:
        """What the window shows; with `height`, that much of the page from its top."""
        size = page.viewport_size
        assert size is not None
        if height is not None:
            page.set_viewport_size({"width": size["width"], "height": height})
        page.evaluate("document.activeElement?.blur(), document.fonts.ready")
        expect(page.locator(".toast span")).to_have_count(0, timeout=15_000)
        png = page.screenshot(animations="disabled", caret="hide")
        page.set_viewport_size(size)
        data = squeezed(Image.open(io.BytesIO(png)).convert("RGB"))
        (self.folder / f"{name}.webp").write_bytes(data)
        self.taken.append(name)
        print(f"{name}: {len(data) / 1000:.0f} kB")


def squeezed(picture: Image.Image) -> bytes:
    """WebP: flat colours kept exactly where that is small, else as good as fits. Raises above MOST_BYTES."""
    flat = webp(picture.quantize(64, dither=Image.Dither.NONE).convert("RGB"), lossless=True, quality=60, method=3)
    found = min(flat, webp(picture, quality=82, method=5), key=len)
    if len(found) > MOST_BYTES:
        raise RuntimeError(f"a picture of {len(found)} bytes: show less of the page")
    return found


def webp(picture: Image.Image, **how: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", **how)
    return out.getvalue()


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    with tempfile.TemporaryDirectory(prefix="sotay-pictures-") as name:
        folder = Path(name)
        shots = Shots(folder / "shots")
        shots.folder.mkdir()
        (folder / "var").mkdir()
        with SampleWard(folder / "var") as ward:
            with Browser(folder / "phone", ward.url, phone=True, viewport={"width": 360, "height": 720}) as phone:
                phone.context.add_init_script(CLOCK % (ward.moment - ward.started))
                pictures_phone.draw(phone, ward, shots, pictures_panel.Office(phone, ward, shots))
            with Browser(folder / "iphone", ward.url, phone=True, **pictures_phone.IPHONE) as iphone:
                pictures_phone.draw_iphone(iphone, shots)
        target.mkdir(parents=True, exist_ok=True)
        for old in target.glob("*.webp"):
            old.unlink()
        for taken in shots.taken:
            shutil.copyfile(shots.folder / f"{taken}.webp", target / f"{taken}.webp")
    total = sum((target / f"{taken}.webp").stat().st_size for taken in shots.taken)
    print(f"{len(shots.taken)} pictures, {total / 1000:.0f} kB in {target}")


if __name__ == "__main__":
    main()
