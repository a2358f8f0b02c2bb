"""Who reaches what (S1, S2): every route × every role × what lies in the own cluster, in a sibling, above, elsewhere.
A foreign thing and a missing one answer the same, to the byte; a route that does not say who may call it does not start."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from litestar import Litestar, MediaType, WebSocket, asgi, get, websocket
from litestar.routes import HTTPRoute

from cast import TUAN, Person
from neighbours import EVERYWHERE, NOTHING, ROLES, WORD, Neighbourhood, Things, settle
from panel import Official, signed_in
from server.app import NoPolicy, check_policies
from storage import clock
from sync.wire import COLLECTIONS
from town import Town, note, opinion

FOREIGN = ("sibling", "parent", "random")
DAY = clock.local_day(clock.now()).isoformat()


def app_of(town: Town) -> Litestar:
    app: Litestar = town.http._transport.app  # type: ignore[attr-defined]
    return app


def routes(town: Town) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Method, path and policy of every route of the application."""
    for route in app_of(town).routes:
        assert isinstance(route, HTTPRoute), route.path
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield method, route.path, tuple(handler.opt.get("policy", ()))


def filled(path: str, things: Things) -> str:
    values = {
        "note_id": things.note,
        "number": str(things.number),
        "notice_id": things.notice,
        "photo_id": things.photo,
    }
    values |= {"photo": things.photo, "size": "320", "name": "panel.css", "lang": "vi", "rest": "nowhere"}
    return re.sub(r"\{(\w+):\w+\}", lambda found: values.get(found[1], "notes"), path)


def body(things: Things, **more: str) -> dict[str, str]:
    """Every field any form of the panel has, pointing at these things."""
    return {
        "rev": "1", "pick": f"{things.note}:1", "into": str(things.number), "note": things.note, "id": things.notice,
        "seen": "1", "area": things.area, "title": "Ngập ngõ", "text": "Cống đầu ngõ tắc", "summary": "Nước rút chậm",
        "question": "Ở đoạn nào?", "from": DAY, "to": DAY, "due": DAY, "outcome": "done", "status": "answered",
        "do": "draft", "sure": "1",
    } | more  # fmt: skip


def plain(answer: httpx.Response, things: Things) -> tuple[int, str]:
    """Status and body, with the ids that were asked for taken out."""
    text = f"{answer.headers.get('location', '')}\n{answer.text}"
    for name in (things.note, things.opinion, things.photo, things.notice):
        text = text.replace(name, "ID")
    text = re.sub(rf"(?<![-0-9]){things.area}(?![-\w])", "AREA", text)
    text = text.replace(str(things.number), "N")
    return answer.status_code, text


def no_leak(answer: httpx.Response, *foreign: str) -> None:
    found = [where for where in foreign if WORD[where] in answer.text or WORD[where].encode() in answer.content]
    assert found == [], (str(answer.request.method), str(answer.request.url))


async def officials(town: Town, stack: AsyncExitStack) -> dict[str, tuple[Official, str]]:
    found = {}
    for role in ROLES:
        official = await stack.enter_async_context(signed_in(town, Person(f"{role}-k1", role, ("11455-K1",))))
        token = dict((await official.see("/panel/")).form("/panel/sign-out").fields)["csrf"]
        found[role] = (official, token)
    return found


async def test_panel_routes_by_role_and_place(town: Town) -> None:
    around = await settle(town)
    own, asked, shown = around.things["own"], 0, set()
    async with AsyncExitStack() as stack:
        for role, (official, token) in (await officials(town, stack)).items():
            for method, path, policy in routes(town):
                if not path.startswith("/panel") or path.endswith("sign-out") or "public" in policy:
                    continue
                if method == "GET":
                    answer = await official.http.get(filled(path, own))
                    no_leak(answer, *FOREIGN)
                    assert (answer.status_code == 403) == (role not in policy), (role, path)
                    if WORD["own"] in answer.text:
                        shown.add((role, path))
                if method == "GET" and "{" not in path:
                    continue
                for data in bodies(path, around):
                    results = []
                    for things, fields in data:
                        url = filled(path, things)
                        form = {"data": fields | {"csrf": token}} if method == "POST" else {}
                        answer = await official.http.request(method, url, **form)
                        no_leak(answer, *FOREIGN)
                        results.append(plain(answer, things))
                        asked += 1
                    assert results[0] == results[1], (role, method, path)
                    assert results[0][0] in (403, 404) or not re.search("note_id|number|notice_id|photo_id", path)
    assert asked > 400
    wanted = {("reader", "/panel/desk"), ("unit", "/panel/issues"), ("officer", "/panel/notices")}
    wanted |= {("unit", "/panel/issues/{number:int}"), ("reader", "/panel/desk/{note_id:str}"), ("officer", "/panel")}
    assert wanted <= shown, "what is one's own is there, so that its absence elsewhere says something"


