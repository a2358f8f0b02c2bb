"""The lists a ward keeps itself: topics, places, doors, names that are never masked, days off, the script card.

Every change is told to phones by ordinary sync, to other processes by `bump`, and stands in the trail. Nothing is deleted
that notes may name: what is no longer offered is retired.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
from piccolo.table import Table

from storage import audit, clock
from storage.catalogue import bump, catalogue
from storage.changes import Writing
from storage.conn import Conn, Row
from storage.seed import home
from storage.tables import Door, Gazetteer, Place, Topic
from storage.tables_areas import WardScript
from storage.tables_course import Holiday, WardTerm
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.lanes import KINDS, Lane
from sync.lanes import Topic as TopicFacts

PLACE_KINDS = ("street", "crossroads", "square", "market", "school", "health", "culture_house", "stadium", "park", "beach",
               "sea_wall", "harbour", "heritage", "bus_stop")  # fmt: skip
ALIASES_MOST = 12
Line = TypeVar("Line", "PlaceLine", "DoorLine")


def wards(viewer: Viewer) -> list[str]:
    """The wards that lie within the viewer's areas as a whole."""
    return [code for code in viewer.codes if len(code) == 5 and code.isdigit()]


def _in_scope(viewer: Viewer, area: str) -> None:
    if area not in viewer.codes:
        raise Missing


async def may_change_common(conn: Conn, viewer: Viewer) -> bool:
    """True for who looks after everybody: what all wards share is changed by nobody who answers for one of several."""
    rows = await conn.fetch(
        """SELECT DISTINCT h.area FROM account_areas h JOIN accounts a ON a.id = h.account
        WHERE a.disabled_at IS NULL AND (h.valid_to IS NULL OR h.valid_to >= $1)""",
        clock.local_day(clock.now()).isoformat(),
    )
    return {row["area"] for row in rows} <= set(viewer.codes)


async def common(w: Writing, viewer: Viewer) -> None:
    """Raises Refused unless the viewer may change what all wards share."""
    if not await may_change_common(w.conn, viewer):
        raise Refused("whole_installation")


# ---- topics -----------------------------------------------------------------------------------------------------


def careful() -> dict[str, Lane]:
    """The lanes of a topic nobody has placed: opinion for every kind, the one that keeps least."""
    return dict.fromkeys(KINDS, "opinion")


async def add_topics(w: Writing, viewer: Viewer, topics: Sequence[TopicFacts], act: str = "data.topics") -> None:
    """New topics. The lanes of one below another are its parent's, of a new top one `careful`: they are no setting."""
    await common(w, viewer)
    positions = await w.conn.fetch("SELECT code, position FROM topics")
    last = max((row["position"] for row in positions if not row["code"].startswith("D")), default=0)
    for topic in topics:
        row = {
            "code": topic.code,
            "parent": topic.parent,
            "vi": topic.vi,
            "en": topic.en,
            "icon": topic.icon,
            "lanes": msgspec.json.encode(topic.lanes).decode(),
            "position": last,
        }
        if not await w.conn.insert(Topic, [row], conflict="ON CONFLICT (code) DO NOTHING", returning="code"):
            raise Clash
        w.put("g", "topics", topic.code)
    audit.record(w, viewer, act, topics[0].code if len(topics) == 1 else "", detail={"n": len(topics)})
    await bump(w)


async def change_topic(
    w: Writing, viewer: Viewer, code: str, vi: str, en: str, *, retired: bool, successor: str
) -> None:
    """Other words for a topic, or it is no longer offered. Its code, place and lanes stay. Doors are not retired."""
    await common(w, viewer)
    known = (await catalogue()).topics
    topic = known.get(code)
    if topic is None:
        raise Missing
    follows = known.get(successor)
    wrong = retired and successor and (follows is None or follows.retired or follows.lanes != topic.lanes)
    if wrong or (retired and "door" in topic.lanes.values()):
        raise Refused("topic_successor")
    await w.conn.fetch(
        "UPDATE topics SET vi = $2, en = $3, retired = $4, successor = $5 WHERE code = $1",
        code,
        vi,
        en,
        retired,
        successor if retired else "",
    )
    w.put("g", "topics", code)
    audit.record(w, viewer, "data.topic", code)
    await bump(w)


# ---- places and doors -------------------------------------------------------------------------------------------


class PlaceLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    area: str
    name: str
    kind: str
    aliases: tuple[str, ...]
    retired: bool


