"""The lists a ward keeps itself: what is saved at the panel is what phones get and what both sides' text cleaning uses."""

from typing import Any

import pytest

from admin import sheets
from admin.topics import COLUMNS, judged
from areas_changed import day
from cast import BINH, LAN, NGOC, Person
from panel import Official, PanelPage, signed_in
from storage import clock, people, terms
from storage.catalogue import catalogue
from storage.database import reading
from sync import mask
from sync.lanes import shipped_topics
from town import FieldPhone, Town

CITY = Person("thanh-pho", "administrator", ("31",))
PULLED = ("topics", "places", "doors", "settings")


async def send(official: Official, at: str, action: str = "", **values: Any) -> PanelPage:
    page = await official.see(at)
    return await official.send(page, action or at.split("?", maxsplit=1)[0], **values)


async def synced(phone: FieldPhone) -> dict[str, dict[str, dict[str, Any]]]:
    await phone.batch(pull=PULLED)
    return phone.documents


async def test_a_place_gets_another_name_and_keeps_the_old_one(town: Town) -> None:
    lan = await town.enrol(LAN)
    before = (await synced(lan))["places"]
    id = next(id for id, one in before.items() if one["name"] == "Đường Nguyễn Hữu Cầu")
    async with signed_in(town, BINH) as binh:
        at = f"/panel/places?edit={id}"
        assert (await send(binh, at, name="Số nhà 12 ngõ 5 đường Lý Thánh Tông", sure="")).status == 422
        done = await send(binh, at, name="Đường Suối Rồng", others="NHC")
        assert "Đã lưu" in done.text
        assert (await send(binh, at, area="11737-T01")).status == 422
        foreign = await binh.see("/panel/places?edit=00000000-0000-4000-8000-000000000000")
        assert foreign.status == 404
        await send(binh, "/panel/places", name="Chợ Cầu Vồng", kind="market", area="11455-T03")
        await send(binh, at, retired="1")
    after = (await synced(lan))["places"]
    assert after[id]["_deleted"] is True
    assert "Chợ Cầu Vồng" in {one.get("name") for one in after.values()}
    async with reading() as conn:
        (row,) = await conn.fetch("SELECT name, aliases FROM places WHERE id = $1", id)
    assert row["name"] == "Đường Suối Rồng" and "Đường Nguyễn Hữu Cầu" in row["aliases"]


async def test_a_name_on_the_list_is_masked_by_neither_side(town: Town) -> None:
    text = "Nước chảy yếu ở cuối bà Trần Thị Mến, gần chợ"
    lan, ngoc = await town.enrol(LAN), await town.enrol(NGOC)
    names = (await synced(lan))["settings"]["ward:11455"]["names"]
    assert "Bà Đế" in names, "the shipped list reaches phones from the start"
    assert "Trần Thị Mến" in text and mask.clean(text, (await catalogue()).gazetteer("11455")).text != text
    async with signed_in(town, BINH) as binh:
        assert (await send(binh, "/panel/names", names="Nhà số 5")).status == 422
        assert "Đã lưu" in (await send(binh, "/panel/names", names="Trần Thị Mến\nĐền Nghè")).text
        assert mask.clean(text, (await catalogue()).gazetteer("11455")).text == text
        assert mask.clean(text, (await catalogue()).gazetteer("11737")).text != text, (
            "another ward's texts are not touched"
        )
        assert "Trần Thị Mến" in (await synced(lan))["settings"]["ward:11455"]["names"]
        assert "ward:11455" not in (await synced(ngoc)).get("settings", {})
        page = await binh.see("/panel/names")
        forms = [form for form in page.forms if form.action == "/panel/names/drop"]
        async with reading() as conn:
            (row,) = await conn.fetch("SELECT id FROM gazetteer WHERE name = 'Trần Thị Mến'")
        mine = next(form for form in forms if ("id", row["id"]) in form.fields)
        await binh.http.post("/panel/names/drop", data=dict(mine.fields))
    assert mask.clean(text, (await catalogue()).gazetteer("11455")).text != text
    assert "Trần Thị Mến" not in (await synced(lan))["settings"]["ward:11455"]["names"]


