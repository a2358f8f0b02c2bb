"""Fills the master data from the shipped tables: areas and topics of every installation, and the sample ward."""

import csv
import uuid
from importlib.resources import files
from typing import Any

import msgspec

from storage import audit
from storage.catalogue import bump
from storage.changes import Writing, writing
from storage.tables import Area, Door, Gazetteer, Meta, Place, Topic
from storage.tables_course import Holiday
from sync import working_days
from sync.lanes import shipped_topics

FIRST_DAY = "2025-07-01"


def _lines(name: str) -> list[dict[str, str]]:
    with files("sync").joinpath(f"data/{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def shipped() -> None:
    """City, wards, topics, place names and days off, if the installation has none yet."""
    async with writing() as w:
        if await _first(w, "shipped_holidays"):
            rows = [{"id": f":{one.day}"} | msgspec.to_builtins(one) for one in working_days.shipped()]
            await w.conn.insert(Holiday, rows, conflict="ON CONFLICT (id) DO NOTHING")
        if await _first(w, "shipped"):
            await _areas(w, _lines("areas"), sample=False)
            await _topics(w)
            lines = _lines("gazetteer")
            names = [{"id": str(uuid.uuid4()), "ward": line["ward"], "name": line["name"]} for line in lines]
            await w.conn.insert(Gazetteer, names)
            w.put("g", "settings", "limits")
            await bump(w)
    async with writing() as w:
        if await _first(w, "shipped_ward_settings"):
            for row in await w.conn.fetch("SELECT DISTINCT ward FROM gazetteer WHERE ward <> ''"):
                w.put(home(row["ward"]), "settings", f"ward:{row['ward']}")


async def _first(w: Writing, key: str) -> bool:
    """True for the one of several processes that start together which is to fill: the row is the lock."""
    row = {"key": key, "value": "1"}
    return bool(await w.conn.insert(Meta, [row], conflict="ON CONFLICT (key) DO NOTHING", returning="key"))


async def sample_ward() -> None:
    """The sample clusters, groups, places and doors, marked as sample. Running it again changes nothing."""
    async with writing() as w:
        await _areas(w, _lines("sample_areas"), sample=True)
        places: list[dict[str, Any]] = [
            {
                "id": line["id"],
                "area": line["area"],
                "name": line["name"],
                "kind": line["kind"],
                "aliases": _json([a for a in line["aliases"].split("|") if a]),
            }
            for line in _lines("places")
        ]
        await w.conn.insert(Place, places, conflict="ON CONFLICT (id) DO NOTHING")
        doors: list[dict[str, Any]] = [
            {
                "id": line["id"],
                "ward": line["ward"],
                "name": line["name"],
                "topics": _json(line["topics"].split("|")),
                "how_vi": line["how_vi"],
                "how_en": line["how_en"],
                "phone": line["phone"] or None,
            }
            for line in _lines("doors")
        ]
        await w.conn.insert(Door, doors, conflict="ON CONFLICT (id) DO NOTHING")
        for place in places:
            w.put(f"a:{place['area'].split('-')[0]}", "places", place["id"])
        for door in doors:
            w.put(f"a:{door['ward']}", "doors", door["id"])
        audit.record(w, audit.COMMAND, "data.sample")
        await bump(w)


async def _areas(w: Writing, lines: list[dict[str, str]], *, sample: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "code": line["code"],
            "parent": line["parent"],
            "level": line["level"],
            "name": line["name"],
            "valid_from": line["valid_from"] or FIRST_DAY,
            "sample": sample,
        }
        for line in lines
    ]
    await w.conn.insert(Area, rows, conflict="ON CONFLICT (code) DO NOTHING")
    for row in rows:
        w.put(home(row["code"]), "areas", row["code"])


def home(code: str) -> str:
    """The stream an area's document lives in: cities and wards in their own, everything smaller in its ward's."""
    return f"a:{code.split('-', maxsplit=1)[0]}"


async def _topics(w: Writing) -> None:
    rows: list[dict[str, Any]] = [
        {
            "code": topic.code,
            "parent": topic.parent,
            "vi": topic.vi,
            "en": topic.en,
            "icon": topic.icon,
            "lanes": _json(topic.lanes),
            "position": position,
        }
        for position, topic in enumerate(shipped_topics().values())
    ]
    await w.conn.insert(Topic, rows, conflict="ON CONFLICT (code) DO NOTHING")
    for row in rows:
        w.put("g", "topics", row["code"])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
