"""Phones at the panel: who sees them, an end at once, codes on screen and on paper that really enrol."""

import re

from cast import BINH, HOA, LAN, MINH, NGOC
from panel import PanelPage, signed_in
from storage import clock, devices, people, second_factor
from storage.database import reading
from town import Town

AT = "/panel/phones"


async def ids(*logins: str) -> list[str]:
    found = [await people.by_login(login) for login in logins]
    return [one.id for one in found if one is not None]


async def test_a_phone_is_seen_by_the_day_and_revoked_at_once(town: Town) -> None:
    lan, _, ngoc = await town.enrol(LAN), await town.enrol(MINH), await town.enrol(NGOC)
    for _ in range(2):
        await devices.note_behind(lan.enrolled["device_id"])
    async with signed_in(town, BINH) as binh:
        page = await binh.see(AT)
        shown = clock.local_day(clock.now()).strftime("%d/%m/%Y")
        assert shown in page.text and "hai nơi" in page.text and "ngoc" not in page.text
        assert page.text.index("lan") < page.text.index("minh")
        done = await binh.send(page, f"{AT}/{lan.enrolled['device_id']}/revoke")
        assert "Đã thu hồi" in done.text
        answer = await town.http.post("/v1/sync", json={"v": 1}, headers=lan.headers)
        assert answer.json()["code"] == "revoked"
        token = dict(page.form("/panel/sign-out").fields)["csrf"]
        foreign = await binh.http.post(f"{AT}/{ngoc.enrolled['device_id']}/revoke", data={"csrf": token})
        assert foreign.status_code == 404
        for path, field in ((f"{AT}/code", "account"), (f"{AT}/sheet", "account")):
            answer = await binh.http.post(path, data={"csrf": token, field: (await ids("ngoc"))[0]})
            assert answer.status_code == 404
    assert (await town.http.post("/v1/sync", json={"v": 1}, headers=ngoc.headers)).status_code == 200


async def test_a_silent_phone_is_found(town: Town) -> None:
    lan = await town.enrol(LAN)
    await town.enrol(HOA)
    now = clock.now()
    before = clock._source
    clock.move(lambda: now + 8 * clock.DAY_MS)
    try:
        hoa = await town.enrol(HOA)
        async with signed_in(town, BINH) as binh:
            page = await binh.see(f"{AT}?state=silent")
            assert f"/panel/phones/{lan.enrolled['device_id']}/revoke" in page.html
            assert hoa.enrolled["device_id"] not in page.html
    finally:
        clock.move(before)


def codes(page: PanelPage, pattern: str) -> list[str]:
    return re.findall(pattern, page.html)


async def test_a_code_on_the_screen_enrols_a_phone(town: Town) -> None:
    async with signed_in(town, BINH) as binh:
        account = (await ids("lan"))[0]
        page = await binh.see(f"/panel/accounts/{account}")
        shown = await binh.send(page, f"{AT}/code")
        assert "<svg" in shown.html
        (code,) = codes(shown, r'<code class="secret big">([^<]+)<')
    answer = await town.http.post("/v1/enrol", json={"code": code, "platform": "android"})
    assert answer.json()["account"]["id"] == account


async def test_a_sheet_enrols_with_its_digits_only(town: Town) -> None:
    async with signed_in(town, BINH) as binh:
        chosen = await ids("lan", "minh", "hoa")
        sheet = await binh.send(await binh.see(AT), f"{AT}/sheet", account=chosen)
        slips = codes(sheet, r'<p class="secret">([^<]+)<')
        digits = codes(sheet, r'<code class="secret">(\d{4})<')
        assert len(slips) == len(digits) == sheet.html.count("<svg") == 3
        first, second = sheet.html.index('class="sheet"'), sheet.html.index('class="digits"')
        assert first < second and not any(re.search(rf"\b{one}\b", sheet.html[first:second]) for one in digits)
    without = await town.http.post("/v1/enrol", json={"code": slips[0]})
    assert without.json()["code"] == "code_word"
    enrolled = await town.http.post("/v1/enrol", json={"code": slips[0], "word": digits[0]})
    assert enrolled.json()["account"]["id"] == chosen[0]
    assert (await town.http.post("/v1/enrol", json={"code": slips[1], "word": digits[2]})).status_code != 200
    async with reading() as conn:
        made = await conn.fetch("SELECT subject FROM audit WHERE action = 'device.code' ORDER BY n")
    assert [row["subject"] for row in made] == ["lan", "minh", "hoa"]


async def test_a_second_factor_leaves_its_trace(town: Town) -> None:
    (mai,) = await ids("mai")
    secret = b"0123456789abcdef0123"
    assert await second_factor.turn_on(mai, secret, second_factor.code_at(secret, clock.now()))
    await second_factor.renew_codes(mai)
    await second_factor.turn_off(mai)
    async with reading() as conn:
        rows = await conn.fetch("SELECT action, subject, actor FROM audit WHERE subject = 'mai' ORDER BY n")
    acts = [(row["action"], row["actor"]) for row in rows if row["action"].startswith("account.")]
    assert acts[-3:] == [("account.second_on", mai), ("account.codes", mai), ("account.second_off", mai)]
