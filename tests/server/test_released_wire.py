"""R20: what phones of every released version of the wire send is still taken: 0 lost, 0 rejected.

`tests/vectors/wire/<version>.jsonl` is what the app's core of that version put on the line (`tests/support/recorded.py`).
"""

import base64
import json

import pytest

from cast import LAN
from recorded import EDITED, FOLDER, NOTES
from storage.database import reading
from town import Town

RECORDINGS = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in sorted(FOLDER.glob("*.jsonl"))}


def test_there_is_a_recording_of_the_present_version() -> None:
    assert list(RECORDINGS) == ["1"]


@pytest.mark.parametrize("version", RECORDINGS)
async def test_what_a_released_phone_sends_is_taken(town: Town, version: str) -> None:
    lan = await town.enrol(LAN)
    requests = [json.loads(line) for line in RECORDINGS[version]]
    kinds = {(one["method"], one["path"].split("/")[2]) for one in requests}
    assert kinds == {("POST", "sync"), ("HEAD", "uploads"), ("PATCH", "uploads")}
    for one in requests:
        body = base64.b64decode(one["body"])
        answer = await town.http.request(one["method"], one["path"], content=body, headers=one["headers"] | lan.headers)
        assert answer.status_code == one["status"], (one["method"], one["path"], answer.text)
        if one["path"] == "/v1/sync":
            refused = [row for rows in answer.json().get("push", {}).values() for row in rows if "reject" in row]
            assert refused == []
    async with reading() as conn:
        rows = await conn.fetch("SELECT text, status FROM notes WHERE status <> 'withdrawn'")
        gone = await conn.fetch("SELECT id FROM notes WHERE status = 'withdrawn'")
        photos = await conn.fetch("SELECT state FROM photos")
    wanted = {fields["text"] for fields in NOTES[1:4]} | {EDITED}
    assert {row["text"] for row in rows} == wanted and len(gone) == 1
    assert {row["status"] for row in rows} == {"received"}
    assert [row["state"] for row in photos] == ["received"]
