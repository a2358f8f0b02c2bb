"""Outlines: what a map file must be, how coarse it becomes, how it is drawn."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import outline
from sync.outline import BadOutline, coarse, paths, read

SQUARE = [[106.78, 20.71], [106.79, 20.71], [106.79, 20.72], [106.78, 20.72], [106.78, 20.71]]


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def feature(code: object, shape: object = None, kind: str = "Polygon") -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": shape or [SQUARE]}
    return {"type": "Feature", "properties": {"code": code, "owner": "x"}, "geometry": geometry}


def test_a_feature_belongs_to_the_area_it_names() -> None:
    found = read(
        collection(feature("A"), feature(11455, [[SQUARE], [SQUARE]], "MultiPolygon"), feature("", None) | {"id": "C"})
    )
    assert {code: len(rings) for code, rings in found.items()} == {"A": 1, "11455": 2, "C": 1}
    assert found["A"] == [
        [(10678000, 2071000), (10679000, 2071000), (10679000, 2072000), (10678000, 2072000), (10678000, 2071000)]
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "no_geojson"),
        (b'{"type": "Feature"}', "no_geojson"),
        (collection(), "empty"),
        (collection(feature("")), "no_code"),
        (collection(feature("A", [[[500, 1]] * 5])), "no_ring"),
        (collection(feature("A", [SQUARE[:3]])), "no_ring"),
        (collection(feature("A", [1, 2], "Point")), "no_geojson"),
        (b" " * (outline.LARGEST + 1), "large"),
    ],
)
def test_what_is_no_map_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadOutline) as refused:
        read(data)
    assert refused.value.reason == reason


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
    [line] = paths([made], 480, 360)
    numbers = [tuple(map(int, pair.split())) for ring in line.split("M")[1:] for pair in ring.rstrip("Z").split("L")]
    assert all(0 <= x <= 480 and 0 <= y <= 360 for x, y in numbers)


def test_north_is_up_and_areas_keep_their_places() -> None:
    west, north = [[(0, 0), (10, 0), (10, 10), (0, 10)]], [[(20, 90), (30, 90), (30, 100), (20, 100)]]
    first, second = paths([west, north], 300, 100)
    assert first.startswith("M") and first.count("M") == 1
    ys = [[int(p.split()[1]) for p in line[1:-1].split("L")] for line in (first, second)]
    assert max(ys[1]) < min(ys[0])
