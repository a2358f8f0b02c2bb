"""Search: diacritics and short forms, who finds what, what nobody can list or count (S13), what the eraser leaves (S12)."""

import re
from typing import Any

from cast import BINH, LAN, MAI, NGOC, PHUC, SON, TUAN
from forgetting import Time, desk, gone
from panel import Official, PanelPage, confirmed, grouped, note_row, opinions, signed_in
from storage import clock, search, search_index
from storage.changes import writing
from storage.database import reading
from town import Town, note
from trail import trail


async def look(official: Official, q: str, **filters: str) -> PanelPage:
    await search_index.follow()
    params = {"q": q} | filters
    return PanelPage(await official.http.get("/panel/search", params=params))


def hits(page: PanelPage) -> list[str]:
    return re.findall(
        r'<a (?:class="text" )?href="(/panel/(?:issues/|desk/|notices)[^"]*)"', page.html.partition('id="found"')[2]
    )


async def place_issue(official: Official, phone: Any, title: str, summary: str, n: int = 1, **fields: Any) -> int:
    sent = [note(**fields) for _ in range(n)]
    await phone.push("notes", *sent)
    number = await grouped(official, [one["id"] for one in sent], title)
    await confirmed(official, number, summary)
    return number


async def test_diacritics_short_forms_beginnings_and_what_comes_first(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        sewer = await place_issue(tuan, lan, "Đường Lý Thánh Tông ngập", "Cống tắc ở tổ dân phố 3.")
        near = await place_issue(tuan, lan, "Ngấp nghé miệng hố", "Đg hẹp, TDP kêu.")
        for typed in ("duong ngap", "ĐƯỜNG NGẬP", "ngập lý thánh", "ly thanh t", "đường"):
            assert f"/panel/issues/{sewer}" in hits(await look(mai, typed)), typed
        assert hits(await look(mai, "ngập"))[:2] == [f"/panel/issues/{sewer}", f"/panel/issues/{near}"], "exact first"
        assert hits(await look(mai, "ngấp")) == [f"/panel/issues/{near}", f"/panel/issues/{sewer}"]
        assert hits(await look(mai, "ngap"))[0] == f"/panel/issues/{near}", "else the newest"
        for typed in ("tdp", "tổ dân phố", "to dan pho", "đường", "dg"):
            assert set(hits(await look(mai, typed))) == {f"/panel/issues/{sewer}", f"/panel/issues/{near}"}, typed
        assert hits(await look(mai, "ltt")) == []
        async with signed_in(town, BINH) as binh:
            form = await binh.see("/panel/synonyms")
            await binh.send(form, "/panel/synonyms", short="LTT", long="Lý Thánh Tông", sure="1")
        page = await look(mai, "ltt")
        assert hits(page) == [f"/panel/issues/{sewer}"], "the list may be changed at any time"
        assert page.html.count('<mark class="hit">Lý</mark>') == 1
        for odd in (
            '" OR 1',
            "a' | b",
            "NEAR(x y)",
            "*",
            "(",
            "&",
            "\\",
            "=ngap",
            "#note",
            "@11455",
            "x" * 500,
            "%00",
            "😀😀",
        ):
            assert (await look(mai, odd)).status == 200, odd
        empty = await look(mai, "qzkhongco", area="11455-K1")
        assert "Không thấy gì khớp với “qzkhongco”" in empty.text and "/panel/search?q=qzkhongco" in empty.links


async def test_an_xss_in_what_is_found_or_typed_stays_text(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan:
        await place_issue(tuan, lan, "<img src=x onerror=alert(1)> ngập", "<b>ngập</b> & ngập")
        page = await look(tuan, "ngap <script>alert(1)</script>")
        page2 = await look(tuan, "ngap")
        for html in (page.html, page2.html):
            assert "<img src=x" not in html and "<script>alert" not in html and "<b>" not in html
        assert "&lt;img src=x" in page2.html and '&lt;b&gt;<mark class="hit">ngập</mark>' in page2.html


async def test_who_finds_what(town: Town) -> None:
    lan, ngoc = await town.enrol(LAN), await town.enrol(NGOC)
    there = note(area="11737-T01", text="Cống qzmot tắc")
    waiting = note(text="Đèn qzmot hỏng")
    await ngoc.push("notes", there)
    few = await opinions(town, 1, 1, 1, text="Một cửa qzmot chậm")
    many = await opinions(town, 2, 2, 2, topic="18.1", text="Họp tổ qzhai ít")
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, SON) as son:
        place = await place_issue(tuan, lan, "Ngập qzmot ngõ", "Nước rút chậm.")
        await lan.push("notes", waiting)
        hidden = await grouped(tuan, few, "Một cửa qzmot")
        await confirmed(tuan, hidden, "Hỏi qzmot.")
        shown = await grouped(tuan, many, "Họp tổ qzhai")
        await confirmed(tuan, shown, "Hỏi lịch qzhai.")
        assert set(hits(await look(tuan, "qzmot"))) == {
            f"/panel/issues/{place}", f"/panel/issues/{hidden}", f"/panel/desk/{waiting['id']}"
        }  # fmt: skip
        assert hits(await look(mai, "qzmot")) == [f"/panel/issues/{place}"], (
            "a hidden issue and notes do not exist here"
        )
        assert hits(await look(mai, "qzhai")) == [f"/panel/issues/{shown}"]
        assert hits(await look(son, "qzmot")) == [] == hits(await look(son, "qzhai")), "a unit finds what it was given"
        page = await tuan.see(f"/panel/issues/{place}")
        unit = page.form(f"/panel/issues/{place}/route").choices["unit"][-1]
        await tuan.send(page, f"/panel/issues/{place}/route", unit=unit, due="2099-01-01")
        assert hits(await look(son, "qzmot")) == [f"/panel/issues/{place}"]
        assert hits(await look(mai, "qzmot", kind="note")) == [f"/panel/issues/{place}"], (
            "there is no such kind for her"
        )
        assert hits(await look(tuan, "qzmot", kind="note")) == [f"/panel/desk/{waiting['id']}"]
        assert hits(await look(tuan, "qzmot", lane="opinion")) == [f"/panel/issues/{hidden}"]
        assert hits(await look(tuan, "qzmot", area="11455-K2")) == []
        assert (await look(tuan, "qzmot", area="11737")).status == 404
        async with signed_in(town, PHUC) as phuc:
            assert hits(await look(phuc, "qzmot")) == [f"/panel/desk/{there['id']}"]
    reads = [row for row in (await trail())[0] if row["action"] == "read.search"]
    assert len(reads) == 3 and all("qzmot" not in str(row) for row in reads), "who read notes, never what was asked"


async def test_answers_and_notices(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai:
        number = await place_issue(tuan, lan, "Ngập ngõ", "Nước rút chậm.")
        page = await tuan.see(f"/panel/issues/{number}")
        form = f"/panel/issues/{number}/answer"
        fields = {"title": "Nạo vét", "text": "Thợ đến qzmot thứ Hai.", "status": "answered", "sure": "1"}
        await tuan.send(page, form, do="draft", **fields)
        assert hits(await look(mai, "tho den qzmot")) == [f"/panel/issues/{number}"]
        page = await tuan.see(f"/panel/issues/{number}")
        await tuan.send(page, form, do="draft", **fields | {"text": "Thợ đến qzhai thứ Ba."})
        assert hits(await look(mai, "qzmot")) == [] and hits(await look(mai, "qzhai")) == [f"/panel/issues/{number}"]
        page = await mai.see("/panel/notices")
        today = clock.local_day(clock.now()).isoformat()
        words = {
            "title": "Cắt điện qzba",
            "text": "Từ 8 giờ.",
            "from": today,
            "to": today,
            "area": "11455",
            "sure": "1",
        }
        assert (await mai.send(page, "/panel/notices", do="publish", **words)).status == 200
        assert hits(await look(mai, "cat dien qzba")) == ["/panel/notices"]
        async with signed_in(town, PHUC) as phuc, signed_in(town, SON) as son:
            assert hits(await look(phuc, "qzba")) == [] == hits(await look(son, "qzba"))


async def test_opinion_notes_cannot_be_listed_or_counted(town: Town) -> None:
    """S13: the officer's and the unit's pages are the same whether three opinion notes hold a word, or none; the first
    reader sees no number, no second page, and nothing for less than two letters."""
    async with signed_in(town, MAI) as mai, signed_in(town, SON) as son, signed_in(town, TUAN) as tuan:
        before = [(await look(one, "qzmot")).html for one in (mai, son)]
        await opinions(town, 9, 9, 9, text="Một cửa qzmot chậm")
        assert [(await look(one, "qzmot")).html for one in (mai, son)] == before
        page = await look(tuan, "qzmot")
        assert len(hits(page)) == search.AT_MOST and "27" not in page.text and "Còn kết quả khác" in page.text
        assert not [link for link in page.links if "page=" in link]
        for short in ("q", "a", "", "m"):
            assert hits(await look(tuan, short)) == []


async def test_scope_stands_inside_the_query(town: Town) -> None:
    """Thirty newer hits of another ward do not push the viewer's own out of the list."""
    lan, ngoc = await town.enrol(LAN), await town.enrol(NGOC)
    own = note(text="Cống qzmot tắc")
    await lan.push("notes", own)
    await ngoc.push("notes", *(note(area="11737-T01", text="Cống qzmot tắc") for _ in range(30)))
    async with signed_in(town, TUAN) as tuan:
        assert hits(await look(tuan, "qzmot")) == [f"/panel/desk/{own['id']}"]


# ---- the eraser -------------------------------------------------------------------------------------------------


async def test_words_leave_the_index_with_the_note(town: Town, time: Time) -> None:
    """In the same statement as the text: rewritten, redirected, confirmed, erased, withdrawn. After an eraser's run they
    are in no table and no file."""
    lan = await town.enrol(LAN)
    sent = [note(text=f"Cống {word} tắc") for word in ("qzmot", "qzhai", "qzba", "qzbon")]
    await lan.push("notes", *sent)
    said = await opinions(town, 2, 2, 2, text="Một cửa qznam chậm")
    await search_index.follow()
    assert "=qzmot" in await index() and "=qznam" in await index()
    async with desk(town, sent[0]["id"]) as (tuan, at):
        await tuan.send(await tuan.see(at), f"{at}/rewrite", text="Cống tắc", sure="1")
        assert "qzmot" not in await index(), "at once, without the index being told"
    async with desk(town, sent[1]["id"]) as (tuan, at):
        await tuan.send(await tuan.see(at), f"{at}/redirect")
        assert "qzhai" not in await index()
    assert await lan.push("notes", sent[2] | {"_deleted": True}) == []
    assert "qzba" not in await index() or (await note_row(sent[2]["id"]))["text"] is not None
    async with signed_in(town, TUAN) as tuan:
        await confirmed(tuan, await grouped(tuan, said))
        assert "qznam" not in await index()
    time.days = 1
    await gone(town, "qzmot", "qzhai", "qzba", "qznam")
    time.days = 364.5
    await gone(town, "qzbon")


async def index() -> str:
    async with reading() as conn:
        return "\n".join(row["words"] for row in await conn.fetch("SELECT words FROM search_texts"))


async def test_the_index_can_be_made_anew(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, TUAN) as tuan:
        number = await place_issue(tuan, lan, "Ngập qzmot", "Nước rút chậm.")
        await lan.push("notes", note(text="Đèn qzmot hỏng"))
        assert len(hits(await look(tuan, "qzmot"))) == 2
        before = sorted((await index()).splitlines())
        async with writing() as w:
            await w.conn.fetch("DELETE FROM search_texts")
        assert hits(await look(tuan, "qzmot")) == []
        await search_index.rebuild()
        assert sorted((await index()).splitlines()) == before and len(hits(await look(tuan, "qzmot"))) == 2
        assert f"/panel/issues/{number}" in hits(await look(tuan, "qzmot"))