def bodies(path: str, around: Neighbourhood) -> Iterator[list[tuple[Things, dict[str, str]]]]:
    """Pairs of a request for something foreign and the same for something that does not exist."""
    own = around.things["own"]
    for where in FOREIGN:
        things = around.things[where]
        yield [(one, body(one)) for one in (things, NOTHING)]
        if path.endswith(
            "/group"
        ):  # a foreign note into an own issue and into a new one, an own note into a foreign issue
            yield [(one, body(one, into=str(own.number))) for one in (things, NOTHING)]
            yield [(one, body(one, into="new")) for one in (things, NOTHING)]
            yield [(one, body(one, pick=f"{own.note}:1")) for one in (things, NOTHING)]


FILTERS = (
    "/panel/?area={}",
    "/panel/?lane=opinion&area={}",
    "/panel/?topic=10&area={}",
    "/panel/issues?state=&area={}",
    "/panel/export?area={}",
)


async def test_filters_and_edits_of_foreign_areas(town: Town) -> None:
    around = await settle(town)
    async with AsyncExitStack() as stack:
        for role, (official, _) in (await officials(town, stack)).items():
            for where in FOREIGN:
                for address in FILTERS:
                    foreign, none = [
                        plain(await official.http.get(address.format(one.area)), one)
                        for one in (around.things[where], NOTHING)
                    ]
                    assert foreign == none, (role, where, address)
                    # an auditor is sent to the trail, whatever the address asked for
                    assert foreign[0] in ((303, 403) if role == "auditor" else (403, 404)), (role, where, address)
                edits = [f"/panel/notices?edit={one.notice}" for one in (around.things[where], NOTHING)]
                answers = [await official.http.get(one) for one in edits]
                assert len({one.status_code for one in answers} | {403, 404}) == 2
                for one in answers:
                    no_leak(one, *FOREIGN)
            for address in (
                "/panel/?lane=opinion",
                "/panel/issues?state=",
                "/panel/desk?tab=cleared",
                "/panel/nowhere",
            ):
                no_leak(await official.http.get(address), *FOREIGN)


async def test_own_things_beside_foreign_ones_in_one_form(town: Town) -> None:
    """A reader ticks an own note and a foreign one, takes a foreign note out of an own issue, asks a foreign unit."""
    around = await settle(town)
    own = around.things["own"]
    async with AsyncExitStack() as stack:
        official, token = (await officials(town, stack))["reader"]
        for where in FOREIGN:
            results = []
            for other in (around.things[where], NOTHING):
                for path, fields in (
                    (
                        "/panel/desk/group",
                        {"pick": [f"{own.note}:1", f"{other.note}:1"], "into": "new", "title": "Ngập"},
                    ),
                    (f"/panel/issues/{own.number}/take-out", {"note": other.note, "rev": "2"}),
                    (f"/panel/issues/{own.number}/route", {"unit": other.note, "due": DAY, "rev": "2"}),
                ):
                    answer = await official.http.post(path, data=fields | {"csrf": token, "sure": "1"})
                    no_leak(answer, *FOREIGN)
                    results.append((answer.status_code, answer.text.replace(other.note, "ID")))
            assert {status for status, _ in results} == {404}, "refused for the note or the unit, not for the form"
            for found, none in zip(results[:3], results[3:], strict=True):
                assert found == none, where


# ---- phones -----------------------------------------------------------------------------------------------------


