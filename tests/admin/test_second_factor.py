"""The second factor of officials: set up in the panel, asked for at the door, good once, sealed in the database."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html import unescape

import httpx
import msgspec
import pytest

from cast import BINH, MAI, SON, TUAN, YEN, Person
from installation import SOTAY
from panel import Official, PanelPage, browser, signed_in
from server.app import make_app
from storage import clock, people, sealing, second_factor
from storage.changes import writing
from storage.conn import BadSetting
from storage.database import reading
from storage.secret import SHORTEST, WrongSecret
from storage.secret import use as use_secret
from town import Town, settings_of

ACCOUNT, TURN_ON, CODE = "/panel/account", "/panel/account/second-factor", "/panel/sign-in/code"
NEW = "ba con trâu gặm cỏ"
STEP = second_factor.STEP_S * 1000


@pytest.fixture(autouse=True)
def clock_stands() -> Iterator[list[int]]:
    """In the middle of a step; add milliseconds to its only element."""
    at = [clock.now() // STEP * STEP + STEP // 2]
    before = clock._source
    clock.move(lambda: at[0])
    yield at
    clock.move(before)


def offered(page: PanelPage) -> bytes:
    """The secret a person types into the app, as the page shows it."""
    shown = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.html)
    assert shown
    return second_factor.base64.b32decode(shown.group(1).replace(" ", ""))


def shown_codes(page: PanelPage) -> list[str]:
    return re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", page.html)


async def set_up(official: Official) -> tuple[bytes, list[str]]:
    """Secret and recovery codes, after setting up in the panel."""
    page = await official.see(ACCOUNT)
    secret = offered(page)
    code = second_factor.code_at(secret, clock.now())
    page = await official.send(page, TURN_ON, code=code, password=official.person.password)
    assert page.status == 200, page.text
    return secret, shown_codes(page)


async def code_sent(official: Official, code: str) -> PanelPage:
    return await official.send(await official.see(CODE), CODE, code=code)


async def test_set_up_confirm_and_sign_in_with_both(town: Town, clock_stands: list[int]) -> None:
    async with signed_in(town, MAI) as mai, signed_in(town, MAI) as elsewhere:
        before = mai.http.cookies["sotay_session"]
        page = await mai.see(ACCOUNT)
        assert "<svg" in page.html
        wrong = await mai.send(page, TURN_ON, code="000000", password=MAI.password)
        assert wrong.status == 422 and "Mã chưa đúng" in wrong.text
        code = second_factor.code_at(offered(wrong), clock.now())
        assert (await mai.send(wrong, TURN_ON, code=code, password="sai")).status == 422
        secret, codes = await set_up(mai)
        assert len(set(codes)) == second_factor.CODES
        assert mai.http.cookies["sotay_session"] != before, "a new id with more rights"
        assert (await mai.see(ACCOUNT)).path == ACCOUNT
        assert (await elsewhere.see(ACCOUNT)).path.startswith("/panel/sign-in")
    clock_stands[0] += STEP
    async with browser(town, MAI) as mai:
        page = await mai.sign_in()
        assert page.path.startswith(CODE), "the password alone opens nothing"
        half = mai.http.cookies["sotay_session"]
        for path in ("/panel/", "/panel/issues", ACCOUNT):
            assert (await mai.see(path)).path.startswith("/panel/sign-in")
        assert (await code_sent(mai, "123456")).status == 403
        code = second_factor.code_at(secret, clock.now())
        page = await code_sent(mai, f"{code[:3]} {code[3:]}")
        assert (page.status, page.path) == (200, "/panel/")
        assert mai.http.cookies["sotay_session"] != half
        mai.http.cookies.set("sotay_session", half, domain="127.0.0.1")
        assert (await mai.see("/panel/")).path.startswith("/panel/sign-in"), "the half session is gone"


async def test_the_way_back_goes_through_both_steps(town: Town, clock_stands: list[int]) -> None:
    async with signed_in(town, MAI) as mai:
        secret, _ = await set_up(mai)
    clock_stands[0] += STEP
    async with browser(town, MAI) as mai:
        page = await mai.see("/panel/issues?state=closed")
        page = await mai.send(page, "/panel/sign-in", login="mai", password=MAI.password)
        page = await mai.send(page, CODE, code=second_factor.code_at(secret, clock.now()))
        assert page.path == "/panel/issues?state=closed"


async def test_a_code_is_good_once_and_only_around_its_time(town: Town, clock_stands: list[int]) -> None:
    async with signed_in(town, MAI) as mai:
        secret, _ = await set_up(mai)
    account = (await people.by_login("mai")).id  # type: ignore[union-attr]
    now = clock.now()
    assert not await second_factor.accept(account, second_factor.code_at(secret, now)), "used up by setting up"
    assert not await second_factor.accept(account, second_factor.code_at(secret, now - STEP)), "older than the last"
    assert not await second_factor.accept(account, second_factor.code_at(secret, now + 2 * STEP)), "too early"
    following = second_factor.code_at(secret, now + STEP)
    tries = await asyncio.gather(*(second_factor.accept(account, following) for _ in range(8)))
    assert sorted(tries) == [False] * 7 + [True]
    clock_stands[0] += 10 * STEP
    assert not await second_factor.accept(account, second_factor.code_at(secret, clock.now() - 2 * STEP)), "too late"
    assert await second_factor.accept(account, second_factor.code_at(secret, clock.now() - STEP)), "a slow clock"


async def test_recovery_codes_are_good_once_and_only_for_their_owner(town: Town) -> None:
    async with signed_in(town, MAI) as mai:
        _, codes = await set_up(mai)
    async with signed_in(town, SON) as son:
        await set_up(son)
    account, other = [(await people.by_login(one)).id for one in ("mai", "son")]  # type: ignore[union-attr]
    assert not await second_factor.accept(other, codes[0])
    tries = await asyncio.gather(*(second_factor.accept(account, codes[0]) for _ in range(8)))
    assert sorted(tries) == [False] * 7 + [True]
    async with browser(town, MAI) as mai:
        await mai.sign_in()
        page = await code_sent(mai, codes[1].lower().replace("-", " "))
        assert (page.status, page.path) == (200, "/panel/")
        account_page = await mai.see(ACCOUNT)
        assert "Còn 8 mã dự phòng" in account_page.text
        page = await mai.send(account_page, "/panel/account/recovery-codes", password="sai")
        assert page.status == 422 and not shown_codes(page)
        page = await mai.send(page, "/panel/account/recovery-codes", password=MAI.password)
        assert len(shown_codes(page)) == 10 and not set(shown_codes(page)) & set(codes)
    assert not await second_factor.accept(account, codes[2]), "the old ones are dead"


async def test_five_wrong_codes_and_not_one_more(town: Town, clock_stands: list[int]) -> None:
    async with signed_in(town, MAI) as mai:
        secret, codes = await set_up(mai)
    clock_stands[0] += STEP
    async with browser(town, MAI) as mai:
        await mai.sign_in()
        answers = [(await code_sent(mai, f"00000{n}")).status for n in range(7)]
        assert answers == [403] * 5 + [429] * 2
        assert (await code_sent(mai, codes[0])).status == 429
        await mai.sign_in()  # the right password again gives no new tries
        assert (await code_sent(mai, second_factor.code_at(secret, clock.now()))).status == 429
        clock_stands[0] += 15 * 60_000
        assert (await mai.see(CODE)).path.startswith("/panel/sign-in?"), "10 minutes between the steps"
        await mai.sign_in()
        assert (await code_sent(mai, second_factor.code_at(secret, clock.now()))).path == "/panel/"


async def test_the_database_holds_nothing_a_code_can_be_made_of(town: Town) -> None:
    async with signed_in(town, MAI) as mai:
        secret, codes = await set_up(mai)
    async with reading() as conn:
        row = (await conn.fetch("SELECT * FROM accounts WHERE login = 'mai'"))[0]
        hashes = [one["code_hash"] for one in await conn.fetch("SELECT code_hash FROM recovery_codes")]
    kept = f"{dict(row)} {hashes}"
    for plain in (second_factor.written(secret), secret.hex(), *codes, *(code.replace("-", "") for code in codes)):
        assert plain.lower() not in kept.lower()
    assert sealing.unseal("totp", row["totp_secret"], row["id"]) == secret
    son = (await people.by_login("son")).id  # type: ignore[union-attr]
    assert sealing.unseal("totp", row["totp_secret"], son) is None, "a copy in another row does not open"
    async with writing() as w:
        await w.conn.fetch(
            "UPDATE accounts SET totp_secret = $1, totp_step = 0 WHERE login = 'son'", row["totp_secret"]
        )
    assert not await second_factor.accept(son, second_factor.code_at(secret, clock.now() + STEP))


async def test_reset_takes_the_second_factor_away_and_ends_sign_ins(town: Town) -> None:
    async with signed_in(town, MAI) as mai:
        _, codes = await set_up(mai)
        account = (await people.by_login("mai")).id  # type: ignore[union-attr]
        await people.reset(account, NEW)
        assert (await mai.see(ACCOUNT)).path.startswith("/panel/sign-in")
    assert await second_factor.secret_of(account) is None and await second_factor.codes_left(account) == 0
    assert not await second_factor.accept(account, codes[0])
    async with browser(town, MAI) as mai:
        assert (await mai.sign_in()).status == 403
        assert (await mai.sign_in(NEW)).path == "/panel/"


async def test_where_it_is_optional_it_can_be_turned_off(town: Town) -> None:
    async with signed_in(town, MAI) as mai:
        await set_up(mai)
        page = await mai.send(await mai.see(ACCOUNT), f"{TURN_ON}/off", password="sai")
        assert page.status == 422
        page = await mai.send(await mai.see(ACCOUNT), f"{TURN_ON}/off", password=MAI.password)
        assert "Đã tắt" in page.text and "<svg" in page.html
    async with browser(town, MAI) as mai:
        assert (await mai.sign_in()).path == "/panel/"


# ---- production ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def in_production(town: Town, person: Person) -> AsyncIterator[Official]:
    """A browser of this person at https://sotay.example."""
    chosen = msgspec.structs.replace(settings_of(town.world), base_url="https://sotay.example", production=True)
    transport = httpx.ASGITransport(app=make_app(chosen, already_open=True))
    async with httpx.AsyncClient(transport=transport, base_url="https://sotay.example") as http:
        yield Official(http, person)


