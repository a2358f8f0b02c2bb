"""Kills in what keeps an installation: backup, restore, an upgrade of a database that holds data."""

import contextlib
import json
import random
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from earlier import VERSIONS, contents, load, rows_of, shape
from kill_scenarios import Begin, Migrate, Scenario, State, Tell
from storage import backup, backup_file, bucket, catalogue, clock, database, erase, photos, restore, secret, uploads
from storage.backup_file import BadBackup
from storage.bucket import Media, media
from storage.catalogue import meta
from storage.database import reading
from storage.migrate import migrate
from storage.release import release
from storage.restore import NotEmpty
from town import note, opinion, photo_row
from worlds import World, embedded_world

DATA = b"a picture, for all a backup knows" * 3000


def emptied(folder: Path) -> set[str]:
    """The names of what was in it."""
    files = list(folder.iterdir())
    for one in files:
        one.unlink()
    return {one.name for one in files}


class Keeping(Scenario):
    """A world with words, authors and a photo in it, and a pair of keys."""

    async def prepare(self, tell: Tell, state: State) -> None:
        await super().prepare(lambda told: (state.update(told), tell(told)), state)
        phone, sent = self.phone(state), note()
        row = photo_row(sent, DATA)
        notes = [sent | {"photos": [row["id"]]}, *(opinion(text=f"Bao giờ có lịch tiếp dân? {n}") for n in range(3))]
        await phone.batch({"notes": notes, "photos": [row]})
        await release(all_waiting=True)
        await phone.tus("PATCH", row["id"], DATA, Upload_Offset="0")
        while (job := await photos.claim(clock.now())) is not None:
            found = await uploads.raw_bytes(job["id"])
            assert found is not None
            await photos.keep(job["id"], found[0], b"small", 10, 10, found[1])
        public, private = backup_file.make_key()
        folder = Path(self.home.world.data_dir) / "backups"
        folder.mkdir(exist_ok=True)
        tell({"public": public, "private": private, "folder": str(folder)})

    def plan(self, rng: random.Random, state: State) -> dict[str, Any]:
        return {"name": uuid.UUID(int=rng.getrandbits(128)).hex}

    async def checked(self, path: Path, state: State) -> str:
        """What is wrong with a backup; nothing, if it is whole."""
        try:
            await restore.check(path, backup_file.identity(state["private"]))
        except BadBackup as error:
            return str(error)
        return ""

    async def finish(self, tell: Tell, state: State) -> None:
        return


class Backup(Keeping):
    """Killed anywhere, there is the whole backup under its name or none, and the next one clears up."""

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        begin()
        await backup.back_up(Path(state["folder"]) / f"{plan['name']}.sotay", state["public"])
        tell({"ack": "backed up"})

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[Any]) -> None:
        folder = Path(state["folder"])
        path, again = folder / f"{plan['name']}.sotay", folder / f"{plan['name']}-2.sotay"
        if acks and not path.exists():
            tell({"fault": "acknowledged, and not there"})
        await backup.back_up(again, state["public"])
        for one in (path, again):
            if one.exists() and (why := await self.checked(one, state)):
                tell({"fault": f"{one.name} is broken: {why}"})
        if left := emptied(folder) - {path.name, again.name}:
            tell({"fault": f"left over: {sorted(left)}"})


