"""An official at the panel, as a browser without scripts has it: reads pages, fills in the forms it finds, follows redirects."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from cast import HOA, LAN, MINH, Person
from storage import people, sessions
from storage.database import reading
from storage.release import release
from town import Town, opinion

MISSING = "00000000-0000-4000-8000-000000000000"


def fill(path: str) -> str:
    """A route's path with something in its places."""
    for part, value in (
        ("number", "7"),
        ("size", "320"),
        ("name", "panel.css"),
        ("lang", "en"),
        ("collection", "areas"),
    ):
        path = re.sub(r"\{" + part + r":\w+\}", value, path)
    return re.sub(r"\{\w+:\w+\}", MISSING, path)


@dataclass
class PanelForm:
    """A form as the page offers it: address, method, and its fields as they would be sent untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, **values: Any) -> list[tuple[str, str]]:
        """The fields with some replaced; a list of values stands for several ticked boxes."""
        kept = [(name, value) for name, value in self.fields if name not in values]
        for name, value in values.items():
            kept += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
        return kept


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PanelForm] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._form: PanelForm | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "form":
            self._form = PanelForm(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        if self._form is None:
            return
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name:
            if given.get("type") == "checkbox":
                self._form.choices.setdefault(name, []).append(value)
                if "checked" in given:
                    self._form.fields.append((name, value))
            else:
                self._form.fields.append((name, value))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            known = self._form.choices.setdefault(self._select, [])
            if not known:
                self._form.fields.append((self._select, value))  # the first one is what a browser sends
            elif "selected" in given:
                self._form.fields = [one for one in self._form.fields if one[0] != self._select] + [
                    (self._select, value)
                ]
            known.append(value)
        elif tag == "textarea":
            self._area = name
            self._form.fields.append((name, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form:
            self._form.fields[-1] = (self._area, self._form.fields[-1][1] + data)
        self.words.append(data)


class PanelPage:
    """One answer of the panel."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.path = answer.url.raw_path.decode()
        self.html = answer.text
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links, self.elements = reader.forms, reader.links, reader.elements
        self.text = " ".join(" ".join(reader.words).split())

    def form(self, action: str) -> PanelForm:
        """The form that is sent to `action` (or begins with it)."""
        for one in self.forms:
            if one.action == action:
                return one
        raise AssertionError(f"no form for {action} among {[one.action for one in self.forms]}")


@dataclass
class Official:
    """A person of the office with an own browser."""

    http: httpx.AsyncClient
    person: Person

    async def see(self, path: str) -> PanelPage:
        return PanelPage(await self.http.get(path, follow_redirects=True))

    async def send(self, page: PanelPage, action: str, at: str = "", **values: Any) -> PanelPage:
        """Fills in the page's form for `action` and sends it (to `at`, as a button with an own address does)."""
        form = page.form(action)
        answer = await self.http.post(
            at or action,
            content=httpx.QueryParams(form.filled(**values)).__str__(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            follow_redirects=True,
        )
        return PanelPage(answer)

    async def sign_in(self, password: str = "") -> PanelPage:
        page = await self.see("/panel/sign-in")
        return await self.send(
            page, "/panel/sign-in", login=self.person.login, password=password or self.person.password
        )


@asynccontextmanager
async def browser(town: Town, person: Person) -> AsyncIterator[Official]:
    """A fresh browser of this person, not signed in."""
    transport = httpx.ASGITransport(app=town.http._transport.app, raise_app_exceptions=False)  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        yield Official(http, person)


@asynccontextmanager
async def signed_in(town: Town, person: Person) -> AsyncIterator[Official]:
    """A browser that has signed in. The password is left out: hashing it takes longer than most tests."""
    account = await people.by_login(person.login)
    assert account is not None
    async with browser(town, person) as official:
        official.http.cookies.set(
            "sotay_session", await sessions.begin(account.id, account.standing), domain="127.0.0.1"
        )
        yield official


async def opinions(town: Town, *counts: int, release_them: bool = True, **fields: Any) -> list[str]:
    """Opinion notes of the three reporters of the ward, as many as said for each, released to the desk. Their ids."""
    ids = []
    for person, area, n in zip((LAN, MINH, HOA), ("11455-K1", "11455-K1", "11455-K2"), counts, strict=False):
        if n:
            phone = await town.enrol(person)
            notes = [opinion(**({"area": area} | fields)) for _ in range(n)]
            assert await phone.push("notes", *notes) == []
            ids += [one["id"] for one in notes]
    if release_them:
        await release(all_waiting=True)
    return ids


async def note_row(id: str) -> dict[str, Any]:
    async with reading() as conn:
        return dict((await conn.fetch("SELECT * FROM notes WHERE id = $1", id))[0])


async def grouped(
    reader: Official, ids: list[str], title: str = "Một cửa trả kết quả chậm", *, into: int | None = None
) -> int:
    """The reader ticks these notes at the desk and groups them. Returns the issue's number."""
    desk = await reader.see("/panel/desk")
    picks = [value for value in desk.form("/panel/desk/group").choices["pick"] if value.split(":")[0] in ids]
    assert len(picks) == len(ids)
    page = await reader.send(desk, "/panel/desk/group", pick=picks, into=into or "new", title=title, sure="1")
    assert page.status == 200 and page.path.startswith("/panel/issues/"), page.text
    return int(page.path.split("/")[-1].split("?")[0])


async def confirmed(reader: Official, number: int, summary: str = "Người dân hỏi bao giờ có kết quả.") -> PanelPage:
    page = await reader.see(f"/panel/issues/{number}")
    return await reader.send(page, f"/panel/issues/{number}/confirm", summary=summary, sure="1")
