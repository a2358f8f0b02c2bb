"""What is killed in the middle of (`act`), and what must hold when the world is opened again (`look`)."""

import contextlib
import hashlib
import os
import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import httpx

from cast import LAN, MINH, TUAN
from forgetting import tables
from storage import clock, database, erase, issues, month_key, people, photos, uploads
from storage.bucket import media
from storage.catalogue import catalogue
from storage.changes import writing
from storage.database import reading
from storage.migrate import migrate
from storage.release import release
from storage.viewer import Viewer
from sync.problems import Problem
from town import FieldPhone, Town, note, opinion, photo_row
from worlds import World

Tell = Callable[[Any], None]
Begin = Callable[[], None]
State = dict[str, Any]
AFTER_LEASES = 200_000  # ms: a lease lasts 90 s, a picture worker's claim 60 s


class Home(Protocol):
    world: World
    app: Any


class Scenario:
    """`act` tells `ack` for what the caller was told is done; `look` tells a `fault` for what does not hold."""

    needs_schema = True

    def __init__(self, home: Home) -> None:
        self.home = home
        transport = httpx.ASGITransport(app=home.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")

    def phone(self, state: State) -> FieldPhone:
        return FieldPhone(self.http, state["phone"], dict(state.get("checkpoints", {})))

    async def prepare(self, tell: Tell, state: State) -> None:
        phone = await Town(self.home.world, self.http).enrol(LAN)
        more = True
        while more:  # thousands, where another scenario went before in the same world
            answer = await phone.batch(pull=["notes", "photos"])
            more = any(page["more"] for page in answer.get("pull", {}).values())
        tell({"phone": phone.enrolled, "checkpoints": phone.checkpoints})

    def plan(self, rng: random.Random, state: State) -> dict[str, Any]:
        """What `act` will do and `look` will look for."""
        raise NotImplementedError

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        raise NotImplementedError

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[Any]) -> None:
        raise NotImplementedError

    async def finish(self, tell: Tell, state: State) -> None:
        """At the end: every object a row names exists, and after the sweep no other object does."""
        later = clock.now() + AFTER_LEASES
        clock.move(lambda: later)
        for id in await uploads.unfinished(later):
            await uploads.finish(id)
        async with reading() as conn:
            keys = {row["key"] for row in await conn.fetch('SELECT "key" FROM upload_parts')}
            stored = await conn.fetch("SELECT name FROM photos WHERE state = 'stored' AND name IS NOT NULL")
        copies = {key for row in stored for key in photos.object_names(row["name"])}
        there = {*await media().keys("raw/"), *await media().keys("photos/")}
        if lost := (keys | copies) - there:
            tell({"fault": f"rows without objects: {sorted(lost)[:3]} of {len(lost)}"})
        await uploads.sweep(later)
        if orphans := {*await media().keys("raw/"), *await media().keys("photos/")} - keys - copies:
            tell({"fault": f"objects without rows after the sweep: {sorted(orphans)[:3]} of {len(orphans)}"})
        async with reading() as conn:
            for row in await conn.fetch(
                "SELECT l.stream, s.head FROM log l JOIN streams s ON s.name = l.stream"
                " GROUP BY l.stream, s.head HAVING MAX(l.n) > s.head OR COUNT(*) <> COUNT(DISTINCT l.n)"
            ):
                tell({"fault": f"numbers of a stream: {dict(row)}"})


async def stored_of(ids: list[str]) -> set[str]:
    async with reading() as conn:
        return {row["id"] for row in await conn.fetch(f"SELECT id FROM notes WHERE {conn.among('id', 1)}", ids)}


