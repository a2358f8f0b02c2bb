"""Accounts at the panel: what an administrator may change, what ends with it, and that an area keeps its administrator."""

import asyncio
from typing import Any

import pytest

from areas_changed import day, today
from cast import BINH, HOA, LAN, MAI, NGOC, TUAN, Person
from panel import MISSING, Official, PanelPage, browser, signed_in
from storage import people, staff
from storage.changes import writing
from storage.database import reading
from storage.viewer import Refused, Viewer
from sync.area import Held
from town import Town

LIST = "/panel/accounts"


async def page_of(official: Official, login: str) -> PanelPage:
    account = await people.by_login(login)
    assert account is not None
    return await official.see(f"{LIST}/{account.id}")


async def send(official: Official, page: PanelPage, act: str = "", **values: Any) -> PanelPage:
    at = page.path.split("?")[0] + act
    return await official.send(page, at, **values)


async def trail() -> list[tuple[str, str]]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT action, subject FROM audit WHERE action NOT LIKE 'signin.%' ORDER BY n")
    return [(row["action"], row["subject"]) for row in rows]


async def test_an_official_is_made_and_signs_in_with_the_password_shown_once(town: Town) -> None:
    async with signed_in(town, BINH) as binh:
        start = await binh.see(LIST)
        bad = await binh.send(start, f"{LIST}/add", login="Bà Tư", role="unit", area="11455")
        assert bad.status == 422 and 'value="Bà Tư"' in bad.html
        foreign = await binh.send(start, f"{LIST}/add", login="don-vi-2", role="unit", area="11737")
        assert foreign.status == 422, "the area of another ward"
        made = await binh.send(start, f"{LIST}/add", login="don-vi-2", role="unit", area="11455-K1")
        password = made.html.split('<code class="secret">')[1].split("<")[0]
        assert (await binh.send(start, f"{LIST}/add", login="don-vi-2", role="unit", area="11455")).status == 422
        assert password not in (await page_of(binh, "don-vi-2")).html
        async with browser(town, Person("don-vi-2", "unit", ())) as other:
            assert (await other.sign_in(password)).path == "/panel/"
    async with reading() as conn:
        assert await conn.fetch("SELECT id FROM accounts WHERE login = 'Bà Tư'") == []
    assert ("account.made", "don-vi-2") in await trail()


async def test_another_role_ends_sign_ins_and_phones(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, BINH) as binh, signed_in(town, TUAN) as tuan:
        assert (await tuan.see("/panel/desk")).status == 200
        done = await send(binh, await page_of(binh, "tuan"), role="officer")
        assert done.status == 200 and "Đã lưu" in done.text
        assert (await tuan.see("/panel/desk")).path.startswith("/panel/sign-in")
        made = await send(binh, await page_of(binh, "lan"), role="unit")
        assert '<code class="secret">' in made.html, "an official signs in with a password"
        answer = await town.http.post("/v1/sync", json={"v": 1}, headers=lan.headers)
        assert answer.status_code == 403 and answer.json()["code"] == "revoked"
    assert [one for one in await trail() if one[0] == "account.role"] == [
        ("account.role", "tuan"),
        ("account.role", "lan"),
    ]


async def test_areas_have_days(town: Town) -> None:
    lan = await town.enrol(LAN)
    async with signed_in(town, BINH) as binh:
        page = await page_of(binh, "lan")
        twice = await send(binh, page, area="11455-T01")
        assert twice.status == 422
        assert (await send(binh, page, to=day(1))).status == 422, "a last day before the first"
        done = await send(binh, page, to=today().isoformat(), area="11455-T09")
        assert done.status == 200, done.text
    async with reading() as conn:
        account = await people.by_login("lan")
        assert account is not None
        held = await people.held_areas(conn, account.id)
    now = today().isoformat()
    assert held == [Held("11455-T01", now, now), Held("11455-T09", now)]
    answer = await lan.batch(pull=("areas",))
    assert "auth" in answer
    assert ("account.areas", "lan") in await trail()


