"""Stored notes: the documents phones pull are the masters they are answered with."""

import uuid

import msgspec

from cast import LAN
from storage import notes
from storage.changes import writing
from storage.database import reading
from sync.note import master
from town import Town, note, opinion


async def test_pulled_documents_are_the_masters_of_held_notes(town: Town) -> None:
    lan = await town.enrol(LAN)
    await lan.batch(pull=["places"])
    place = next(iter(lan.documents["places"]))
    photo = str(uuid.uuid4())
    sent = [
        note(day="2026-11-20", place=place, urgent=True, reach="many", captured_at=1795000000000, photos=[photo]),
        note(),
        note(text=None, photos=[str(uuid.uuid4())]),
        opinion(kind="rumour", topic="08.2", week="2026-W47", heard_via="market"),
    ]
    assert await lan.push("notes", *sent) == []
    await lan.push("notes", sent[1] | {"_deleted": True})
    async with writing() as w:
        sql = "UPDATE notes SET status = 'needs_detail', ask = 'Ở ngõ nào?', amendments = 2, issue = 7 WHERE id = $1"
        await w.conn.fetch(sql, sent[0]["id"])
    ids = [row["id"] for row in sent]
    async with reading() as conn:
        held = await notes.known(conn, ids, hold=False)
        documents = msgspec.to_builtins(await notes.documents(conn, ids))
        assert documents == {id: master(one) for id, one in held.items()}
        assert len(held) == 4
