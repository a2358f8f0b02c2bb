"""The same things in four places around an official of one cluster: own, sibling cluster, the ward above, another ward."""

import uuid
from dataclasses import dataclass
from typing import Any

from cast import HOA, LAN, NGOC
from storage import issues, notices, people, photos
from storage.bucket import media
from storage.changes import writing
from storage.notices import Words
from storage.release import release
from storage.tables import Photo
from storage.viewer import Viewer
from town import FieldPhone, Town, note, opinion

OWN = "11455-K1"
WORD = {"own": "qzmot", "sibling": "qzhai", "parent": "qzba", "random": "qzbon"}
AREA = {"own": OWN, "sibling": "11455-K2", "parent": "11455", "random": "11737"}
MISSING = "0b6d1f6e-4c0a-4c5c-9b7c-0d5f1e2a3b4c"
MISSING_NUMBER = 987_654
FIRST = 600_000  # numbers of issues that stand for nothing else on a page
ROLES = ("reader", "unit", "officer", "administrator", "auditor")
EVERYWHERE = tuple(f"11455{tail}" for tail in ("", "-K1", "-K2", *(f"-T{n:02d}" for n in range(1, 13)))) + (
    "11737",
    *(f"11737-{tail}" for tail in ("K1", "K2", *(f"T{n:02d}" for n in range(1, 13)))),
)


@dataclass
class Things:
    """Ids of what there is in one place."""

    note: str
    opinion: str
    photo: str
    notice: str
    number: int
    area: str


NOTHING = Things(MISSING, MISSING, MISSING, MISSING, MISSING_NUMBER, "11999")


@dataclass
class Neighbourhood:
    things: dict[str, Things]
    phones: dict[str, FieldPhone]
    unit: str


async def settle(town: Town) -> Neighbourhood:
    """One official a role for cluster K1, and a note, an opinion, a photo, a notice and an issue in each of the places."""
    for role in ROLES:
        await people.create(f"{role}-k1", role, (OWN,))
    unit = await people.by_login("unit-k1")
    assert unit is not None
    phones = {"own": await town.enrol(LAN), "sibling": await town.enrol(HOA), "random": await town.enrol(NGOC)}
    phones["parent"] = phones["own"]
    things = {}
    for where, phone in phones.items():
        group = {"sibling": "11455-T05", "random": "11737-T01"}.get(where, "11455-T01")
        cluster = {"sibling": "11455-K2", "random": "11737-K1"}.get(where, OWN)
        things[where] = await _fill(phone, where, group, cluster, unit.id)
    await release(all_waiting=True)
    return Neighbourhood(things, phones, unit.id)


async def _fill(phone: FieldPhone, where: str, group: str, cluster: str, unit: str) -> Things:
    word, area = WORD[where], AREA[where]
    written = WORD["own"] if where == "parent" else word  # no note lies in a ward: only what the office makes does
    sent: list[dict[str, Any]] = [note(area=group, text=f"Ngõ {written} ngập") for _ in range(2)]
    said = opinion(area=cluster, text=f"Hỏi {written} một cửa")
    assert await phone.push("notes", *sent, said) == []
    photo = str(uuid.uuid4())
    row = {"id": photo, "note": sent[1]["id"], "claim_hash": "x", "sha256": "x", "size": 3, "type": "image/jpeg"}
    name = uuid.uuid4().hex
    for key in photos.object_names(name):
        await media().put(key, word.encode())
    seer = Viewer("", "", "reader", EVERYWHERE)
    officer = Viewer("", "", "officer", EVERYWHERE)
    async with writing() as w:
        await w.conn.insert(Photo, [row | {"state": "stored", "created_at": w.now, "name": name}])
        await w.conn.fetch("UPDATE notes SET photos = $2 WHERE id = $1", sent[1]["id"], f'["{photo}"]')
        number = await issues.open_new(w, seer, {sent[1]["id"]: 1}, f"Ngập {word}")
    async with writing() as w:
        await issues.confirm(w, seer, number, 1, f"Ngập {word}", f"Tóm tắt {word}")
        await w.conn.fetch("UPDATE issues SET area = $2, unit = $3 WHERE number = $1", number, area, unit)
        for table, column in (
            ("issues", "number"),
            ("issue_months", "issue"),
            ("issue_events", "issue"),
            ("notes", "issue"),
        ):
            await w.conn.fetch(f"UPDATE {table} SET {column} = {column} + {FIRST} WHERE {column} = $1", number)
    number += FIRST
    words = Words(
        areas=(area,), title=f"Thông báo {word}", text="Sẽ thông cống", valid_from="2026-01-01", valid_to="2099-01-01"
    )
    async with writing() as w:
        notice = await notices.draft(w, officer, words)
    if where == "parent":
        return Things(MISSING, MISSING, MISSING, notice, number, area)
    return Things(sent[0]["id"], said["id"], photo, notice, number, area)
