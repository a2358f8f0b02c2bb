"""PostgreSQL itself ends a COMMIT here, by a trigger at its end: what officials and phones then see, and what is stored."""

import pytest

from cast import LAN, MINH, TUAN
from panel import Official, PanelPage, note_row, signed_in
from storage.again import TRIES, again
from storage.changes import writing
from storage.database import reading
from storage.notes import Raced
from town import Town, note
from trail import trail

pytestmark = pytest.mark.parametrize("kind", ["production"], indirect=True)
SERIALIZATION, SHUTDOWN, DISK_FULL, BROKEN = "40001", "57P01", "53100", "XX000"


async def arm(state: str, times: int) -> None:
    """The next `times` transactions that publish anything end at their COMMIT with this SQLSTATE. A sequence is not
    rolled back, so it counts them."""
    async with writing() as w:
        for sql in (
            "DROP TRIGGER IF EXISTS give_way ON log",
            "DROP SEQUENCE IF EXISTS gave_way",
            "CREATE SEQUENCE gave_way",
            f"""CREATE OR REPLACE FUNCTION give_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('gave_way') <= {times} THEN RAISE EXCEPTION 'planted' USING ERRCODE = '{state}'; END IF;
              RETURN NULL; END $$""",
            """CREATE CONSTRAINT TRIGGER give_way AFTER INSERT OR UPDATE ON log DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW EXECUTE FUNCTION give_way()""",
        ):
            await w.conn.fetch(sql)


async def met() -> int:
    async with reading() as conn:
        return int((await conn.fetch("SELECT last_value FROM gave_way"))[0]["last_value"])


async def acts() -> list[str]:
    rows, _ = await trail()
    return [row["action"] for row in rows if not row["action"].startswith("read.")]


async def clear(official: Official, page: PanelPage, id: str) -> PanelPage:
    return await official.send(page, f"/panel/desk/{id}/clear")


async def test_an_act_that_had_to_give_way_is_done_once_without_a_word(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        before = await acts()
        await arm(SERIALIZATION, TRIES - 1)
        assert (await clear(tuan, page, sent["id"])).status == 200
        assert await met() >= TRIES
    row = await note_row(sent["id"])
    assert (row["status"], row["rev"]) == ("cleared", 2)
    assert len(await acts()) == len(before) + 1, "one act in the trail, however often it was tried"


async def test_a_push_that_had_to_give_way_is_stored_once(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = [note(), note()]
    await arm(SERIALIZATION, TRIES - 1)
    assert await lan.push("notes", *sent) == []
    assert await met() >= TRIES
    assert [(await note_row(one["id"]))["rev"] for one in sent] == [1, 1]


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        (SERIALIZATION, 503, "Nhiều người cùng sửa một lúc"),
        (SHUTDOWN, 503, "Máy chủ đang tạm nghỉ"),
        (DISK_FULL, 507, "Máy chủ hết chỗ chứa"),
        (BROKEN, 500, "Máy chủ gặp lỗi"),
    ],
)
async def test_what_cannot_be_done_is_said_on_a_page_and_nothing_is_saved(
    town: Town, state: str, status: int, said: str
) -> None:
    minh = await town.enrol(MINH)
    sent = note(area="11455-T02")
    await minh.push("notes", sent)
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        before = await acts()
        await arm(state, 1_000)
        shown = await clear(tuan, page, sent["id"])
        assert (shown.status, shown.answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert said in shown.text and "chưa lưu gì cả" in shown.text, shown.text
        assert await met() == (TRIES if state == SERIALIZATION else 1), "only what gave way is tried again"
        assert (await note_row(sent["id"]))["status"] == "received" and await acts() == before
        await arm(state, 0)
        assert (await clear(tuan, page, sent["id"])).status == 200, "the same page can be sent again"


async def test_what_is_durable_already_is_never_done_twice(town: Town) -> None:
    done = []

    async def work() -> None:
        async with writing():
            done.append("committed")
        raise Raced

    with pytest.raises(Raced):
        await again(work)
    assert done == ["committed"]
    done.clear()

    async def late() -> str:
        done.append("tried")
        if len(done) < TRIES:
            raise Raced
        return "done"

    assert await again(late) == "done" and len(done) == TRIES
