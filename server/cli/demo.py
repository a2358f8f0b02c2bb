"""`sotay demo`: the sample ward, its accounts and notes. Notes go the whole way: judged, masked, released, counted.

Their days lie in the past, so the clock of this process is moved along; the sample is marked as sample everywhere.
"""

import asyncio
import hashlib
import json
import secrets
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import click
import msgspec

from server import worker
from server.cli import sample_office, say, show
from server.opening import opened
from server.push import push
from server.settings import settings
from server.unsafe import Unsafe
from storage import clock, devices, passwords, people, release, schema, sealing, second_factor, seed, totals, uploads
from storage.catalogue import Catalogue, catalogue, meta, set_meta
from storage.changes import writing
from storage.database import reading
from storage.devices import Phone
from storage.migrate import migrate
from storage.samples.issues import photo_subject
from storage.samples.pictures import sample_photo
from storage.samples.texts import SampleNote, sample_notes
from sync.area import Held
from sync.wire import PushRow
from sync.words import word

WARD = "11455"
REPORTERS = 12
PHOTOS = 16  # photos drawn and processed at most: each costs about half a second
UNIT = "Tổ Hạ tầng, đô thị (mẫu)"
OFFICIALS = (
    ("tonghop", "reader"),
    ("donvi", "unit"),
    ("canbo", "officer"),
    ("quantri", "administrator"),
    ("kiemtra", "auditor"),
)


def reporters(tree_groups: Sequence[str]) -> list[tuple[str, str, str]]:
    """Login, group and kind of every sample reporter; spread over the groups, so that no cluster lacks one."""
    every = len(tree_groups) / REPORTERS
    return [
        (f"ctv{i + 1:02d}", tree_groups[int(i * every)], "propagandist" if i % 4 == 3 else "collaborator")
        for i in range(REPORTERS)
    ]


