"""The whole way of one note, as people go it: a phone without network, an office without JavaScript, both real.

Enrol → offline → note and photo → the browser is killed → opened again offline → online → synced → read, cleared,
grouped, confirmed → drafted by the unit → previewed, published by the officer → read on the phone, offline again →
withdrawn. In both worlds.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import Page, expect

from cast import LAN, MAI, SON, TUAN, Person
from chromium import Browser
from installation import Installation
from phone_hands import add_photo, enrol, reload, start
from processes import wait_until
from storage.samples.pictures import sample_photo
from worlds import World

WORDS = "Ngõ nhà văn hoá ngập tới đầu gối, hỏi anh Trần Văn Mẫu số 0912 345 678"
LAN_CLUSTER = "11455-K1"
SHOTS = Path(__file__).resolve().parents[2] / "test-results" / "journey"


@pytest.fixture
def installation(settled: World) -> Iterator[Installation]:
    with Installation(settled) as running:
        yield running


def shot(page: Page, world: World, name: str) -> None:
    """Kept for people to look at: test-results/journey/."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{world.name}-{name}.png", full_page=True)


@pytest.mark.parametrize("kind", ["production", pytest.param("embedded", marks=pytest.mark.full)], indirect=True)
@pytest.mark.timeout(240)
def test_a_note_goes_all_the_way_and_the_answer_comes_back(installation: Installation, tmp_path: Path) -> None:
    world = installation.world
    picture = tmp_path / "ngap.jpg"
    picture.write_bytes(sample_photo(5, "flooded_road"))

    with Browser(tmp_path / "phone", installation.url, phone=True) as browser:
        page = browser.page
        enrol(page, installation.enrolment(LAN.login)["code"])
        page.wait_for_function("navigator.serviceWorker.controller !== null")
        shot(page, world, "1-home")

        browser.context.set_offline(True)
        write(page, picture, WORDS)
        note = page.locator("[data-testid^=note-]").first
        expect(note).to_contain_text("Ngõ nhà văn hoá ngập")
        shot(page, world, "2-saved-offline")

        # the office's server is away too, so that nothing can slip out while the browser starts again
        installation.server.kill()
        browser.kill()
        page = browser.reopen()
        browser.context.set_offline(True)
        start(page)
        note = page.locator("[data-testid^=note-]").first
        expect(note).to_contain_text("Ngõ nhà văn hoá ngập")
        expect(page.get_by_test_id("net-state")).to_be_visible()
        note_id = str(note.get_attribute("data-testid")).removeprefix("note-")
        shot(page, world, "3-reopened-offline")

        installation.start()
        browser.context.set_offline(False)
        custody = page.get_by_test_id(f"note-{note_id}").get_by_test_id("custody")
        expect(custody).to_contain_text("tới phường", timeout=60_000)
        sync_until(page, note_id, "1/1")
        shot(page, world, "4-at-the-ward")

        number = read_and_group(browser, installation)
        sync_until(page, note_id, f"{number}")
        shot(page, world, "5-in-an-issue")

        confirm_and_answer(browser, installation, number)
        page.bring_to_front()
        start(page)
        page.get_by_test_id("tab-phone").click()
        page.get_by_test_id("sync-now").click()
        page.get_by_test_id("tab-answers").click()
        answer = page.locator("[data-testid^=answer-]").filter(has_text="Nạo vét cống")
        expect(answer.first).to_be_visible(timeout=60_000)

        browser.context.set_offline(True)
        reload(page)
        page.get_by_test_id("tab-answers").click()
        page.locator("[data-testid^=answer-]").filter(has_text="Nạo vét cống").first.click()
        expect(page.locator("body")).to_contain_text("Công ty thoát nước nạo vét trong tuần này")
        shot(page, world, "8-answer-offline")
        start(page)
        expect(page.get_by_test_id(f"note-{note_id}")).to_contain_text("trả lời")
        shot(page, world, "9-custody-answered")

        told_here_too(page)

        withdraw(browser, installation, number)
        browser.context.set_offline(False)
        page.bring_to_front()
        page.get_by_test_id("tab-phone").click()
        page.get_by_test_id("sync-now").click()
        page.get_by_test_id("tab-answers").click()
        expect(page.locator("[data-testid^=answer-]").filter(has_text="Nạo vét cống")).to_have_count(0, timeout=60_000)

    wait_until(lambda: plus_ones(world) == [(str(number), LAN_CLUSTER, 1)], 60, "asked here too, counted once")
    nothing_personal_is_kept(world)


def told_here_too(page: Page) -> None:
    """Search first: before a note is written, its answer is there; one tap says that it is asked here too."""
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-question").click()
    page.get_by_test_id("topic-10").click()
    known = page.get_by_test_id("known")
    expect(known).to_contain_text("Nạo vét cống")
    page.locator("[data-testid^=plus-]").click()
    expect(page.get_by_test_id("write-note")).to_be_visible()
    expect(page.locator("[data-testid^=draft-]")).to_have_count(0)
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-question").click()
    page.get_by_test_id("topic-10").click()
    expect(known).to_contain_text("Nạo vét cống")
    expect(page.locator("[data-testid^=plus-]")).to_have_count(0)  # once
    for _ in range(3):
        page.get_by_test_id("back").click()


def write(page: Page, picture: Path, words: str) -> None:
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("topic-10.1").click()
    page.get_by_test_id("note-text").fill(words)
    add_photo(page, picture)
    expect(page.locator("[data-testid^=photo-]").locator("visible=true").first).to_be_visible(timeout=20_000)
    page.get_by_test_id("save-note").click()
    expect(page.get_by_test_id("write-note")).to_be_visible(timeout=20_000)


