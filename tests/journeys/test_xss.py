"""S9: forty XSS payloads in every free-text field a phone or an official can fill; none runs in Chromium.

The browser is told to ignore our Content-Security-Policy, so that the escaping alone must hold; the policy is tested in
tests/admin/test_access.py. CI: forty in every field that is kept, five in addresses and forms that come back; `--full`:
forty there too. What is looked at: desk, notes, issues, answers, notices, overview, audit trail, forms that
come back with errors, addresses, and the phone's pages.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from cast import BINH, LAN, MAI, SON, TUAN, Person
from chromium import Browser, chromium_path
from installation import Installation
from panel import PanelPage
from phone_hands import enrol
from town import note, opinion
from worlds import embedded_world
from xss import PAYLOADS, Watch

FAR = "2099-01-31"
COURSE: list[str] = []  # the addresses of an issue and its page at the rumour desk, filled with every payload
SEND = """([form, word]) => {
  const one = document.querySelector(form);
  for (const field of one.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), textarea")) {
    field.removeAttribute("maxlength");
    if (field.type === "date") field.type = "text";
    field.value = word;
  }
  for (const box of one.querySelectorAll("input[type=checkbox]")) box.checked = false;
  HTMLFormElement.prototype.submit.call(one);
}"""


@pytest.fixture(scope="module")
def running(sqlite_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One world is enough: what a page does with words has nothing to do with where they are kept."""
    folder = tmp_path_factory.mktemp("xss")
    shutil.copyfile(sqlite_town, folder / "sotay.db")
    world = embedded_world(folder)
    world.share_secret()
    with Installation(world) as installation:
        yield installation


@pytest.fixture(scope="module")
def filled(running: Installation) -> tuple[list[str], list[int]]:
    """Ids of notes, numbers of issues, with each payload in every field."""
    return fill_everything(running)


class Clerk:
    """An official who fills in forms fast."""

    def __init__(self, url: str, person: Person) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, follow_redirects=True)
        page = self.see("/panel/sign-in")
        page = self.send(page, "/panel/sign-in", login=person.login, password=person.password)
        assert page.path.startswith("/panel/") and "sign-in" not in page.path

    def see(self, path: str) -> PanelPage:
        return PanelPage(self.http.get(path))

    def send(self, page: PanelPage, action: str, at: str = "", **values: Any) -> PanelPage:
        body = str(httpx.QueryParams(page.form(action).filled(**values)))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return PanelPage(self.http.post(at or action, content=body, headers=kind))

    def do(self, path: str, action: str, at: str = "", **values: Any) -> PanelPage:
        page = self.send(self.see(path), action, at, **values)
        assert page.status == 200, (action, page.status, page.text[:300])
        return page


def phone_of(running: Installation) -> tuple[httpx.Client, dict[str, Any]]:
    code = running.enrolment(LAN.login)["code"]
    enrolled = httpx.post(f"{running.url}/v1/enrol", json={"code": code, "platform": "other"}, timeout=30).json()
    bearer = {"Authorization": f"Bearer {enrolled['token']}"}
    return httpx.Client(base_url=running.url, headers=bearer, timeout=30), enrolled


def push(phone: httpx.Client, collection: str, documents: list[dict[str, Any]]) -> None:
    rows = [{"newDocumentState": document} for document in documents]
    assert phone.post(f"/v1/sync/{collection}/push", json=rows).raise_for_status().json() == []


def fill_everything(running: Installation) -> tuple[list[str], list[int]]:
    """Each payload once in each field that is kept. Ids of notes, numbers of issues."""
    phone, _ = phone_of(running)
    first, second = ([note(text=f"Cống tắc {word}") for word in PAYLOADS] for _ in range(2))
    push(phone, "notes", first + second)
    push(phone, "notes", [opinion(text=f"Hỏi {word}") for word in PAYLOADS])
    push(phone, "notes", [note(text=f"Hố ga {word}") for word in PAYLOADS])  # nobody takes these up
    tuan, mai, binh = (Clerk(running.url, person) for person in (TUAN, MAI, BINH))
    numbers = []
    for word, one, other in zip(PAYLOADS, first, second, strict=True):
        asked, desk = f"/panel/desk/{other['id']}", f"/panel/desk/{one['id']}"
        tuan.do(asked, f"{asked}/ask", question=f"Ở đâu? {word}")
        push(phone, "messages", [message(other, word)])
        tuan.do(desk, f"{desk}/rewrite", text=f"Viết lại {word}", sure="1")
        page = tuan.see("/panel/desk?tab=cleared")
        (pick,) = [value for value in page.form("/panel/desk/group").choices["pick"] if value.startswith(one["id"])]
        page = tuan.send(page, "/panel/desk/group", pick=pick, into="new", title=f"Tên {word}", sure="1")
        number = int(page.path.split("/")[-1].partition("?")[0])
        numbers.append(number)
        at = f"/panel/issues/{number}"
        tuan.do(at, f"{at}/confirm", title=f"Tên {word}", summary=f"Tóm tắt {word}", sure="1")
        answer = {"title": f"Đáp {word}", "text": f"Lời {word}", "source": f"Nguồn {word}", "status": "answered"}
        mai.do(at, f"{at}/answer", do="publish", sure="1", **answer)
        words = {"title": f"Báo {word}", "text": f"Tin {word}", "area": "11455", "to": FAR, "sure": "1"}
        mai.do("/panel/notices", "/panel/notices", do="publish", **words)
    fill_course(running, phone)
    for word in PAYLOADS[::4]:  # its password takes a while
        page = binh.see("/panel/export?area=11455")
        (form,) = [one for one in page.forms if one.action.startswith("/panel/export")]
        page = binh.send(page, form.action, reason=f"Giao ban tuần {word}", password=BINH.password)
        assert page.answer.headers["content-type"].startswith("text/csv")
    return [one["id"] for one in first + second], numbers