class Restore(Keeping):
    """Into an empty installation of its own (SQLite and files): killed anywhere, nothing is served before all is in place,
    and the same command again brings it all."""

    async def prepare(self, tell: Tell, state: State) -> None:
        await super().prepare(lambda told: (state.update(told), tell(told)), state)
        file = Path(state["folder"]) / "ward.sotay"
        await backup.back_up(file, state["public"])
        state["file"] = str(file)
        async with self.place("undisturbed") as world:
            await self.restored(world, state)
            wanted = await self.whole()
        assert wanted["rows"] and wanted["objects"] and wanted["search"] and not wanted["due"], wanted
        tell({"file": str(file), "wanted": wanted})

    @contextlib.asynccontextmanager
    async def place(self, name: str) -> AsyncIterator[World]:
        """A world of its own, opened, with nothing but the schema in it at first."""
        folder = Path(self.home.world.data_dir) / name
        folder.mkdir(exist_ok=True)
        world = embedded_world(folder)
        world.share_secret()
        secret.use(world.secret_file)
        bucket.use(Media(bucket.make_bucket(world.media_url)))
        catalogue.forget()
        async with database.opened(world.database_url):
            yield world

    async def restored(self, world: World, state: State, *, replace: bool = False) -> None:
        await migrate()
        await restore.restore(Path(state["file"]), backup_file.identity(state["private"]), replace=replace)

    async def whole(self) -> dict[str, Any]:
        async with reading() as conn:
            rows = await conn.fetch("SELECT id, text, author, status FROM notes ORDER BY id")
            pictures = await conn.fetch("SELECT id, state, name FROM photos ORDER BY id")
            found_by = await conn.fetch("SELECT COUNT(*) AS n FROM search_texts")
        return {
            "rows": [dict(row) for row in (*rows, *pictures)],
            "objects": sorted(await media().keys("photos/")),
            "search": found_by[0]["n"],
            "due": sorted(name for name, n in (await erase.due()).items() if n),
        }

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        async with self.place(plan["name"]) as world:
            await migrate()
            begin()
            await self.restored(world, state)
            tell({"ack": "restored"})

    async def look(self, tell: Tell, state: State, plan: dict[str, Any], acks: list[Any]) -> None:
        async with self.place(plan["name"]) as world:
            async with reading() as conn:
                waits = await meta(conn, erase.RESTORING)
            served = not waits and not await restore.is_empty()
            if acks and not served:
                tell({"fault": "acknowledged, and not there"})
            if served and await self.whole() != state["wanted"]:
                tell({"fault": "served before all is in place"})
            with contextlib.suppress(NotEmpty):
                await self.restored(world, state, replace=bool(waits))
            async with reading() as conn:
                if await meta(conn, erase.RESTORING):
                    tell({"fault": "restored again, and still waiting"})
            if await self.whole() != state["wanted"]:
                tell({"fault": "restored again, and not what was backed up"})
        shutil.rmtree(world.data_dir)


class Upgrade(Migrate):
    """A recorded database of an earlier version, with its rows; each kill has one of its own."""

    version = VERSIONS[0]

    def place(self, name: str) -> World:
        home = self.home.world
        if home.name == "embedded":
            folder = home.data_dir
            return World("embedded", f"sqlite:///{folder / name}.db", f"file://{folder}/media", folder)
        url = urlsplit(home.database_url)._replace(path=f"/upgrade_{name}").geturl()
        return World("production", url, home.media_url, home.data_dir)

    async def beside(self, sql: str) -> None:
        """A statement about databases, said in the home's."""
        connection = await asyncpg.connect(self.home.world.database_url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def earlier(self, name: str) -> None:
        """The database as the earlier version left it."""
        if self.home.world.name == "production":
            await self.beside(f"CREATE DATABASE upgrade_{name} TEMPLATE template0")
        await load(self.place(name), self.version)

    async def prepare(self, tell: Tell, state: State) -> None:
        name = uuid.uuid4().hex
        await self.earlier(name)
        tell({"wanted": await self.fresh(name)})

    async def fresh(self, name: str) -> list[str]:
        """Migrates it; its schema and its rows then."""
        async with database.opened(self.place(name).database_url):
            await migrate()
            rows = await contents(rows_of(self.version))
            schema = {table: sorted(columns) for table, columns in (await shape()).items()}
        # when a step ran, and the epoch a database without one gets, are no two times the same
        kept = {kind: sorted(map(str, some)) for kind, some in rows.items() if kind not in ("migration", "meta")}
        return [json.dumps(kept), json.dumps(schema, sort_keys=True)]

    async def act(self, tell: Tell, begin: Begin, state: State, plan: dict[str, Any]) -> None:
        await self.earlier(plan["name"])
        await super().act(tell, begin, state, plan)

    async def remove(self, name: str) -> None:
        if self.home.world.name == "production":
            await self.beside(f"DROP DATABASE upgrade_{name} WITH (FORCE)")
        await super().remove(name)


SCENARIOS: dict[str, type[Scenario]] = {"backup": Backup, "restore": Restore, "upgrade": Upgrade}
