"""Who hears what: areas without a reporter or with few, groups that have been silent, phones that stopped, notes missing.

Nothing here counts what a reporter wrote, and nothing counts opinion notes. Staffing is said in words, not in numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from storage.conn import Conn
from sync.area import Reading
from sync.bands import THRESHOLD_REPORTERS

Staffing = Literal["none", "few", "enough"]


async def reporters(conn: Conn, codes: Sequence[str], today: str) -> dict[str, set[str]]:
    """Area → the reporters (inner ids, never shown) that hold it today, of these areas."""
    rows = await conn.fetch(
        f"""SELECT h.area, h.account FROM account_areas h JOIN accounts a ON a.id = h.account
        WHERE a.role = 'reporter' AND a.disabled_at IS NULL AND h.valid_from <= $2
        AND (h.valid_to IS NULL OR h.valid_to >= $2) AND {conn.among("h.area", 1)}""",
        list(codes),
        today,
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["area"], set()).add(row["account"])
    return found


def staffing(now: Reading, areas: Sequence[str], holders: Mapping[str, set[str]]) -> dict[str, Staffing]:
    """Whether an area has a reporter at all, and enough of them that opinion figures can ever be shown (three). A
    residential group needs one: opinions are never counted by group."""
    found: dict[str, Staffing] = {}
    for area in areas:
        there: set[str] = set()
        for code in {*now.within(area), *now.holders(area)}:
            there |= holders.get(code, set())
        enough = 1 if now.tree.by_code[area].level == "group" else THRESHOLD_REPORTERS
        found[area] = "none" if not there else "few" if len(there) < enough else "enough"
    return found


async def heard(conn: Conn, covers: Mapping[str, Mapping[str, int]], periods: Sequence[str]) -> set[str]:
    """The areas with a note about a place in one of these windows."""
    rows = await conn.fetch(
        f"""SELECT area, SUM(n) AS n FROM area_sums WHERE {conn.among("area", 1)} AND {conn.among("period", 2)}
        AND topic NOT LIKE '%.%' GROUP BY area""",
        sorted({code for cover in covers.values() for code in cover}),
        list(periods),
    )
    counts = {row["area"]: int(row["n"]) for row in rows}
    return {
        area for area, cover in covers.items() if sum(sign * counts.get(code, 0) for code, sign in cover.items()) > 0
    }


class QuietPhone(msgspec.Struct, frozen=True):
    """A phone whose last call was some days ago. Days, never times; for administrators."""

    device: str
    login: str
    area: str
    seen_day: str


_HELD = """FROM devices d JOIN accounts a ON a.id = d.account
 JOIN account_areas h ON h.account = a.id AND h.valid_from <= $2 AND (h.valid_to IS NULL OR h.valid_to >= $2)
 WHERE d.revoked_at IS NULL AND a.disabled_at IS NULL AND a.role = 'reporter'"""


async def quiet_phones(conn: Conn, codes: Sequence[str], today: str, since: str, limit: int) -> list[QuietPhone]:
    """Phones of reporters of these areas that have not called since this day (exclusive), by name."""
    rows = await conn.fetch(
        f"""SELECT d.id, a.login, MIN(h.area) AS area, d.seen_day {_HELD} AND {conn.among("h.area", 1)}
        AND d.seen_day < $3 GROUP BY d.id, a.login, d.seen_day ORDER BY a.login, d.id LIMIT $4""",
        list(codes),
        today,
        since,
        limit,
    )
    return [QuietPhone(row["id"], row["login"], row["area"], row["seen_day"]) for row in rows]


class Gap(msgspec.Struct, frozen=True):
    """A phone of whose running numbers some never came: how many notes are on it, or lost with it. For administrators."""

    device: str
    login: str
    area: str
    missing: int
    seen_day: str


async def gaps(conn: Conn, codes: Sequence[str], today: str, limit: int) -> list[Gap]:
    """Phones with numbers missing below the highest that came, by name. A phone that called today is left out: what is
    missing may be on its way."""
    rows = await conn.fetch(
        f"""SELECT d.id, a.login, MIN(h.area) AS area, d.seen_day, m.missing
        FROM (SELECT device, MAX("last") - SUM("last" - "first" + 1) AS missing FROM device_numbers
          GROUP BY device HAVING MAX("last") > SUM("last" - "first" + 1)) m
        JOIN devices d ON d.id = m.device JOIN accounts a ON a.id = d.account
        JOIN account_areas h ON h.account = a.id AND h.valid_from <= $2 AND (h.valid_to IS NULL OR h.valid_to >= $2)
        WHERE d.revoked_at IS NULL AND a.disabled_at IS NULL AND a.role = 'reporter' AND d.seen_day < $2
        AND {conn.among("h.area", 1)} GROUP BY d.id, a.login, d.seen_day, m.missing ORDER BY a.login, d.id LIMIT $3""",
        list(codes),
        today,
        limit,
    )
    return [Gap(row["id"], row["login"], row["area"], int(row["missing"]), row["seen_day"]) for row in rows]
