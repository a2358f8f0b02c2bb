"""What an administrator does to areas and to who holds them, as the tables know it: close, open, hand over."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from cast import Person
from storage import catalogue, clock
from storage.changes import writing
from storage.seed import home
from storage.tables import Area


def day(ago: int) -> str:
    """The day so many days before today, of the test's clock."""
    return (today() - timedelta(days=ago)).isoformat()


def today() -> date:
    return clock.local_day(clock.now())


async def new_area(code: str, parent: str, level: str = "group", *, since: int = 0) -> None:
    async with writing() as w:
        row = {"code": code, "parent": parent, "level": level, "name": f"Khu mới {code}", "valid_from": day(since)}
        await w.conn.insert(Area, [row])
        w.put(home(code), "areas", code)
        await catalogue.bump(w)


async def close_area(code: str, *successors: str, ago: int = 1) -> None:
    """The area's last day was so many days ago; these came in its place."""
    async with writing() as w:
        await w.conn.fetch(
            "UPDATE areas SET valid_to = $2, successors = $3 WHERE code = $1",
            code,
            day(ago),
            msgspec.json.encode(successors).decode(),
        )
        w.put(home(code), "areas", code)
        await catalogue.bump(w)


async def hand_over(person: Person, areas: Sequence[str], *, ago: int = 1) -> None:
    """The account holds other areas since; what it held ended so many days ago."""
    async with writing() as w:
        account = (await w.conn.fetch("SELECT id FROM accounts WHERE login = $1", person.login))[0]["id"]
        await w.conn.fetch(
            "UPDATE account_areas SET valid_from = '2025-07-01', valid_to = $2 WHERE account = $1 AND valid_to IS NULL",
            account,
            day(ago),
        )
        for area in areas:
            await w.conn.fetch(
                "INSERT INTO account_areas (account, area, valid_from) VALUES ($1, $2, $3)", account, area, day(ago - 1)
            )
