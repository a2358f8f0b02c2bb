"""A note with a photo whose row has gone ahead: its bytes are still to come."""

import os
from typing import Any

from storage import uploads
from town import FieldPhone, note, photo_row

DATA = os.urandom(700_000)


async def announced(phone: FieldPhone, data: bytes = DATA, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    sent = note(**fields)
    row = photo_row(sent, data)
    sent["photos"] = [row["id"]]
    answer = await phone.batch(push={"notes": [sent], "photos": [row]})
    assert "push" not in answer, answer
    assert answer["uploads"] == [{"photo_id": row["id"], "offset": 0}]
    return sent, row


async def writer_at(photo: str, offset: int) -> uploads.Writer:
    state = await uploads.look(photo)
    assert state is not None
    return uploads.Writer(state, offset)


async def state_of(phone: FieldPhone, photo: str) -> dict[str, Any]:
    await phone.batch(pull=["photos"])
    return phone.documents["photos"][photo]