async def test_short_forms_of_a_ward(town: Town) -> None:
    async def means(ward: str, typed: str) -> str:
        return (await catalogue()).synonyms(ward).written_out.get(typed, "")

    async with signed_in(town, BINH) as binh:
        at = "/panel/synonyms"
        for short, long in (
            ("t d p", "tổ"),
            ("12", "mười hai"),
            ("ltt", "LTT"),
            ("ltt", "lý-thánh"),
            ("x" * 21, "dài"),
        ):
            assert (await send(binh, at, short=short, long=long)).status == 422, (short, long)
        named = await send(binh, at, short="nvb", long="ông Nguyễn Văn Bảy")
        assert named.status == 422 and "Nguyễn Văn Bảy" in named.html and await means("11455", "nvb") == ""
        assert "Đã lưu" in (await send(binh, at, short=" ĐCT ", long="Đèn  chiếu Tối")).text
        assert await means("11455", "dct") == await means("11455", "đct") == "den chieu toi"
        assert await means("11737", "dct") == "", "another ward types its own"
        # a shipped one gets another meaning, is withdrawn, put back, and given its old meaning again
        await send(binh, f"{at}?edit=kv", long="kho vật tư")
        assert await means("11455", "kv") == "kho vat tu" and await means("11737", "kv") == "khu vuc"
        page = await binh.see(at)
        assert "thay cho “khu vực”" in page.text
        (form,) = [one for one in page.forms if ("short", "kv") in one.fields]
        gone = await binh.http.post(form.action, data=dict(form.filled(do="withdraw")))
        assert gone.status_code == 303 and await means("11455", "kv") == ""
        assert (await binh.http.post(form.action, data=dict(form.filled(do="withdraw")))).status_code == 409
        assert (await binh.http.post(form.action, data=dict(form.filled(do="back", short="qz")))).status_code == 404
        assert "Dùng lại" in (await binh.see(at)).text
        await binh.http.post(form.action, data=dict(form.filled(do="back")))
        assert await means("11455", "kv") == "kho vat tu"
        await send(binh, f"{at}?edit=kv", long="khu vực")
        assert await means("11455", "kv") == "khu vuc"
        assert (await send(binh, at, ward="11737", short="abc", long="an")).status == 404
    async with reading() as conn:
        (own,) = await conn.fetch("SELECT id FROM synonyms")
        acts = await conn.fetch("SELECT action, subject, area FROM audit WHERE action LIKE 'data.synonym%' ORDER BY n")
    assert own["id"] == "11455:đct", "what is as everywhere has no row"
    said = [(row["action"].removeprefix("data.synonym"), row["subject"], row["area"]) for row in acts]
    assert said == [("", "đct", "11455"), *(("" + act, "kv", "11455") for act in ("", "_gone", "_back", ""))]


async def test_a_matter_keeps_a_door(town: Town) -> None:
    lan = await town.enrol(LAN)
    fire = [id for id, one in (await synced(lan))["doors"].items() if "D.4" in one["for"]]
    async with signed_in(town, BINH) as binh:
        for id in fire[:-1]:
            assert (await send(binh, f"/panel/doors?edit={id}", retired="1")).status == 200
        last = await send(binh, f"/panel/doors?edit={fire[-1]}", retired="1")
        assert last.status == 409 and "không còn kênh" in last.text
        values = {
            "name": "Đội chữa cháy Vạn Hương",
            "ward": "11455",
            "topic": "D.4",
            "how_vi": "Gọi ngay.",
            "how_en": "Call.",
        }
        assert (await send(binh, "/panel/doors", **values, call="bà Tư")).status == 422
        assert (await send(binh, "/panel/doors", **values | {"ward": "11737"})).status == 422
        await send(binh, "/panel/doors", **values, call="0225 114")
        assert (await send(binh, f"/panel/doors?edit={fire[-1]}", retired="1")).status == 200
    doors = (await synced(lan))["doors"]
    assert [one["name"] for one in doors.values() if "D.4" in one.get("for", ()) and not one["_deleted"]] == [
        "Đội chữa cháy Vạn Hương"
    ]


async def test_term_script_and_days_off_of_a_ward(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, BINH) as binh:
        assert (await send(binh, "/panel/ward", days="0")).status == 422
        warned = await send(binh, "/panel/ward", days="3", script_vi="Gọi ông Nguyễn Văn Bảy 0912345678")
        assert warned.status == 422 and "0912345678" not in (await synced(lan))["settings"]["ward:11455"].get(
            "script", ""
        )
        await send(binh, "/panel/ward", days="3", script_vi="Hỏi thăm trước, ghi sau.", script_en="")
        assert (await send(binh, "/panel/ward", "/panel/ward/day", day=day(2), vi="Hội làng")).status == 422
        holiday = "2099-03-04"  # no day off of all
        await send(binh, "/panel/ward", "/panel/ward/day", day=holiday, vi="Hội chọi trâu", do="save")
        assert (await binh.see("/panel/ward?ward=11737")).status == 404
        async with reading() as conn:
            assert await terms.days(conn, "11455") == 3 and await terms.days(conn, "11737") == terms.TERM_DAYS
            assert holiday in (await terms.calendar(conn, "11455")).off
            assert holiday not in (await terms.calendar(conn, "11737")).off
        assert (await synced(lan))["settings"]["ward:11455"]["script"]["vi"] == "Hỏi thăm trước, ghi sau."
        await send(binh, "/panel/ward", "/panel/ward/day", day=holiday, vi="x", do="drop")
    async with reading() as conn:
        assert holiday not in (await terms.calendar(conn, "11455")).off
        acts = [
            row["action"] for row in await conn.fetch("SELECT action FROM audit WHERE action LIKE 'data.%' ORDER BY n")
        ]
    assert acts[-3:] == ["data.ward", "data.holiday", "data.holiday"] and clock.now()