def sync_until(page: Page, note: str, words: str) -> None:
    """Presses "send now" until the note's custody line says so: the picture worker and the office need their time."""
    for _ in range(30):
        page.get_by_test_id("tab-phone").click()
        page.get_by_test_id("sync-now").click()
        page.wait_for_timeout(700)
        page.get_by_test_id("tab-notes").click()
        custody = page.get_by_test_id(f"note-{note}").get_by_test_id("custody")
        if words in custody.inner_text():
            return
    raise AssertionError(f"the custody line never said {words!r}: {custody.inner_text()!r}")


def office(browser: Browser, installation: Installation, person: Person) -> Page:
    """An official signed in, in a browser window of its own, without JavaScript."""
    page = browser.office(installation.url).new_page()
    page.goto("/panel/sign-in")
    page.locator("input[name=login]").fill(person.login)
    page.locator("input[name=password]").fill(person.password)
    page.locator("main form button").click()
    expect(page.locator("header")).to_contain_text(person.login)
    return page


def read_and_group(browser: Browser, installation: Installation) -> int:
    page = office(browser, installation, TUAN)
    page.goto("/panel/desk")
    row = page.locator("form.desk")
    expect(row).to_contain_text("Ngõ nhà văn hoá ngập tới đầu gối")
    expect(row).not_to_contain_text("0912")
    expect(row).not_to_contain_text("Trần Văn Mẫu")
    shot(page, installation.world, "office-1-desk")
    page.locator("button[formaction$='/open']").first.click()
    expect(page.locator("img[src*='/panel/photos/']").first).to_be_visible()
    shot(page, installation.world, "office-2-note")
    page.locator("form[action$='/clear'] button").click()
    page.goto("/panel/desk?tab=cleared")
    page.locator("input[name=pick]").first.check()
    page.locator("form.desk input[name=title]").fill("Ngập ngõ nhà văn hoá")
    page.locator("form.desk button.primary").click()
    page.goto("/panel/issues")
    page.get_by_role("link", name="Ngập ngõ nhà văn hoá").click()
    shot(page, installation.world, "office-3-issue")
    number = int(page.url.rstrip("/").rsplit("/", 1)[1])
    page.context.close()
    return number


def confirm_and_answer(browser: Browser, installation: Installation, number: int) -> None:
    page = office(browser, installation, TUAN)
    page.goto(f"/panel/issues/{number}")
    page.locator("form[action$='/confirm'] textarea[name=summary]").fill("Ngõ nhà văn hoá ngập khi mưa, nước rút chậm.")
    page.locator("form[action$='/confirm'] button.primary").click()
    page.context.close()
    page = office(browser, installation, TUAN)
    page.goto(f"/panel/issues/{number}")
    page.locator("form[action$='/route'] select[name=unit]").select_option(label=SON.login)
    page.locator("form[action$='/route'] button").click()
    page.context.close()
    page = office(browser, installation, SON)
    page.goto("/panel/due")
    page.get_by_role("link", name="Ngập ngõ nhà văn hoá").click()
    form = page.locator("form#answer")
    form.locator("input[name=title]").fill("Nạo vét cống ngõ nhà văn hoá")
    form.locator("textarea[name=text]").fill("Công ty thoát nước nạo vét trong tuần này, tổ theo dõi và báo lại.")
    form.locator("select[name=status]").select_option("answered")
    form.locator("input[name=source]").fill("UBND phường")
    form.locator("button[value=draft]").click()
    page.context.close()
    page = office(browser, installation, MAI)
    page.goto(f"/panel/issues/{number}")
    page.locator("form#answer button[value=preview]").click()
    expect(page.locator(".phone")).to_contain_text("Công ty thoát nước nạo vét trong tuần này")
    page.locator("form#answer button[value=publish]").click()
    expect(page.locator("body")).to_contain_text("Nạo vét cống")
    shot(page, installation.world, "office-4-answered")
    page.goto("/panel/")
    expect(page.locator("table").first).to_be_visible()
    shot(page, installation.world, "office-5-overview")
    page.context.close()


def withdraw(browser: Browser, installation: Installation, number: int) -> None:
    page = office(browser, installation, MAI)
    page.goto(f"/panel/issues/{number}")
    page.locator("form[action$='/answer/withdraw'] button").click()
    expect(page.locator("body")).to_contain_text("đã thu hồi")
    page.context.close()


def nothing_personal_is_kept(world: World) -> None:
    """What the reporter typed about a person is nowhere: not in the database's files, not in the logs."""
    needles = (b"0912 345 678", "Trần Văn Mẫu".encode(), b"0912345678")
    if world.name == "embedded":
        database = sqlite3.connect(world.data_dir / "sotay.db")
        text = "\n".join(database.iterdump()).encode()
        database.close()
    else:
        text = dump(world)
    for log in ("server.log", "worker.log"):
        text += (world.data_dir / log).read_bytes()
    assert b"nh" in text
    for needle in needles:
        assert needle not in text


def plus_ones(world: World) -> list[tuple[Any, ...]]:
    """Issue, area and number of what is counted as "asked here too"."""
    question = "SELECT subject, area, n FROM mark_counts WHERE mark = 'plus_one'"
    if world.name == "embedded":
        with sqlite3.connect(world.data_dir / "sotay.db") as database:
            return database.execute(question).fetchall()

    async def rows() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(world.database_url)
        found = [tuple(row.values()) for row in await connection.fetch(question)]
        await connection.close()
        return found

    return asyncio.run(rows())


def dump(world: World) -> bytes:
    async def rows() -> bytes:
        connection = await asyncpg.connect(world.database_url)
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found: list[Any] = []
        for name in names:
            found += await connection.fetch(f'SELECT * FROM "{name[0]}"')
        await connection.close()
        return "\n".join(str(dict(row)) for row in found).encode()

    return asyncio.run(rows())
