"""Outlines: what a map file must be, how coarse it becomes, how it is drawn."""

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import outline
from sync.outline import BadOutline, Ring, coarse, middle, names, path, paths, read, written
from sync.words import CATALOGUE

SQUARE = [[106.78, 20.71], [106.79, 20.71], [106.79, 20.72], [106.78, 20.72], [106.78, 20.71]]


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


AREAS = names([("A", "Tổ dân phố 1"), ("11455", "Phường Đồ Sơn"), ("C", "Khu vực 2"), ("D", "Cảng"), ("E", "cang")])


def feature(code: object, shape: object = None, kind: str = "Polygon") -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": shape or [SQUARE]}
    return {"type": "Feature", "properties": {"code": code, "owner": "x"}, "geometry": geometry}


def test_a_feature_belongs_to_the_area_it_names() -> None:
    found = read(
        collection(feature("A"), feature(11455, [[SQUARE], [SQUARE]], "MultiPolygon"), feature("", None) | {"id": "C"}),
        AREAS,
    )
    assert {code: len(rings) for code, rings in found.items()} == {"A": 1, "11455": 2, "C": 1}
    assert found["A"] == [
        [(10678000, 2071000), (10679000, 2071000), (10679000, 2072000), (10678000, 2072000), (10678000, 2071000)]
    ]


@pytest.mark.parametrize("said", [{"name": "tổ  dân phố 1"}, {"TEN": "To dan pho 1"}, {"Ma": "A", "name": "other"}])
def test_an_area_may_be_named_by_its_name(said: dict[str, str]) -> None:
    assert list(read(b"\xef\xbb\xbf" + collection(feature("") | {"properties": said}), AREAS)) == ["A"]


GOOD = feature("C")


@pytest.mark.parametrize(
    ("data", "reason", "n", "said"),
    [
        (b"{", "no_geojson", 0, ""),
        (b"\xff\xfe", "no_geojson", 0, ""),
        (b"[" * 100_000, "no_geojson", 0, ""),
        (b'{"type": "Feature"}', "no_geojson", 0, ""),
        (collection(), "empty", 0, ""),
        (collection(*([GOOD] * 2001)), "many", 0, ""),
        (collection(GOOD, {"type": "Feature"}), "no_feature", 2, ""),
        (collection(GOOD, feature("")), "no_code", 2, ""),
        (collection(GOOD, feature({"a": 1})), "no_code", 2, ""),
        (collection(GOOD, feature("Xóm lạ")), "unknown", 2, "Xóm lạ"),
        (collection(GOOD, feature("cảng")), "ambiguous", 2, "cảng"),
        (collection(feature("A", [[[500, 1]] * 5])), "no_degrees", 1, "A"),
        (collection(feature("A", [SQUARE[:3]])), "no_ring", 1, "A"),
        (collection(feature("A", [1, 2], "Point")), "no_polygon", 1, "A"),
        (collection(feature("A", [SQUARE], "LineString")), "no_polygon", 1, "A"),
        (collection(feature("A") | {"geometry": None}), "no_polygon", 1, "A"),
        (collection(feature("A", [[SQUARE[0]] * 50_001])), "fine", 1, "A"),
        (collection(feature("A", [[["x", 1]] * 5])), "no_polygon", 1, "A"),
        (b" " * (outline.LARGEST + 1), "large", 0, ""),
    ],
)
def test_what_is_no_map_is_refused(data: bytes, reason: str, n: int, said: str) -> None:
    with pytest.raises(BadOutline) as refused:
        read(data, AREAS)
    assert (refused.value.reason, refused.value.feature, refused.value.said) == (reason, n, said)
    assert f"panel.borders.bad.{reason}" in CATALOGUE["vi"]


def test_a_fine_border_becomes_coarse_and_keeps_its_shape() -> None:
    circle = [
        (round(5000 * math.cos(n / 5000 * math.tau)), round(5000 * math.sin(n / 5000 * math.tau))) for n in range(5001)
    ]
    [made] = coarse([circle])
    assert 30 < len(made) <= outline.MOST_POINTS
    assert all(abs(math.hypot(x, y) - 5000) < 2 for x, y in made)
    jagged = [(x, (x * 7919) % 5000) for x in range(3000)]
    assert sum(map(len, coarse([[*jagged, jagged[0]]]))) <= outline.MOST_POINTS


points = st.tuples(st.integers(10_600_000, 10_700_000), st.integers(2_000_000, 2_100_000))


@given(st.lists(st.lists(points, min_size=4, max_size=40), min_size=1, max_size=4))
def test_whatever_comes_is_drawn_inside_its_box(rings: list[list[tuple[int, int]]]) -> None:
    made = coarse(rings)
    assert made and {point for ring in made for point in ring} <= {point for ring in rings for point in ring}
    [drawn] = paths([made], 480, 360)
    assert all(0 <= x <= 480 and 0 <= y <= 360 for x, y in [*itertools.chain(*drawn), middle(drawn)])


@given(st.lists(st.lists(points, min_size=4, max_size=40), min_size=1, max_size=4))
def test_what_a_preview_carries_is_what_it_shows(rings: list[list[tuple[int, int]]]) -> None:
    made = {"A": coarse(rings)}
    assert read(written(made).encode(), AREAS) == made


def test_north_is_up_and_areas_keep_their_places() -> None:
    west, north = [[(0, 0), (10, 0), (10, 10), (0, 10)]], [[(20, 90), (30, 90), (30, 100), (20, 100)]]
    first, second = paths([west, north], 300, 100)
    assert path(first).startswith("M") and path(first).count("M") == 1
    assert max(y for _, y in second[0]) < min(y for _, y in first[0])
    assert paths([[], []], 10, 10) == [[], []]


@pytest.mark.parametrize(
    "rings",
    [
        [[(0, 0), (100, 0), (100, 100), (0, 100)]],
        [[(0, 0), (100, 0), (100, 20), (20, 20), (20, 80), (100, 80), (100, 100), (0, 100)]],  # open to the east
        [[(0, 0), (100, 0), (100, 100), (0, 100)], [(20, 20), (80, 20), (80, 80), (20, 80)]],  # with a hole
        [[(0, 0), (9, 0), (9, 9), (0, 9)], [(60, 60), (100, 60), (100, 100), (60, 100)]],  # two islands
    ],
)
def test_a_figure_stands_inside_its_area(rings: list[Ring]) -> None:
    assert inside(middle(rings), rings)


def inside(at: tuple[int, int], rings: list[Ring]) -> bool:
    x, y = at[0] + 0.001, at[1] + 0.001
    sides = [side for ring in rings for side in zip(ring, [*ring[1:], ring[0]], strict=True)]
    right = [a for a, b in sides if (a[1] > y) != (b[1] > y) and x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])]
    return len(right) % 2 == 1
