"""The pictures of the panel: a reader, an officer and an administrator at their desks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from pictures_phone import Takes, Ward
from playwright.sync_api import Page, expect

from chromium import Browser

WIDE = 1280
TITLE = "Ngập ngõ nhà văn hoá khi mưa"
SUMMARY = "Ngõ nhà văn hoá ngập tới đầu gối mỗi khi mưa, nước rút chậm, trẻ đi học khó."
ANSWER = "Đơn vị thoát nước nạo vét cống ngõ nhà văn hoá trong tuần này. Mưa tới còn ngập thì bà con báo lại tổ."


class At(Ward, Protocol):
    url: str


class Office:
    def __init__(self, browser: Browser, ward: At, shots: Takes) -> None:
        self.browser, self.ward, self.shots = browser, ward, shots

    @contextmanager
    def desk(self, login: str) -> Iterator[Page]:
        """An official signed in."""
        context = self.browser.office(self.ward.url, width=WIDE, script=True)
        page = context.new_page()
        page.goto("/panel/sign-in")
        page.locator("input[name=login]").fill(login)
        page.locator("input[name=password]").fill(str(self.ward.accounts[login]["password"]))
        page.locator("main form button").click()
        expect(page.locator("header")).to_contain_text(login)
        yield page
        context.close()

    def reads(self) -> int:
        """The first reader: the reporter's note is opened, cleared, grouped and confirmed. The number of its issue."""
        with self.desk("tonghop") as page:
            page.goto("/panel/desk?tab=new")
            self.shots.take(page, "panel-desk", height=900)
            page.goto("/panel/desk?tab=new&lane=place&topic=10")
            row = page.locator("li.note").filter(has_text="ngõ nhà văn hoá ngập tới đầu gối")
            expect(row).to_be_visible()
            row.locator("button[formaction$='/open']").click()
            expect(page.locator("img[src*='/panel/photos/']").first).to_be_visible()
            self.shots.take(page, "panel-note", height=860)
            page.locator("form[action$='/clear'] button").click()
            expect(page.locator(".said")).to_be_visible()
            page.goto("/panel/desk?tab=cleared&lane=place&topic=10")
            row.locator("input[name=pick]").check()
            page.locator("form.desk input[name=title]").fill(TITLE)
            page.locator("form.desk button.primary").click()
            expect(page.locator(".said")).to_be_visible()
            page.goto("/panel/issues")
            page.get_by_role("link", name=TITLE).click()
            number = int(page.url.rstrip("/").rsplit("/", 1)[1])
            self.shots.take(page, "panel-issue", height=860)
        return number

    def confirms(self, number: int) -> None:
        with self.desk("tonghop") as page:
            page.goto(f"/panel/issues/{number}")
            form = page.locator("form[action$='/confirm']")
            form.locator("textarea[name=summary]").fill(SUMMARY)
            form.locator("button.primary").click()
            expect(page.locator(".said")).to_be_visible()
            page.goto("/panel/desk/groups")
            self.shots.take(page, "panel-groups", height=860)
            page.goto("/panel/search?q=ngap")
            self.shots.take(page, "panel-search", height=760)

    def answers(self, number: int) -> None:
        with self.desk("canbo") as page:
            page.goto(f"/panel/issues/{number}")
            form = page.locator("form#answer")
            form.locator("input[name=title]").fill("Nạo vét cống ngõ nhà văn hoá")
            form.locator("textarea[name=text]").fill(ANSWER)
            form.locator("select[name=status]").select_option("answered")
            form.locator("input[name=source]").fill("UBND phường")
            form.locator("button[value=preview]").click()
            expect(page.locator(".phone")).to_be_visible()
            self.shots.take(page, "panel-answer", height=900)
            page.locator("form#answer button[value=publish]").click()
            expect(page.locator("body")).to_contain_text("đã công bố")

    def draws_the_rest(self) -> None:
        with self.desk("canbo") as page:
            for name, address, height in (
                ("panel-overview", "/panel/", 900),
                ("panel-due", "/panel/due", 640),
                ("panel-digest", "/panel/digest", 900),
            ):
                page.goto(address)
                self.shots.take(page, name, height=height)
            page.set_viewport_size({"width": WIDE, "height": 760})
            for name, address in (
                ("panel-matrix", "/panel/"),
                ("panel-opinions", "/panel/?lane=opinion&period=2026-11"),
            ):
                page.goto(address)
                page.locator("table").nth(1).evaluate("table => table.closest('section').scrollIntoView()")
                self.shots.take(page, name)
        with self.desk("quantri") as page:
            for name, address, height in (
                ("panel-system", "/panel/system", 760),
                ("panel-accounts", "/panel/accounts", 760),
            ):
                page.goto(address)
                self.shots.take(page, name, height=height)
            page.goto("/panel/accounts")
            page.get_by_role("link", name="ctv02").click()
            page.locator("form[action='/panel/phones/code'] button").click()
            self.shots.take(page, "panel-code", height=640)
            self.merges(page)

    def merges(self, page: Page) -> None:
        """What merging two groups would do, before it is done."""
        page.goto("/panel/areas")
        groups = page.locator("form[action='/panel/areas'] input[type=checkbox]")
        data: Any = groups.evaluate_all("boxes => boxes.filter(b => /-T0[12]$/.test(b.value)).map(b => b.value)")
        for value in data:
            page.locator(f"input[value='{value}']").check()
        page.locator("input[value=merge]").check()
        page.locator("[name=names]").fill("Tổ dân phố mẫu 21")
        page.locator("button[value=try]").click()
        self.shots.take(page, "panel-areas", height=760)
