"""Three readers at one desk, in Chromium: two with the panel's script (keys, news, undo), one without any script.

One installation on SQLite is enough: what is stored is tested in both worlds in tests/admin/test_grouping.py.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from cast import LAN, TUAN, YEN
from chromium import ARGUMENTS, chromium_path
from installation import Installation
from town import note
from worlds import embedded_world


@pytest.fixture(scope="module")
def running(sqlite_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("together")
    shutil.copyfile(sqlite_town, folder / "sotay.db")
    world = embedded_world(folder)
    world.share_secret()
    with Installation(world) as installation:
        yield installation


@pytest.fixture(scope="module")
def phone(running: Installation) -> Iterator[httpx.Client]:
    code = running.enrolment(LAN.login)["code"]
    enrolled = httpx.post(f"{running.url}/v1/enrol", json={"code": code, "platform": "other"}, timeout=30).json()
    headers = {"Authorization": f"Bearer {enrolled['token']}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=30) as client:
        yield client


def push(phone: httpx.Client, *texts: str, topic: str = "10.1") -> list[dict[str, Any]]:
    notes = [note(text=text, topic=topic) for text in texts]
    rows = [{"newDocumentState": one} for one in notes]
    assert phone.post("/v1/sync/notes/push", json=rows).raise_for_status().json() == []
    return notes


@pytest.fixture(scope="module")
def readers(running: Installation) -> Iterator[list[BrowserContext]]:
    """Contexts of three readers, signed in: Tuấn and Hùng with scripts, Nga without."""
    people = [(TUAN.login, TUAN.password)]
    add = ("account", "add", "--role", "reader", "--area", "11455", "--json")
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda login: json.loads(running.sotay(*add, login)), ("hung", "nga"))
        people += [(one["login"], one["password"]) for one in made]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, chromium_sandbox=os.geteuid() != 0, args=list(ARGUMENTS)
        )
        contexts = []
        for login, password in people:
            context = chromium.new_context(
                base_url=running.url,
                locale="vi-VN",
                viewport={"width": 1280, "height": 900},
                java_script_enabled=login != "nga",
            )
            page = context.new_page()
            page.goto("/panel/sign-in")
            page.locator("input[name=login]").fill(login)
            page.locator("input[name=password]").fill(password)
            page.locator("main form button").click()
            expect(page.get_by_role("navigation").first).to_be_visible()
            contexts.append(context)
        yield contexts
        chromium.close()


def at_desk(context: BrowserContext, path: str = "/panel/desk") -> Page:
    """The page, with a mark that a new document would not have, and what goes wrong on it."""
    page = context.pages[0]
    page.goto(path)
    page.evaluate("window.mine = true")
    return page


def same_document(page: Page) -> bool:
    return bool(page.evaluate("window.mine === true"))


def heap_of(page: Page, sent: dict[str, Any]) -> Any:
    return page.locator(f"form.heap:has(input[value^='{sent['id']}'])")


def row(page: Page, sent: dict[str, Any]) -> Any:
    return page.locator(f"#n-{sent['id']}")


@pytest.mark.timeout(240)
def test_three_readers_work_at_one_desk(
    running: Installation, phone: httpx.Client, readers: list[BrowserContext]
) -> None:
    wrong: list[str] = []
    for context in readers[:2]:
        context.pages[0].on("pageerror", lambda error: wrong.append(str(error)))
        context.on("weberror", lambda error: wrong.append(str(error.error)))
    first, second, third = push(phone, "Cống chợ tắc", "Hố ga vỡ nắp giữa dốc", "Mương sau trường đầy bùn")
    tuan = at_desk(readers[0])
    expect(tuan.locator("h1")).to_contain_text("3 ghi chú mới")

    # what is typed and ticked outlives news
    tuan.locator("input[name=title]").fill("Đang viết dở")
    row(tuan, second).locator("input[name=pick]").check()
    (fresh,) = push(phone, "Nước ngập ngõ 5 từ đêm qua")
    expect(row(tuan, fresh)).to_be_visible(timeout=15_000)
    expect(tuan.locator(".news")).to_contain_text("Có thay đổi mới")
    assert same_document(tuan)
    expect(tuan.locator("input[name=title]")).to_have_value("Đang viết dở")
    expect(row(tuan, second).locator("input[name=pick]")).to_be_checked()
    assert tuan.evaluate("document.activeElement.name") == "pick", "and the place of the hand"

    # another reader opens a note: it is said, and the keys pass it over
    hung = at_desk(readers[1])
    row(hung, second).get_by_role("button", name="Mở").click()
    expect(hung.locator("h1")).to_contain_text("Ghi chú")
    expect(row(tuan, second)).to_contain_text("đang mở bởi hung", timeout=15_000)
    row(tuan, second).locator("input[name=pick]").uncheck()
    tuan.locator("input[name=title]").fill("")
    tuan.evaluate("document.activeElement.blur()")
    order = tuan.evaluate("[...document.querySelectorAll('[data-keys=list] > *')].map((one) => one.id)")
    row(tuan, third).locator("input[name=pick]").focus()
    for _ in order:
        tuan.keyboard.press("k")
    seen = set()
    for _ in order:
        seen.add(tuan.locator("[data-at]").get_attribute("id"))
        tuan.keyboard.press("j")
    assert seen == {one for one in order if second["id"] not in one}

    # keys do, and undo
    at = str(tuan.locator("[data-at]").get_attribute("id"))
    tuan.keyboard.press("a")
    expect(tuan.locator(".said")).to_contain_text("sang ngăn")
    expect(tuan.locator(f"#{at}")).to_have_count(0)
    assert same_document(tuan) and "undo" not in tuan.url
    tuan.keyboard.press("u")
    expect(tuan.locator(".said")).to_contain_text("trở lại như trước")
    expect(tuan.locator(f"#{at}")).to_be_visible()
    tuan.keyboard.press("?")
    expect(tuan.get_by_role("dialog")).to_contain_text("gom theo gợi ý")
    tuan.keyboard.press("Escape")

    # two at one note: the second is told what changed, and loses no word
    hung.keyboard.press("r")
    hung.keyboard.type("Nắp hố ga dốc Nghè vỡ ")
    held = tuan.context.new_page()
    held.goto(f"/panel/desk/{second['id']}")
    expect(held.locator(".warning").first).to_contain_text("hung đang mở ghi chú này")
    held.keyboard.press("a")
    expect(held.locator(".said")).to_contain_text("sang ngăn")
    held.close()
    expect(hung.locator(".news")).to_contain_text("vừa thay đổi ở nơi khác", timeout=15_000)
    words = hung.locator("textarea[name=text]")
    expect(words).to_have_value("Nắp hố ga dốc Nghè vỡ Hố ga vỡ nắp giữa dốc")
    hung.get_by_role("button", name="Thay nội dung").click()
    expect(hung.get_by_role("alert")).to_contain_text("vừa thay đổi")
    expect(hung.locator(".changed")).to_contain_text("Ghi chú đã sang ngăn “Chờ gom”")
    expect(hung.locator(".changed")).to_contain_text("Người làm: tuan")
    expect(hung.locator("textarea[name=text]")).to_have_value("Nắp hố ga dốc Nghè vỡ Hố ga vỡ nắp giữa dốc")
    hung.get_by_role("button", name="Thay nội dung").click()
    expect(hung.locator(".said")).to_contain_text("Đã thay nội dung")

    # without any script, the same desk
    nga = readers[2].pages[0]
    nga.goto("/panel/desk")
    nga.locator(f"input[value^='{first['id']}']").check()
    nga.locator(f"input[value^='{fresh['id']}']").check()
    nga.locator("input[name=title]").fill("Ngập vì cống tắc")
    nga.get_by_role("button", name="Gom lại").click()
    expect(nga.locator("h1")).to_contain_text("Ngập vì cống tắc")
    expect(nga.get_by_role("button", name="Hoàn tác")).to_be_visible()
    expect(row(tuan, first)).to_have_count(0, timeout=15_000)
    expect(row(tuan, third)).to_be_visible()
    assert same_document(tuan)

    # the suggestion, by one key
    (late,) = push(phone, "Cống chợ lại tắc, ngập hết")
    expect(row(tuan, late)).to_contain_text("Ngập vì cống tắc", timeout=15_000)
    row(tuan, late).locator("input[name=pick]").focus()
    tuan.keyboard.press("m")
    expect(tuan.locator(".said")).to_contain_text("Đã gom tạm")
    expect(row(tuan, late)).to_have_count(0)
    assert wrong == []


@pytest.mark.timeout(120)
def test_fast_grouping_with_and_without_script(
    running: Installation, phone: httpx.Client, readers: list[BrowserContext]
) -> None:
    lamps = push(phone, "Đèn kè tắt", "Đèn kè biển tắt cả tuần", "Kè biển đèn tắt tối om", topic="09.3")
    posts = push(phone, "Cột đèn chợ nghiêng", "Cột đèn đầu chợ nghiêng sắp đổ", topic="09.3")
    where = "/panel/desk/groups?lane=place&topic=09"
    tuan, nga = at_desk(readers[0], where), readers[2].pages[0]
    heap = heap_of(tuan, lamps[0])
    expect(heap.locator("input[name=pick]:checked")).to_have_count(3)
    heap.locator("input[name=title]").fill("Đèn kè biển tắt")
    heap.get_by_role("button", name="Gom lại").click()
    expect(tuan.locator(".said")).to_contain_text("Đã gom tạm")
    expect(heap).to_have_count(0)
    assert same_document(tuan)
    nga.goto(where)
    other = heap_of(nga, posts[0])
    expect(other.locator("input[name=pick]:checked")).to_have_count(2)
    other.locator("select[name=into]").select_option("new")
    other.locator("input[name=title]").fill("")
    other.get_by_role("button", name="Gom lại").click()
    expect(nga.locator(".error")).to_be_visible()
    other.locator("input[name=title]").fill("Cột đèn nghiêng")
    other.get_by_role("button", name="Gom lại").click()
    expect(nga.locator(".said")).to_contain_text("Đã gom tạm")
    nga.get_by_role("button", name="Hoàn tác").click()
    expect(nga.locator(".said")).to_contain_text("trở lại như trước")
    expect(heap_of(nga, posts[0])).to_be_visible()
    expect(heap_of(tuan, posts[0])).to_be_visible(timeout=15_000)


@pytest.mark.timeout(120)
def test_news_reach_readers_alone_and_end_with_the_sign_in(running: Installation, phone: httpx.Client) -> None:
    with httpx.Client(base_url=running.url, timeout=20, follow_redirects=True) as tuan:
        form = {"login": TUAN.login, "password": TUAN.password}
        page = tuan.get("/panel/sign-in").text
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        tuan.post("/panel/sign-in", data=form | {"csrf": token})
        with tuan.stream("GET", "/panel/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            assert next(lines) == ":"
            push(phone, f"Tin mới {uuid.uuid4().hex[:6]}")
            assert next(line for line in lines if line) == "event: news"
            home = tuan.get("/panel/").text
            token = home.partition('name="csrf" value="')[2].partition('"')[0]
            tuan.post("/panel/sign-out", data={"csrf": token})
            push(phone, f"Tin nữa {uuid.uuid4().hex[:6]}")
            assert [line for line in lines if line.startswith("event")] == [], "the stream ended, without a word"
    with httpx.Client(base_url=running.url, timeout=20, follow_redirects=True) as yen:
        page = yen.get("/panel/sign-in").text
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        yen.post("/panel/sign-in", data={"login": YEN.login, "password": YEN.password, "csrf": token})
        assert yen.get("/panel/live").status_code == 403
