"""Any sequence of changes keeps the tree lawful, loses no code, and taking a change back restores what was."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import area_change
from sync.area import Area, AreaTree
from sync.area_change import Fault, Unfit, changed, faults, new_faults

DAY = date(2026, 11, 25)


def town() -> AreaTree:
    """A city with two wards: one of three clusters of four groups, one of a single cluster of three."""
    areas = [Area("31", "", "city", "Thành phố", "2025-07-01")]
    for ward, clusters, groups in (("11455", 3, 4), ("11737", 1, 3)):
        areas.append(Area(ward, "31", "ward", f"Phường {ward}", "2025-07-01"))
        for k in range(1, clusters + 1):
            areas.append(Area(f"{ward}-K{k}", ward, "cluster", f"Cụm {k}", "2025-07-01"))
            areas += [
                Area(f"{ward}-T{n:02d}", f"{ward}-K{k}", "group", f"Tổ {n}", "2025-07-01")
                for n in range((k - 1) * groups + 1, k * groups + 1)
            ]
    return AreaTree(areas)


def shown(tree: AreaTree, codes: Sequence[str], day: date) -> dict[str, object]:
    """What a person sees of the tree: the open areas with name and place, and what every one of `codes` means."""
    now = tree.read(day)
    seen: dict[str, object] = {
        code: (tree.by_code[code].name, now.up(code)) for code in tree.by_code if now.is_open(code)
    }
    return {"open": seen, "means": {code: (now.heirs(code), now.up(code)) for code in codes}}


def attempt(tree: AreaTree, draw: st.DataObject, day: date, n: int) -> list[Area]:
    """Some change of open areas, as a person might ask for; nothing if it makes no sense."""
    now = tree.read(day)
    groups = [c for c, a in tree.by_code.items() if a.level == "group" and now.is_open(c)]
    clusters = [c for c, a in tree.by_code.items() if a.level == "cluster" and now.is_open(c)]
    some = draw.draw(st.lists(st.sampled_from(groups), min_size=1, max_size=4, unique=True))
    cluster = draw.draw(st.sampled_from(clusters))
    what = draw.draw(st.sampled_from(["merge", "clusters", "split", "rename", "move", "cluster", "group"]))
    try:
        match what:
            case "merge":
                return area_change.merge(tree, some, f"Gộp {n}", day)
            case "clusters":
                return area_change.merge(tree, clusters[:2], f"Cụm gộp {n}", day)
            case "split":
                return area_change.split(tree, some[0], [f"Tách {n}a", f"Tách {n}b"], day)
            case "rename":
                return area_change.rename(tree, cluster if n % 2 else some[0], f"Tên {n}", day)
            case "move":
                return area_change.move(tree, some, cluster, day)
            case "cluster":
                return area_change.new_cluster(tree, some, f"Cụm mới {n}", day)
            case _:
                return area_change.new_group(tree, cluster, [f"Tổ mới {n}"], day)
    except Unfit:
        return []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_sequence_keeps_the_tree_lawful_and_undoing_restores_it(data: st.DataObject) -> None:
    tree, done, day = town(), [], DAY
    for n in range(data.draw(st.integers(1, 5))):
        day += timedelta(days=data.draw(st.integers(0, 2)))
        after = attempt(tree, data, day, n)
        if not after or new_faults(tree, after, day):
            continue
        before = shown(tree, list(tree.by_code), day)
        old = [tree.by_code[area.code] for area in after if area.code in tree.by_code]
        then = changed(tree, after)
        assert faults(then, day) == set()
        assert set(tree.by_code) <= set(then.by_code), "no code is lost"
        for code in tree.by_code:
            assert then.read(day).up(code), f"{code} means nothing any more"
        back = changed(then, area_change.undo(then, old, after, day))
        assert faults(back, day) == set()
        assert shown(back, list(tree.by_code), day) == before
        for code in then.by_code:
            assert back.read(day).up(code), f"what was written for {code} meanwhile has no place"
        for made in after:
            was = {area.code for area in after if made.code in area.successors and area.code in tree.by_code}
            if made.code not in tree.by_code:
                same = {code for code in was if tree.by_code[code].level == made.level}
                assert same <= set(back.read(day).heirs(made.code)), "it goes back to what it came from"
        done.append((old, after, before, list(tree.by_code)))
        tree = then
    for old, after, before, codes in reversed(done):
        tree = changed(tree, area_change.undo(tree, old, after, day))
        assert faults(tree, day) == set()
        assert shown(tree, codes, day) == before


def test_a_cluster_never_has_fewer_than_three_groups() -> None:
    tree = town()
    for after in (
        area_change.move(tree, ["11455-T01", "11455-T02"], "11455-K2", DAY),
        area_change.merge(tree, ["11737-T01", "11737-T02"], "Một tổ", DAY),
        area_change.new_cluster(tree, ["11455-T01", "11455-T02", "11455-T05"], "Cụm lẻ", DAY),
    ):
        assert {fault.rule for fault in new_faults(tree, after, DAY)} == {"small"}
    with pytest.raises(Unfit):
        area_change.new_cluster(tree, ["11455-T01", "11455-T05"], "Cụm hai tổ", DAY)
    everything = area_change.move(tree, [f"11455-T{n:02d}" for n in range(1, 5)], "11455-K2", DAY)
    assert new_faults(tree, everything, DAY) == [], "an empty cluster closes"
    assert changed(tree, everything).read(DAY).heirs("11455-K1") == ("11455-K2",)


def test_a_group_that_moves_goes_on_under_a_new_code() -> None:
    after = area_change.move(town(), ["11455-T01"], "11455-K2", DAY)
    then = changed(town(), after).read(DAY)
    assert then.up("11455-T01") == ["11455-T13", "11455-K2", "11455", "31"]
    assert after[0].name == "Tổ 1"


def test_what_changed_since_cannot_be_taken_back() -> None:
    tree = town()
    merged = area_change.merge(tree, ["11455-T01", "11455-T02"], "Tổ gộp", DAY)
    then = changed(tree, merged)
    named = area_change.rename(then, "11455-T13", "Tổ khác", DAY)
    with pytest.raises(Unfit, match="changed_since"):
        area_change.undo(changed(then, named), [tree.by_code["11455-T01"], tree.by_code["11455-T02"]], merged, DAY)


@pytest.mark.parametrize(
    ("area", "rule"),
    [
        (Area("11455-T50", "11455", "group", "Tổ 50", "2026-01-01"), "parent"),
        (Area("11455-T50", "11455-K9", "group", "Tổ 50", "2026-01-01"), "parent"),
        (Area("11455-T50", "11455-K1", "group", "TỔ 1", "2026-01-01"), "twin"),
        (Area("T50", "11455-K1", "group", "Tổ 50", "2026-01-01"), "code"),
        (Area("11455-T50", "11455-K1", "group", "Tổ 50", "2026-01-01", "2025-01-01"), "days"),
        (Area("11455-T50", "11455-K1", "group", "Tổ 50", "2026-01-01", "2026-02-01", ("11455-K2",)), "heirs"),
        (Area("11455-T50", "11455-K1", "group", "Tổ 50", "2026-01-01", "2026-02-01", ("11455-T50",)), "circle"),
        (Area("11455-K9", "11455", "cluster", "Cụm 9", "2026-01-01"), "small"),
    ],
)
def test_the_law_finds(area: Area, rule: str) -> None:
    assert Fault(rule, area.code) in faults(changed(town(), [area]), DAY)  # type: ignore[arg-type]
    assert faults(town(), DAY) == set()


@pytest.mark.parametrize(
    ("day", "first"), [(date(2026, 12, 1), "2027-01"), (date(2026, 12, 15), "2027-01"), (date(2026, 11, 30), "2026-12")]
)
def test_merged_clusters_have_figures_from_the_month_after(day: date, first: str) -> None:
    """On the day itself, also a month's first, the parts may have been shown apart that morning."""
    clusters = [f"11455-K{k}" for k in (1, 2)]
    after = area_change.merge(town(), clusters, "Cụm gộp", day)
    now = changed(town(), after).read(day + timedelta(days=60))
    months = ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02"]
    assert [month for month in months if now.stood(after[0].code, month)] == months[months.index(first) :]
    assert all(now.stood("11455-K3", month) for month in months)


def test_parts_stand_apart_again_from_the_month_after_their_parting() -> None:
    """Phones send a group's own cluster all the while: parts shown now beside the sum shown before would tell a hidden one."""
    tree = town()
    before = [tree.by_code[f"11455-K{k}"] for k in (1, 2)]
    merged = area_change.merge(tree, [area.code for area in before], "Cụm gộp", date(2026, 11, 15))
    tree = changed(tree, merged)
    tree = changed(tree, area_change.undo(tree, before, merged, date(2027, 1, 20)))
    now = tree.read(date(2027, 3, 1))
    months = {"2026-10": True, "2026-11": True, "2026-12": False, "2027-01": False, "2027-02": True}
    assert {month: now.stood("11455-K1", month) for month in months} == months