def _place(row: Row) -> PlaceLine:
    aliases = tuple(msgspec.json.decode(row["aliases"]))
    return PlaceLine(
        id=row["id"],
        area=row["area"],
        name=row["name"],
        kind=row["kind"],
        aliases=aliases,
        retired=bool(row["retired"]),
    )


async def places(conn: Conn, viewer: Viewer) -> list[PlaceLine]:
    sql = f"SELECT * FROM places WHERE {conn.among('area', 1)} ORDER BY retired, area, kind, name"
    return [_place(row) for row in await conn.fetch(sql, viewer.scope)]


async def place(conn: Conn, viewer: Viewer, id: str) -> PlaceLine:
    """Raises Missing for one outside the viewer's areas."""
    return _of(await places(conn, viewer), id)


def _of(lines: Sequence[Line], id: str) -> Line:
    found = next((one for one in lines if one.id == id), None)
    if found is None:
        raise Missing
    return found


async def save_place(w: Writing, viewer: Viewer, place: PlaceLine) -> None:
    """A new place (`id` empty) or other facts of one. A new name keeps the old one among its other names."""
    _in_scope(viewer, place.area)
    id, aliases = place.id or str(uuid.uuid4()), list(place.aliases)
    if place.id:
        known = _of(await places(w.conn, viewer), place.id)
        if known.name != place.name and known.name not in aliases:
            aliases.append(known.name)
        if home(known.area) != home(place.area):
            w.left(home(known.area), "places", id)
    row = {
        "id": id,
        "area": place.area,
        "name": place.name,
        "kind": place.kind,
        "aliases": msgspec.json.encode(aliases[:ALIASES_MOST]).decode(),
        "retired": place.retired,
    }
    await _upsert(w, Place, "id", row)
    w.put(home(place.area), "places", id)
    audit.record(w, viewer, "data.place", place.name[:60], area=place.area)
    await bump(w)


class DoorLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    ward: str
    name: str
    topics: tuple[str, ...]
    how_vi: str
    how_en: str
    phone: str
    retired: bool


async def doors(conn: Conn, viewer: Viewer) -> list[DoorLine]:
    sql = f"SELECT * FROM doors WHERE {conn.among('ward', 1)} ORDER BY retired, ward, name"
    return [
        DoorLine(
            id=row["id"],
            ward=row["ward"],
            name=row["name"],
            topics=tuple(msgspec.json.decode(row["topics"])),
            how_vi=row["how_vi"],
            how_en=row["how_en"],
            phone=row["phone"] or "",
            retired=bool(row["retired"]),
        )
        for row in await conn.fetch(sql, viewer.scope)
    ]


async def door(conn: Conn, viewer: Viewer, id: str) -> DoorLine:
    """Raises Missing for one outside the viewer's areas."""
    return _of(await doors(conn, viewer), id)


async def save_door(w: Writing, viewer: Viewer, door: DoorLine) -> None:
    """A formal channel. Raises Refused if a door topic would have none left in the ward: phones would show nothing."""
    _in_scope(viewer, door.ward)
    known = await doors(w.conn, viewer)
    before = _of(known, door.id) if door.id else None
    if before is not None and before.ward != door.ward:
        raise Missing
    others = {
        topic
        for one in known
        if one.id != door.id and one.ward == door.ward and not one.retired
        for topic in one.topics
    }
    kept = others | (set() if door.retired else set(door.topics))
    if before is not None and not before.retired and not set(before.topics) <= kept:
        raise Refused("last_door")
    id = door.id or str(uuid.uuid4())
    row = {
        "id": id,
        "ward": door.ward,
        "name": door.name,
        "topics": msgspec.json.encode(door.topics).decode(),
        "how_vi": door.how_vi,
        "how_en": door.how_en,
        "phone": door.phone or None,
        "retired": door.retired,
    }
    await _upsert(w, Door, "id", row)
    w.put(home(door.ward), "doors", id)
    audit.record(w, viewer, "data.door", door.name[:60], area=door.ward)
    await bump(w)


async def _upsert(w: Writing, table: type[Table], key: str, row: Mapping[str, object]) -> None:
    columns = ", ".join(f"{name} = excluded.{name}" for name in row if name != key)
    await w.conn.insert(table, [row], conflict=f"ON CONFLICT ({key}) DO UPDATE SET {columns}")


# ---- names, script, term, days off of a ward --------------------------------------------------------------------


class NameLine(msgspec.Struct, frozen=True):
    id: str
    ward: str
    name: str