def fill_course(running: Installation, phone: httpx.Client) -> None:
    """Each payload as a unit's reason, a note on checking a rumour, a text template."""
    tuan, son, mai = (Clerk(running.url, person) for person in (TUAN, SON, MAI))
    matter = note(text="Đèn đường không sáng")
    push(phone, "notes", [matter])
    page = tuan.see("/panel/desk")
    (pick,) = [one for one in page.form("/panel/desk/group").choices["pick"] if one.startswith(matter["id"])]
    page = tuan.send(page, "/panel/desk/group", pick=pick, into="new", kind="rumour", title="Đèn tắt", sure="1")
    at = page.path.partition("?")[0]
    rumour = at.replace("/issues/", "/rumours/")
    (unit,) = [one for one in page.form(f"{at}/route").choices["unit"] if one][:1]
    for words in several(300):
        tuan.do(at, f"{at}/route", unit=unit)
        son.do(at, f"{at}/refuse", reason="other", words=words, sure="1")
        tuan.do(rumour, f"{rumour}/checks", text=words, sure="1")
        mai.do("/panel/templates", "/panel/templates", title=words[:160], text=words, sure="1")
    COURSE.extend((at, rumour))


def several(longest: int) -> Iterator[str]:
    """All payloads, as many in one text as a field takes, each on a line of its own."""
    lines: list[str] = []
    for word in PAYLOADS:
        if len("\n".join([*lines, word])) > longest:
            yield "\n".join(lines)
            lines = []
        lines.append(word)
    yield "\n".join(lines)


def message(note: dict[str, Any], word: str) -> dict[str, Any]:
    return {"id": opinion()["id"], "note": note["id"], "claim": note["claim"], "text": f"Trả lời {word}"}


def office(browser: Browser, url: str, person: Person) -> tuple[Page, Watch]:
    beside = browser._playwright.chromium.launch(
        executable_path=chromium_path(), headless=True, chromium_sandbox=os.geteuid() != 0, args=browser.arguments
    )
    context = beside.new_context(base_url=url, bypass_csp=True, viewport={"width": 1280, "height": 900})
    context.on("close", lambda _: beside.close())
    watch, page = Watch(context), context.new_page()
    page.goto("/panel/sign-in")
    page.locator("input[name=login]").fill(person.login)
    page.locator("input[name=password]").fill(person.password)
    page.locator("main form button").click()
    return page, watch


def addresses(word: str) -> Iterator[str]:
    asked = str(
        httpx.QueryParams(dict.fromkeys(("area", "topic", "state", "lane", "page", "said", "day", "action"), word))
    )
    yield from (f"/panel/issues?{asked}", f"/panel/{str(httpx.QueryParams({'x': word}))[2:]}?{asked}")


def comes_back(page: Page, watch: Watch, path: str, form: str, words: tuple[str, ...]) -> None:
    """A form sent with each payload in all its words, and with something missing: it comes back with what was typed."""
    for word in words:
        page.goto(path)
        with page.expect_navigation():
            page.evaluate(SEND, [form, word])
        watch.clean(page)