class Push(Scenario):
    """Two batches: new notes, then new ones beside a rewritten one and a photo's announcement. Now and then the month's
    key is made on the way."""

    def plan(self, rng: random.Random, state: State) -> dict[str, Any]:
        first = [note() for _ in range(3)]
        second = [note() for _ in range(8)]
        second.append(first[0] | {"text": "Ngõ ngập sau mưa, nước rút rồi"})
        return {"batches": [first, second], "photo": photo_row(second[0], b"x" * 100), "fresh_key": rng.random() < 0.3}

    def rows(self, plan: dict[str, Any], n: int) -> dict[str, list[dict[str, Any]]]:
        return {"notes": plan["batches"][n]} | ({"photos": [plan["photo"]]} if n else {})

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        month_key.forget()
        if plan["fresh_key"]:
            await media().delete(*await media().keys("window/"))
        phone = self.phone(state)
        begin()
        for n in (0, 1):
            answer = await phone.batch(self.rows(plan, n), pull=["notes"])
            assert "push" not in answer, answer["push"]
            tell({"ack": n})

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[int]) -> None:
        phone = self.phone(state)
        for n in (0, 1):
            fresh = [one["id"] for one in plan["batches"][n] if n == 0 or one["id"] != plan["batches"][0][0]["id"]]
            found = await stored_of(fresh)
            if n in acks and len(found) < len(fresh):
                tell({"fault": f"acknowledged batch {n} lost"})
            if 0 < len(found) < len(fresh):
                tell({"fault": f"half of batch {n}: {len(found)} of {len(fresh)}"})
            async with reading() as conn:
                logged = await conn.fetch(
                    f"SELECT stream, doc FROM log WHERE collection = 'notes' AND {conn.among('doc', 1)}", fresh
                )
            if len(logged) != 2 * len(found):  # u:<account> and w:<ward>
                tell({"fault": f"batch {n}: {len(found)} notes, {len(logged)} log rows"})
        for n in (0, 1):  # the phone sends whatever it has no receipt for, and all of it again for good measure
            await phone.batch(self.rows(plan, n))
        await phone.batch(pull=["notes", "photos"])
        seen = phone.documents.get("notes", {})
        for one in {one["id"]: one for batch in plan["batches"] for one in batch}.values():
            if seen.get(one["id"], {}).get("text") != one["text"]:
                tell({"fault": f"the phone does not get back {one['id']}: {seen.get(one['id'])}"})
        if plan["photo"]["id"] not in phone.documents.get("photos", {}):
            tell({"fault": "the announced photo does not come back"})
        tell({"state": {"checkpoints": phone.checkpoints}})


class PhotoWay(Scenario):
    """A photo in two PATCHes of several parts, then the picture worker's end: kept, or refused."""

    def plan(self, rng: random.Random, state: State) -> dict[str, Any]:
        seed, sent = rng.random(), note()
        row = photo_row(sent, self.data(seed))
        return {"note": sent | {"photos": [row["id"]]}, "row": row, "seed": seed, "refuse": rng.random() < 0.3}

    def data(self, seed: float) -> bytes:
        return random.Random(seed).randbytes(400_000)

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        phone, id, data = self.phone(state), plan["row"]["id"], self.data(plan["seed"])
        await phone.batch({"notes": [plan["note"]], "photos": [plan["row"]]})
        begin()
        offset = 0
        for end in (270_000, len(data)):
            answer = await phone.tus("PATCH", id, data[offset:end], Upload_Offset=str(offset))
            assert answer.status_code == 204, answer.text
            offset = int(answer.headers["upload-offset"])
            tell({"ack": offset})
        await self.work(id, plan["refuse"])
        tell({"ack": "worked"})

    async def work(self, id: str, refuse: bool) -> None:
        """What the picture worker does, but for the rebuilding in its child."""
        job = await photos.claim(clock.now())
        found = await uploads.raw_bytes(id)
        assert job is not None and job["id"] == id and found is not None, (job, id)
        assert hashlib.sha256(found[0]).hexdigest() == job["sha256"]
        if refuse:
            await photos.refuse(id, "picture_portrait", found[1])
        else:
            await photos.keep(id, found[0], b"small", 10, 10, found[1])

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[Any]) -> None:
        phone, id, data = self.phone(state), plan["row"]["id"], self.data(plan["seed"])
        final = "rejected" if plan["refuse"] else "stored"
        head = await phone.tus("HEAD", id)
        offset = int(head.headers["upload-offset"])
        if offset < max([one for one in acks if isinstance(one, int)], default=0):
            tell({"fault": f"acknowledged bytes lost: at {offset}, acknowledged {acks}"})
        if offset < len(data):
            answer = await phone.tus("PATCH", id, data[offset:], Upload_Offset=str(offset))
            if answer.status_code != 204:
                tell({"fault": f"cannot go on at {offset}: {answer.status_code} {answer.text}"})
        async with reading() as conn:
            before = (await conn.fetch("SELECT state FROM photos WHERE id = $1", id))[0]["state"]
        if "worked" in acks and before != final:
            tell({"fault": f"the worker was done, the photo is {before}"})
        if before == "received":
            later = clock.now() + AFTER_LEASES
            clock.move(lambda: later)
            await self.work(id, plan["refuse"])
        elif before != final:
            tell({"fault": f"the photo is {before}"})
        await phone.batch(pull=["photos"])
        tell({"state": {"checkpoints": phone.checkpoints}})
        if (held := phone.documents["photos"][id])["state"] != final:
            tell({"fault": f"the phone sees {held}"})
        if final == "stored" and (await photos.picture(id, small=False) or ("", b""))[1] != data:
            tell({"fault": "the stored picture is not the one that was kept"})