async def names(conn: Conn, ward: str) -> list[NameLine]:
    """The ward's own place names that are never masked, and those of all wards."""
    rows = await conn.fetch("SELECT id, ward, name FROM gazetteer WHERE ward IN ('', $1) ORDER BY name", ward)
    return [NameLine(row["id"], row["ward"], row["name"]) for row in rows]


async def add_names(w: Writing, viewer: Viewer, ward: str, fresh: Sequence[str]) -> None:
    """Place names of the ward. They are read as places from then on, here and on its phones."""
    _in_scope(viewer, ward)
    known = {one.name for one in await names(w.conn, ward)}
    rows = [{"id": str(uuid.uuid4()), "ward": ward, "name": name} for name in dict.fromkeys(fresh) if name not in known]
    await w.conn.insert(Gazetteer, rows)
    for row in rows:
        audit.record(w, viewer, "data.name", row["name"][:60], area=ward)
    await _tell(w, ward)


async def drop_name(w: Writing, viewer: Viewer, ward: str, id: str) -> None:
    """The name may be one of a person after all: it is masked again."""
    _in_scope(viewer, ward)
    rows = await w.conn.fetch("DELETE FROM gazetteer WHERE id = $1 AND ward = $2 RETURNING name", id, ward)
    if not rows:
        raise Missing
    audit.record(w, viewer, "data.name_gone", rows[0]["name"][:60], area=ward)
    await _tell(w, ward)


async def _tell(w: Writing, ward: str) -> None:
    w.put(home(ward), "settings", f"ward:{ward}")
    await bump(w)


async def script(conn: Conn, ward: str) -> dict[str, str]:
    rows = await conn.fetch("SELECT vi, en FROM ward_scripts WHERE ward = $1", ward)
    return {"vi": rows[0]["vi"], "en": rows[0]["en"]} if rows else {"vi": "", "en": ""}


async def save_ward(w: Writing, viewer: Viewer, ward: str, days: int, vi: str, en: str) -> None:
    """How many working days an answer may take, and the ward's own words on the script card."""
    _in_scope(viewer, ward)
    await _upsert(w, WardTerm, "ward", {"ward": ward, "days": days})
    await _upsert(w, WardScript, "ward", {"ward": ward, "vi": vi, "en": en})
    audit.record(w, viewer, "data.ward", ward, area=ward)
    await _tell(w, ward)


class DayOff(msgspec.Struct, frozen=True):
    ward: str
    day: str
    vi: str
    en: str
    works: bool


async def days_off(conn: Conn, ward: str, since: str) -> list[DayOff]:
    """The days that are no working days, or worked though they look free; the ward's own wins over the common one."""
    rows = await conn.fetch(
        "SELECT * FROM holidays WHERE ward IN ('', $1) AND day >= $2 ORDER BY day, ward", ward, since
    )
    return [DayOff(row["ward"], row["day"], row["vi"], row["en"], bool(row["works"])) for row in rows]


async def save_day(w: Writing, viewer: Viewer, day: DayOff) -> None:
    """A day of the ward's own calendar; the common one stays as it is for the others."""
    _in_scope(viewer, day.ward)
    row = {
        "id": f"{day.ward}:{day.day}",
        "ward": day.ward,
        "day": day.day,
        "vi": day.vi,
        "en": day.en,
        "works": day.works,
    }
    await _upsert(w, Holiday, "id", row)
    audit.record(w, viewer, "data.holiday", day.day, area=day.ward)


async def drop_day(w: Writing, viewer: Viewer, ward: str, day: str) -> None:
    """The ward has no row of its own for this day any more; the common calendar holds."""
    _in_scope(viewer, ward)
    if not await w.conn.fetch("DELETE FROM holidays WHERE ward = $1 AND day = $2 RETURNING id", ward, day):
        raise Missing
    audit.record(w, viewer, "data.holiday", day, area=ward)


async def ward_documents(conn: Conn, ids: Sequence[str]) -> dict[str, dict[str, object]]:
    """`ward:<code>` as its phones get it: names that are never masked, and the script card if the ward has its own."""
    found: dict[str, dict[str, object]] = {}
    for id in ids:
        if not id.startswith("ward:"):
            continue
        ward = id.removeprefix("ward:")
        found[id] = {"id": id, "names": [one.name for one in await names(conn, ward)], "_deleted": False}
        words = await script(conn, ward)
        if words["vi"]:
            found[id]["script"] = {"vi": words["vi"], "en": words["en"] or words["vi"]}
    return found
