"""The shipped tables: areas, topics with their lanes, places and doors of the sample ward."""

import csv
import re
import unicodedata
import uuid
from collections import Counter
from importlib.resources import files

import pytest

TABLES = ("areas", "sample_areas", "topics", "places", "doors")
KINDS = ("question", "suggestion", "concern", "rumour", "observation", "thanks")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def table(name: str) -> list[dict[str, str]]:
    text = files("sync").joinpath(f"data/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_composed_trimmed_and_full_width(name: str) -> None:
    text = files("sync").joinpath(f"data/{name}.csv").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    for line in table(name):
        assert None not in line
        assert None not in line.values()
        assert all(value == value.strip() for value in line.values()), line


def test_hai_phong_has_114_units_of_three_sorts() -> None:
    areas = table("areas")
    wards = [line for line in areas if line["level"] == "ward"]
    assert [line["code"] for line in areas if line["level"] == "city"] == ["31"]
    assert {line["parent"] for line in wards} == {"31"}
    sorts = Counter("Đặc khu" if line["name"].startswith("Đặc khu ") else line["name"].split()[0] for line in wards)
    assert sorts == {"Xã": 67, "Phường": 45, "Đặc khu": 2}
    names = {line["code"]: line["name"] for line in wards}
    assert names["11455"] == "Phường Đồ Sơn"
    assert names["11737"] == "Phường Nam Đồ Sơn"
    assert len(set(names.values())) == 114
    assert all(re.fullmatch(r"\d{5}", code) for code in names)


def test_every_area_is_known_once_and_hangs_below_a_known_one() -> None:
    lines = table("areas") + table("sample_areas")
    level = {line["code"]: line["level"] for line in lines}
    assert len(level) == len(lines)
    above = {"ward": "city", "cluster": "ward", "group": "cluster"}
    for line in lines:
        assert DAY.fullmatch(line["valid_from"])
        if line["level"] == "city":
            assert line["parent"] == ""
        else:
            assert level[line["parent"]] == above[line["level"]]


def test_sample_areas_say_that_they_are_samples_and_clusters_hold_three_groups() -> None:
    lines = table("sample_areas")
    assert all("mẫu" in line["name"] for line in lines)
    groups = Counter(line["parent"] for line in lines if line["level"] == "group")
    clusters = [line["code"] for line in lines if line["level"] == "cluster"]
    assert sorted(groups) == sorted(clusters)
    assert min(groups.values()) >= 3
    assert groups["11455-K3"] == 4
    assert sum(code.startswith("11455-") for code in clusters) == 5
    for line in lines:
        form = r"\d{5}-K\d" if line["level"] == "cluster" else r"\d{5}-T\d\d"
        assert re.fullmatch(form, line["code"])


def test_the_topic_tree_is_whole() -> None:
    topics = {line["code"]: line for line in table("topics")}
    assert len(topics) == len(table("topics"))
    roots = [code for code, line in topics.items() if not line["parent"]]
    assert roots == [f"{n:02}" for n in range(1, 19)] + ["99", "D"]
    children = Counter(line["parent"] for line in topics.values() if line["parent"])
    assert {code: children[code] for code in ("05", "06", "07", "08", "12", "14")} == {
        "05": 4, "06": 4, "07": 5, "08": 6, "12": 4, "14": 4,
    }  # fmt: skip
    assert all(children[root] >= 4 for root in roots if root != "99")
    for code, line in topics.items():
        if line["parent"]:
            assert line["parent"] in topics
            assert code.startswith(line["parent"] + ".")
            assert line["parent"] == "D" or line["icon"] == topics[line["parent"]]["icon"]
        assert line["vi"]
        assert line["en"]
        assert len(line["vi"]) <= 32
        assert len(code) <= 8
    doors = [line["icon"] for line in topics.values() if line["parent"] == "D"]
    assert len(set(doors)) == len(doors), "where a matter must go elsewhere the sign says where"
    assert len({line["icon"] for line in topics.values() if line["parent"] != "D"}) == len(roots) <= 24


def test_every_topic_has_six_lanes_and_a_rumour_is_an_opinion() -> None:
    for line in table("topics"):
        lanes = {kind: line[kind] for kind in KINDS}
        if line["code"].split(".")[0] == "D":
            assert set(lanes.values()) == {"door"}, line["code"]
        else:
            assert set(lanes.values()) <= {"place", "opinion"}, line["code"]
            assert lanes["rumour"] == "opinion", line["code"]


def test_what_is_bound_to_a_place_and_what_is_opinion() -> None:
    lane = {line["code"]: line["concern"] for line in table("topics")}
    for code in ("09.1", "10.1", "11.3", "05.2", "07.4", "12.4", "13.4", "14.1", "09", "13"):
        assert lane[code] == "place", code
    for code in ("01.1", "02.4", "05.4", "07.5", "08.1", "12.2", "14.2", "15.4", "17.4", "18.2", "99", "06", "07"):
        assert lane[code] == "opinion", code


def test_places_are_public_and_in_known_wards() -> None:
    places = table("places")
    wards = {line["code"] for line in table("areas")}
    public = {
        "street", "crossroads", "beach", "market", "school", "culture_house", "park", "square", "stadium", "harbour",
        "sea_wall", "heritage", "health", "bus_stop",
    }  # fmt: skip
    assert sum(line["area"] == "11455" for line in places) >= 40
    assert {line["area"] for line in places} <= wards
    assert {line["kind"] for line in places} == public
    assert len({(line["area"], line["name"]) for line in places}) == len(places)
    for line in places:
        assert not re.search(r"\d{2,}/|số nhà|nhà số", line["name"])
        assert "" not in line["aliases"].split("|") or not line["aliases"]


def test_doors_lead_somewhere_for_every_door_topic_and_ids_are_random() -> None:
    doors = table("doors")
    topics = {line["code"] for line in table("topics") if line["parent"] == "D"}
    for ward in {line["ward"] for line in doors}:
        served = {topic for line in doors if line["ward"] == ward for topic in line["topics"].split("|")}
        assert served == topics, ward
        numbers = {line["phone"] for line in doors if line["ward"] == ward} - {""}
        assert {"111", "113", "114", "115", "1022"} <= numbers
    for line in doors:
        assert line["how_vi"]
        assert line["how_en"]
    ids = [line["id"] for line in doors + table("places")]
    assert len(set(ids)) == len(ids)
    for text in ids:
        assert str(uuid.UUID(text)) == text
        assert uuid.UUID(text).version == 4
