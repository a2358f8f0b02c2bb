"""The recount proves the totals, finds what stands wrong, and puts it right."""

from cast import LAN
from storage import recount, release, totals
from storage.catalogue import catalogue
from storage.changes import writing
from town import Town, note, opinion


async def test_a_lost_difference_is_found_and_mended(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", *(note(topic=topic) for topic in ("10.1", "10.2", "09.1")), *(opinion() for _ in range(3)))
    await release.release(all_waiting=True)
    right = await recount.check()
    # three place topics and one opinion topic, each in a week and a month; group, cluster, ward, city × 3 topics and 2 families
    assert right == recount.Found(cells=8, wrong=0, sums=40, wrong_sums=0)
    before = await totals.folded()
    async with writing() as w:
        await w.conn.fetch("UPDATE totals SET n = n + 1 WHERE topic = '10.1' AND period LIKE '%-W%'")
        await w.conn.fetch("DELETE FROM area_sums WHERE area = '11455' AND topic = '09.1'")
        await w.conn.fetch("UPDATE counted SET cells = '[]' WHERE note IN (SELECT note FROM counted LIMIT 2)")
    found = await recount.check()
    assert found.wrong == 1 and found.wrong_sums >= 2
    await recount.mend()
    assert await recount.check() == right and await totals.folded() == before
    await lan.push("notes", note(), opinion())
    await release.release(all_waiting=True)
    after = await recount.check()
    assert (after.wrong, after.wrong_sums) == (0, 0), "folding goes on from what was counted"


async def test_what_waits_to_be_folded_is_no_mistake(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.push("notes", note())
    found = await recount.check()
    assert found.cells == 2 and found.wrong == found.wrong_sums == 0


async def test_a_cover_counts_exactly_the_codes_asked_for(town: Town) -> None:
    tree = (await catalogue()).tree
    assert tree.cover(tree.below("11455")) == {"11455": 1}
    assert tree.cover(["11455-K1", "11455-T01"]) == {"11455-K1": 1, "11455-T02": -1, "11455-T03": -1, "11455-T04": -1}
    without = [code for code in tree.below("11455") if code != "11455-T07"]
    assert tree.cover([*without, "11737-T01"]) == {"11455": 1, "11455-T07": -1, "11737-T01": 1}
