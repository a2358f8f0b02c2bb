"""The audit trail (S10): appended in one order with the act, short of memory, and no tampering with it goes unseen.

CI: 200 tamperings in each world; `--full`: 1,000 (`pytest --full tests/storage/test_audit.py`).
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from cast import LAN, MAI, TUAN
from panel import confirmed, grouped, opinions, signed_in
from storage import audit, audit_heads, clock, database, erase, secret
from storage.audit_chain import head
from storage.audit_heads import FILE, Verdict
from storage.bucket import media
from storage.changes import writing
from storage.clock import DAY_MS
from storage.secret import key
from town import Town, note
from trail import TAMPERINGS, put, trail

SEED = 1911
CI, FULL = 200, 1000


async def check(town: Town) -> Verdict:
    return await audit_heads.verify(town.world.data_dir)


async def whole(town: Town) -> None:
    found = await check(town)
    assert found.findings == [] and found.rows > 0


async def acts(count: int) -> None:
    for n in range(count):
        async with writing() as w:
            audit.record(w, audit.COMMAND, "account.made", f"login{n}", area="11455", detail={"role": "unit"})


@pytest.fixture
def days() -> Iterator[list[float]]:
    moved = [0.0]
    clock.move(lambda: clock.system() + int(moved[0] * DAY_MS))
    yield moved
    clock.move(clock.system)


async def lived(town: Town, days: list[float]) -> None:
    """A trail with every kind of row in it: reads, an issue, an answer's draft, an eraser's run that blanked some."""
    lan = await town.enrol(LAN)
    sent = [note(text=f"Ngập ngõ {n}") for n in range(3)]
    await lan.push("notes", *sent)
    async with signed_in(town, TUAN) as tuan:
        for one in sent:
            page = await tuan.see(f"/panel/desk/{one['id']}")
            await tuan.send(page, f"/panel/desk/{one['id']}/clear", f"/panel/desk/{one['id']}/clear?rev=1")
        ids = await opinions(town, 2, 2, 1)
        await tuan.see(f"/panel/desk/{ids[0]}")
        await confirmed(tuan, await grouped(tuan, ids))
    await erase.erase()
    rows, _ = await trail()
    assert audit.TAKEN in {row["action"] for row in rows} and None in {row["salt"] for row in rows}


@pytest.mark.timeout(900)
async def test_no_tampering_goes_unseen(town: Town, days: list[float], request: pytest.FixtureRequest) -> None:
    await lived(town, days)
    await audit_heads.keep(town.world.data_dir)
    await acts(5)
    rows, heads = await trail()
    assert len(rows) > 25
    await whole(town)
    rng, done = random.Random(SEED), Counter[str]()
    for n in range(FULL if request.config.getoption("--full") else CI):
        tamper, changed = TAMPERINGS[n % len(TAMPERINGS)], [dict(row) for row in rows]
        tamper(rng, changed)
        # half of the time the head in the database is made to fit
        last = changed[-1]
        own = [{"id": 1, "n": last["n"], "hash": last["hash"]}] if rng.random() < 0.5 else heads
        await put(changed, own)
        assert (await check(town)).findings != [], (SEED, n, tamper.__name__)
        done[tamper.__name__] += 1
    assert len(done) == len(TAMPERINGS) and sum(done.values()) >= CI
    await put(rows, heads)
    await whole(town)


async def test_where_it_was_touched_is_said(town: Town) -> None:
    await acts(12)
    rows, heads = await trail()
    n = rows[5]["n"]
    for change, code in (
        ({"at": 1}, "altered"),
        ({"subject": "x"}, "detail"),
        ({"detail": '{"role":"nobody"}'}, "detail"),
    ):
        await put([row | (change if row["n"] == n else {}) for row in rows], heads)
        assert [(one.first, one.code) for one in (await check(town)).findings] == [(n, code)]
    await put([row for row in rows if row["n"] not in (n, n + 1)], heads)
    assert [(one.first, one.last, one.code) for one in (await check(town)).findings] == [(n, n + 1, "gap")]
    nothing = {"subject": None, "detail": None, "salt": None}
    await put([row | (nothing if row["n"] == n else {}) for row in rows], heads)
    assert [(one.first, one.code) for one in (await check(town)).findings] == [(n, "blanked")]
    await put(rows, [])
    assert [one.code for one in (await check(town)).findings] == ["own_head"]
    await put(rows, [{"id": 1, "n": rows[3]["n"], "hash": rows[3]["hash"]}])
    assert [one.code for one in (await check(town)).findings] == ["own_head"]


async def test_cuts_of_the_tail_are_found_up_to_the_last_head_outside(town: Town) -> None:
    folder = town.world.data_dir
    await acts(10)
    kept = await audit_heads.keep(folder)
    await acts(5)
    rows, _ = await trail()
    for left in range(1, len(rows)):
        last = rows[left - 1]
        await put(rows[:left], [{"id": 1, "n": last["n"], "hash": last["hash"]}])
        found = [(one.first, one.last, one.code) for one in (await check(town)).findings]
        wanted = [(last["n"] + 1, kept, "tail")] * 2 if last["n"] < kept else []  # the file and the store both say so
        assert found == wanted, left
    # cut, and written on: the head outside is another one
    short = rows[: kept - 3]
    await put(short, [{"id": 1, "n": short[-1]["n"], "hash": short[-1]["hash"]}])
    await acts(8)
    assert {(one.first, one.code) for one in (await check(town)).findings} == {(kept, "other")}


async def test_heads_outside_stand_in_two_places_and_are_signed(town: Town) -> None:
    folder = town.world.data_dir
    await acts(3)
    n = await audit_heads.keep(folder)
    assert await audit_heads.keep(folder) == n, "nothing new: nothing written"
    assert len((folder / FILE).read_text().splitlines()) == len(await media().keys("audit/")) == 1
    assert (folder / FILE).stat().st_mode & 0o77 == 0
    (object_,) = await media().keys("audit/")
    good = await media().get(object_) or b""
    forged = good.replace(b'"at":1', b'"at":2')
    assert forged != good
    await media().put(object_, forged)
    assert [(one.code, one.where) for one in (await check(town)).findings] == [("bad_head", object_)]
    await media().delete(object_)
    await whole(town)
    with (folder / FILE).open("a") as out:
        out.write("{}\n")
    assert [(one.code, one.where) for one in (await check(town)).findings] == [("bad_head", f"{FILE}:2")]


async def test_without_the_key_nobody_can_write_on(town: Town) -> None:
    await acts(4)
    rows, heads = await trail()
    file = town.world.secret_file
    right = file.read_text()
    file.write_text("another secret " * 4)
    secret.use(file)
    assert [one.code for one in (await check(town)).findings] == ["key"]
    await acts(1)
    file.write_text(right)
    secret.use(file)
    assert [(one.first, one.code) for one in (await check(town)).findings] == [
        (len(rows) + 1, "altered"),
        (len(rows) + 1, "detail"),
    ]
    await put(rows, heads)
    made = head(b"guessed", 1, rows[0]["hash"], 1)
    assert made != head(key(audit.KEY), 1, rows[0]["hash"], 1)


async def test_parallel_acts_stand_in_one_order(town: Town) -> None:
    before = len((await trail())[0])

    async def one(n: int) -> None:
        async with writing() as w:
            audit.record(w, audit.COMMAND, "device.code", f"a{n}")
            audit.record(w, audit.COMMAND, "device.code", f"b{n}")
            if n % 5 == 0:
                w.put("a:11455", "areas", "11455")  # streams are numbered after it: no deadlock

    await asyncio.gather(*(one(n) for n in range(40)))
    rows, _ = await trail()
    assert [row["n"] for row in rows] == list(range(1, before + 81))
    pairs = [row["subject"] for row in rows[before:]]
    assert all(pairs[i][1:] == pairs[i + 1][1:] for i in range(0, 80, 2)), "the acts of one transaction stand together"
    await whole(town)


async def test_an_act_that_fails_leaves_no_row_and_no_row_no_act(town: Town) -> None:
    rows, _ = await trail()
    with pytest.raises(ZeroDivisionError):
        async with writing() as w:
            audit.record(w, audit.COMMAND, "device.code", "x")
            raise ZeroDivisionError
    assert (await trail())[0] == rows
    await database.current().run_ddl("DROP TABLE audit")
    with pytest.raises(Exception, match="audit"):
        async with writing() as w:
            await w.conn.fetch("UPDATE accounts SET role = 'auditor' WHERE login = $1", MAI.login)
            audit.record(w, audit.COMMAND, "account.made", MAI.login)
    async with database.reading() as conn:
        assert (await conn.fetch("SELECT role FROM accounts WHERE login = $1", MAI.login))[0]["role"] == "officer"


async def test_the_trail_forgets_which_note_once_its_words_are_gone(town: Town, days: list[float]) -> None:
    lan = await town.enrol(LAN)
    stays, goes = note(text="Cột đèn tắt"), note(text="Cống tắc")
    await lan.push("notes", stays, goes)
    async with signed_in(town, TUAN) as tuan:
        for one in (stays, goes):
            page = await tuan.see(f"/panel/desk/{one['id']}")
            token = dict(page.form("/panel/sign-out").fields)["csrf"]
            await tuan.http.post(f"/panel/desk/{one['id']}/open", data={"csrf": token})
        page = await tuan.see(f"/panel/desk/{goes['id']}")
        page = await tuan.send(page, f"/panel/desk/{goes['id']}/refile", topic="09.3")
        page = await tuan.see(f"/panel/desk/{goes['id']}")
        await tuan.send(page, f"/panel/desk/{goes['id']}/redirect")
    async with database.reading() as conn:
        mark = {row["id"]: row["pseudonym"] for row in await conn.fetch("SELECT id, pseudonym FROM notes")}
    about = [row["subject"] for row in (await trail())[0]]
    assert about.count(mark[stays["id"]]) == 2 and about.count(mark[goes["id"]]) == 6
    done = await erase.erase()
    assert done["trail"] == 6 and (await erase.erase())["trail"] == 0
    rows, _ = await trail()
    assert mark[goes["id"]] not in str(rows) and mark[stays["id"]] in str(rows)
    await whole(town)