@click.command()
@click.option("--notes", "count", default=240, show_default=True, type=click.IntRange(0, 200_000))
@click.option("--seed", "seed_", default=7, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--if-empty", is_flag=True, help="do nothing if there are notes already")
@click.option("--renew", is_flag=True, help="only renew sign-in data of the sample accounts and print it")
@click.option("--quiet", is_flag=True, help="with --renew: keep unused codes alive, print only new ones")
def demo(count: int, seed_: int, as_json: bool, if_empty: bool, renew: bool, quiet: bool) -> None:
    """Phường mẫu / Fill a sample ward (Đồ Sơn): areas, places, accounts, notes, photos. Clearly marked as sample."""

    if settings().production:
        raise Unsafe("demo")

    async def work() -> list[dict[str, Any]]:
        async with opened(settings(), unready=True):
            await schema.missing()
            if await schema.ran():
                await sealing.settle()  # another secret than its own stops here, before anything is written
            await migrate()
            await sealing.settle()
            await seed.shipped()
            await seed.sample_ward()
            if quiet:
                return await _keep_alive()
            accounts = await _accounts()
            if renew:
                return accounts
            if if_empty and await _has_notes():
                if await _begun():
                    say.stop("cli.demo.half", path=settings().data_dir)
                return accounts
            await _begin("1")
            await fill(count, seed_)
            await _begin("")
            return accounts

    made = asyncio.run(work())
    if as_json:
        click.echo(json.dumps({"accounts": made}, ensure_ascii=False))
    elif made and (renew or not if_empty):
        _print(made, quiet)


def _print(made: list[dict[str, Any]], quiet: bool) -> None:
    if quiet:
        for account in made:
            click.echo(word("vi", "cli.new_code", login=account["login"], code=account["enrol_code"]))
        return
    click.echo(word("vi", "cli.sample"))
    click.echo(show.as_lines(made))
    code = next(account["enrol_code"] for account in made if account["enrol_code"])
    url = f"{settings().base_url}/app/#enrol={code}"
    click.echo(
        f"\n{word('vi', 'cli.phone')}: {settings().base_url}/app/\n{word('vi', 'cli.panel')}: {show.panel_address()}\n"
    )
    click.echo(show.enrolment({"code": code, "url": url, "expires_at": word("vi", "cli.renewed")}))


async def _has_notes() -> bool:
    async with reading() as conn:
        return bool(await conn.fetch("SELECT id FROM notes LIMIT 1"))


async def _begun() -> bool:
    """True if a sample was begun and not ended: a full disk, a machine switched off."""
    async with reading() as conn:
        return bool(await meta(conn, "sample_begun"))


async def _begin(value: str) -> None:
    async with writing() as w:
        await set_meta(w.conn, "sample_begun", value)


async def _accounts() -> list[dict[str, Any]]:
    """Makes the sample accounts, or gives those that exist new sign-in data."""
    tree = (await catalogue()).tree
    groups = sorted(code for code in tree.below(WARD) if tree.by_code[code].level == "group")
    wanted = [(login, "reporter", group, kind) for login, group, kind in reporters(groups)]
    wanted += [(login, role, WARD, "") for login, role in OFFICIALS]
    made = []
    for login, role, area, kind in wanted:
        known = await people.by_login(login)
        if known is None:
            made.append(await show.new_account(login, role, area, kind, sample=True))
            continue
        row = show.blank(login, role, area)
        if role == "reporter":
            row["enrol_code"] = (await devices.new_code(known.id, lasts_ms=devices.SHEET_MS)).typed
        else:
            row["password"] = passwords.drawn()
            await people.set_password(known.id, row["password"])
            row["totp_secret"] = await second_factor.secret_of(known.id)
        made.append(row)
    return made


async def _keep_alive() -> list[dict[str, Any]]:
    """Sample codes that were used are replaced; the others last another day."""
    made = []
    for login, code in await devices.renew_sample():
        made.append({"login": login, "enrol_code": code})
    return made


async def fill(count: int, seed_: int) -> None:
    """Writes `count` sample notes as their reporters' phones would have pushed them, day by day."""
    world = await catalogue()
    tree = world.tree
    groups = sorted(code for code in tree.below(WARD) if tree.by_code[code].level == "group")
    clusters = {group: tree.by_code[group].parent for group in groups}
    places = [(place.id, place.name, place.kind) for place in world.places.values() if place.ward == WARD]
    today = clock.local_day(clock.now())
    samples = sample_notes(count, seed_, groups, clusters, places, today.isoformat())
    phones = await _sample_phones(world)
    by_day: dict[date, dict[int, list[SampleNote]]] = defaultdict(lambda: defaultdict(list))
    for note in samples:
        day = date.fromisoformat(note.day) if note.day else _day_in_week(note, today)
        by_day[day][note.reporter % REPORTERS].append(note)
    photos_left, truths = PHOTOS, dict[str, int]()
    try:
        for day in sorted(by_day):
            noon = min(int(datetime.combine(day, time(12), clock.VIETNAM).timestamp() * 1000), clock.system())
            clock.move(lambda at=noon: at)  # type: ignore[misc]
            for reporter, notes in by_day[day].items():
                photos_left -= await _push(phones[reporter], notes, photos_left, seed_, truths)
            await release.release(all_waiting=True)
            await totals.fold()
    finally:
        clock.move(clock.system)
    await worker.drain()
    async with writing() as w:
        await w.conn.fetch("UPDATE accounts SET office = $1 WHERE sample AND role = 'unit'", UNIT)
    await sample_office.work_off(WARD, today, truths)
    await totals.fold()
    await totals.snapshot(again=True)


def _day_in_week(note: SampleNote, today: date) -> date:
    year, week = (note.week or "").split("-W")
    day = date.fromisocalendar(int(year), int(week), 1 + note.truth % 7)
    return min(day, today)


async def _sample_phones(world: Catalogue) -> list[Phone]:
    """A stand-in for every reporter's phone: it may write for the whole ward, as the samples roam over it."""
    found = []
    for login, _, _ in reporters(["-"]):
        account = await people.by_login(login)
        assert account is not None
        held = (Held(WARD, seed.FIRST_DAY),)
        found.append(
            Phone(
                device="",
                account=account.id,
                role="reporter",
                kind=account.kind,
                areas=held,
                seen_day="",
                expired=False,
                catalogue=world.version,
                epoch="",
                numbers=0,
                uploads=False,
            )
        )
    return found


async def _push(phone: Phone, notes: Sequence[SampleNote], photos_left: int, seed_: int, truths: dict[str, int]) -> int:
    """Pushes notes in batches of 50, with photos for some of them. Returns how many photos were made; `truths` learns
    what every note speaks of."""
    rows: list[dict[str, Any]] = []
    pictures: list[tuple[dict[str, Any], bytes]] = []
    for note in notes:
        row: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "claim": secrets.token_urlsafe(16),
            "kind": note.kind,
            "topic": note.topic,
        }
        row |= {"area": note.area, "text": note.text}
        optional = {
            "day": note.day,
            "week": note.week,
            "place": note.place,
            "reach": note.reach,
            "heard_via": note.heard_via,
        }
        extra: dict[str, Any] = {name: value for name, value in optional.items() if value}
        if note.urgent:
            extra["urgent"] = True
        if note.photo and len(pictures) < photos_left:
            data = sample_photo(seed_ + note.truth * 97 + len(pictures), photo_subject(note.truth))
            photo: dict[str, Any] = {
                "id": str(uuid.uuid4()),
                "note": row["id"],
                "claim": row["claim"],
                "type": "image/jpeg",
            }
            pictures.append((photo | {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}, data))
            extra["photos"] = [photo["id"]]
        truths[row["id"]] = note.truth
        rows.append(row | extra)
    for start in range(0, len(rows), 50):
        await push(phone, {"notes": [_row(row) for row in rows[start : start + 50]]})
    for photo_row, data in pictures:
        await push(phone, {"photos": [_row(photo_row)]})
        announced = await uploads.look(photo_row["id"])
        assert announced is not None
        writer = uploads.Writer(announced, 0)
        await writer.put(data)
        await writer.commit(more=False)
    return len(pictures)


def _row(document: dict[str, Any]) -> PushRow:
    return PushRow(new=msgspec.Raw(msgspec.json.encode(document)))
