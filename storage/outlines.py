"""The outlines a ward imported for its map, and what they were before each change of them, so that it can be taken back."""

from collections.abc import Mapping, Sequence

import msgspec

from storage import audit
from storage.catalogue import Catalogue, bump
from storage.changes import Writing
from storage.conn import Conn
from storage.tables_overview import Outline, OutlineChange
from storage.viewer import Clash, Missing, Viewer
from sync import outline
from sync.outline import Names, Ring

KEPT = 5  # changes of an area that can be taken back, one after the other


class Change(msgspec.Struct, frozen=True):
    """A change of outlines. `before`: area → its rings before, None where it had none."""

    id: int
    at: int
    before: dict[str, list[Ring] | None]


def named(world: Catalogue, who: Viewer | str) -> Names:
    """What a file may call areas: the codes and names of those that are open, within the official's."""
    codes = list(world.tree.by_code) if isinstance(who, str) else who.codes
    now = world.areas_now()
    return outline.names([(code, world.tree.by_code[code].name) for code in codes if now.is_open(code)])


async def take(w: Writing, outlines: Mapping[str, list[Ring]], world: Catalogue, who: Viewer | str) -> int:
    """Keeps the outlines of these areas in place of older ones; all or nothing. Returns how many areas.

    Raises Missing for areas outside those of the official.
    """
    if isinstance(who, Viewer) and not set(outlines) <= set(who.codes):
        raise Missing
    await bump(w)  # first: the row of the catalogue is held until commit, so changes come one after the other
    old = await of(w.conn, list(outlines))
    area = world.areas_now().common(list(outlines)) or world.tree.common(list(outlines)) or ""
    before = msgspec.json.encode({code: old.get(code) for code in outlines}).decode()
    await w.conn.insert(OutlineChange, [{"at": w.now, "area": area, "before": before}])
    await w.conn.fetch(
        f"""DELETE FROM outline_changes WHERE area = $1 AND id NOT IN
        (SELECT id FROM outline_changes WHERE area = $1 ORDER BY id DESC LIMIT {KEPT})""",
        area,
    )
    await _write(w, outlines)
    audit.record(w, who, "data.outlines", area, area=area, detail={"areas": str(len(outlines))})
    return len(outlines)


async def _write(w: Writing, outlines: Mapping[str, list[Ring] | None]) -> None:
    await w.conn.fetch(f"DELETE FROM outlines WHERE {w.conn.among('area', 1)}", list(outlines))
    rows = [{"area": code, "rings": msgspec.json.encode(rings).decode()} for code, rings in outlines.items() if rings]
    await w.conn.insert(Outline, rows)


async def of(conn: Conn, codes: Sequence[str]) -> dict[str, list[Ring]]:
    """The outlines there are among these areas."""
    rows = await conn.fetch(f"SELECT area, rings FROM outlines WHERE {conn.among('area', 1)}", list(codes))
    return {row["area"]: msgspec.json.decode(row["rings"], type=list[Ring]) for row in rows}


async def kept(conn: Conn, viewer: Viewer) -> list[str]:
    """The viewer's areas that have an outline."""
    rows = await conn.fetch(f"SELECT area FROM outlines WHERE {conn.among('area', 1)} ORDER BY area", viewer.scope)
    return [row["area"] for row in rows]


async def last(conn: Conn, viewer: Viewer) -> Change | None:
    """The newest change within the viewer's areas; of several, they are taken back from the newest on."""
    rows = await conn.fetch(
        f"SELECT id, at, before FROM outline_changes WHERE {conn.among('area', 1)} ORDER BY id DESC LIMIT 1",
        viewer.scope,
    )
    return next((_change(row["id"], row["at"], row["before"]) for row in rows), None)


def _change(id: int, at: int, before: str) -> Change:
    return Change(id, at, msgspec.json.decode(before, type=dict[str, list[Ring] | None]))


async def take_back(w: Writing, viewer: Viewer, id: int) -> None:
    """The outlines are as they were before this change. Raises Clash if it is no longer the newest of its areas."""
    await bump(w)
    change = await last(w.conn, viewer)
    if change is None or change.id != id:
        raise Clash
    for row in await w.conn.fetch("SELECT id, at, before FROM outline_changes WHERE id > $1", id):
        if set(_change(row["id"], row["at"], row["before"]).before) & set(change.before):
            raise Clash  # by somebody who answers for more than this ward
    (kept,) = await w.conn.fetch("DELETE FROM outline_changes WHERE id = $1 RETURNING area", id)
    await _write(w, change.before)
    detail = {"areas": str(len(change.before))}
    audit.record(w, viewer, "data.outlines_back", kept["area"], area=kept["area"], detail=detail)
