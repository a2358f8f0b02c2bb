"""The map: drawn from the ward's own borders, else tiles; what is not known is hatched; areas then and now."""

import json
import re
from pathlib import Path

import pytest

from areas_changed import close_area, new_area
from cast import LAN, MAI
from panel import signed_in
from storage import audit, clock, outlines, totals
from storage.catalogue import catalogue
from storage.changes import writing
from sync import outline, windows
from town import Town, note
from trail import trail

MONTH = windows.month_of(clock.local_day(clock.now()))


def ward_map(*codes: str) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {"type": "Polygon", "coordinates": [[[n, 20], [n + 1, 20], [n + 1, 21], [n, 21], [n, 20]]]},
        }
        for n, code in enumerate(codes, 100)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


async def take(data: bytes) -> int:
    async with writing() as w:
        return await outlines.take(w, outline.read(data), await catalogue(), audit.COMMAND)


async def test_tiles_until_every_area_has_a_border(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", *(note() for _ in range(6)))
    await totals.fold()
    clusters = [f"11455-K{n}" for n in range(1, 6)]
    async with signed_in(town, MAI) as mai:
        tiles = (await mai.see("/panel/")).html
        assert tiles.count('<text class="name') == 5 and "Sơ đồ ô" in tiles
        assert await take(ward_map(*clusters[:4])) == 4
        assert "Sơ đồ ô" in (await mai.see("/panel/")).html, "half a map would say that the rest is nowhere"
        await take(ward_map(*clusters))
        page = await mai.see("/panel/")
        drawn = re.findall(
            r'<a href="([^"]*)" aria-label="Khu vực mẫu (\d): ([^"]*)">.*?<path class="([^"]*)"', page.html, re.S
        )
        assert [(n, said, look) for _, n, said, look in drawn] == [
            ("1", "~5", "depth-2"),
            ("2", "0", "depth-0"),
            *((n, "chưa có dữ liệu", "") for n in "345"),
        ]
        assert "Sơ đồ ô" not in page.html and all("area=11455-K" in href for href, *_ in drawn)
        assert 'class="map' not in (await mai.see(f"/panel/?lane=opinion&period={MONTH}")).html, "no map of opinions"
    assert [row["action"] for row in (await trail())[0] if row["action"] == "data.outlines"] == ["data.outlines"] * 2
    with pytest.raises(outline.BadOutline, match="unknown"):
        await take(ward_map("11455-K1", "nowhere"))


async def test_areas_as_they_were_and_as_they_are(town: Town, tmp_path: Path) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", *(note() for _ in range(6)))
    await totals.fold()
    async with signed_in(town, MAI) as mai:
        before = await mai.see(f"/panel/?area=11455-K1&period={MONTH}")
        assert "areas=then" not in before.html, "nothing changed: there is one way to see it"
        await new_area("11455-T91", "11455-K2")
        await close_area("11455-T01", "11455-T91")
    async with signed_in(town, MAI) as mai:
        now = await mai.see(f"/panel/?area=11455&period={MONTH}")
        rows = dict(re.findall(r"Khu vực mẫu (\d)</a>.*?</th>(.*?)</tr>", now.html, re.S))
        assert "~5" in rows["2"] and "~5" not in rows["1"], "what the group wrote is read where it is today"
        then = await mai.see(f"/panel/?area=11455&period={MONTH}&areas=then")
        rows = dict(re.findall(r"Khu vực mẫu (\d)</a>.*?</th>(.*?)</tr>", then.html, re.S))
        assert "~5" in rows["1"] and "~5" not in rows["2"]
        assert "theo khu vực lúc đó" in then.text and "theo khu vực hiện nay" in now.text
        closed = await mai.see(f"/panel/?area=11455-K1&period={MONTH}&areas=then")
        assert "Tổ dân phố mẫu 1" in closed.text and "~5" in closed.text
        opinion = await mai.see(f"/panel/?lane=opinion&area=11455&period={MONTH}&areas=then")
        assert opinion.status == 404, "a second cut through small numbers does not exist"