@pytest.mark.parametrize("person", [MAI, BINH], ids=["officer", "administrator"])
async def test_who_must_have_one_sets_it_up_first(town: Town, clock_stands: list[int], person: Person) -> None:
    async with in_production(town, person) as official:
        page = await official.sign_in()
        assert page.path == ACCOUNT and "phải có xác thực hai bước" in page.text
        for path in ("/panel/", "/panel/issues", "/panel/notices", "/panel/nowhere"):
            assert (await official.see(path)).path == ACCOUNT
        token = dict(page.form("/panel/sign-out").fields)["csrf"]
        for path in ("/panel/notices", f"{TURN_ON}/off", "/panel/account/recovery-codes"):
            answer = await official.http.post(path, data={"csrf": token, "password": person.password})
            assert answer.status_code in (303, 403) and answer.headers.get("location", ACCOUNT) == ACCOUNT
        secret, _ = await set_up(official)
        assert (await official.see("/panel/")).path == "/panel/"
        page = await official.see(ACCOUNT)
        assert f"{TURN_ON}/off" not in [form.action for form in page.forms]
        data = {"csrf": dict(page.form(f"{ACCOUNT}/password").fields)["csrf"], "password": person.password}
        assert (await official.http.post(f"{TURN_ON}/off", data=data)).status_code == 409
    clock_stands[0] += STEP
    async with in_production(town, person) as official:
        assert (await official.sign_in()).path.startswith(CODE)
        assert (await code_sent(official, second_factor.code_at(secret, clock.now()))).path == "/panel/"