@pytest.mark.timeout(600)
def test_none_runs_in_the_office(
    running: Installation, filled: tuple[list[str], list[int]], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    notes, numbers = filled
    words = PAYLOADS if request.config.getoption("--full") else PAYLOADS[::8]
    with Browser(tmp_path / "phone", running.url, phone=True, bypass_csp=True) as browser:
        page, watch = office(browser, running.url, TUAN)
        for tab in ("new", "cleared", "quarantine", "waiting"):
            page.goto(f"/panel/desk?tab={tab}")
            watch.clean(page)
        for id in notes[len(PAYLOADS) :]:  # the others stand in issues by now
            page.goto(f"/panel/desk/{id}")
            watch.clean(page)
        seen = 0
        for number in numbers:
            page.goto(f"/panel/issues/{number}")
            seen += watch.clean(page).count("alert(1)")
        assert seen >= 4 * len(PAYLOADS), "title, summary and answer are there, as words"
        for path in ("/panel/issues?state=", "/panel/notices", "/panel/", "/panel/due", "/panel/rumours"):
            page.goto(path)
            watch.clean(page)
        for path in (*COURSE, "/panel/templates"):
            page.goto(path)
            assert watch.clean(page).count("alert(1)") >= len(PAYLOADS), path
        for word in words:
            for path in addresses(word):
                page.goto(path)
                watch.clean(page)
        comes_back(page, watch, f"/panel/desk/{notes[-1]}", "form[action$='/ask']", words)
        comes_back(page, watch, "/panel/notices", "form[action='/panel/notices']", words)
        groups = "/panel/desk/groups?lane=place&topic=10"
        page.goto(groups)
        assert watch.clean(page).count("alert(1)") >= len(PAYLOADS), "notes in their heaps, as words"
        comes_back(page, watch, groups, "form[action='/panel/desk/group']", words)
        comes_back(page, watch, f"/panel/issues/{numbers[0]}", "form[action$='/split']", words)
        comes_back(page, watch, f"/panel/issues/{numbers[0]}", "form[action$='/confirm']", words)
        comes_back(page, watch, "/panel/templates", "form[action='/panel/templates']", words)
        comes_back(page, watch, COURSE[1], "form[action$='/checks']", words)
        comes_back(page, watch, COURSE[1], f"form[action='{COURSE[1]}']", words)
        page.context.close()
        page, trail = office(browser, running.url, BINH)
        page.goto("/panel/audit?action=export")
        assert trail.clean(page).count("alert(1)") >= 8, "reasons are there, as words"
        comes_back(page, trail, "/panel/export?area=11455", "form[action^='/panel/export']", words)
        page.context.clear_cookies()
        comes_back(page, trail, "/panel/sign-in", "form[action='/panel/sign-in']", words)
        page.context.close()
        assert watch.looked > 125 and watch.words > 400 and trail.looked > 10


@pytest.mark.timeout(400)
def test_none_runs_on_the_phone(running: Installation, filled: object, tmp_path: Path) -> None:
    with Browser(tmp_path / "phone", running.url, phone=True, bypass_csp=True) as browser:
        on_the_phone(browser, running)


def looked_at(watch: Watch, page: Page) -> None:
    """Nothing ran, and words without a space leave the page as wide as the phone: a wider one moves under the finger."""
    watch.clean(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0, (page.url, wide)


def on_the_phone(browser: Browser, running: Installation) -> None:
    """The answers, notices and own notes that come with a sync, and what is typed on the phone itself."""
    watch, page = Watch(browser.context), browser.page
    enrol(page, running.enrolment(LAN.login)["code"])
    expect(page.get_by_test_id("write-note")).to_be_visible(timeout=30_000)
    page.get_by_test_id("tab-answers").click()
    posts = page.locator("[data-testid^=answer-]")
    expect(posts.nth(2 * len(PAYLOADS) - 1)).to_be_attached(timeout=30_000)
    names = [str(one.get_attribute("data-testid")) for one in posts.all()]
    looked_at(watch, page)
    for name in names:
        page.evaluate("(id) => { location.hash = `#/answer/${id}`; }", name.removeprefix("answer-"))
        expect(page.get_by_test_id("back")).to_be_visible()
        looked_at(watch, page)
    page.evaluate("location.hash = '#/'")
    page.get_by_test_id("tab-answers").click()
    for word in PAYLOADS:
        page.get_by_test_id("answers-search").fill(word)
        looked_at(watch, page)
    page.get_by_test_id("tab-notes").click()
    looked_at(watch, page)
    page.get_by_test_id("write-note").click()
    page.get_by_test_id("kind-observation").click()
    page.get_by_test_id("topic-10").click()
    page.get_by_test_id("topic-10.1").click()
    for word in PAYLOADS:
        page.get_by_test_id("note-text").fill(f"nhà ông bảy 0912345678 {word}")
        looked_at(watch, page)
    page.get_by_test_id("save-note").click()
    page.wait_for_timeout(500)
    looked_at(watch, page)
    assert watch.looked > 160 and watch.words > 160
    assert re.search(r"alert\(1\)", page.content())
