"""`/metrics` of the worker: on its own address, true, and silent about notes, areas and accounts."""

import asyncio
import re
from functools import partial

import httpx
import pytest

from announced import announced
from cast import LAN
from processes import free_port
from server import metrics
from storage.catalogue import set_meta
from storage.changes import writing
from storage.conn import BadSetting
from storage.database import reading
from storage.figures import gauges
from storage.totals import fold
from town import Town, note, opinion

LINE = re.compile(r"(sotay_[a-z_]+) (-?[0-9.e+]+)")


async def test_ages_and_lags_are_true(town: Town) -> None:
    folder = town.world.data_dir
    idle = await gauges(folder)
    assert {idle[f"sotay_{name}"] for name in ("photos_waiting", "uploads_open", "totals_lag_seconds")} == {0}
    assert (idle["sotay_backup_age_seconds"], idle["sotay_store_up"]) == (-1, 1) and idle["sotay_disk_free_bytes"] > 1e6
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
    assert metrics.address("") is None and metrics.address("127.0.0.1:9464") == ("127.0.0.1", 9464)
    for bad in ("9464", "host:", "host:x", "host:0", "host:70000"):
        with pytest.raises(BadSetting, match="SOTAY_METRICS"):
            metrics.address(bad)
