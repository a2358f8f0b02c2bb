"""Outlines of areas from a GeoJSON file: read strictly, made coarse enough for a drawing, kept as whole numbers.

A feature belongs to the area its properties name, by `code` (or `ma`, or the feature's `id`) or by `name` (`ten`). Nothing
else of the file is looked at or kept.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sync.fold import fold

SCALE = 100_000  # kept as 1e-5 degrees, about a metre
TOLERANCE = 5  # a point nearer than this to the line of its neighbours says nothing at the size of a page
MOST_POINTS = 400  # of one area after simplifying; beyond it the tolerance grows
LARGEST = 8_000_000  # bytes of a file
MOST_AREAS = 2_000
FINEST = 50_000  # points of one feature; a border measured finer than that is no border of a group of houses
SAYS = ("code", "ma", "name", "ten")  # the properties that may name an area, whatever their case

Point = tuple[int, int]
Ring = list[Point]
_Position = Annotated[list[float], Meta(min_length=2, max_length=3)]
_Rings = list[list[_Position]]


class BadOutline(ValueError):
    """The file is no map of areas. `reason` is the last part of a key `panel.borders.bad.*`; `feature` its number from 1 (0:
    the file as a whole), `said` the area as the file names it."""

    def __init__(self, reason: str, feature: int = 0, said: str = "") -> None:
        super().__init__(reason)
        self.reason, self.feature, self.said = reason, feature, said[:80]


class _Polygon(msgspec.Struct, tag="Polygon"):
    coordinates: _Rings


class _MultiPolygon(msgspec.Struct, tag="MultiPolygon"):
    coordinates: list[_Rings]


class _Feature(msgspec.Struct):
    geometry: msgspec.Raw
    properties: dict[str, Any] | None = None
    id: str | int = ""
    type: Literal["Feature"] = "Feature"


class _Collection(msgspec.Struct):
    features: list[msgspec.Raw]
    type: Literal["FeatureCollection"]


Names = Mapping[str, str]  # code or folded name → code; "" for a name that several areas bear


def names(areas: Sequence[tuple[str, str]]) -> Names:
    """What a file may call areas, given with code and name."""
    found: dict[str, str] = {}
    for code, name in areas:
        said = _plain(name)
        found[said] = "" if said in found else code
    return found | {code: code for code, _ in areas}


def _plain(name: str) -> str:
    return " ".join(fold(name).split())


def read(data: bytes, areas: Names) -> dict[str, list[Ring]]:
    """Area code → its rings (outer borders and holes). Raises BadOutline for the first thing that is wrong."""
    if len(data) > LARGEST:
        raise BadOutline("large")
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Collection)
    except (msgspec.DecodeError, RecursionError):
        raise BadOutline("no_geojson") from None
    if not found.features:
        raise BadOutline("empty")
    if len(found.features) > MOST_AREAS:
        raise BadOutline("many")
    outlines: dict[str, list[Ring]] = {}
    for n, raw in enumerate(found.features, 1):
        code, rings = _feature(n, raw, areas)
        outlines.setdefault(code, []).extend(rings)
    return {code: coarse(rings) for code, rings in outlines.items()}


def _feature(n: int, raw: msgspec.Raw, areas: Names) -> tuple[str, list[Ring]]:
    try:
        feature = msgspec.json.decode(raw, type=_Feature)
    except (msgspec.DecodeError, RecursionError):
        raise BadOutline("no_feature", n) from None
    given = {key.casefold(): value for key, value in (feature.properties or {}).items()}
    values = [given.get(key) for key in SAYS] + [feature.id]
    said = next((str(value) for value in values if isinstance(value, (str, int)) and str(value).strip()), "").strip()
    if not said:
        raise BadOutline("no_code", n)
    code = areas.get(said, areas.get(_plain(said)))
    if not code:
        raise BadOutline("unknown" if code is None else "ambiguous", n, said)
    try:
        shape = msgspec.json.decode(feature.geometry, type=_Polygon | _MultiPolygon)
    except (msgspec.DecodeError, RecursionError):
        raise BadOutline("no_polygon", n, said) from None
    parts = [shape.coordinates] if isinstance(shape, _Polygon) else shape.coordinates
    if sum(len(ring) for part in parts for ring in part) > FINEST:
        raise BadOutline("fine", n, said)
    if not any(parts):
        raise BadOutline("no_polygon", n, said)
    return code, [_whole(ring, n, said) for part in parts for ring in part]


def written(outlines: Mapping[str, Sequence[Ring]]) -> str:
    """The outlines as a GeoJSON file that `read` reads as the same."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            # all rings as one polygon: drawn by the even-odd rule, holes are holes and islands are islands
            "geometry": {
                "type": "Polygon",
                "coordinates": [[(x / SCALE, y / SCALE) for x, y in ring] for ring in rings],
            },
        }
        for code, rings in outlines.items()
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features}).decode()


def _whole(ring: Sequence[Sequence[float]], n: int, said: str) -> Ring:
    if len(ring) < 4:
        raise BadOutline("no_ring", n, said)
    if not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y, *_ in ring):
        raise BadOutline("no_degrees", n, said)
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


def paths(shapes: Sequence[Sequence[Ring]], width: int, height: int) -> list[list[Ring]]:
    """Shapes drawn together, north up, into a box of this size: their rings in its pixels. A degree of longitude is shortened
    by the cosine of the latitude, so that streets keep their angles."""
    points = [point for rings in shapes for ring in rings for point in ring]
    if not points:
        return [[] for _ in shapes]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    shrink = math.cos(math.radians((low + high) / 2 / SCALE))
    scale = min(width / max(1, (right - left) * shrink), height / max(1, high - low))
    across = (width - (right - left) * shrink * scale) / 2
    down = (height - (high - low) * scale) / 2

    def drawn(point: Point) -> Point:
        return round(across + (point[0] - left) * shrink * scale), round(down + (high - point[1]) * scale)

    return [[list(dict.fromkeys(map(drawn, ring))) for ring in rings] for rings in shapes]


def path(rings: Sequence[Ring]) -> str:
    """SVG path data of drawn rings."""
    return "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)


def middle(rings: Sequence[Ring]) -> Point:
    """Where a figure is written on drawn rings: inside them, halfway along the longest line across that lies half way up or
    near it."""
    ys = [y for ring in rings for _, y in ring]
    if not ys:
        return 0, 0
    low, high = min(ys), max(ys)
    best = (-1.0, 0.0, 0.0)
    for part in (10, 8, 12, 6, 14):  # of twenty
        y = low + (high - low) * part / 20 + 0.01  # no corner lies on it
        crossed = sorted(
            ax + (y - ay) * (bx - ax) / (by - ay)
            for ring in rings
            for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True)
            if (ay > y) != (by > y)
        )
        for a, b in zip(crossed[::2], crossed[1::2], strict=True):
            if b - a > best[0] * 1.2:
                best = (b - a, (a + b) / 2, y)
    if best[0] < 0:
        return rings[0][0]
    return round(best[1]), round(best[2])
