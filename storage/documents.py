"""Documents by collection and id, as phones get them. Public master data is built here; the rest by its own module."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from storage import answers, audit, marks, master, notes, notices, photos, seal_key
from storage.catalogue import meta, set_meta
from storage.changes import writing
from storage.conn import Conn
from sync.note import PHOTOS_MAX, TEXT_MAX, NoteDocument
from sync.photo import PHOTO_MAX_BYTES

Document = dict[str, Any] | NoteDocument
Documents = Mapping[str, Document]
PIN = "pin"  # in `meta`: must phones have one? absent = required
MIN_CLIENT = 1  # the oldest wire version that is still served


async def _areas(conn: Conn, ids: Sequence[str]) -> Documents:
    found = {}
    for row in await conn.fetch(f"SELECT * FROM areas WHERE {conn.among('code', 1)}", list(ids)):
        document = {key: row[key] for key in ("code", "level", "name", "valid_from")} | {
            "id": row["code"],
            "_deleted": False,
        }
        document |= {key: row[key] for key in ("parent", "valid_to") if row[key]}
        if successors := msgspec.json.decode(row["successors"]):
            document["successors"] = successors
        found[row["code"]] = document
    return found


async def _topics(conn: Conn, ids: Sequence[str]) -> Documents:
    found = {}
    for row in await conn.fetch(f"SELECT * FROM topics WHERE {conn.among('code', 1)}", list(ids)):
        document = {
            "id": row["code"],
            "code": row["code"],
            "name": {"vi": row["vi"], "en": row["en"]},
            "icon": row["icon"],
            "lanes": msgspec.json.decode(row["lanes"]),
            "position": row["position"],
            "_deleted": False,
        }
        document |= {key: row[key] for key in ("parent", "retired", "successor") if row[key]}
        found[row["code"]] = document
    return found


async def _places(conn: Conn, ids: Sequence[str]) -> Documents:
    return {
        row["id"]: {
            "id": row["id"],
            "area": row["area"],
            "name": row["name"],
            "kind": row["kind"],
            "aliases": msgspec.json.decode(row["aliases"]),
            "_deleted": bool(row["retired"]),
        }
        for row in await conn.fetch(f"SELECT * FROM places WHERE {conn.among('id', 1)}", list(ids))
    }


async def _doors(conn: Conn, ids: Sequence[str]) -> Documents:
    found = {}
    for row in await conn.fetch(f"SELECT * FROM doors WHERE {conn.among('id', 1)}", list(ids)):
        document = {
            "id": row["id"],
            "name": row["name"],
            "for": msgspec.json.decode(row["topics"]),
            "how": {"vi": row["how_vi"], "en": row["how_en"]},
            "_deleted": bool(row["retired"]),
        }
        if row["phone"]:
            document["phone"] = row["phone"]
        found[row["id"]] = document
    return found


async def _settings(conn: Conn, ids: Sequence[str]) -> Documents:
    limits = {"text": TEXT_MAX, "photos": PHOTOS_MAX, "photo_bytes": PHOTO_MAX_BYTES}
    pin = await meta(conn, PIN) or "required"
    found: dict[str, Document] = dict(await master.ward_documents(conn, ids))
    if "limits" in ids:
        found["limits"] = {
            "id": "limits",
            "limits": limits,
            "min_client": MIN_CLIENT,
            "pin": pin,
            "seal_key": seal_key.public(),
            "_deleted": False,
        }
    return found


async def set_pin_rule(rule: Literal["required", "optional"]) -> None:
    """Whether phones must have a PIN. They learn it with their next pull."""
    async with writing() as w:
        await set_meta(w.conn, PIN, rule)
        w.put("g", "settings", "limits")
        audit.record(w, audit.COMMAND, "data.pin", detail={"status": rule})


LOADERS: dict[str, Callable[[Conn, Sequence[str]], Awaitable[Documents]]] = {
    "notes": notes.documents,
    "photos": photos.documents,
    "messages": marks.message_documents,
    "areas": _areas,
    "topics": _topics,
    "places": _places,
    "doors": _doors,
    "answers": answers.documents,
    "notices": notices.documents,
    "settings": _settings,
}


async def load(conn: Conn, collection: str, ids: Sequence[str]) -> Documents:
    """The documents of these ids; an id that is gone is missing from the result. `marks` are never pulled."""
    loader = LOADERS.get(collection)
    return await loader(conn, ids) if loader and ids else {}
