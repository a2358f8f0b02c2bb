"""One simulated stretch of days in a town of 50 phones: what people, the office and the weather do, drawn from a seed.

`Town.live` runs the days with faults, heals, and waits until every queue is empty; `sim_oracle.faults_of` then judges.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

from model_phone import Ask, ModelPhone
from server import worker
from sim_net import Driver, Gate, GatedMedia, Net, Server, Sim
from storage import answers, clock, desk, devices, issues, photos, release
from storage import uploads as raw
from storage.changes import writing
from storage.database import reading
from storage.viewer import Clash, Missing, Refused, Viewer

PHONES, NOTES = 50, 6
BASE = 1_795_334_400_000  # 22/11/2026 15:00 in Vietnam
HOUR, MINUTE = 3_600_000, 60_000
DAYS_MS = 30 * HOUR
GROUPS = [f"11455-T{n:02d}" for n in range(1, 9)] + ["11737-T01", "11737-T02"]
CLUSTER = {f"11455-T{n:02d}": "11455-K1" if n < 5 else "11455-K2" for n in range(1, 9)} | dict.fromkeys(
    ("11737-T01", "11737-T02"), "11737-K1"
)
WORDS = (
    *("ngõ", "cống", "đèn", "đường", "rác", "chợ", "bến", "cầu", "sân", "vỉa", "hè", "mương", "kênh"),
    *("cây", "bãi", "tường", "rào", "mái", "hiên", "lối", "rẽ", "ao", "hồ", "đê", "kè"),
)
PLACE = [("observation", "10.1"), ("observation", "10.2"), ("suggestion", "10.1")]
OPINION = [("question", "17.1"), ("concern", "17.1"), ("rumour", "17.1")]


@dataclass
class Written:
    """What a writer did with one note, remembered outside the phone."""

    phone: ModelPhone
    account: str
    texts: list[str]
    pictures: int
    bad: bool = False
    withdrawn: bool = False


@dataclass
class Course:
    """What a kind of run draws on; planted bugs and clock tests change it."""

    rate: float = 0.4
    weights: dict[str, float] = field(default_factory=dict)
    server_years: int = 0
    phone_years: int = 0
    soon_ms: int = 60_000  # all queues are empty so long after healing
    phone: type[ModelPhone] = ModelPhone


@dataclass(frozen=True)
class Template:
    """A filled database with 50 enrolled phones, made once from a fixed seed."""

    database: Path
    app: Litestar
    enrolled: list[dict[str, Any]]
    viewers: list[Viewer]


class Town:
    def __init__(self, number: int, template: Template, media: GatedMedia, gate: Gate, course: Course) -> None:
        self.seed, self.course, self.template, self.media = number, course, template, media
        self.sim = Sim(number)
        self.rng = self.sim.rng
        self.server = Server(template.app, self.sim, gate)
        self.net = Net(self.server, course.rate, course.weights)
        self.server_skew = 0
        self.skews = [0] * PHONES
        self.written: dict[str, Written] = {}
        self.numbers: dict[tuple[str, int], str] = {}
        self.cut_accounts: set[str] = set()
        self.complaints: list[str] = []
        self.emptied_ms = 0
        self.office_open = True
        self.drivers = []
        for n, answer in enumerate(template.enrolled):
            phone = course.phone(f"phone {n}", random.Random(f"{number}/{n}"), self._phone_clock(n))
            phone.enrolled(answer)
            self.drivers.append(Driver(phone, self.net))

    def _phone_clock(self, n: int) -> Callable[[], int]:
        return lambda: BASE + self.sim.now + self.skews[n]

    def clock(self) -> int:
        return BASE + self.sim.now + self.server_skew

    # ---- the days -----------------------------------------------------------------------------------------------

    async def live(self) -> None:
        rng, sim = self.rng, self.sim
        for driver in self.drivers:
            for _ in range(NOTES):
                sim.at(rng.randrange(DAYS_MS), lambda driver=driver: self.save(driver))
            for _ in range(2):
                sim.at(rng.randrange(DAYS_MS), lambda driver=driver: self.change(driver))
            for _ in range(4):
                sim.at(rng.randrange(DAYS_MS), driver.kick)
        for work, times in (
            (self.office, 90), (self.work, 25), (self.kill_phone, 14), (self.end_token, 6), (self.enrol_some, 14),
            (self.jump_clock, 12), (self.reassign, 3), (self.restart, 5), (self.sweep_between, 20),
        ):  # fmt: skip
            for _ in range(times):
                sim.at(rng.randrange(DAYS_MS), work)
        await sim.run(DAYS_MS)
        await self.heal()

    async def heal(self) -> None:
        """Lines, clocks and tokens are good again; writers send what was refused for the clock once more."""
        sim = self.sim
        began = sim.now
        self.net.heal()
        self.server.gate.disarm()
        self.server_skew = 0
        self.skews[:] = [0] * PHONES
        await self.enrol_some(all_of_them=True)
        for driver in self.drivers:
            for note in list(driver.phone.disk["notes"].values()):
                if note["phase"] == "refused" and not self.rightly_refused(note["id"], note):
                    driver.phone.again(note["id"])
            sim.at(self.rng.randint(0, 5_000), lambda driver=driver: driver.kick(force=True))
        for second in range(10, 600, 10):
            for driver in self.drivers:
                sim.at(second * 1000, lambda driver=driver: None if driver.phone.empty else driver.kick())
        sim.at(20_000, self.work)
        while sim.now < began + 10 * MINUTE and not all(driver.phone.empty for driver in self.drivers):
            await sim.run(sim.now + 500)
        self.emptied_ms = sim.now - began
        self.office_open = False
        await sim.run(began + 13 * HOUR)  # the last late copies arrive
        await self.work()
        for _ in range(2):  # what one phone sends in the first round is news for another one of its account
            for driver in self.drivers:
                driver.kick(force=True)
            await sim.run(sim.now + 10 * MINUTE)
        sim.note("end", sorted(sim.faults.items()))

    def rightly_refused(self, id: str, note: dict[str, Any]) -> bool:
        code = note.get("reject", {}).get("code")
        one = self.written[id]
        return one.bad or (code == "area_not_yours" and one.account in self.cut_accounts)

    # ---- writers ------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """Words that mean nothing, hold nothing to mask, and occur once."""
        return " ".join(self.rng.choice(WORDS) for _ in range(9)).capitalize()

    def save(self, driver: Driver) -> None:
        rng, phone = self.rng, driver.phone
        account = phone.disk["kv"]["session"]["account"]
        group = GROUPS[self.drivers.index(driver) // 2 % len(GROUPS)]
        bad = rng.random() < 0.05
        pictures: list[bytes] = []
        if bad:
            fields = {"kind": "observation", "topic": rng.choice(["D.1", "10.1"]), "area": "11455-K1"}
        elif rng.random() < 0.35:
            kind, topic = rng.choice(OPINION)
            fields = {"kind": kind, "topic": topic, "area": CLUSTER[group], "week": "2026-W47"}
        else:
            kind, topic = rng.choice(PLACE)
            fields = {"kind": kind, "topic": topic, "area": group, "day": "2026-11-22", "captured_at": phone.clock()}
            pictures = [rng.randbytes(rng.randint(2_000, 150_000)) for _ in range(rng.choice([0, 0, 0, 1, 2]))]
        text = self.text()
        id = phone.save(fields | {"text": text}, pictures)
        self.written[id] = Written(phone, account, [text], len(pictures), bad)
        self.number(phone)
        driver.kick()

    def number(self, phone: ModelPhone) -> None:
        """A running number belongs to one note of a device for ever."""
        device = phone.disk["kv"]["session"]["device"]
        for note in phone.disk["notes"].values():
            if note["seq"] and self.numbers.setdefault((device, note["seq"]), note["id"]) != note["id"]:
                self.complaints.append(f"{phone.name} gave number {note['seq']} twice")

    def change(self, driver: Driver) -> None:
        """The writer changes the words of a note, or takes it back."""
        phone, rng = driver.phone, self.rng
        mine = [
            note
            for note in phone.disk["notes"].values()
            if "claim" in note and not note.get("withdrawn") and note["phase"] != "refused"
        ]
        if not mine:
            return
        id = rng.choice(sorted(note["id"] for note in mine))
        if rng.random() < 0.2:
            self.written[id].withdrawn = True
            phone.withdraw(id)
        else:
            text = self.text()
            self.written[id].texts.append(text)
            self.written[id].withdrawn = False  # it was being read already and stayed; new words are the last word
            phone.edit(id, text)
        self.number(phone)
        driver.kick()

    # ---- weather ------------------------------------------------------------------------------------------------

    def kill_phone(self) -> None:
        driver = self.rng.choice(self.drivers)
        if driver.steps is None:  # killed in the middle of sending is what matters
            driver = next((one for one in self.drivers if one.steps is not None), driver)
        self.sim.faults["phone killed"] += 1
        driver.kill()
        self.sim.at(self.rng.randint(1_000, HOUR), driver.kick)

    def restart(self) -> None:
        self.sim.faults["server killed"] += 1
        self.server.restart(cold=True)

    def sweep_between(self) -> None:
        """The sweeper of another process runs just after a part of the next upload was put."""
        self.server.gate.between = lambda: raw.sweep(clock.now())

    async def end_token(self) -> None:
        """A phone was silent for 40 days, or for ever; or the office revoked it."""
        phone = self.rng.choice(self.drivers).phone
        device, kind = phone.disk["kv"]["session"]["device"], self.rng.choice(["late", "over", "revoked"])
        self.sim.faults["token ended"] += 1
        if kind == "revoked":
            await devices.revoke(device)
            return
        day = clock.local_day(clock.now()) - timedelta(days=40 if kind == "late" else 200)
        async with writing() as w:
            await w.conn.fetch("UPDATE devices SET seen_day = $2 WHERE id = $1", device, day.isoformat())

    async def enrol_some(self, *, all_of_them: bool = False) -> None:
        """Writers whose phone asks for it enrol again; the answer may be lost, then with another code."""
        for driver in self.drivers:
            phone = driver.phone
            asked = phone.disk["kv"].get("hold", {}).get("reason") in ("enrol", "revoked")
            if not all_of_them and not asked:
                continue
            if all_of_them and not asked and await self._token_good(phone):
                continue
            if not all_of_them and self.rng.random() < 0.3:
                self.sim.faults["answer lost"] += 1
                await self._enrol(phone)
                continue
            answer = await self._enrol(phone)
            if answer is not None:
                driver.kill()
                phone.enrolled(answer)
                self.number(phone)
                self.sim.at(1_000, driver.kick)

    async def _token_good(self, phone: ModelPhone) -> bool:
        async with reading() as conn:
            try:
                return not (await devices.phone(conn, phone.disk["kv"]["session"]["token"], clock.now())).expired
            except Exception:
                return False

    async def _enrol(self, phone: ModelPhone) -> dict[str, Any] | None:
        code = await devices.new_code(phone.disk["kv"]["session"]["account"])
        body = msgspec.json.encode({"code": code.typed, "platform": "android"})
        heard = await self.server.call(Ask("POST", "/v1/enrol", {"content-type": "application/json"}, body))
        return heard.json() if heard.status == 200 or heard.status == 201 else None

    def jump_clock(self) -> None:
        rng, course = self.rng, self.course
        self.sim.faults["clock jump"] += 1
        year = 365 * 24 * HOUR
        if rng.random() < 0.4:
            self.server_skew = rng.randint(-course.server_years * year, course.server_years * year) or rng.randint(
                -2 * HOUR, 2 * HOUR
            )
        else:
            most = course.phone_years * year or 2 * 24 * HOUR
            self.skews[rng.randrange(PHONES)] = rng.randint(-most, most)

    async def reassign(self) -> None:
        """An account gets another area; the old one ended yesterday (quarantine) or long ago (refused)."""
        account = self.rng.choice(self.drivers).phone.disk["kv"]["session"]["account"]
        today = clock.local_day(BASE + self.sim.now)  # a day of the calendar on the wall
        ended = today - timedelta(days=self.rng.choice([1, 100]))
        self.sim.faults["area reassigned"] += 1
        if (today - ended).days > 60:
            self.cut_accounts.add(account)
        async with writing() as w:
            sql = "UPDATE account_areas SET valid_to = $2 WHERE account = $1 AND area <> $3"
            await w.conn.fetch(sql, account, ended.isoformat(), "11455-T09")
            sql = "INSERT INTO account_areas (account, area, valid_from) VALUES ($1, $2, $3)"
            await w.conn.fetch(sql, account, "11455-T09", today.isoformat())

    # ---- the office ---------------------------------------------------------------------------------------------

    async def office(self) -> None:
        """One deed at the desk. What the rules of the desk forbid just now is not done."""
        if not self.office_open:
            return
        viewer = self.rng.choice(self.template.viewers)
        async with reading() as conn:
            sql = """SELECT id, rev, status, lane, topic, issue FROM notes WHERE released AND ward = $1
            AND status IN ('received', 'quarantined', 'read', 'cleared', 'needs_detail') ORDER BY id"""
            rows = list(await conn.fetch(sql, viewer.codes[0]))
            sql = "SELECT number, rev, area, kind, confirmed_at FROM issues WHERE ward = $1 ORDER BY number"
            open_issues = list(await conn.fetch(sql, viewer.codes[0]))
        deed = self.rng.choices(
            ["open", "clear", "group", "ask", "redirect", "confirm", "answer", "release"], [6, 4, 5, 2, 1, 3, 3, 3]
        )[0]
        note = self.rng.choice(rows) if rows else None
        issue = self.rng.choice(open_issues) if open_issues else None
        self.sim.note("office", deed, note and note["id"], issue and issue["number"])
        try:
            if deed == "release":
                await release.release(all_waiting=True)
            elif note is not None and deed in ("open", "clear", "ask", "redirect", "group"):
                await self._desk(viewer, deed, note, rows)
            elif issue is not None and deed in ("confirm", "answer"):
                await self._issue(viewer, deed, issue)
        except (Missing, Clash, Refused) as no:
            self.sim.note("no", repr(no))

    async def _desk(self, viewer: Viewer, deed: str, note: Any, rows: list[Any]) -> None:
        async with writing() as w:
            match deed:
                case "open":
                    await desk.open_note(w, viewer, note["id"])
                case "clear":
                    await desk.clear(w, viewer, note["id"], note["rev"])
                case "ask":
                    await desk.ask(w, viewer, note["id"], note["rev"], "Ở đoạn nào?")
                case "redirect":
                    await desk.redirect(w, viewer, note["id"], note["rev"])
                case "group":
                    like = [r for r in rows if (r["lane"], r["topic"]) == (note["lane"], note["topic"])]
                    like = [r for r in like if r["status"] in ("read", "cleared")][:4]
                    await issues.open_new(w, viewer, {r["id"]: r["rev"] for r in like}, "Một vấn đề")

    async def _issue(self, viewer: Viewer, deed: str, issue: Any) -> None:
        async with writing() as w:
            if deed == "confirm":
                await issues.confirm(w, viewer, issue["number"], issue["rev"], "Một vấn đề", "Bà con hỏi")
                return
            status = "true" if issue["kind"] == "rumour" else "answered"
            draft = answers.Draft(title="Trả lời", text="Đang làm trong tuần", status=status, area=issue["area"])
            await answers.publish(w, viewer, issue["number"], issue["rev"], draft)

    async def work(self) -> None:
        """What the worker does between two beats; pictures are not decoded here, their bytes are compared."""
        await worker.finish_uploads()
        while (job := await photos.claim(clock.now())) is not None:
            found = await raw.raw_bytes(job["id"])
            if found is None:
                await photos.again(job["id"])
                continue
            data, keys = found
            for driver in self.drivers:
                sent = driver.phone.disk["bytes"].get(job["id"])
                if sent is not None and sent != data:
                    self.complaints.append(f"photo {job['id']} holds other bytes than its phone")
            await photos.keep(job["id"], b"large", b"small", 4, 3, keys)
        await raw.sweep(clock.now())
