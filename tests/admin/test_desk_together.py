"""Several readers at one desk: who has a note open, what a clash tells, what news must not keep alive."""

import pytest

from admin.access import LIVE
from cast import LAN, PHUC, TUAN, Person
from panel import Official, note_row, signed_in
from storage import clock, erase, openings, people
from storage.changes import writing
from storage.database import reading
from storage.sessions import IDLE_MS
from town import Town, note

NGA = Person("nga", "reader", ("11455",))


async def open_notes() -> list[tuple[str, str]]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT note, account FROM openings ORDER BY note")
    return [(row["note"], row["account"]) for row in rows]


async def head(stream: str = "w:11455") -> int:
    async with reading() as conn:
        return int((await conn.fetch("SELECT head FROM streams WHERE name = $1", stream))[0]["head"])


async def test_an_open_note_is_said_to_others_and_ends_by_itself(town: Town) -> None:
    await people.create(NGA.login, NGA.role, NGA.areas, password=NGA.password)
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    at = f"/panel/desk/{sent['id']}"
    async with signed_in(town, TUAN) as tuan, signed_in(town, NGA) as nga:
        before = await head()
        await tuan.see(at)
        assert await head() > before, "the other desks look again"
        for path in ("/panel/desk", "/panel/desk/groups"):
            assert "đang mở bởi tuan" in (await nga.see(path)).text, path
            assert "đang mở bởi" not in (await tuan.http.get(path, headers={LIVE: "1"})).text, "not one's own"
        assert "tuan đang mở ghi chú này" in (await nga.see(at)).text
        assert len(await open_notes()) == 1, "who comes second does not take it over"
        assert (await erase.due(clock.now() + openings.OPEN_MS + 1))["openings"] == 1
        await tuan.see("/panel/desk")
        assert await open_notes() == [], "back at the list nothing is open"
        await tuan.see(at)
        await tuan.send(await tuan.see(at), f"{at}/clear")
        assert await open_notes() == [], "nor once it is done with"
        await tuan.see(at)
        async with writing(clock.now() + openings.OPEN_MS + 1) as w:
            assert await openings.of(w.conn, await viewer_of(nga), [sent["id"]], w.now) == {}


async def viewer_of(official: Official) -> object:
    account = await people.by_login(official.person.login)
    assert account is not None
    return openings.Viewer(account.id, official.person.login, official.person.role, official.person.areas)


async def test_a_page_that_stays_open_says_so_and_only_for_its_own_ward(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan, signed_in(town, PHUC) as phuc:
        page = await tuan.see(f"/panel/desk/{sent['id']}")
        (held,) = [given["data-hold"] for tag, given in page.elements if tag == "main"]
        token = dict(page.form(f"/panel/desk/{sent['id']}/clear").fields)["csrf"]
        assert (await tuan.http.post(held, data={"csrf": token})).status_code == 204
        assert (await tuan.http.post(held, data={})).status_code == 403
        token = dict((await phuc.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        assert (await phuc.http.post(held, data={"csrf": token})).status_code == 404


async def test_looking_by_itself_keeps_no_sign_in_alive(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        began = clock.now()
        await tuan.see("/panel/desk")
        try:
            for minutes in range(5, 31, 5):
                clock.move(lambda at=began + minutes * 60_000: at)
                answer = await tuan.http.get("/panel/desk", headers={LIVE: "1"})
                assert answer.status_code == (200 if minutes * 60_000 < IDLE_MS else 303), minutes
        finally:
            clock.move(clock.system)


@pytest.mark.parametrize(
    ("between", "said"),
    [
        ("clear", "sang ngăn “Chờ gom”"),
        ("redirect", "đã chuyển kênh chính thức, nội dung đã xoá"),
        ("ask", "Ghi chú đã được hỏi lại"),
        ("rewrite", "Nội dung đã được sửa"),
        ("phone", "Điện thoại vừa gửi thêm thay đổi"),
        ("group", "Ghi chú đã được gom vào vấn đề #1"),
    ],
)
async def test_a_clash_says_what_changed_and_who_did_it(town: Town, between: str, said: str) -> None:
    await people.create(NGA.login, NGA.role, NGA.areas, password=NGA.password)
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    at = f"/panel/desk/{sent['id']}"
    async with signed_in(town, TUAN) as tuan, signed_in(town, NGA) as nga:
        desk = await tuan.see("/panel/desk")
        await tuan.send(desk, "/panel/desk/group", at=f"{at}/open")
        stale = await tuan.see(at)
        if between == "phone":
            await lan.push("notes", sent | {"text": "Nước vẫn chưa rút"})
        elif between == "group":
            await nga.send(await nga.see(at), "/panel/desk/group", into="new", title="Ngập ngõ")
        else:
            words = {"rewrite": {"text": "Ngõ ngập"}, "ask": {"question": "Từ bao giờ?"}}.get(between, {})
            await nga.send(await nga.see(at), f"{at}/{between}", **words)
        before = await note_row(sent["id"])
        page = await tuan.send(stale, f"{at}/ask", question="Ngập tới đâu?")
        assert page.status == 409 and "vừa thay đổi" in page.text
        changes = page.html.partition('<ul class="changed">')[2].partition("</ul>")[0]
        assert said in changes
        assert ("Người làm: nga" in changes) is (between != "phone")
        if between not in ("redirect", "group"):
            assert dict(page.form(f"{at}/ask").fields)["question"] == "Ngập tới đâu?"
        assert await note_row(sent["id"]) == before, "nothing was written"
