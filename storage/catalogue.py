"""The master data as judging and showing need it: areas, topics, places, gazetteer. Kept in memory, reloaded on change.

Whoever changes master data bumps `meta.catalogue` in the same transaction (`bump`), so that every process of every host
sees it with its next look; `storage.people.phone` reads the number with the token, at no extra query.
"""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from storage import clock
from storage.changes import Writing
from storage.conn import Conn, Row
from storage.database import reading
from storage.tables import Meta
from sync import mask, synonyms
from sync.area import Area, AreaTree, Reading
from sync.lanes import Lane, Topic
from sync.synonyms import Synonym, Synonyms


class PlaceFacts(msgspec.Struct, frozen=True):
    id: str
    area: str
    ward: str
    name: str
    kind: str


class Catalogue(msgspec.Struct, frozen=True):
    version: str
    tree: AreaTree
    topics: Mapping[str, Topic]
    places: Mapping[str, PlaceFacts]
    place_wards: Mapping[str, str]
    gazetteers: Mapping[str, mask.Gazetteer]
    common_gazetteer: mask.Gazetteer
    ward_synonyms: Mapping[str, Synonyms]  # of wards with rows of their own; "": what all share

    def areas_now(self) -> Reading:
        """What the area codes mean today."""
        return self.tree.read(clock.local_day(clock.now()))

    def gazetteer(self, ward: str) -> mask.Gazetteer:
        """The place names that are never masked in a ward's texts."""
        return self.gazetteers.get(ward, self.common_gazetteer)

    def synonyms(self, *wards: str) -> Synonyms:
        """The short forms people of these wards type."""
        named = {ward if ward in self.ward_synonyms else "" for ward in wards} or {""}
        return synonyms.together([self.ward_synonyms[ward] for ward in sorted(named)])


_kept: dict[int, Catalogue] = {}


async def catalogue(version: str | None = None) -> Catalogue:
    """The present master data; `version` is what `meta.catalogue` is known to hold (None: asks)."""
    kept = _kept.get(0)
    if kept is not None and kept.version == version:
        return kept
    async with reading() as conn:
        if version is None:
            version = await meta(conn, "catalogue")
        kept = _kept.get(0)
        if kept is None or kept.version != version:
            kept = _kept[0] = await _load(conn, version)
        return kept


def forget() -> None:
    """Tests only: another database is in use now."""
    _kept.clear()


async def meta(conn: Conn, key: str) -> str:
    rows = await conn.fetch("SELECT value FROM meta WHERE key = $1", key)
    return str(rows[0]["value"]) if rows else ""


async def set_meta(conn: Conn, key: str, value: str) -> None:
    await conn.insert(
        Meta, [{"key": key, "value": value}], conflict="ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )


async def bump(w: Writing) -> None:
    """Says that master data changed; every process reloads."""
    await set_meta(w.conn, "catalogue", str(int(await meta(w.conn, "catalogue") or 0) + 1))


def area_of(row: Row) -> Area:
    """An area from its row."""
    return Area(
        code=row["code"],
        parent=row["parent"],
        level=row["level"],
        name=row["name"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        successors=tuple(msgspec.json.decode(row["successors"])),
        sample=bool(row["sample"]),
    )


async def _load(conn: Conn, version: str) -> Catalogue:
    areas = await conn.fetch("SELECT * FROM areas")
    tree = AreaTree(area_of(row) for row in areas)
    topics = {
        row["code"]: Topic(
            code=row["code"],
            parent=row["parent"],
            vi=row["vi"],
            en=row["en"],
            icon=row["icon"],
            lanes=msgspec.json.decode(row["lanes"], type=dict[str, Lane]),
            retired=bool(row["retired"]),
            successor=row["successor"],
        )
        for row in await conn.fetch("SELECT * FROM topics ORDER BY position")
    }
    place_rows = await conn.fetch("SELECT id, area, name, kind, aliases FROM places")
    places = {
        row["id"]: PlaceFacts(row["id"], row["area"], tree.ward(row["area"]) or "", row["name"], row["kind"])
        for row in place_rows
    }
    aliases: dict[str, list[str]] = defaultdict(list)
    for row in place_rows:
        aliases[places[row["id"]].ward] += msgspec.json.decode(row["aliases"])
    names = await conn.fetch("SELECT ward, name FROM gazetteer")
    common = [row["name"] for row in names if not row["ward"]]
    wards = {row["ward"] for row in names if row["ward"]} | {place.ward for place in places.values()}
    forms: dict[str, list[Synonym]] = defaultdict(list)
    for row in await conn.fetch("SELECT ward, short, long, withdrawn FROM synonyms ORDER BY id"):
        forms[row["ward"]].append(Synonym(row["short"], row["long"], bool(row["withdrawn"])))
    all_share = synonyms.merged(synonyms.shipped(), forms[""])
    return Catalogue(
        version=version,
        tree=tree,
        topics=topics,
        places=places,
        place_wards={place.id: place.ward for place in places.values()},
        common_gazetteer=mask.gazetteer(common),
        gazetteers={
            ward: mask.gazetteer(
                [
                    *common,
                    *(row["name"] for row in names if row["ward"] == ward),
                    *(place.name for place in places.values() if place.ward == ward),
                    *aliases[ward],
                ]
            )
            for ward in wards
        },
        ward_synonyms={
            ward: synonyms.known(synonyms.merged(all_share.values(), own).values())
            for ward, own in {"": (), **forms}.items()
        },
    )
