"""The outlines a ward imported for its map."""

from collections.abc import Container, Mapping, Sequence

import msgspec

from storage import audit
from storage.catalogue import Catalogue, bump
from storage.changes import Writing
from storage.conn import Conn
from storage.tables_overview import Outline
from storage.viewer import Viewer
from sync.outline import BadOutline, Ring


def check(outlines: Mapping[str, list[Ring]], allowed: Container[str]) -> None:
    """Raises BadOutline `unknown` for codes that are no areas of these."""
    foreign = sorted(code for code in outlines if code not in allowed)
    if foreign:
        raise BadOutline("unknown", ", ".join(foreign[:5]))


async def take(w: Writing, outlines: Mapping[str, list[Ring]], world: Catalogue, who: Viewer | str) -> int:
    """Keeps the outlines of these areas in place of older ones; all or nothing. Returns how many.

    Raises BadOutline `unknown` for codes that are no areas, or are outside the areas of the official.
    """
    check(outlines, world.tree.by_code if isinstance(who, str) else set(who.codes))
    rows = [{"area": code, "rings": msgspec.json.encode(rings).decode()} for code, rings in sorted(outlines.items())]
    await w.conn.insert(Outline, rows, conflict="ON CONFLICT (area) DO UPDATE SET rings = excluded.rings")
    ward = world.tree.ward(min(outlines)) or ""
    audit.record(w, who, "data.outlines", ward, area=ward, detail={"areas": str(len(rows))})
    await bump(w)
    return len(rows)


async def of(conn: Conn, codes: Sequence[str]) -> dict[str, list[Ring]]:
    """The outlines there are among these areas."""
    rows = await conn.fetch(f"SELECT area, rings FROM outlines WHERE {conn.among('area', 1)}", list(codes))
    return {row["area"]: msgspec.json.decode(row["rings"], type=list[Ring]) for row in rows}
