"""How the phone app opens against its budget: `python benchmarks/bench_phone_open.py [ROUNDS]`.

First visit: 50 kB/s over all connections together, 400 ms before each answer (a proxy, so the service worker's own
requests pay too), the page's processor slowed six times; usable = the field for the code stands, offline-ready = the worker
is active with the whole shell. From the icon: without network, until the PIN can be typed. Full: 300 unsent notes with a
photo of 276 kB each on the phone, from the last digit of the right PIN (Argon2id with it) to the list; heap after a
collection.
"""

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from bench_phone import prepared
from playwright.sync_api import expect

from cast import LAN
from chromium import Browser
from fault_proxy import FaultProxy
from installation import Installation
from phone_hands import enrol
from phone_opening import CPU, fill, first_visit, open_offline, slow

NOTES, PHOTO = 300, 276_000


def main(rounds: int) -> bool:
    with tempfile.TemporaryDirectory() as name, Installation(prepared(Path(name))) as running:
        folder = Path(name)
        with FaultProxy(running.port, seed=1) as line:
            slow(line)
            visits = [first_visit(folder / f"visit-{n}", line.url) for n in range(rounds)]
        with Browser(folder / "phone", running.url, phone=True) as browser:
            page = browser.page
            enrol(page, running.enrolment(LAN.login)["code"])
            page.wait_for_function("navigator.serviceWorker.controller !== null")
            expect(page.get_by_test_id("net-state")).to_have_attribute("data-state", "sent", timeout=60_000)
            browser.context.set_offline(True)
            page.reload()
            fill(page, NOTES, PHOTO)
            opened = [open_offline(browser) for _ in range(rounds)]
    median = statistics.median
    rows = [
        ("first visit, slow 3G: first paint, ms", median(v.painted for v in visits), 4_000),
        ("  usable, ms", median(v.usable for v in visits), 4_000),
        ("  offline-ready, ms", median(v.ready for v in visits), 5_000),
        ("from the icon, offline → PIN, ms", median(one.icon for one in opened), 1_000),
        (f"{NOTES} notes + {NOTES} photos: right PIN → list, ms", median(one.list for one in opened), 1_500),
        ("  heap of the page's scripts, MB", median(one.heap for one in opened), 15),
    ]
    print(f"{rounds} rounds, medians, processor / {CPU} for the page")
    for name, value, limit in rows:
        print(f"{'ok  ' if value <= limit else 'OVER'} {name:<56} {value:>8.1f} of {limit}")
    return all(value <= limit for _, value, limit in rows)


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 5) else 1)
