"""For tests of the eraser: time that passes, canaries put in by the real ways, and where they still are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cast import TUAN
from panel import Official, confirmed, grouped, note_row, signed_in
from storage import clock, erase
from storage.bucket import media
from storage.clock import DAY_MS
from storage.database import ALL_TABLES, current, reading
from storage.samples.pictures import sample_photo
from town import FieldPhone, Town, note, photo_row

PHOTO = sample_photo(7, "broken_lamp")


class Time:
    """The server's clock in days after the test began."""

    def __init__(self) -> None:
        self.start = clock.system()
        self.days = 0.0
        clock.move(lambda: self.start + int(self.days * DAY_MS) + (clock.system() - self.start))


async def tables() -> str:
    """Everything all tables hold."""
    found = []
    async with reading() as conn:
        for table in ALL_TABLES:
            rows = await conn.fetch(f'SELECT * FROM "{table._meta.tablename}"')
            found += [f"{table._meta.tablename} {dict(row)}" for row in rows]
    return "\n".join(found)


async def hits(town: Town, *words: str) -> list[str]:
    """Where these words still are: lines of tables, objects, files of the database and beside it."""
    found = [line[:200] for line in (await tables()).splitlines() if any(word in line for word in words)]
    for key in await media().keys(""):
        data = (await media().get(key) or b"") + key.encode()
        found += [key for word in words if word.encode() in data]
    if current().dialect == "sqlite":
        for path in town.world.data_dir.glob("sotay.db*"):
            data = path.read_bytes()
            found += [f"{path.name}: {word}" for word in words if word.encode() in data]
    return found


async def gone(town: Town, *words: str) -> None:
    """An eraser's run leaves no hit and nothing due."""
    expected = await erase.due()
    done = await erase.erase()
    for counts in (done, expected):
        counts.pop("trail")  # rows of the audit trail follow the words that this very run takes
    assert {name: n for name, n in done.items() if n} == {name: n for name, n in expected.items() if n}
    assert set((await erase.due()).values()) == {0}
    assert await hits(town, *words) == []


async def kept(town: Town, *words: str) -> None:
    """A run at this moment takes none of these words."""
    await erase.erase()
    lines = await tables()
    assert [word for word in words if word not in lines] == []


@asynccontextmanager
async def desk(town: Town, id: str) -> AsyncIterator[tuple[Official, str]]:
    async with signed_in(town, TUAN) as tuan:
        token = dict((await tuan.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        answer = await tuan.http.post(f"/panel/desk/{id}/open", data={"csrf": token})
        assert answer.status_code == 303
        yield tuan, f"/panel/desk/{id}"


async def place_issue(town: Town, id: str) -> tuple[Official, int]:
    async with signed_in(town, TUAN) as tuan:
        number = await grouped(tuan, [id], "Ngập ngõ")
        await confirmed(tuan, number)
        page = await tuan.see(f"/panel/issues/{number}")
        await tuan.send(page, f"/panel/issues/{number}/close", outcome="done")
    assert (await note_row(id))["status"] == "closed"
    return tuan, number


async def with_photo(phone: FieldPhone, *, send: bool = True, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    sent = note(**fields)
    row = photo_row(sent, PHOTO)
    sent["photos"] = [row["id"]]
    answer = await phone.batch(push={"notes": [sent], "photos": [row]})
    assert "push" not in answer, answer["push"]
    if send:
        assert (await phone.tus("PATCH", row["id"], PHOTO, Upload_Offset="0")).status_code == 204
    return sent, row


async def photo_state(id: str) -> str:
    async with reading() as conn:
        return str((await conn.fetch("SELECT state FROM photos WHERE id = $1", id))[0]["state"])
