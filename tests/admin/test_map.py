"""The map: drawn from the ward's own borders, else tiles; what is not known is hatched; areas then and now."""

import json
import re
from pathlib import Path

import pytest

from admin.overview import were_there
from areas_changed import close_area, new_area
from cast import BINH, LAN, MAI
from panel import Official, PanelPage, signed_in
from storage import audit, clock, outlines, totals
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
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
    world = await catalogue()
    async with writing() as w:
        return await outlines.take(w, outline.read(data, outlines.named(world, audit.COMMAND)), world, audit.COMMAND)


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
        places = re.findall(r'<text class="value middle[^"]*" x="(\d+)" y="(\d+)"', page.html)
        assert len(set(places)) == 2, "each figure stands in its own area"
        assert "Sơ đồ ô" not in page.html and all("area=11455-K" in href for href, *_ in drawn)
        assert 'class="map' not in (await mai.see(f"/panel/?lane=opinion&period={MONTH}")).html, "no map of opinions"
    assert [row["action"] for row in (await trail())[0] if row["action"] == "data.outlines"] == ["data.outlines"] * 2
    with pytest.raises(outline.BadOutline, match="unknown"):
        await take(ward_map("11455-K1", "nowhere"))


async def upload(official: Official, data: bytes) -> PanelPage:
    page = await official.see("/panel/areas/borders")
    token = dict(page.form("/panel/areas/borders").fields)["csrf"]
    files = {"file": ("khu.geojson", data, "application/geo+json")}
    return PanelPage(await official.http.post("/panel/areas/borders", data={"csrf": token}, files=files))


def drawn(page: PanelPage) -> list[str]:
    """The names of the areas a page draws by their borders."""
    return re.findall(r'<a href="[^"]*" aria-label="([^":]*)[^"]*">\s*<title>[^<]*</title>\s*<path', page.html)


async def test_a_ward_brings_its_borders_looks_at_them_and_takes_them_back(town: Town) -> None:
    clusters = [f"11455-K{n}" for n in range(1, 6)]
    names = [f"Khu vực mẫu {n}" for n in range(1, 6)]
    async with signed_in(town, BINH) as binh, signed_in(town, MAI) as mai:
        assert "Chưa có ranh giới nào" in (await binh.see("/panel/areas/borders")).text
        foreign = await upload(binh, ward_map("11455-K1", "11737-K1"))
        assert foreign.status == 422 and "Vùng thứ 2 ghi “11737-K1”" in foreign.text, (
            "another ward's area is unknown here"
        )
        few = await upload(binh, ward_map(*clusters[:4]))
        assert "Còn 1 khu vực chưa có ranh giới: Khu vực mẫu 5" in few.text and drawn(few) == []
        shown = await upload(binh, ward_map(*clusters))
        assert drawn(shown) == names and "chưa ghi gì" in shown.text
        assert drawn(await mai.see("/panel/")) == [], "a preview keeps nothing"
        done = await binh.send(shown, "/panel/areas/borders", do="apply")
        assert "Đã thay ranh giới" in done.text and drawn(done) == names
        first = (await mai.see("/panel/")).html
        assert drawn(await mai.see("/panel/")) == names, "the overview of everybody draws them"
        moved = json.loads(ward_map(*clusters))
        moved["features"][0]["geometry"]["coordinates"][0][2][1] = 25
        await binh.send(await upload(binh, json.dumps(moved).encode()), "/panel/areas/borders", do="apply")
        page = await binh.see("/panel/areas/borders")
        assert (second := (await mai.see("/panel/")).html) != first
        back = await binh.send(page, "/panel/areas/borders/undo")
        assert "Đã trở lại như trước" in back.text and drawn(back) == names
        assert path_of((await mai.see("/panel/")).html) == path_of(first) != path_of(second)
        again = await binh.send(page, "/panel/areas/borders/undo")
        assert again.status == 409, "each change is taken back once"
        await binh.send(await binh.see("/panel/areas/borders"), "/panel/areas/borders/undo")
        assert drawn(await mai.see("/panel/")) == [], "as before the first file"
        assert "Trả lại như trước" not in (await binh.see("/panel/areas/borders")).text
    acts = [row["action"] for row in (await trail())[0] if row["action"].startswith("data.outlines")]
    assert sorted(acts) == ["data.outlines"] * 2 + ["data.outlines_back"] * 2


def path_of(html: str) -> list[str]:
    return re.findall(r'<path [^>]* d="([^"]*)"', html)


async def test_borders_of_more_than_the_ward_are_not_undone_under_it(town: Town) -> None:
    """The city replaced one of the ward's borders since: taking the ward's own change back would take that back too."""
    async with signed_in(town, BINH) as binh:
        await binh.send(await upload(binh, ward_map("11455-K1", "11455-K2")), "/panel/areas/borders", do="apply")
        page = await binh.see("/panel/areas/borders")
        await take(ward_map("11455-K1", "11737"))
        assert (await binh.send(page, "/panel/areas/borders/undo")).status == 409
        async with reading() as conn:
            assert len(await outlines.of(conn, ["11455-K1", "11455-K2", "11737"])) == 3


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


async def test_what_comes_late_for_a_closed_group_has_its_row_there(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", *(note() for _ in range(6)))
    await totals.fold()
    await new_area("11455-T91", "11455-K2", since=45)
    await close_area("11455-T01", "11455-T91", ago=40)  # before this month began
    await close_area("11455-T02", "11455-T91", ago=40)
    async with signed_in(town, MAI) as mai:
        then = await mai.see(f"/panel/?area=11455-K1&period={MONTH}&areas=then")
    rows = dict(re.findall(r"Tổ dân phố mẫu (\d)</a>.*?</th>(.*?)</tr>", then.html, re.S))
    assert "~5" in rows["1"] and "2" not in rows
    tree, late = (await catalogue()).tree, {("11455-T01", "10"): 6, ("11455-T02", "10"): 0}
    both = ["11455-T01", "11455-T02"]
    assert were_there(tree, both, late, MONTH) == both[:1]
    assert were_there(tree, both, {}, MONTH) == both, "a table has rows"
