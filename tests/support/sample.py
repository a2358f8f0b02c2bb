"""A running installation with people in it who can be asked to do something: the cast in its small ward, or a sample ward."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx

from cast import CAST
from installation import Installation
from panel import PanelPage
from worlds import World, embedded_world

WORD = "Nuocngap" * 25  # no browser breaks it by itself
# where people write: a fifth of the rows gets a word without a blank, as long as the field takes
ENDLESS = (
    ("notes", "text", 200), ("issues", "title", 120), ("issues", "summary", 200), ("answers", "title", 80),
    ("answers", "text", 200), ("answers", "source", 120), ("places", "name", 120), ("doors", "name", 120),
    ("doors", "how_vi", 200), ("areas", "name", 80), ("gazetteer", "name", 120), ("text_templates", "text", 200),
)  # fmt: skip


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
        """The sample ward: notes, issues, answers; some of their words never end."""
        made = cls(embedded_world(folder))
        made.sotay("migrate")
        said = json.loads(made.sotay("demo", "--notes", str(notes), "--json"))
        made.officials = {one["role"]: (one["login"], one["password"]) for one in said["accounts"]}
        with closing(sqlite3.connect(folder / "sotay.db")) as db, db:
            for table, column, letters in ENDLESS:
                db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} <> '' AND rowid % 5 = 2", (WORD[:letters],))
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
