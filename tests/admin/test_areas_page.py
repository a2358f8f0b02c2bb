"""Areas at the panel: shown first, done through ordinary sync, undone again; import by page and by command."""

import asyncio

import pytest

from admin import sheets
from admin.area_import import COLUMNS, REQUIRED, judged
from areas_changed import day
from cast import BINH, LAN, MINH
from panel import Official, PanelPage, signed_in
from storage import area_changes, clock
from storage.area_changes import apply
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.viewer import Clash
from sync import area_change
from sync.area import Area, AreaTree
from sync.area_change import faults
from town import Town, note

AT = "/panel/areas"


async def ask(binh: Official, what: str, *codes: str, names: str = "", parent: str = "") -> PanelPage:
    return await binh.send(await binh.see(AT), AT, what=what, pick=list(codes), names=names, parent=parent)


async def is_open(code: str) -> bool:
    return (await catalogue()).areas_now().is_open(code)


async def test_merged_shown_done_synced_and_undone(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    await lan.batch(pull=("areas",))
    unsent = note()
    async with signed_in(town, BINH) as binh:
        page = await ask(binh, "merge", "11455-T01", "11455-T02", names="Tổ dân phố Vạn Sơn")
        assert "2 tài khoản" in page.text and "lan, minh" in page.text and "2 điện thoại" in page.text
        assert await is_open("11455-T01"), "shown, not done"
        done = await binh.send(page, AT, do="apply")
        assert done.status == 200 and "Đã đổi khu vực" in done.text
        again = await binh.send(page, AT, do="apply")
        assert again.status == 409, "a form of before"
        answer = await lan.batch({"notes": [unsent]}, pull=("areas",))
        assert answer.get("push", {}).get("notes", []) == []
        assert lan.documents["areas"]["11455-T01"]["successors"] == ["11455-T21"]
        assert lan.documents["areas"]["11455-T21"]["name"] == "Tổ dân phố Vạn Sơn"
        assert await minh.push("notes", note(area="11455-T21")) == [], "who held one of them holds the new one"
        board = await binh.see(AT)
        undo = next(link for link in board.links if "/undo/" in link)
        back = await binh.send(await binh.see(undo), undo)
        assert "Đã đổi khu vực" in back.text, back.text
        assert (await binh.see(undo)).status == 409
    await lan.batch(pull=("areas",))
    assert "successors" not in lan.documents["areas"]["11455-T01"]
    assert lan.documents["areas"]["11455-T21"]["successors"] == ["11455-T01", "11455-T02"]
    assert await lan.push("notes", note(area="11455-T21")) == [], "written meanwhile, delivered later"
    async with reading() as conn:
        rows = await conn.fetch("SELECT action FROM audit WHERE action LIKE 'area.%' ORDER BY n")
        assert faults(await area_changes.whole(conn), clock.local_day(clock.now())) == set()
    assert [row["action"] for row in rows] == ["area.merge", "area.undone"]


async def test_what_is_against_the_law_is_said_and_not_done(town: Town) -> None:
    async with signed_in(town, BINH) as binh:
        page = await ask(binh, "move", "11455-T01", "11455-T02", parent="11455-K2")
        assert "dưới 3 tổ" in page.text
        assert not [one for one in page.elements if one[1].get("value") == "apply"]
        sent = await binh.send(page, AT, do="apply")
        assert sent.status == 409 and "dưới 3 tổ" in sent.text, "sent all the same"
        for what, codes in (("merge", ("11455-T01",)), ("split", ("11455-T01",)), ("cluster", ("11455-T01",))):
            assert (await ask(binh, what, *codes, names="Tên")).status == 422
        token = dict(page.form("/panel/sign-out").fields)["csrf"]
        data = {"csrf": token, "what": "rename", "pick": "11737-T01", "names": "Tổ khác"}
        foreign = await binh.http.post(AT, data=data)
        assert foreign.status_code == 404
    assert await is_open("11455-T01") and await is_open("11737-T01")


async def test_two_changes_at_once_do_not_mix(town: Town) -> None:
    world = await catalogue()

    day = clock.local_day(clock.now())

    async def one(name: str) -> str:
        def make(tree: AreaTree) -> list[Area]:
            return area_change.merge(tree, ["11455-T01", "11455-T02"], name, day)

        try:
            async with writing() as w:
                await apply(w, "command", "merge", make, version=world.version)
        except Clash:
            return "clash"
        return "done"

    assert sorted(await asyncio.gather(one("Tổ một"), one("Tổ hai"))) == ["clash", "done"]


TABLE = """Mã,Thuộc,Cấp,Tên
11455-K9,11455,cụm,Cụm Vạn Hương
11455-T41,11455-K9,tổ dân phố,Tổ 41
11455-T42,11455-K9,tổ dân phố,Tổ 42
11455-T43,11455-K9,group,Tổ 43
11455-T01,11455-K1,tổ dân phố,Tổ dân phố Bến Nghiêng
"""


async def test_a_table_of_areas_is_taken_whole_or_not(town: Town) -> None:
    async with signed_in(town, BINH) as binh:
        token = dict((await binh.see(f"{AT}/import")).form(f"{AT}/import").fields)["csrf"]

        async def upload(text: str) -> PanelPage:
            answer = await binh.http.post(
                f"{AT}/import", data={"csrf": token}, files={"file": ("k.csv", text.encode())}
            )
            return PanelPage(answer)

        small = await upload(TABLE.replace("11455-T43,11455-K9,group,Tổ 43\n", ""))
        assert "dưới 3 tổ" in small.text
        wrong = await upload(TABLE.replace("11455-T41,11455-K9", "11455-T41,11455-K8"))
        assert "Không có khu vực 11455-K8" in wrong.text
        moved = await upload(TABLE.replace("11455-T01,11455-K1", "11455-T01,11455-K2"))
        assert "chuyển thì làm ở trang Khu vực" in moved.text
        foreign = await upload("code,parent,level,name\n11737-T01,11737-K1,group,Tổ lạ\n")
        assert "trong phạm vi của bạn" in foreign.text
        head, *rows = TABLE.splitlines()
        for begins, ends in ((day(-1), ""), ("", day(0)), ("", day(-30))):
            dated = [f"{head},Từ ngày,Đến ngày", f"{rows[0]},{begins},{ends}", *(f"{row},," for row in rows[1:])]
            later = await upload("\n".join(dated))
            assert "đến ngày ấy hãy nhập" in later.text, (begins, ends)
        fine = await upload(TABLE)
        assert "4 khu vực mới, 1 khu vực đổi" in fine.text and not await is_open("11455-K9")
        done = await binh.send(fine, f"{AT}/import", do="apply")
        assert "Đã đổi khu vực" in done.text
        assert await is_open("11455-T43")
        undo = next(link for link in (await binh.see(AT)).links if "/undo/" in link)
        await binh.send(await binh.see(undo), undo)
    assert not await is_open("11455-K9")
    assert (await catalogue()).tree.by_code["11455-T01"].name == "Tổ dân phố mẫu 1"


@pytest.mark.parametrize("code", ["11455-T1234", "T01", "11455-X1", "31-T01", ""])
async def test_codes_that_are_none(code: str) -> None:
    lines = sheets.read(f"code,parent,level,name\n{code},11455-K1,group,x\n".encode(), "a.csv", COLUMNS, REQUIRED)
    assert judged(lines, area_change.changed(AreaTree([]), [])) == []
    assert lines[0].faults
