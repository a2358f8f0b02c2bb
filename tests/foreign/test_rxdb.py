"""rxdb 17.6.0 in Node with the glue of glue.mjs, in both worlds: offline work, verdicts, conflicts, pages, epochs."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from fault_proxy import FaultProxy, LimitData
from foreign import Behind, Talk, one_world
from processes import wait_until
from storage import desk, notes
from storage.changes import writing
from storage.tables_office import Answer
from storage.viewer import Viewer
from town import note, opinion

READER = Viewer("reader", "reader", "reader", ("11455-T01", "11455-K1", "11455"))
CLIENT = ("kind", "topic", "area", "text", "reach")


class App(Talk):
    """An application on RxDB: one database, its own phone."""

    def __init__(self, url: str, phone: dict[str, Any], storage: str = "memory", secret: str = "") -> None:
        super().__init__("rxdb_client.mjs")
        self.phone = phone
        self.settings = {
            "url": url,
            "token": phone["token"],
            "secret": secret or phone["device_id"],
            "storage": storage,
            "name": f"db{uuid.uuid4().hex}",
        }
        self.do("open", **self.settings)

    def insert(self, *documents: dict[str, Any]) -> None:
        bare = [{name: value for name, value in one.items() if name != "claim"} for one in documents]
        assert self.do("insert", documents=bare) == {"errors": 0}

    def sync(self) -> list[str]:
        return list(self.do("sync")["errors"])

    def held(self, collection: str = "notes") -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.do("documents", collection=collection)["documents"]}

    def log(self) -> list[dict[str, Any]]:
        return list(self.do("log")["log"])

    def pulled(self) -> list[int]:
        """Documents per page of the pulls since the last look (without the one that asks for the epoch)."""
        pages = [one for one in self.log() if "/pull" in one["path"] and one["path"].partition("?")[2] != "limit=1"]
        return [one["documents"] for one in pages]


@pytest.fixture
def phone(server: Behind) -> dict[str, Any]:
    return server.reporter()


@pytest.fixture(params=["memory", "dexie"])
def app(request: pytest.FixtureRequest, server: Behind, phone: dict[str, Any]) -> Iterator[App]:
    with App(server.url, phone, request.param) as running:
        yield running


def stored(server: Behind, phone: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = server.sql("SELECT id, text, reach, status FROM notes WHERE author = $1", phone["account"]["id"])
    return {row["id"]: row for row in rows}


def opened(server: Behind, id: str) -> None:
    async def read() -> None:
        async with writing() as w:
            await desk.open_note(w, READER, id)

    server.run(read)


def test_notes_written_offline_arrive_and_their_status_comes_back(server: Behind, app: App) -> None:
    first, second = note(), opinion()
    app.insert(first, second)
    app.do("start", live=True)
    assert app.sync() == []
    assert set(stored(server, app.phone)) == {first["id"], second["id"]}
    assert {one["status"] for one in app.held().values()} == {"received"}
    # the office opens it: the news stream says so, nobody asks
    opened(server, first["id"])
    wait_until(lambda: app.held()[first["id"]].get("status") == "read", 15, "the status by the news stream")
    assert app.held()[first["id"]]["claim"]
    # an edit now is kept beside the note and the master comes back
    app.do("patch", id=first["id"], fields={"text": "Nước đã rút"})
    app.sync()
    after = app.held()[first["id"]]
    assert (after["text"], after["amendments"]) == (first["text"], 1) and after["claim"]


@one_world
def test_a_bad_row_is_rejected_and_blocks_nobody(server: Behind, phone: dict[str, Any]) -> None:
    with App(server.url, phone) as app:
        good = [note(text=f"Đèn hỏng cột {n}") for n in range(1, 6)]
        bad = note() | {"resident": "bà Tư"}
        app.insert(*good[:2], bad, *good[2:])
        app.do("start", live=True)
        assert app.sync() == []
        assert set(stored(server, phone)) == {one["id"] for one in good}
        held = app.held()[bad["id"]]
        assert (held["status"], held["reject"]["code"], held["reject"]["field"]) == (
            "rejected",
            "unknown_field",
            "resident",
        )
        later = note(text="Sau đó")
        app.insert(later)
        app.sync()
        assert later["id"] in stored(server, phone)
        assert sum(one.get("rows", 0) for one in app.log()) == 7  # the bad row was sent once


def test_two_clients_of_one_account_end_in_the_same_state(server: Behind, phone: dict[str, Any]) -> None:
    with App(server.url, phone, secret="s") as first, App(server.url, phone, secret="s") as second:
        one = note(text="Rác nhiều", topic="11.1", reach="some")
        first.insert(one)
        for app in (first, second):
            app.do("start", live=True)
            app.sync()
        assert second.held()[one["id"]]["text"] == "Rác nhiều"
        for app in (first, second):
            app.do("cancel")
        first.do("patch", id=one["id"], fields={"reach": "many", "text": "Rác đầy ngõ"})
        second.do("patch", id=one["id"], fields={"text": "Rác rất nhiều"})
        for app in (first, second):
            app.do("start", live=True)
            app.sync()
        for app in (first, second):
            app.sync()
        ends = [
            {name: app.held()[one["id"]].get(name) for name in (*CLIENT, "status", "rev")} for app in (first, second)
        ]
        assert ends[0] == ends[1]
        assert (ends[0]["text"], ends[0]["reach"]) == ("Rác rất nhiều", "many")
        row = stored(server, phone)[one["id"]]
        assert (row["text"], row["reach"]) == ("Rác rất nhiều", "many")


def test_many_notes_and_pages_of_exactly_ten(server: Behind, phone: dict[str, Any]) -> None:
    many = [note(text=f"Cột đèn số {n} hỏng") for n in range(1, 131)]
    with App(server.url, phone) as app:
        app.insert(*many)
        app.do("start", live=True)
        assert app.sync() == []
        assert [one["rows"] for one in app.log() if "/push" in one["path"]] == [100, 30]
    with App(server.url, phone) as other:
        other.do("start", live=True, limit=10)
        assert other.sync() == []
        assert set(other.held()) == {one["id"] for one in many} == set(stored(server, phone))
        pages = [n for n in other.pulled() if n]
        assert pages == [10] * 13


@one_world
def test_the_checkpoint_survives_a_restart(server: Behind, phone: dict[str, Any]) -> None:
    with App(server.url, phone, "dexie") as app:
        app.insert(*(note(text=f"Ổ gà số {n}") for n in range(1, 13)))
        app.do("start", live=True)
        app.sync()
        app.log()
        app.do("close")
        app.do("open")
        app.do("start", live=True)
        assert app.sync() == []
        log = app.log()
        assert [one for one in log if "/push" in one["path"]] == []
        assert all(one["documents"] == 0 for one in log if "cp=" in one["path"])
        assert any("cp=" in one["path"] for one in log) and len(app.held()) == 12, log


@one_world
def test_withdrawn_notes_go_and_are_not_sent_again(server: Behind, phone: dict[str, Any]) -> None:
    with App(server.url, phone) as app, App(server.url, phone) as other:
        one = note()
        app.insert(one)
        for each in (app, other):
            each.do("start", live=True)
            each.sync()
        app.do("remove", id=one["id"])
        app.sync()
        assert stored(server, phone)[one["id"]]["status"] == "withdrawn"
        wait_until(lambda: other.held() == {}, 15, "gone from the other client")


def test_a_lost_answer_stores_nothing_twice_and_the_status_still_comes(server: Behind, phone: dict[str, Any]) -> None:
    with FaultProxy(server.port, seed=5) as line, App(line.url, phone) as app:
        app.do("start", live=True)
        app.sync()
        one = note()
        lost = line.add(LimitData("down", bytes=0))
        app.insert(one)
        wait_until(lambda: one["id"] in stored(server, phone), 15, "arrived although its answer was lost")
        line.remove(lost)
        assert line.faults["limit_data"] >= 1
        wait_until(lambda: app.held()[one["id"]].get("status") == "received", 15, "the status")
        assert len(stored(server, phone)) == 1


def test_a_restored_server_is_met_under_its_new_epoch(server: Behind, phone: dict[str, Any]) -> None:
    with App(server.url, phone) as app:
        kept, lost, moved = note(text="Một"), note(text="Hai"), note(text="Ba")
        app.insert(kept, lost, moved)
        app.do("start", live=True)
        app.sync()
        before = server.sql("SELECT value FROM meta WHERE key = 'epoch'")[0]["value"]

        async def restore() -> None:
            async with writing() as w:
                await w.conn.fetch("DELETE FROM notes WHERE id = $1", lost["id"])
                await w.conn.fetch("DELETE FROM log WHERE doc = $1", lost["id"])
                await w.conn.fetch(
                    "UPDATE notes SET status = 'needs_detail', ask = 'Ở đâu?' WHERE id = $1", moved["id"]
                )
                await notes.announce(w, [moved["id"]])
                await w.conn.fetch("UPDATE meta SET value = $1 WHERE key = 'epoch'", "e" + before[1:] + "0")

        server.run(restore)
        wait_until(lambda: any(one["status"] == 410 for one in app.log()), 15, "the old checkpoint is refused")
        wait_until(lambda: lost["id"] in stored(server, phone), 15, "sent again under the new epoch")
        wait_until(lambda: app.held()[moved["id"]].get("status") == "needs_detail", 15, "what changed while away")
        assert set(stored(server, phone)) == {kept["id"], lost["id"], moved["id"]}
        late = note(text="Bốn")
        app.insert(late)
        wait_until(lambda: late["id"] in stored(server, phone), 15, "and the queue goes on")


@one_world
def test_what_the_office_writes_is_read(server: Behind, phone: dict[str, Any]) -> None:
    async def publish() -> str:
        id = str(uuid.uuid4())
        async with writing() as w:
            row = {
                "id": id, "issue": 1, "issues": "[1]", "version": 1, "topic": "10.1", "areas": '["11455"]',
                "title": "Nạo vét cống", "text": "Trong tuần này", "status": "answered", "source": "UBND phường",
                "state": "published", "written_by": "x", "created_at": w.now, "published_at": w.now,
            }  # fmt: skip
            await w.conn.insert(Answer, [row])
            w.put("a:11455", "answers", id)
        return id

    answer = server.run(publish)
    with App(server.url, phone) as app:
        for collection in ("areas", "topics", "places", "answers"):
            app.do("start", collection=collection, limit=10)
            app.do("once", collection=collection)
        assert {"31", "11455", "11455-K1", "11455-T01"} <= set(app.held("areas"))
        assert app.held("topics")["10.1"]["lanes"]["observation"] == "place"
        places = server.sql("SELECT id FROM places WHERE area = '11455' OR area LIKE '11455-%'")
        assert set(app.held("places")) == {row["id"] for row in places} != set()
        assert app.held("answers")[answer]["title"] == "Nạo vét cống"
        pages = [one for one in app.log() if "topics/pull?limit=10" in one["path"]]
        assert [one["documents"] for one in pages[:-1]] == [10] * (len(pages) - 1) and len(pages) > 1
