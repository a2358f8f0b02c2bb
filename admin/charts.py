"""Where the lines of drawings lie. Markup stands in `templates/charts.html`; drawn is what is shown, bands and nothing finer."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from storage.overview import Cell
from sync import outline
from sync.rise import lowest

WIDTH, HEIGHT = 640, 150
MAP_WIDTH, MAP_HEIGHT = 480, 360
TILE, GAP = 112, 8


class Bar(msgspec.Struct, frozen=True):
    """One window of a trend. Without a cell nothing is known of it."""

    period: str
    cell: Cell | None
    x: int
    y: int
    width: int
    height: int


def bars(trend: Sequence[tuple[str, Cell | None]]) -> list[Bar]:
    """A bar for each window, as high as the lower edge of its band; `<5` a low one, `0` none."""
    most = max((lowest(cell.band) for _, cell in trend if cell), default=0) + 5
    step = WIDTH // max(1, len(trend))
    found = []
    for n, (period, cell) in enumerate(trend):
        value = 0 if cell is None or cell.band == "0" else max(2, lowest(cell.band))
        height = HEIGHT if cell is None else value * HEIGHT // most
        found.append(Bar(period, cell, n * step + step // 8, HEIGHT - height, step * 3 // 4, height))
    return found


class Shape(msgspec.Struct, frozen=True):
    """An area on the map: its outline with the place of its figure, or a tile of the plain grid with its corner."""

    area: str
    cell: Cell
    staffing: Literal["none", "few", "enough"]
    path: str = ""
    x: int = 0
    y: int = 0


class Map(msgspec.Struct, frozen=True):
    """`drawn`: from the ward's own outlines; else a plain grid of tiles that says nothing of where they lie."""

    shapes: list[Shape]
    width: int
    height: int
    drawn: bool


def area_map(
    cells: Mapping[str, Cell],
    staffing: Mapping[str, Literal["none", "few", "enough"]],
    outlines: Mapping[str, Sequence[outline.Ring]],
) -> Map:
    """A map of these areas. Where one has no outline all become tiles: half a map would say that the rest is nowhere."""
    if cells and all(outlines.get(area) for area in cells):
        shapes = outline.paths([outlines[area] for area in cells], MAP_WIDTH, MAP_HEIGHT)
        drawn = [
            Shape(area, cell, staffing[area], outline.path(rings), *outline.middle(rings))
            for (area, cell), rings in zip(cells.items(), shapes, strict=True)
        ]
        return Map(drawn, MAP_WIDTH, MAP_HEIGHT, drawn=True)
    across = 3 if len(cells) <= 12 else 4 if len(cells) <= 24 else 8
    tiles = [
        Shape(area, cell, staffing[area], x=n % across * (TILE + GAP), y=n // across * (TILE // 2 + GAP))
        for n, (area, cell) in enumerate(cells.items())
    ]
    rows = -(-len(tiles) // across)
    return Map(tiles, min(across, max(1, len(tiles))) * (TILE + GAP), max(1, rows) * (TILE // 2 + GAP), drawn=False)
