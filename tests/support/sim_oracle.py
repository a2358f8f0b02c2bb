"""What must be true after any course of events: nothing lost, nothing twice, nothing stuck, nobody with another picture."""

from collections import Counter
from typing import Any

import msgspec

from model_phone import Ask, ModelPhone
from model_sync import DOCS, PULLED
from sim_town import Town, Written
from storage import devices
from storage.catalogue import Catalogue, catalogue
from storage.database import reading
from sync import mask


async def faults_of(town: Town) -> list[str]:
    """Every broken promise, as a sentence; empty if all is well."""
    found = list(town.complaints)
    if town.emptied_ms > town.course.soon_ms:
        stuck = [driver.phone.name for driver in town.drivers if not driver.phone.empty]
        found.append(f"stuck: queues took {town.emptied_ms / 1000:.0f} s to empty; still waiting: {stuck}")
    async with reading() as conn:
        notes = {row["id"]: dict(row) for row in await conn.fetch("SELECT * FROM notes")}
        amendments = [dict(row) for row in await conn.fetch("SELECT note, mac, fields FROM amendments")]
        pictures = {row["id"]: dict(row) for row in await conn.fetch("SELECT id, note, state FROM photos")}
    world = await catalogue()
    for id, one in town.written.items():
        found += _note(town, id, one, notes.get(id), [a for a in amendments if a["note"] == id], pictures, world)
    found += _doubled(town, notes, amendments)
    found += await _numbers(town)
    found += await _pulls(town, notes)
    return found


def _note(
    town: Town,
    id: str,
    one: Written,
    row: dict[str, Any] | None,
    amended: list[dict[str, Any]],
    pictures: dict[str, dict[str, Any]],
    world: Catalogue,
) -> list[str]:
    local = one.phone.disk["notes"].get(id)
    who = f"{id} of {one.phone.name}"
    if one.bad:
        if row is not None:
            return [f"wrong: {who} should have been refused"]
        shown = local is None if one.withdrawn else local is not None and local["phase"] == "refused"
        return [] if shown or (local and local["phase"] == "refused") else [f"lost: {who} was refused without a word"]
    if local is not None and local["phase"] == "refused":
        return [] if town.rightly_refused(id, local) else [f"wrong: {who} was refused: {local.get('reject')}"]
    if row is None:
        never_left = one.withdrawn and local is None
        return [] if never_left else [f"lost: {who}, phone says {local and local['phase']}"]
    if one.withdrawn:
        kept = row["status"] == "withdrawn" or row["opened_at"] is not None
        return [] if kept else [f"lost: {who} was taken back and is still {row['status']}"]
    if local is None or local["phase"] != "taken":
        return [f"stuck: {who} is at the server, phone says {local and local['phase']}"]
    found = []
    words = mask.clean(one.texts[-1], world.gazetteer(row["ward"])).text
    told = [msgspec.json.decode(a["fields"]) for a in amended]
    if row["text"] not in (words, None) and not any(fields.get("text", words) == words for fields in told):
        found.append(
            f"lost: the last words of {who} ({row['status']}, {len(told)} kept beside, {len(one.texts)} versions)"
        )
    for photo in local["fields"].get("photos", ()):
        held = pictures.get(photo)
        if held is None or held["state"] != "stored":
            found.append(f"lost: photo {photo} of {who} is {held and held['state']}")
    return found


def _doubled(town: Town, notes: dict[str, Any], amendments: list[dict[str, Any]]) -> list[str]:
    found = [f"doubled: {id} was never written" for id in notes if id not in town.written]
    texts = Counter(row["text"] for row in notes.values() if row["text"])
    found += [f"doubled: {text!r} stands {n} times" for text, n in texts.items() if n > 1]
    beside = Counter((a["note"], a["mac"]) for a in amendments)
    return found + [f"doubled: an amendment of {note} is kept {n} times" for (note, _), n in beside.items() if n > 1]


async def _numbers(town: Town) -> list[str]:
    found = []
    async with reading() as conn:
        for driver in town.drivers:
            kv = driver.phone.disk["kv"]
            if gaps := (await devices.numbers(conn, kv["session"]["device"], kv.get("seq", 0))).missing:
                found.append(f"lost: numbers {gaps} of {driver.phone.name} never arrived")
    return found


async def _pulls(town: Town, notes: dict[str, Any]) -> list[str]:
    found: list[str] = []
    fresh: dict[str, dict[str, dict[str, Any]]] = {}
    for driver in town.drivers:
        phone = driver.phone
        account = phone.disk["kv"]["session"]["account"]
        if account not in fresh:
            fresh[account] = await cold(town, phone)
        found += [f"divergent: {fault} on {phone.name}" for fault in _differs(phone, fresh[account], notes)]
    return found


async def cold(town: Town, phone: ModelPhone) -> dict[str, dict[str, Any]]:
    """Everything a phone of this account would pull from the start."""
    documents: dict[str, dict[str, Any]] = {name: {} for name in PULLED}
    cps: dict[str, Any] = {}
    headers = {
        "authorization": f"Bearer {phone.disk['kv']['session']['token']}",
        "content-type": "application/json",
    }
    for _ in range(20):
        pull = {name: {"limit": 1000} | ({"cp": cps[name]} if name in cps else {}) for name in PULLED}
        body = msgspec.json.encode({"v": 1, "max_bytes": 262_144, "pull": pull})
        answer = (await town.server.call(Ask("POST", "/v1/sync", headers, body))).json()
        for name, part in answer.get("pull", {}).items():
            cps[name] = part["checkpoint"]
            documents[name] |= {doc["id"]: doc for doc in part["documents"]}
        if not any(part["more"] for part in answer.get("pull", {}).values()):
            break
    return {name: {id: doc for id, doc in docs.items() if not doc.get("_deleted")} for name, docs in documents.items()}


def _differs(phone: ModelPhone, fresh: dict[str, dict[str, Any]], rows: dict[str, Any]) -> list[str]:
    found = []
    docs = {name: {} for name in DOCS}  # type: dict[str, dict[str, Any]]
    for key, kept in phone.disk["docs"].items():
        name, id = key.split("/", 1)
        docs[name][id] = kept["doc"]
    # like its note a message is pulled no more once the author is forgotten; a phone keeps what it has
    docs["messages"], fresh["messages"] = (
        {id: doc for id, doc in some["messages"].items() if rows.get(doc["note"], {}).get("author") is not None}
        for some in (docs, fresh)
    )
    for name in sorted(DOCS):
        if docs[name] != fresh[name]:
            ids = [id for id in docs[name] | fresh[name] if docs[name].get(id) != fresh[name].get(id)]
            found.append(f"{len(ids)} {name} ({ids[0]})")
    notes = phone.disk["notes"]
    for id, doc in fresh["notes"].items():
        mine = notes.get(id)
        if mine is None or (mine["phase"] == "taken" and mine.get("master") != doc):
            found.append(f"note {id}: {mine and mine['phase']} {mine and mine.get('master')} instead of {doc}")
    for id, note in notes.items():
        if note["phase"] == "taken" and id not in fresh["notes"] and rows.get(id, {}).get("author") is not None:
            found.append(f"note {id} is not pulled any more")
    for id, doc in fresh["photos"].items():
        photo = phone.disk["photos"].get(id)
        if photo is not None and photo.get("state") != doc["state"]:
            found.append(f"photo {id}: {photo.get('state')} instead of {doc['state']}")
    return found
