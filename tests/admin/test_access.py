"""The walls of the panel: every route has a policy that holds, every form its token, every page its headers."""

import re
from typing import Any

import pytest
from litestar import Litestar

from cast import BINH, CAST, LAN, MAI, PHUC, SON, TUAN, YEN, Person
from panel import MISSING, browser, confirmed, fill, grouped, opinions, signed_in
from storage import photos
from storage.bucket import media
from storage.changes import writing
from storage.tables import Photo
from town import Town, note

ROLES = {one.role: one for one in (TUAN, SON, MAI, BINH, YEN)}


def panel_routes(town: Town) -> list[tuple[str, str, tuple[str, ...]]]:
    """Method, address and policy of every route of the panel."""
    app: Litestar = town.http._transport.app  # type: ignore[attr-defined]
    found = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if route.path.startswith("/panel"):
                policy = tuple(handler.opt.get("policy", ()))
                found += [(method, fill(route.path), policy) for method in handler.http_methods - {"OPTIONS", "HEAD"}]
    return found


async def test_every_route_keeps_its_policy(town: Town) -> None:
    routes = panel_routes(town)
    assert len(routes) > 20
    async with browser(town, TUAN) as nobody:
        for method, path, policy in routes:
            answer = await nobody.http.request(method, path)
            if "public" not in policy:
                assert answer.status_code == 303 and answer.headers["location"].startswith("/panel/sign-in"), path
    for role, person in ROLES.items():
        async with signed_in(town, person) as official:
            token = dict((await official.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
            for method, path, policy in routes:
                if "public" in policy or path.endswith("sign-out"):
                    continue
                data = {"csrf": token} if method == "POST" else None
                answer = await official.http.request(method, path, data=data)
                assert (answer.status_code == 403) == (role not in policy), (role, method, path, answer.status_code)


async def test_no_form_works_without_its_token(town: Town) -> None:
    lan = await town.enrol(LAN)
    sent = note()
    await lan.push("notes", sent)
    async with signed_in(town, TUAN) as tuan, signed_in(town, PHUC) as other:
        foreign = dict((await other.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        own = dict((await tuan.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        for method, path, policy in panel_routes(town):
            if method != "GET" and "public" not in policy and "reader" in policy:
                for sign in ({}, {"csrf": ""}, {"csrf": foreign}, {"csrf": "x" * 64}):
                    answer = await tuan.http.request(method, path, data={"rev": "1", **sign})
                    assert answer.status_code == 403, (path, sign)
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = await tuan.http.post(f"/panel/desk/{sent['id']}/clear?rev=1", data={"csrf": own}, headers=headers)
        assert answer.status_code == 403
        assert sent["text"] in (await tuan.see("/panel/desk")).text


@pytest.mark.parametrize("odd", ["%00", "a%00b", "99999999999999999999", "0", "-1", "%F0%9F%8C%8A", "' OR 1=1 --"])
async def test_odd_addresses_are_missing_things_and_no_errors(town: Town, odd: str) -> None:
    async with signed_in(town, TUAN) as tuan, browser(town, TUAN) as nobody:
        token = dict((await tuan.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        for path in (f"/panel/desk/{odd}", f"/panel/issues/{odd}", f"/panel/photos/{odd}/320", f"/panel/assets/{odd}"):
            assert (await tuan.http.get(path)).status_code in (400, 404), path
        for query in (
            "desk?topic=",
            "desk?page=",
            "issues?topic=",
            "issues?state=",
            "?area=",
            "?period=",
            "notices?edit=",
        ):
            assert (await tuan.http.get(f"/panel/{query}{odd}")).status_code in (200, 404), query
        text = odd.replace("%00", "\0")
        data = {
            "csrf": token,
            "rev": text,
            "pick": f"{text}:1",
            "into": text,
            "note": text,
            "title": text,
            "unit": text,
        }
        for path in (
            f"/panel/desk/{odd}/open",
            f"/panel/desk/{odd}/clear",
            "/panel/desk/group",
            f"/panel/issues/{odd}/close",
        ):
            assert (await tuan.http.post(path, data=data)).status_code in (400, 404, 409, 422), path
        page = await nobody.see("/panel/sign-in")
        assert (await nobody.send(page, "/panel/sign-in", login=text, password=text)).status == 403


PAGES = (
    "/panel/",
    "/panel/?lane=opinion",
    "/panel/desk",
    "/panel/desk?tab=quarantine",
    "/panel/issues",
    "/panel/notices",
)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_pages_hold_nothing_inline_or_from_elsewhere(town: Town, language: str) -> None:
    lan = await town.enrol(LAN)
    sent = note(text="<script>alert(1)</script> & <b>ngập</b>")
    await lan.push("notes", sent)
    ids = await opinions(town, 2, 2, 1)
    async with signed_in(town, TUAN) as tuan:
        await tuan.see(f"/panel/language/{language}?back=/panel/")
        number = await grouped(tuan, ids)
        await confirmed(tuan, number)
        for path in (
            *PAGES,
            f"/panel/desk/{sent['id']}",
            f"/panel/issues/{number}",
            "/panel/nowhere",
            "/panel/issues/99",
        ):
            page = await tuan.see(path)
            for tag, given in page.elements:
                assert tag not in ("style", "iframe", "b"), (path, tag)
                assert tag != "script" or given.get("src", "").startswith("/panel/assets/")
                assert not [name for name in given if name.startswith("on") or name == "style"], (path, given)
                for name in ("src", "href", "action", "formaction"):
                    assert given.get(name, "#").startswith(("/panel", "#", "/app/#")), (path, given)
            assert "panel." not in re.sub(r"/panel/assets/\S+", "", page.text), f"a word is missing on {path}"
            assert f'<html lang="{language}"' in page.html


async def test_headers(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        for path in ("/panel/", "/panel/desk", f"/panel/desk/{MISSING}", "/panel/sign-in"):
            headers = (await tuan.http.get(path)).headers
            assert "unsafe" not in headers["content-security-policy"]
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["referrer-policy"] in ("same-origin", "no-referrer")
        page = await tuan.see("/panel/")
        style = next(given["href"] for tag, given in page.elements if given.get("rel") == "stylesheet")
        assert "immutable" in (await tuan.http.get(style)).headers["cache-control"]
        assert (await tuan.http.get("/panel/assets/../routes.py")).status_code == 404
        assert (await tuan.http.get("/panel/assets/..%2froutes.py")).status_code == 404


async def test_the_language_link_keeps_the_page(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see("/panel/issues?state=closed&lane=place")
        link = next(one for one in page.links if one.startswith("/panel/language/en"))
        english = await tuan.see(link)
        assert english.path == "/panel/issues?state=closed&lane=place" and "Sign out" in english.text
        back = next(one for one in english.links if one.startswith("/panel/language/vi"))
        assert "Đăng xuất" in (await tuan.see(back)).text


async def stored_photo(town: Town, person: Person = LAN) -> tuple[str, str]:
    """A place note with a photo whose copies exist: ids of note and photo."""
    phone = await town.enrol(person)
    sent = note()
    await phone.push("notes", sent)
    row: dict[str, Any] = {"id": MISSING[:-1] + "1", "note": sent["id"], "claim_hash": "", "sha256": "", "size": 3}
    row |= {"type": "image/jpeg", "state": "stored", "created_at": 1, "name": "ab" * 16}
    async with writing() as w:
        await w.conn.insert(Photo, [row])
        await w.conn.fetch("UPDATE notes SET photos = $2 WHERE id = $1", sent["id"], f'["{row["id"]}"]')
    for key in photos.object_names(row["name"]):
        await media().put(key, b"jpg")
    return sent["id"], row["id"]


async def test_photos_are_shut_off_and_for_those_who_may_see_them(town: Town) -> None:
    note_id, photo = await stored_photo(town)
    address = f"/panel/photos/{photo}/320"
    async with signed_in(town, TUAN) as tuan, signed_in(town, MAI) as mai, signed_in(town, PHUC) as phuc:
        answer = await tuan.http.get(address)
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"jpg", "image/jpeg")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert address in [given.get("src") for _, given in (await tuan.see("/panel/desk")).elements]
        assert (await tuan.http.get(f"/panel/photos/{photo}/4000")).status_code == 404
        assert (await mai.http.get(address)).status_code == 404, "not before the reader has grouped it"
        assert (await phuc.http.get(address)).status_code == 404
        number = await grouped(tuan, [note_id], "Ngập ngõ")
        assert (await mai.http.get(address)).status_code == 200
        assert address in [given.get("src") for _, given in (await mai.see(f"/panel/issues/{number}")).elements]
        async with writing() as w:
            await w.conn.fetch("UPDATE photos SET state = 'received' WHERE id = $1", photo)
        assert (await tuan.http.get(address)).status_code == 404


def test_the_cast_has_every_role() -> None:
    assert {one.role for one in CAST} == {*ROLES, "reporter"}