class Confirm(Scenario):
    """The reader confirms the summary of an issue of five opinion notes of two reporters."""

    async def prepare(self, tell: Tell, state: State) -> None:
        town = Town(self.home.world, self.http)
        phones = [(await town.enrol(person)).enrolled for person in (LAN, MINH)]
        reader = await people.by_login(TUAN.login)
        assert reader is not None
        tell({"phones": phones, "reader": reader.id})

    async def viewer(self, state: State) -> Viewer:
        return Viewer(state["reader"], TUAN.login, TUAN.role, tuple((await catalogue()).tree.below("11455")))

    def plan(self, rng: random.Random, state: State) -> dict[str, Any]:
        return {
            "notes": [opinion(text=f"Một cửa trả kết quả thứ mấy? {n}") for n in range(5)],
            "title": uuid.uuid4().hex,
        }

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        for phone, some in zip(state["phones"], (plan["notes"][:3], plan["notes"][3:]), strict=True):
            await FieldPhone(self.http, phone).batch({"notes": some})
        await release(all_waiting=True)
        viewer, ids = await self.viewer(state), [one["id"] for one in plan["notes"]]
        async with reading() as conn:
            revs = {
                row["id"]: row["rev"]
                for row in await conn.fetch(f"SELECT id, rev FROM notes WHERE {conn.among('id', 1)}", ids)
            }
        async with writing() as w:
            number = await issues.open_new(w, viewer, revs, plan["title"])
        tell({"ack": number})
        begin()
        await self.confirm(viewer, number)
        tell({"ack": "confirmed"})

    async def confirm(self, viewer: Viewer, number: int) -> None:
        async with reading() as conn:
            rev = (await conn.fetch("SELECT rev FROM issues WHERE number = $1", number))[0]["rev"]
        async with writing() as w:
            await issues.confirm(w, viewer, number, rev, "Trả kết quả", "Người dân hỏi bao giờ có kết quả.")

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[Any]) -> None:
        number, ids = acks[0], [one["id"] for one in plan["notes"]]
        done = await self.confirmed(tell, number, ids)
        if "confirmed" in acks and not done:
            tell({"fault": "confirmed, and gone again"})
        if not done:
            await self.confirm(await self.viewer(state), number)
            if not await self.confirmed(tell, number, ids):
                tell({"fault": "confirming again did nothing"})

    async def confirmed(self, tell: Tell, number: int, ids: list[str]) -> bool:
        """Whether it was confirmed; a fault for anything in between."""
        async with reading() as conn:
            issue = (await conn.fetch("SELECT confirmed_at FROM issues WHERE number = $1", number))[0]
            notes = await conn.fetch(
                f"SELECT text, author, tag, joined_at, received_at FROM notes WHERE {conn.among('id', 1)}", ids
            )
            logged = await conn.fetch(f"SELECT doc FROM log WHERE stream LIKE 'u:%' AND {conn.among('doc', 1)}", ids)
            months = await conn.fetch("SELECT notes, reporters, fixed_notes FROM issue_months WHERE issue = $1", number)
        done = issue["confirmed_at"] is not None
        kept = [value for row in notes for value in dict(row).values() if value is not None]
        if len(kept) != (0 if done else 5 * len(ids)) or len(logged) != (0 if done else len(ids)):
            tell({"fault": f"half confirmed ({done}): {len(kept)} values, {len(logged)} log rows left"})
        if [tuple(dict(row).values()) for row in months] != [(5, 2, 5 if done else 0)]:
            tell({"fault": f"counts ({done}): {[dict(row) for row in months]}"})
        return done


