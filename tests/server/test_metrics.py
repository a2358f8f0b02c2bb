"""`/metrics` of the worker: on its own address, true, and silent about notes, areas and accounts."""

import asyncio
import re
from collections import Counter
from functools import partial

import httpx
import pytest

from announced import announced
from cast import LAN
from installation import Installation
from processes import free_port
from server import metrics
from server.app import make_app
from server.settings import address
from storage.catalogue import set_meta
from storage.changes import writing
from storage.conn import BadSetting
from storage.database import reading
from storage.figures import gauges
from storage.totals import fold
from town import Town, note, opinion, settings_of
from worlds import World

LINE = re.compile(r"(sotay_[a-z_]+) (-?[0-9.e+]+)")


async def test_ages_and_lags_are_true(town: Town) -> None:
    folder = town.world.data_dir
    idle = await gauges(folder)
    assert {idle[f"sotay_{name}"] for name in ("photos_waiting", "uploads_open", "totals_lag_seconds")} == {0}
    assert idle["sotay_store_up"] == 1 and idle["sotay_disk_free_bytes"] > 1e6
    ages = ("sotay_backup_age_seconds", "sotay_erased_age_seconds")
    assert all(0 <= idle[name] < 3600 for name in ages), "never yet: as old as the installation"
    async with writing() as w:
        await set_meta(w.conn, "made_at", str(w.now - 3 * 86_400_000))
    never = await gauges(folder)
    assert all(never[name] > 172_800 for name in ages), "the documented rule finds what never ran"
    lan = await town.enrol(LAN)
    await lan.push("notes", note(), note())
    _, row = await announced(lan)
    await asyncio.sleep(0.01)
    busy = await gauges(folder)
    assert busy["sotay_totals_lag_seconds"] > 0 and busy["sotay_uploads_open"] == 1
    await fold()
    assert (await gauges(folder))["sotay_totals_lag_seconds"] == 0
    async with writing() as w:
        await w.conn.fetch("UPDATE photos SET state = 'received' WHERE id = $1", row["id"])
        await set_meta(w.conn, "backup_at", str(w.now - 5_000))
    later = await gauges(folder)
    assert later["sotay_photos_waiting"] == 1 and later["sotay_photos_oldest_seconds"] > 0
    assert 5 <= later["sotay_backup_age_seconds"] < 60


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
async def test_the_page_is_the_same_whatever_people_say(town: Town) -> None:
    port = free_port()
    task = asyncio.create_task(metrics.serve(f"127.0.0.1:{port}", town.world.data_dir))
    lan = await town.enrol(LAN)
    await lan.push("notes", *(opinion(text=f"Hỏi qzmot {n}") for n in range(3)))
    get = partial(httpx.get, f"http://127.0.0.1:{port}/metrics")
    page = ""
    while "sotay_disk_free_bytes" not in page:
        page = (await asyncio.to_thread(get)).text
    names = {match[1] for match in LINE.finditer(page)}
    assert names == set(await gauges(town.world.data_dir))
    async with reading() as conn:
        secrets = [row["login"] for row in await conn.fetch("SELECT login FROM accounts")]
    assert not any(one in page for one in (*secrets, "qzmot", "11455", "opinion", "{"))
    second = asyncio.create_task(metrics.serve(f"127.0.0.1:{port}", town.world.data_dir))
    await asyncio.wait_for(second, 5)  # the address is taken: said, and left alone
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_an_address_that_is_none() -> None:
    assert address("") is None and address("127.0.0.1:9464") == ("127.0.0.1", 9464)
    for bad in ("9464", "host:", "host:x", "host:0", "host:70000"):
        with pytest.raises(BadSetting, match="SOTAY_METRICS"):
            address(bad)


SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? ([-0-9.e+]+)$", re.M)
EMPTY = {"v": 1, "device": "", "clock_ms": 0, "seq_max": 0, "push": {}, "pull": {}}
ROUTE = re.compile(r'route="([^"]*)"')


@pytest.mark.parametrize("kind", ["production"], indirect=True)
async def test_each_server_process_says_what_it_answered(settled: World) -> None:
    base = free_port()
    running = Installation(settled, processes=2)
    running.env["SOTAY_METRICS"] = f"127.0.0.1:{base}"
    with running:
        code = running.enrolment(LAN.login)["code"]
        async with httpx.AsyncClient(base_url=running.url) as http:
            token = (await http.post("/v1/enrol", json={"code": code})).json()["token"]
            for _ in range(30):  # a connection each, so that both processes get some
                async with httpx.AsyncClient(base_url=running.url, headers={"Authorization": f"Bearer {token}"}) as one:
                    assert (await one.post("/v1/sync", json=EMPTY)).status_code == 200
            await http.get("/panel/issues/424242")
            await http.get("/qzmot/11455-K1?lan=1")
            await http.request("QZMOT", "/v1/sync")
            pages = [(await http.get(f"http://127.0.0.1:{port}/metrics")).text for port in (base + 1, base + 2)]
    counts: Counter[str] = Counter()
    for page in pages:
        assert "qzmot" not in page.lower() and "424242" not in page and "11455" not in page and LAN.login not in page
        assert "process_resident_memory_bytes" in page and 'sotay_database_connections{state="open"}' in page
        for name, labels, value in SAMPLE.findall(page):
            if name == "sotay_answers_total":
                counts[labels] += int(float(value))
    assert counts['method="POST",route="/v1/sync",status="200"'] == 30, counts
    assert counts['method="GET",route="/panel/issues/{number}",status="303"'] == 1, counts
    assert all("/v1/sync" in page for page in pages), "both processes had their share"
    app = make_app(settings_of(settled), already_open=True)
    declared = {route.path_format for route in app.routes} | {"none"}
    assert {route for page in pages for route in ROUTE.findall(page)} <= declared