async def test_disabled_and_back(town: Town) -> None:
    hoa = await town.enrol(HOA)
    async with signed_in(town, BINH) as binh:
        page = await page_of(binh, "hoa")
        await send(binh, page, "/disable")
        answer = await town.http.post("/v1/sync", json={"v": 1}, headers=hoa.headers)
        assert answer.status_code == 403
        stale = await send(binh, page, "/disable")
        assert stale.status == 409, "the form was made before"
        assert "Đã mở lại" in (await send(binh, await page_of(binh, "hoa"), "/enable")).text
        assert (await town.http.post("/v1/sync", json={"v": 1}, headers=hoa.headers)).status_code == 403
        reset = await send(binh, await page_of(binh, "mai"), "/reset")
        password = reset.html.split('<code class="secret">')[1].split("<")[0]
    async with browser(town, MAI) as mai:
        assert (await mai.sign_in()).status == 403
        assert (await mai.sign_in(password)).path == "/panel/"
    acts = await trail()
    assert acts.count(("account.disabled", "hoa")) == 1
    assert ("account.enabled", "hoa") in acts and ("account.password", "mai") in acts


async def test_accounts_of_others_do_not_exist(town: Town) -> None:
    await people.create("thanh-pho", "administrator", ["31"], password="x")
    await people.create("hai-noi", "unit", ["11455", "11737"], password="x")
    async with signed_in(town, BINH) as binh:
        shown = (await binh.see(LIST)).text
        assert "lan" in shown and "ngoc" not in shown
        for login in ("ngoc", "phuc", "thanh-pho", "hai-noi"):
            assert login not in shown
            account = await people.by_login(login)
            assert account is not None
            form = (await page_of(binh, "lan")).form(f"{LIST}/{(await people.by_login('lan')).id}")  # type: ignore[union-attr]
            for act in ("", "/disable", "/reset", "/enable"):
                answer = await binh.http.post(f"{LIST}/{account.id}{act}", data=dict(form.filled()))
                assert answer.status_code == 404, (login, act)
            assert (await binh.see(f"{LIST}/{account.id}")).status == 404
        assert (await binh.see(f"{LIST}/{MISSING}")).status == 404
    assert NGOC.login == "ngoc"


async def ends(account: str, last_day: str | None) -> None:
    async with writing() as w:
        await w.conn.fetch("UPDATE account_areas SET valid_to = $2 WHERE account = $1", account, last_day)


async def test_the_last_administrator_stays(town: Town) -> None:
    async with signed_in(town, BINH) as binh:
        page = await page_of(binh, "binh")
        for act, values in (("/disable", {}), ("", {"role": "reader"})):
            refused = await send(binh, page, act, **values)
            assert refused.status == 409 and "cuối cùng" in refused.text, act
        # somebody who looks after one cluster only is no replacement for the ward
        await people.create("quan-tri-2", "administrator", ["11455-K1"], password="x")
        assert (await send(binh, page, "/disable")).status == 409
        # nor is who goes next week
        account = await people.create("quan-tri-3", "administrator", ["11455"], password="x")
        await ends(account.id, day(-7))
        assert (await send(binh, page, "/disable")).status == 409
        await ends(account.id, None)
        assert (await send(binh, page, "", role="reader")).path.startswith("/panel/sign-in")
    with pytest.raises(Refused):
        await staff.disable_login("quan-tri-3")


async def test_two_administrators_cannot_disable_each_other_at_once(town: Town) -> None:
    await people.create("quan-tri-2", "administrator", ["11455"], password="x")
    found = {}
    async with reading() as conn:
        for one in await staff.everybody(conn):
            found[one.login] = one
    codes = ("11455",)

    async def disable(who: str, whom: str) -> str:
        viewer = Viewer(found[who].id, who, "administrator", codes)
        try:
            async with writing() as w:
                await staff.disable(w, viewer, found[whom].id, found[whom].mark)
        except Refused as refused:
            return refused.reason
        return "done"

    done = await asyncio.gather(disable("binh", "quan-tri-2"), disable("quan-tri-2", "binh"))
    assert sorted(done) == ["done", "last_administrator"]
