"""A running installation with people in it who can be asked to do something: the cast in its small ward, or a sample ward."""

import json
import shutil
from pathlib import Path

import httpx

from cast import CAST
from installation import Installation
from panel import PanelPage
from worlds import World, embedded_world


class Sample(Installation):
    """`officials`: role → login and password of one who has it."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.officials: dict[str, tuple[str, str]] = {}

    @classmethod
    def of_the_cast(cls, template: Path, folder: Path) -> "Sample":
        """The cast's ward, from the template of this run: empty, and there at once."""
        shutil.copyfile(template, folder / "sotay.db")
        made = cls(embedded_world(folder))
        made.world.share_secret()
        made.officials = {one.role: (one.login, one.password) for one in reversed(CAST)}
        return made

    @classmethod
    def filled(cls, folder: Path, notes: int) -> "Sample":
        """The sample ward: notes, issues, answers."""
        made = cls(embedded_world(folder))
        made.sotay("migrate")
        said = json.loads(made.sotay("demo", "--notes", str(notes), "--json"))
        made.officials = {one["role"]: (one["login"], one["password"]) for one in said["accounts"]}
        return made

    def signed_in(self, role: str) -> httpx.Client:
        """An official of this role at the panel."""
        login, password = self.officials[role]
        http = httpx.Client(base_url=self.url, timeout=30, follow_redirects=True)
        self._send(http, PanelPage(http.get("/panel/sign-in")), "/panel/sign-in", login=login, password=password)
        return http

    def ask_back(self, note: str, question: str) -> None:
        """The reader asks the writer of this note for more."""
        http = self.signed_in("reader")
        at = f"/panel/desk/{note}"
        self._send(http, PanelPage(http.get(at)), f"{at}/ask", question=question, sure="1")
        http.close()

    @staticmethod
    def _send(http: httpx.Client, page: PanelPage, action: str, **values: str) -> None:
        body = str(httpx.QueryParams(page.form(action).filled(**values)))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        http.post(action, content=body, headers=kind).raise_for_status()
