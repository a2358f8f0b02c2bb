"""Changing the area tree: in one transaction judged, written, told to phones by ordinary sync, and kept for undoing."""

from collections.abc import Callable, Sequence

import msgspec

from storage import audit, clock
from storage.catalogue import area_of, bump, meta
from storage.changes import Writing
from storage.conn import Conn
from storage.seed import home
from storage.tables import Area as AreaRow
from storage.tables_areas import AreaChange
from storage.viewer import Clash, Missing, Viewer
from sync.area import Area, AreaTree
from sync.area_change import Fault, Unfit, changed, new_faults, undo

Make = Callable[[AreaTree], Sequence[Area]]
LISTED = 30


class Unlawful(Exception):
    """The change would break the law of the tree. Nothing was written."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{one.rule} {one.area}" for one in found))
        self.faults = tuple(found)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was made."""

    id: int
    at: int
    what: str
    before: tuple[Area, ...]
    after: tuple[Area, ...]
    undone: bool
    undoes: int | None

    @property
    def made(self) -> list[Area]:
        was = {area.code for area in self.before}
        return [area for area in self.after if area.code not in was]


async def whole(conn: Conn) -> AreaTree:
    """The tree as the database has it now."""
    return AreaTree([area_of(row) for row in await conn.fetch("SELECT * FROM areas ORDER BY code")])


async def apply(
    w: Writing, who: Viewer | str, what: str, make: Make, *, version: str = "", undoes: int | None = None
) -> list[Area]:
    """Makes the change that `make` gives for the present tree. `version`: of the master data the person looked at; Clash
    if they are others now. Raises Missing for areas that are not the viewer's, Unfit, Unlawful."""
    await _hold(w, version)
    tree = await whole(w.conn)
    after = list(make(tree))
    check_scope(who, tree, after)
    day = clock.local_day(w.now)
    if broken := new_faults(tree, after, day):
        raise Unlawful(broken)
    for area in after:
        row = {
            "code": area.code,
            "parent": area.parent,
            "level": area.level,
            "name": area.name,
            "valid_from": area.valid_from,
            "valid_to": area.valid_to,
            "successors": msgspec.json.encode(area.successors).decode(),
            "sample": area.sample,
        }
        columns = ", ".join(f"{name} = excluded.{name}" for name in row if name != "code")
        await w.conn.insert(AreaRow, [row], conflict=f"ON CONFLICT (code) DO UPDATE SET {columns}")
        w.put(home(area.code), "areas", area.code)
    if not after:
        return after
    place = changed(tree, after).common([area.code for area in after]) or ""
    before = [old for area in after if (old := tree.get(area.code))]
    await w.conn.insert(
        AreaChange,
        [
            {
                "at": w.now,
                "area": place,
                "what": what,
                "before": msgspec.json.encode(before).decode(),
                "after": msgspec.json.encode(after).decode(),
                "undoes": undoes,
            }
        ],
    )
    codes = " ".join(area.code for area in after)
    audit.record(w, who, f"area.{what}", codes if len(codes) <= 60 else f"{codes[:57]}…", area=place)
    return after


async def _hold(w: Writing, version: str) -> None:
    """One change of master data at a time, and only to what was looked at."""
    await w.conn.fetch(f"SELECT value FROM meta WHERE key = 'catalogue' {w.conn.locking}")
    if version and await meta(w.conn, "catalogue") != version:
        raise Clash
    await bump(w)


def check_scope(who: Viewer | str, tree: AreaTree, after: Sequence[Area]) -> None:
    """Raises Missing unless all that changes lies within the viewer's areas."""
    if isinstance(who, Viewer):
        codes = set(who.codes)
        made = {area.code for area in after if tree.get(area.code) is None}
        if not all(area.code in codes or (area.code in made and area.parent in codes | made) for area in after):
            raise Missing


async def listing(conn: Conn, viewer: Viewer) -> list[Kept]:
    """The last changes within the viewer's areas, newest first."""
    rows = await conn.fetch(
        f"SELECT * FROM area_changes WHERE {conn.among('area', 1)} ORDER BY id DESC LIMIT {LISTED}", viewer.scope
    )
    return [
        Kept(
            id=row["id"],
            at=row["at"],
            what=row["what"],
            before=msgspec.json.decode(row["before"], type=tuple[Area, ...]),
            after=msgspec.json.decode(row["after"], type=tuple[Area, ...]),
            undone=row["undone_at"] is not None,
            undoes=row["undoes"],
        )
        for row in rows
    ]


async def one(conn: Conn, viewer: Viewer, id: int) -> Kept:
    """Raises Missing for a change outside the viewer's areas."""
    found = next((kept for kept in await listing(conn, viewer) if kept.id == id), None)
    if found is None:
        raise Missing
    return found


def undoing(kept: Kept, now: int) -> Make:
    """What takes this change back."""

    def make(tree: AreaTree) -> Sequence[Area]:
        if kept.undone or kept.undoes is not None:
            raise Unfit("undone")
        return undo(tree, kept.before, kept.after, clock.local_day(now))

    return make


async def take_back(w: Writing, viewer: Viewer, id: int, *, version: str = "") -> None:
    """Undoes a change, as one more change that is kept."""
    kept = await one(w.conn, viewer, id)
    await apply(w, viewer, "undone", undoing(kept, w.now), version=version, undoes=id)
    await w.conn.fetch("UPDATE area_changes SET undone_at = $2 WHERE id = $1", id, w.now)
