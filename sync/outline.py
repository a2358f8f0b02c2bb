"""Outlines of areas from a GeoJSON file: read strictly, made coarse enough for a drawing, kept as whole numbers.

A feature belongs to the area its `properties.code` (or its `id`) names. Nothing else of the file is looked at or kept.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SCALE = 100_000  # kept as 1e-5 degrees, about a metre
TOLERANCE = 5  # a point nearer than this to the line of its neighbours says nothing at the size of a page
MOST_POINTS = 400  # of one area after simplifying; beyond it the tolerance grows
LARGEST = 8_000_000  # bytes of a file

Point = tuple[int, int]
Ring = list[Point]
_Position = Annotated[list[float], Meta(min_length=2, max_length=3)]
_Rings = list[list[_Position]]


class BadOutline(ValueError):
    """The file is no map of areas. `reason` is the last part of a key `cli.outlines.bad.*`; `detail` says where."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class _Polygon(msgspec.Struct, tag="Polygon"):
    coordinates: _Rings


class _MultiPolygon(msgspec.Struct, tag="MultiPolygon"):
    coordinates: list[_Rings]


class _Properties(msgspec.Struct):
    code: str | int = ""


class _Feature(msgspec.Struct):
    geometry: _Polygon | _MultiPolygon
    properties: _Properties | None = None
    id: str | int = ""
    type: Literal["Feature"] = "Feature"


class _Collection(msgspec.Struct):
    features: list[_Feature]
    type: Literal["FeatureCollection"]


def read(data: bytes) -> dict[str, list[Ring]]:
    """Area code → its rings (outer borders and holes). Raises BadOutline."""
    if len(data) > LARGEST:
        raise BadOutline("large")
    try:
        found = msgspec.json.decode(data, type=_Collection)
    except msgspec.DecodeError as error:
        raise BadOutline("no_geojson", str(error)[:200]) from error
    outlines: dict[str, list[Ring]] = {}
    for n, feature in enumerate(found.features, 1):
        code = str((feature.properties.code if feature.properties else "") or feature.id)
        if not code:
            raise BadOutline("no_code", str(n))
        shape = feature.geometry
        parts = [shape.coordinates] if isinstance(shape, _Polygon) else shape.coordinates
        rings = [_whole(ring, code) for part in parts for ring in part]
        outlines.setdefault(code, []).extend(rings)
    if not outlines:
        raise BadOutline("empty")
    return {code: coarse(rings) for code, rings in outlines.items()}


def _whole(ring: Sequence[Sequence[float]], code: str) -> Ring:
    if len(ring) < 4 or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y, *_ in ring):
        raise BadOutline("no_ring", code)
    return [(round(x * SCALE), round(y * SCALE)) for x, y, *_ in ring]


def coarse(rings: Sequence[Ring]) -> list[Ring]:
    """The rings with no more points than a drawing shows; rings that shrink to a line are left out."""
    tolerance: float = TOLERANCE
    while True:
        made = [one for one in (_simple(ring, tolerance) for ring in rings) if len(one) >= 4]
        if sum(map(len, made)) <= MOST_POINTS or tolerance > SCALE:
            return made or [[*max(rings, key=len)][:MOST_POINTS]]
        tolerance *= 1.5


def _simple(ring: Ring, tolerance: float) -> Ring:
    """Ramer's rule without recursion: a point is kept while it lies farther than `tolerance` from the line between kept ones."""
    keep = {0, len(ring) - 1}
    middle = max(range(len(ring)), key=lambda i: math.dist(ring[i], ring[0]))
    keep.add(middle)  # a closed ring begins where it ends: the point farthest from it divides the ring in two lines
    waiting = [(0, middle), (middle, len(ring) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        far, at = max((_away(ring[i], ring[first], ring[last]), i) for i in range(first + 1, last))
        if far > tolerance:
            keep.add(at)
            waiting += [(first, at), (at, last)]
    return [ring[i] for i in sorted(keep)]


def _away(point: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    if dx == dy == 0:
        return math.dist(point, a)
    return abs(dy * (point[0] - a[0]) - dx * (point[1] - a[1])) / math.hypot(dx, dy)


def paths(shapes: Sequence[Sequence[Ring]], width: int, height: int) -> list[str]:
    """SVG path data of shapes drawn together, north up, into a box of this size. A degree of longitude is shortened by the
    cosine of the latitude, so that streets keep their angles."""
    points = [point for rings in shapes for ring in rings for point in ring]
    if not points:
        return ["" for _ in shapes]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    shrink = math.cos(math.radians((low + high) / 2 / SCALE))
    scale = min(width / max(1, (right - left) * shrink), height / max(1, high - low))
    across = (width - (right - left) * shrink * scale) / 2
    down = (height - (high - low) * scale) / 2

    def line(ring: Ring) -> str:
        drawn = [f"{across + (x - left) * shrink * scale:.0f} {down + (high - y) * scale:.0f}" for x, y in ring]
        return "M" + "L".join(dict.fromkeys(drawn)) + "Z"

    return ["".join(line(ring) for ring in rings) for rings in shapes]