@pytest.mark.parametrize("person", [TUAN, SON, YEN], ids=["reader", "unit", "auditor"])
async def test_others_may_do_without(town: Town, person: Person) -> None:
    async with in_production(town, person) as official:
        assert (await official.sign_in()).path in ("/panel/", "/panel/audit")  # an auditor reads the trail only


async def test_cookies_in_production(town: Town) -> None:
    async with in_production(town, TUAN) as tuan:
        page = await tuan.see("/panel/sign-in")
        made = page.answer.headers.get_list("set-cookie")
        data = dict(page.form("/panel/sign-in").filled(login="tuan", password=TUAN.password))
        made += (await tuan.http.post("/panel/sign-in", data=data)).headers.get_list("set-cookie")
        made += (await tuan.http.get("/panel/language/en?back=/panel/")).headers.get_list("set-cookie")
        assert {one.split("=")[0] for one in made} >= {"__Host-sotay_session", "__Host-sotay_door"}
        for one in made:
            parts = [part.strip().lower() for part in one.split(";")]
            assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(parts), one
            assert not any(part.startswith("domain") for part in parts)
            assert one.startswith(("__Host-", "sotay_language=")), one
        held = tuan.http.cookies["__Host-sotay_session"]
        async with browser(town, TUAN) as plain:
            plain.http.cookies.set("__Host-sotay_session", held, domain="127.0.0.1")
            assert (await plain.see("/panel/")).path.startswith("/panel/sign-in"), "another name on plain http"


# ---- the own password ---------------------------------------------------------------------------------------------