async def test_phone_routes_want_a_phone_and_show_nothing_foreign(town: Town) -> None:
    around = await settle(town)
    phone = around.phones["own"]
    foreign = [around.things[where] for where in ("sibling", "random")]
    for method, path, policy in routes(town):
        if policy != ("phone",):
            continue
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eA=="}):
            answer = await town.http.request(
                method, filled(path, NOTHING), headers={"Tus-Resumable": "1.0.0"} | headers
            )
            assert answer.status_code == 401, (method, path)
        async with signed_in(town, TUAN) as tuan:
            assert (await tuan.http.request(method, filled(path, NOTHING))).status_code == 401, (
                "an official is no phone"
            )
        if "{photo" in path:
            for things in foreign:
                tus = {
                    "Tus-Resumable": "1.0.0",
                    "Upload-Offset": "0",
                    "Content-Type": "application/offset+octet-stream",
                }
                answers = [
                    await town.http.request(
                        method, filled(path, one), headers=phone.headers | tus | override, content=b"x"
                    )
                    for override in ({}, {"X-HTTP-Method-Override": "HEAD"}, {"X-HTTP-Method-Override": "PATCH"})
                    for one in (things, NOTHING)
                ]
                for mine, none in zip(answers[::2], answers[1::2], strict=True):
                    assert plain(mine, things) == plain(none, NOTHING) and mine.status_code in (400, 404, 405), (
                        method,
                        path,
                    )
    await phone.batch(pull=COLLECTIONS)
    seen = json.dumps(phone.documents, ensure_ascii=False)
    assert WORD["own"] in seen and not any(WORD[where] in seen for where in ("sibling", "random"))
    assert "11737" not in {one["id"] for one in phone.documents["areas"].values()}


async def test_forged_cursors_open_no_stream(town: Town) -> None:
    around = await settle(town)
    phone = around.phones["own"]
    other = around.phones["sibling"].enrolled["account"]["id"]
    names = ["w:11455", "w:11737", "a:11737", "a:11455-T05", f"u:{other}", *(f"a:{code}" for code in EVERYWHERE)]
    cp = {"c": {"e": phone.enrolled["epoch"], "v": dict.fromkeys(names, 0)}}
    text = base64.urlsafe_b64encode(json.dumps(cp).encode()).decode().rstrip("=")
    for collection in COLLECTIONS:
        answer = await town.http.get(f"/v1/sync/{collection}/pull", params={"cp": text}, headers=phone.headers)
        assert answer.status_code == 200
        no_leak(answer, "sibling", "random")
        assert not {"w:11455", "w:11737", "a:11737", f"u:{other}"} & set(answer.json()["checkpoint"]["c"]["v"])


async def test_rows_about_foreign_notes_answer_like_rows_about_none(town: Town) -> None:
    around = await settle(town)
    phone = around.phones["own"]
    for where in ("sibling", "random"):
        results = []
        for things in (around.things[where], NOTHING):
            message = {"id": opinion()["id"], "note": things.note, "claim": note()["claim"], "text": "Ở đâu?"}
            answer = (await phone.push("messages", message))[0]
            results.append({name: value for name, value in answer.items() if name not in ("id", "note")})
        assert results[0] == results[1] and results[0]["reject"]["code"] == "unknown_note"
        taken = await phone.push("notes", note(id=around.things[where].note))
        assert taken[0]["reject"]["code"] == "id_taken" and WORD[where] not in json.dumps(taken, ensure_ascii=False)
        missing = await phone.push("notes", note(area="11737-T01"), note(area="11455-T05"))
        assert {one["reject"]["code"] for one in missing} == {"area_not_yours"}


# ---- a new route ------------------------------------------------------------------------------------------------


@get("/new")
async def new() -> str:
    return "x"


@get("/new", opt={"policy": ("everybody",)})
async def misspelt() -> str:
    return "x"


@get("/new", opt={"policy": ("reader",)}, media_type=MediaType.TEXT)
async def declared() -> str:
    return "x"


@asgi("/new", copy_scope=True)
async def raw(scope: Any, receive: Any, send: Any) -> None: ...


@websocket("/new")
async def socket(socket: WebSocket[Any, Any, Any]) -> None: ...


@pytest.mark.parametrize("handler", [new, misspelt, raw, socket], ids=["get", "misspelt", "asgi", "websocket"])
def test_a_route_without_a_policy_does_not_start(handler: Any) -> None:
    with pytest.raises(NoPolicy):
        check_policies(Litestar(route_handlers=[handler], openapi_config=None))
    check_policies(Litestar(route_handlers=[declared], openapi_config=None))
