"""Enrolment: a code is used once, five wrong tries kill it, it dies with time; tokens are checked on every request."""

import asyncio

import pytest

from cast import LAN, MINH
from storage import clock, devices, people, staff
from storage.database import reading
from town import Town, note


async def code_for(login: str) -> devices.Code:
    account = await people.by_login(login)
    assert account is not None
    return await devices.new_code(account.id)


async def test_a_code_becomes_a_phone_without_a_name(town: Town) -> None:
    code = await code_for("lan")
    answer = await town.http.post("/v1/enrol", json={"code": code.typed.lower().replace("-", " "), "platform": "ios"})
    body = answer.json()
    assert answer.status_code == 200
    assert body["account"].keys() == {"id", "role", "kind"} and body["account"]["kind"] == "collaborator"
    assert body["areas"] == ["11455-T01"]
    assert len(body["token"]) >= 43 and body["token"] != body["push_token"]
    async with reading() as conn:
        rows = [dict(row) for row in await conn.fetch("SELECT * FROM devices")]
    assert body["token"] not in str(rows)


async def test_the_long_secret_of_the_qr_works_too(town: Town) -> None:
    code = await code_for("lan")
    answer = await town.http.post("/v1/enrol", json={"code": code.secret})
    assert answer.status_code == 200


async def test_two_codes_that_draw_the_same_handle_both_work(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million handles and a city's sheets of one day: it happened among 5,000 phones."""
    drawn, real, again = set[str](), devices._random, []

    def random(length: int) -> str:
        if length != devices.HANDLE or not drawn or again:
            made = real(length)
        else:
            made = next(iter(drawn))
            again.append(made)
        if length == devices.HANDLE:
            drawn.add(made)
        return made

    monkeypatch.setattr(devices, "_random", random)
    codes = [await code_for("lan"), await code_for("minh")]
    assert again, "the handle was not drawn twice"
    for code in codes:
        answer = await town.http.post("/v1/enrol", json={"code": code.typed})
        assert answer.status_code == 200, answer.text


async def test_one_of_many_parallel_tries_wins(town: Town) -> None:
    code = await code_for("lan")
    tries = [town.http.post("/v1/enrol", json={"code": code.typed}) for _ in range(40)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 39
    assert {answer.json()["code"] for answer in answers if answer.status_code == 403} == {"code_used"}
    async with reading() as conn:
        assert len(await conn.fetch("SELECT id FROM devices")) == 1


async def test_wrong_tries_are_counted_and_kill_the_code(town: Town) -> None:
    code = await code_for("lan")
    wrong = code.typed[:5] + ("0000-0000" if "0000" not in code.typed else "1111-1111")
    seen = []
    for _ in range(6):
        body = (await town.http.post("/v1/enrol", json={"code": wrong})).json()
        seen.append((body["code"], body.get("tries")))
    assert seen == [
        ("code_wrong", 4),
        ("code_wrong", 3),
        ("code_wrong", 2),
        ("code_wrong", 1),
        ("code_locked", None),
        ("code_locked", None),
    ]
    body = (await town.http.post("/v1/enrol", json={"code": code.typed})).json()
    assert body["code"] == "code_locked"


async def test_the_remedy_says_how_many_tries_are_left(town: Town) -> None:
    code = await code_for("lan")
    body = (await town.http.post("/v1/enrol", json={"code": code.typed[:5] + "ZZZZ-ZZZZ"})).json()
    assert "còn 4 lần" in body["remedy"]["vi"] and "4 tries" in body["remedy"]["en"]


async def test_a_code_dies_with_time(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code = await code_for("lan")
    later = clock.now() + devices.SCREEN_MS + 1
    monkeypatch.setattr(clock, "_source", lambda: later)
    body = (await town.http.post("/v1/enrol", json={"code": code.typed})).json()
    assert body["code"] == "code_expired"


async def test_a_new_code_replaces_the_old_one(town: Town) -> None:
    old, new = await code_for("lan"), await code_for("lan")
    assert (await town.http.post("/v1/enrol", json={"code": old.typed})).status_code == 403
    assert (await town.http.post("/v1/enrol", json={"code": new.typed})).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"code":7}', b'{"code":"AAAA","name":"Lan"}', b"[]", b'{"code":"' + b"A" * 5000]
)
async def test_bad_bodies(town: Town, body: bytes) -> None:
    answer = await town.http.post("/v1/enrol", content=body)
    assert answer.status_code in (400, 413) and answer.json()["code"] in ("bad_request", "too_large")


async def test_every_call_needs_a_token(town: Town) -> None:
    for method, path in (
        ("POST", "/v1/sync"),
        ("POST", "/v1/sync/notes/push"),
        ("GET", "/v1/sync/notes/pull"),
        ("POST", "/v1/uploads"),
        ("HEAD", "/v1/uploads/x"),
        ("PATCH", "/v1/uploads/x"),
        ("DELETE", "/v1/uploads/x"),
    ):
        for headers in ({}, {"Authorization": "Bearer nope"}, {"Authorization": "Basic bm9wZQ=="}):
            answer = await town.http.request(method, path, headers=headers)
            assert answer.status_code == 401, (method, path)


async def test_revoked_phones_and_disabled_accounts_stop_at_once(town: Town) -> None:
    lan, minh = await town.enrol(LAN), await town.enrol(MINH)
    assert await devices.revoke(lan.enrolled["device_id"])
    answer = await town.http.post("/v1/sync/notes/push", json=[], headers=lan.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "revoked")
    await staff.disable_login("minh")
    answer = await town.http.post("/v1/sync", json={"v": 1}, headers=minh.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "revoked")


async def test_an_expired_token_still_delivers_into_quarantine(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await town.enrol(LAN)
    later = clock.now() + (devices.IDLE_DAYS + 5) * clock.DAY_MS
    monkeypatch.setattr(clock, "_source", lambda: later)
    sent = note()
    answer = await lan.batch(push={"notes": [sent]}, pull=["topics"])
    assert answer["auth"] == "expired" and "pull" not in answer and "push" not in answer
    async with reading() as conn:
        rows = await conn.fetch("SELECT status FROM notes WHERE id = $1", sent["id"])
    assert rows[0]["status"] == "quarantined"
    plain = await town.http.get("/v1/sync/topics/pull", headers=lan.headers)
    assert (plain.status_code, plain.json()["code"]) == (401, "token_expired")
    much_later = later + 100 * clock.DAY_MS
    monkeypatch.setattr(clock, "_source", lambda: much_later)
    answer2 = await town.http.post("/v1/sync", json={"v": 1}, headers=lan.headers)
    assert (answer2.status_code, answer2.json()["code"]) == (401, "token_expired")


async def sheet_for(login: str) -> devices.Code:
    account = await people.by_login(login)
    assert account is not None
    return await devices.new_code(account.id, sheet=True)


async def test_a_printed_code_wants_its_word(town: Town) -> None:
    code = await sheet_for("lan")
    assert len(code.word) == 4 and code.word.isdigit()
    bare = await town.http.post("/v1/enrol", json={"code": code.typed})
    assert (bare.status_code, bare.json()["code"]) == (403, "code_word")
    other = f"{(int(code.word) + 1) % 10_000:04d}"
    wrong = await town.http.post("/v1/enrol", json={"code": code.secret, "word": other})
    assert (wrong.json()["code"], wrong.json()["tries"]) == ("code_wrong", 4)  # asking without a word was no try
    guess = code.typed[:5] + "ZZZZ-ZZZZ"
    blind = await town.http.post("/v1/enrol", json={"code": guess})  # without the secret nothing is said of a word
    assert (blind.json()["code"], blind.json()["tries"]) == ("code_wrong", 3)
    right = await town.http.post("/v1/enrol", json={"code": code.typed, "word": code.word})
    assert right.status_code == 200
    async with reading() as conn:
        assert code.word not in str([dict(row) for row in await conn.fetch("SELECT * FROM enrolments")])


async def test_wrong_words_kill_a_printed_code(town: Town) -> None:
    code = await sheet_for("lan")
    wrong = [f"{(int(code.word) + step) % 10_000:04d}" for step in range(1, 6)]
    for word in wrong:
        await town.http.post("/v1/enrol", json={"code": code.typed, "word": word})
    answer = await town.http.post("/v1/enrol", json={"code": code.typed, "word": code.word})
    assert (answer.status_code, answer.json()["code"]) == (403, "code_locked")


async def test_a_printed_code_lives_a_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code, began = await sheet_for("lan"), clock.now()
    monkeypatch.setattr(clock, "_source", lambda: began + devices.SHEET_MS + 1000)
    dead = await town.http.post("/v1/enrol", json={"code": code.typed, "word": code.word})
    assert dead.json()["code"] == "code_expired"
    monkeypatch.setattr(clock, "_source", lambda: began + devices.SCREEN_MS + 1000)
    answer = await town.http.post("/v1/enrol", json={"code": code.typed, "word": code.word})
    assert answer.status_code == 200


async def test_a_code_on_a_screen_wants_no_word(town: Town) -> None:
    code = await code_for("lan")
    assert code.word == ""
    answer = await town.http.post("/v1/enrol", json={"code": code.typed, "word": "1234"})
    assert answer.status_code == 200
