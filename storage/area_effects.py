"""What a change of areas would mean: for accounts, phones, work not sent yet, places, open issues, downloads. Reads only."""

from collections.abc import Sequence
from datetime import date

import msgspec

from storage import clock
from storage.conn import Conn
from storage.issue_views import VISIBLE
from sync import bands
from sync.area import Area, AreaTree
from sync.area_change import changed

SHOWN = 12


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """`logins`: some of the accounts; `waiting`: phones that last synced before today and may hold work not sent yet;
    `gaps`: phones of which numbered notes are still missing. `issues`: in bands, of those the overview may show.
    `document_bytes`: what each phone downloads for it, before compression."""

    accounts: int
    logins: tuple[str, ...]
    devices: int
    waiting: int
    gaps: int
    places: int
    issues: str
    document_bytes: int
    moves_ward: bool


async def effects(conn: Conn, tree: AreaTree, after: Sequence[Area], today: date) -> Effects:
    """Of a change that gives `after`."""
    now = tree.read(today)
    then = changed(tree, after).read(today)
    touched = [area.code for area in after if tree.get(area.code)]
    inside = sorted({code for one in touched for code in now.within(one)})
    accounts = await conn.fetch(
        f"""SELECT DISTINCT a.id, a.login FROM accounts a JOIN account_areas h ON h.account = a.id
        WHERE a.disabled_at IS NULL AND h.valid_from <= $2 AND (h.valid_to IS NULL OR h.valid_to >= $2)
        AND {conn.among("h.area", 1)} ORDER BY a.login""",
        inside,
        today.isoformat(),
    )
    devices = await conn.fetch(
        f"""SELECT d.id, d.seen_day, (SELECT COUNT(*) FROM device_numbers n WHERE n.device = d.id) AS spans,
        (SELECT MIN("first") FROM device_numbers n WHERE n.device = d.id) AS low
        FROM devices d WHERE d.revoked_at IS NULL AND {conn.among("d.account", 1)}""",
        [row["id"] for row in accounts],
    )
    places = await conn.fetch(f"SELECT COUNT(*) AS n FROM places WHERE NOT retired AND {conn.among('area', 1)}", inside)
    issues = await conn.fetch(
        f"SELECT COUNT(*) AS n FROM issues i WHERE i.status <> 'closed' AND {conn.among('i.area', 1)} AND {VISIBLE}",
        inside,
    )
    day = clock.local_day(clock.now()).isoformat()
    return Effects(
        accounts=len(accounts),
        logins=tuple(row["login"] for row in accounts[:SHOWN]),
        devices=len(devices),
        waiting=sum(1 for row in devices if row["seen_day"] < day),
        gaps=sum(1 for row in devices if row["spans"] > 1 or (row["low"] or 1) > 1),
        places=int(places[0]["n"]),
        issues=bands.band(int(issues[0]["n"])),
        document_bytes=sum(len(msgspec.json.encode(area)) + 30 for area in after),
        moves_ward=any(now.ward(code) != then.ward(code) for code in touched),
    )