async def test_a_new_password_ends_every_other_sign_in(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan, signed_in(town, TUAN) as elsewhere:
        old = tuan.http.cookies["sotay_session"]
        page = await tuan.see(ACCOUNT)
        page = await tuan.send(page, f"{ACCOUNT}/password", password=TUAN.password, new=NEW, again=NEW)
        assert page.path.startswith(ACCOUNT) and "Đã đổi mật khẩu" in page.text
        assert tuan.http.cookies["sotay_session"] != old
        assert (await elsewhere.see(ACCOUNT)).path.startswith("/panel/sign-in")
        tuan.http.cookies.set("sotay_session", old, domain="127.0.0.1")
        assert (await tuan.see(ACCOUNT)).path.startswith("/panel/sign-in")
    async with browser(town, TUAN) as tuan:
        assert (await tuan.sign_in()).status == 403
        assert (await tuan.sign_in(NEW)).path == "/panel/"
    async with reading() as conn:
        kept = (await conn.fetch("SELECT password_hash FROM accounts WHERE login = 'tuan'"))[0]["password_hash"]
    assert kept.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("ngắn quá", "ngắn quá", "ít nhất 12"),
        ("con trâu của Tuấn", "con trâu của Tuấn", "tên đăng nhập"),
        ("MatKhau@123456", "MatKhau@123456", "Nhiều người dùng"),
        ("1qaz2wsx3edc4rfv", "1qaz2wsx3edc4rfv", "Nhiều người dùng"),
        ("0912345678901", "0912345678901", "Nhiều người dùng"),
        ("x" * 201, "x" * 201, "200"),
        (NEW, NEW + "!", "khác nhau"),
    ],
)
async def test_passwords_that_are_refused(town: Town, new: str, again: str, said: str) -> None:
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(ACCOUNT)
        page = await tuan.send(page, f"{ACCOUNT}/password", password=TUAN.password, new=new, again=again)
        assert page.status == 422 and said in page.text
        assert new not in unescape(page.html), "no password is sent back"
    assert await people.check_password("tuan", TUAN.password)


async def test_the_old_password_is_asked_for_and_counted(town: Town) -> None:
    async with signed_in(town, TUAN) as tuan:
        page = await tuan.see(ACCOUNT)
        for _ in range(10):
            answer = await tuan.send(page, f"{ACCOUNT}/password", password="sai", new=NEW, again=NEW)
            assert answer.status == 422 and "chưa đúng" in answer.text
        answer = await tuan.send(page, f"{ACCOUNT}/password", password=TUAN.password, new=NEW, again=NEW)
        assert answer.status == 422 and "15 phút" in answer.text


# ---- the secret file ----------------------------------------------------------------------------------------------


async def test_a_lost_or_exchanged_secret_file_is_noticed_and_never_replaced(town: Town) -> None:
    path = town.world.data_dir / "secret"
    assert path.stat().st_mode & 0o777 == 0o600 and len(path.read_bytes()) > SHORTEST
    async with signed_in(town, MAI) as mai:
        await set_up(mai)
    kept = path.read_bytes()
    for lost in (None, b"y" * 64):
        path.unlink()
        if lost:
            path.write_bytes(lost)
        use_secret(path)
        with pytest.raises(WrongSecret, match="missing" if lost is None else "other"):
            await sealing.settle()
        assert (path.read_bytes() if path.exists() else None) == lost
        path.write_bytes(kept)
    use_secret(path)
    assert await sealing.settle() is False
    assert (await people.by_login("mai")).second_factor  # type: ignore[union-attr]
    path.unlink()
    use_secret(path)
    async with writing() as w:
        assert await sealing.begin_anew(w) == 1
    assert path.read_bytes() != kept and await sealing.settle() is False
    assert not (await people.by_login("mai")).second_factor, "what only the lost one opened is gone"  # type: ignore[union-attr]


async def test_a_host_with_another_secret_file_seals_nothing(town: Town) -> None:
    path = town.world.data_dir / "secret"
    path.write_bytes(b"z" * 64)
    use_secret(path)
    secret = b"s" * 20
    account = (await people.by_login("mai")).id  # type: ignore[union-attr]
    with pytest.raises(BadSetting):
        await second_factor.turn_on(account, secret, second_factor.code_at(secret, clock.now()))
    assert not (await people.by_login("mai")).second_factor  # type: ignore[union-attr]


async def _sotay(town: Town, *args: str) -> str:
    command = await asyncio.create_subprocess_exec(
        SOTAY, *args, env=town.world.env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await command.communicate()
    assert command.returncode == 0, err
    return out.decode()


async def test_commands_print_the_secret_of_sample_accounts_and_reset_takes_it_away(town: Town) -> None:
    first = json.loads(await _sotay(town, "demo", "--notes", "0", "--json"))["accounts"]
    assert {one["totp_secret"] for one in first} == {None}
    officer = await people.by_login("canbo")
    assert officer is not None
    secret = b"s" * second_factor.SECRET_BYTES
    assert await second_factor.turn_on(officer.id, secret, second_factor.code_at(secret, clock.now()))
    again = json.loads(await _sotay(town, "demo", "--renew", "--json"))["accounts"]
    assert {one["login"]: one["totp_secret"] for one in again if one["totp_secret"]} == {
        "canbo": second_factor.written(secret)
    }
    password = (await _sotay(town, "account", "reset", "canbo")).strip()
    found = await people.check_password("canbo", password)
    assert found is not None and not found.second_factor
    assert await second_factor.codes_left(officer.id) == 0