SHEET = """type,category,code
Question,Waste collection,When is it collected
Suggestion,Traffic and lighting,Speed bumps
Rumour,Cyclone season,Evacuation
"""


async def test_topics_are_changed_by_who_answers_for_all_of_them(town: Town) -> None:
    lan = await town.enrol(LAN)
    await people.create(CITY.login, CITY.role, CITY.areas, password="x")
    async with signed_in(town, BINH) as binh:
        page = await binh.see("/panel/topics")
        token = dict(page.form("/panel/sign-out").fields)["csrf"]
        answer = await binh.http.post("/panel/topics/10.1", data={"csrf": token, "vi": "Khác", "en": "Other"})
        assert answer.status_code == 409, "the topics of other wards too"
    async with signed_in(town, CITY) as city:
        for vi in ("Phần tử xấu", "Thái độ thù địch"):
            assert (await send(city, "/panel/topics", "/panel/topics/add", vi=vi, en="x", parent="10")).status == 422
        await send(city, "/panel/topics", "/panel/topics/add", vi="Giếng khoan", en="Wells", parent="10")
        await send(city, "/panel/topics?edit=10.2", "/panel/topics/10.2", retired="1", successor="10.1")
        wrong = await send(city, "/panel/topics?edit=10.3", "/panel/topics/10.3", retired="1", successor="01.1")
        assert wrong.status == 409
        page = await city.see("/panel/topics/import")
        token = dict(page.form("/panel/topics/import").fields)["csrf"]
        sent = await city.http.post(
            "/panel/topics/import", data={"csrf": token}, files={"file": ("ma.csv", SHEET.encode())}
        )
        shown = PanelPage(sent)
        assert "20 Waste collection" in shown.text and "20" not in (await catalogue()).topics
        assert "Đã lưu" in (await city.send(shown, "/panel/topics/import", do="apply")).text
    topics = (await synced(lan))["topics"]
    assert topics["10.5"]["name"]["vi"] == "Giếng khoan" and topics["10.5"]["lanes"] == topics["10.1"]["lanes"]
    assert topics["10.2"]["retired"] and topics["10.2"]["successor"] == "10.1"
    assert set(topics["20"]["lanes"].values()) == {"opinion"}


def coded(text: str) -> tuple[list[Any], list[str]]:
    lines = sheets.read(f"type,category,code\n{text}".encode(), "a.csv", COLUMNS, tuple(COLUMNS))
    added = judged(lines, shipped_topics())
    return added, [fault.key.rpartition(".")[2] for line in lines for fault in line.faults]


def test_a_category_that_is_a_topic_gives_its_lanes() -> None:
    added, faults = coded(
        "Question,Drainage; water; power,Wells\n".replace(";", " ") + "Thanks,Giao thông,Vạch kẻ đường\n"
    )
    assert faults == []
    below = [one for one in added if one.parent]
    known = shipped_topics()
    for one in below:
        if one.parent in known:
            assert one.lanes == known[one.parent].lanes
        else:
            assert set(one.lanes.values()) == {"opinion"}
    again, _ = coded("Question,Waste collection,A\nquestion,waste  COLLECTION,a\n")
    assert [one.code for one in again] == ["20", "20.1"], "a code is there once"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Gossip,Waste,When", "feedback_type"),
        ("Question,,When", "name"),
        ("Concern,Hostile groups,Leaders", "topic_never"),
        ("Question,Waste,Đối tượng chống đối", "topic_never"),
        ("Complaint,Sexual exploitation,Report", "topic_door"),
        ("Câu hỏi,Tố cáo cán bộ,x", "topic_door"),
    ],
)
def test_what_is_no_topic_of_notes(row: str, fault: str) -> None:
    added, faults = coded(row + "\n")
    assert added == [] and fault in faults
