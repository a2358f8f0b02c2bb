"""R20: databases of every recorded version, with data in them, brought to this version and back again; phones and
officials of that time go on. Both databases."""

import base64
import json
import subprocess
from dataclasses import replace

import pytest

from cast import Person
from earlier import VERSIONS, as_set, contents, last_step, load, phone_of, rows_of, shape
from installation import SOTAY
from panel import signed_in
from recorded import FOLDER as WIRE
from server import worker
from storage import catalogue, clock, erase, recount, seed, totals
from storage.changes import writing
from storage.database import opened, reading
from storage.migrate import NoSuchStep, go_back, migrate, pending
from town import FieldPhone, Town
from town import opened as town_opened
from worlds import World

MOVED = {"synonyms": "shipped short forms are shipped data since 2026-11-25T04:40; back come those of this version"}
OWN = ("/panel/sign-out", "/panel/language", "/panel/export", "/panel/assets", "/panel/overview.csv")


def test_every_recorded_version_is_here() -> None:
    assert len(VERSIONS) >= 3 and VERSIONS[0].startswith("2026-11-22")


async def upgraded(world: World, version: str) -> None:
    async with opened(world.database_url):
        catalogue.forget()
        await migrate()
        await seed.shipped()


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_earlier_database_becomes_one_of_this_version_and_goes_back(world: World, version: str) -> None:
    async with opened(world.database_url):
        await load(world, version)
        before, recorded, step = await shape(), rows_of(version), last_step(version)
        todo = await pending()
        await migrate()
        now = await shape()
        kept = await contents(recorded)
        for name, rows in recorded.items():
            assert name in MOVED or as_set(rows) <= as_set(kept[name]), name
        assert await go_back(step) == sorted(todo, reverse=True)
        assert await pending() == sorted(todo)
        assert await shape() == before
        back = await contents(recorded)
        for name, rows in recorded.items():
            assert as_set(rows) == as_set(back[name]) or (name in MOVED and as_set(rows) <= as_set(back[name])), name
        await migrate()
        assert await shape() == now
        with pytest.raises(NoSuchStep):
            await go_back("2020-01-01T00:00:00:000000")


async def test_what_was_upgraded_has_the_schema_of_a_fresh_database(
    settled: World, request: pytest.FixtureRequest
) -> None:
    async with opened(settled.database_url):
        fresh = await shape()
    url = f"sqlite:///{settled.data_dir}/earlier.db"
    if settled.name == "production":
        cluster = request.getfixturevalue("postgres")
        url = cluster.url(cluster.create_database())
    async with opened(url):
        await load(replace(settled, database_url=url), VERSIONS[0])
        await migrate()
        assert await shape() == fresh


async def readers() -> list[Person]:
    async with reading() as conn:
        rows = await conn.fetch("SELECT login, role FROM accounts WHERE role IN ('reader', 'officer', 'administrator')")
    return [Person(row["login"], row["role"], ()) for row in rows]


async def went_on(town: Town, version: str) -> None:
    """The phone of that time, with its checkpoint and its unsent notes."""
    held = phone_of(version)
    async with writing() as w:  # however old the recording is: it was seen today, and enrolled not long ago
        await w.conn.fetch(
            "UPDATE devices SET created_at = $1, seen_day = $2", w.now, clock.local_day(w.now).isoformat()
        )
    phone = FieldPhone(town.http, held, {"notes": held["checkpoint"]})
    answer = await phone.batch({"notes": held["notes"]}, pull=["notes"])
    assert "push" not in answer and not answer.get("reset"), answer
    phone.checkpoints.clear()
    await phone.batch(pull=["notes", "photos", "answers", "notices", "areas", "topics"])
    for note in held["notes"]:
        assert phone.documents["notes"][note["id"]]["text"] == note["text"]
    lines = [json.loads(line) for line in (WIRE / "1.jsonl").read_text(encoding="utf-8").splitlines()]
    for one in lines:
        sent = await town.http.request(
            one["method"], one["path"], content=base64.b64decode(one["body"]), headers=one["headers"] | phone.headers
        )
        assert sent.status_code == one["status"], (one["path"], sent.text)
        if one["path"] == "/v1/sync":
            assert [row for rows in sent.json().get("push", {}).values() for row in rows if "reject" in row] == []


@pytest.mark.parametrize("version", [VERSIONS[0], *(pytest.param(one, marks=pytest.mark.full) for one in VERSIONS[1:])])
async def test_phones_and_officials_of_that_time_go_on(world: World, version: str) -> None:
    await load(world, version)
    await upgraded(world, version)
    async with town_opened(world) as town:
        await went_on(town, version)
        await totals.fold()
        await worker.search_index.follow()
        found = await recount.check()
        assert (found.wrong, found.wrong_sums) == (0, 0) and found.cells
        people = await readers()
        assert {person.role for person in people} == {"reader", "officer", "administrator"}
        for person in people:
            async with signed_in(town, person) as official:
                home = await official.see("/panel/")
                links = {link for link in home.links if link.startswith("/panel/") and not link.startswith(OWN)}
                assert home.status == 200 and len(links) > 5, (person, links)
                for path in sorted({link.partition("?")[0] for link in links}):
                    assert (await official.see(path)).status == 200, (path, person)
        await erase.erase()
        assert set((await erase.due()).values()) == {0}


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
async def test_an_operator_goes_forth_and_back(world: World) -> None:
    await load(world, VERSIONS[0])
    step = last_step(VERSIONS[0])

    def sotay(*args: str) -> tuple[int, str]:
        done = subprocess.run([SOTAY, *args], env=world.env, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    status, said = sotay("migrate")
    assert status == 0 and "bước cuối" in said
    status, said = sotay("migrate", "--back-to", step)
    assert status == 2 and "--sure" in said and "sotay backup" in said
    status, said = sotay("migrate", "--back-to", "2020", "--sure")
    assert status == 2 and "2020" in said
    status, said = sotay("migrate", "--back-to", step, "--sure")
    assert status == 0 and step in said, said
    async with opened(world.database_url):
        assert await pending()