class Erase(Scenario):
    """The eraser at the end of all terms: words, authors, marks, and a photo's objects."""

    async def prepare(self, tell: Tell, state: State) -> None:
        """What other scenarios left is gone first: the boundaries are those of this one's own words."""
        self.after_all_terms()
        await erase.erase()
        clock.move(clock.system)
        await super().prepare(tell, state)

    def plan(self, rng: random.Random, state: State) -> dict[str, Any]:
        word, sent = f"qz{uuid.UUID(int=rng.getrandbits(128)).hex}", note()
        row = photo_row(sent, self.data(word))
        notes = [sent | {"photos": [row["id"]]}, note(text=f"Ngõ {word} ngập"), opinion(text=f"Hỏi {word} thứ mấy?")]
        return {"word": word, "notes": notes, "row": row}

    def data(self, word: str) -> bytes:
        return word.encode() * 1000

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        phone, id, data = self.phone(state), plan["row"]["id"], self.data(plan["word"])
        await phone.batch({"notes": plan["notes"], "photos": [plan["row"]]})
        await release(all_waiting=True)
        answer = await phone.tus("PATCH", id, data, Upload_Offset="0")
        found, job = await uploads.raw_bytes(id), await photos.claim(clock.now())
        assert answer.status_code == 204 and found is not None and job is not None and job["id"] == id
        await photos.keep(id, data, b"small", 10, 10, found[1])
        self.after_all_terms()
        begin()
        await erase.erase()
        tell({"ack": "erased"})

    def after_all_terms(self) -> None:
        later = clock.system() + 400 * clock.DAY_MS
        clock.move(lambda: later)

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[Any]) -> None:
        self.after_all_terms()
        if "erased" in acks and any((await erase.due()).values()):
            tell({"fault": f"erased, and something is due: {await erase.due()}"})
        await erase.erase()
        if left := {name: n for name, n in (await erase.due()).items() if n}:
            tell({"fault": f"a second run leaves {left}"})
        if places := [line for line in (await tables()).splitlines() if plan["word"] in line]:
            tell({"fault": f"the word is still in {places[:3]}"})
        if kept := [key for prefix in ("raw/", "photos/") for key in await media().keys(prefix)]:
            tell({"fault": f"objects stay: {kept[:3]}"})
        if len(await stored_of([one["id"] for one in plan["notes"]])) != len(plan["notes"]):
            tell({"fault": "a note's row is gone: its phone would send it anew"})


class Migrate(Scenario):
    """The schema of a fresh database, from nothing."""

    needs_schema = False

    async def prepare(self, tell: Tell, state: State) -> None:
        tell({"wanted": await self.fresh(str(uuid.uuid4()))})

    def plan(self, rng: random.Random, state: State) -> dict[str, Any]:
        return {"name": uuid.UUID(int=rng.getrandbits(128)).hex}

    async def fresh(self, name: str) -> list[str]:
        """Migrates a database of its own; the schema it has then."""
        path = Path(self.home.world.data_dir) / f"{name}.db"
        async with database.opened(f"sqlite:///{path}") as engine:
            await migrate()
            async with engine.reading() as conn:
                rows = await conn.fetch("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name")
                ran = await conn.fetch("SELECT name FROM migration ORDER BY name")
                facts = await conn.fetch("SELECT key FROM meta WHERE value <> '' ORDER BY key")
        return [row["sql"] for row in rows] + [row["name"] for row in ran] + [row["key"] for row in facts]

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        begin()
        await self.fresh(plan["name"])
        tell({"ack": "migrated"})

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[Any]) -> None:
        try:
            if await self.fresh(plan["name"]) != state["wanted"]:
                tell({"fault": "another schema than that of an undisturbed migration"})
        except (Problem, RuntimeError) as error:
            tell({"fault": f"cannot migrate any more: {str(error)[-300:]}"})
        await self.remove(plan["name"])

    async def remove(self, name: str) -> None:
        for ending in ("", "-wal", "-shm", ".migrating"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.home.world.data_dir}/{name}.db{ending}")  # noqa: PTH108 - nothing else runs here

    async def finish(self, tell: Tell, state: State) -> None:
        return


SCENARIOS: dict[str, type[Scenario]] = {
    "push": Push,
    "photo": PhotoWay,
    "confirm": Confirm,
    "erase": Erase,
    "migrate": Migrate,
}
