"""Accounts as an administrator keeps them: role, areas with dates, an end. An area never loses its last administrator.

Who an administrator sees and changes: accounts whose present areas all lie within the administrator's own, so that nobody
of a ward gets at an account of the city. Never a name of a person: the login as the office wrote it.
"""

import uuid
from collections.abc import Iterable, Sequence

import msgspec

from storage import audit, clock
from storage.catalogue import catalogue
from storage.changes import Writing, writing
from storage.conn import Conn, Row
from storage.people import ROLES, by_login, note_act
from storage.tables import Account, AccountArea
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.area import Held, Reading

KINDS = ("collaborator", "propagandist")  # of reporters
AREAS_MOST = 20


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """An account with the areas it holds or held. `devices`: how many of its phones work; `seen_day`: the last day of
    any of them. `mark`: changes with whatever a form about the account may change."""

    id: str
    login: str
    role: str
    kind: str
    disabled: bool
    second_factor: bool
    areas: tuple[Held, ...]
    devices: int
    seen_day: str
    office: str

    @property
    def mark(self) -> str:
        areas = "|".join(sorted(f"{one.area}:{one.valid_from}:{one.valid_to}" for one in self.areas))
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.role}/{self.kind}/{self.office}/{self.disabled}/{areas}"))

    def holds(self, today: str) -> tuple[Held, ...]:
        return tuple(one for one in self.areas if one.valid_to is None or one.valid_to >= today)


class New(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be made. `password_hash`: of officials."""

    login: str
    role: str
    kind: str
    areas: tuple[Held, ...]
    password_hash: str | None = None


_LISTED = """SELECT a.id, a.login, a.role, a.kind, a.office, a.disabled_at, a.totp_secret IS NOT NULL AS second,
 h.area, h.valid_from, h.valid_to, d.n AS devices, d.seen_day
 FROM accounts a LEFT JOIN account_areas h ON h.account = a.id
 LEFT JOIN (SELECT account, COUNT(*) AS n, MAX(seen_day) AS seen_day FROM devices WHERE revoked_at IS NULL
  GROUP BY account) d ON d.account = a.id"""


def _joined(rows: Iterable[Row]) -> list[Staff]:
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row["id"], []).append(row)
    return [
        Staff(
            id=id,
            login=own[0]["login"],
            role=own[0]["role"],
            kind=own[0]["kind"],
            disabled=own[0]["disabled_at"] is not None,
            second_factor=bool(own[0]["second"]),
            areas=tuple(Held(row["area"], row["valid_from"], row["valid_to"]) for row in own if row["area"]),
            devices=int(own[0]["devices"] or 0),
            seen_day=own[0]["seen_day"] or "",
            office=own[0]["office"],
        )
        for id, own in by_id.items()
    ]


def is_within(viewer: Viewer, areas: Sequence[Held], today: str) -> bool:
    """True if the account of these holdings is the viewer's to look after."""
    present = [one.area for one in areas if one.valid_to is None or one.valid_to >= today]
    codes = set(viewer.codes)
    return all(area in codes for area in present or [one.area for one in areas])


def _today() -> str:
    return clock.local_day(clock.now()).isoformat()


async def everybody(conn: Conn) -> list[Staff]:
    """All accounts, by login: for commands on the server itself."""
    return _joined(await conn.fetch(f"{_LISTED} ORDER BY a.login, h.id"))


async def listing(conn: Conn, viewer: Viewer) -> list[Staff]:
    """The accounts the viewer looks after, those in use first, by login."""
    today = _today()
    found = [one for one in await everybody(conn) if is_within(viewer, one.areas, today)]
    return sorted(found, key=lambda one: (one.disabled, one.login))


async def one(conn: Conn, viewer: Viewer, id: str) -> Staff:
    """Raises Missing for an account that is not the viewer's to look after."""
    found = _joined(await conn.fetch(f"{_LISTED} WHERE a.id = $1 ORDER BY h.id", id))
    if not found or not is_within(viewer, found[0].areas, _today()):
        raise Missing
    return found[0]


# ---- acts -------------------------------------------------------------------------------------------------------


async def add(w: Writing, viewer: Viewer, accounts: Sequence[New]) -> list[str]:
    """Makes all of these accounts or none; returns their ids. Raises Clash if a login exists meanwhile, Missing for an
    area that is not the viewer's."""
    if not all(one.areas and is_within(viewer, one.areas, "") for one in accounts):
        raise Missing
    ids = [str(uuid.uuid4()) for _ in accounts]
    rows = [
        {
            "id": id,
            "login": one.login,
            "role": one.role,
            "kind": one.kind,
            "password_hash": one.password_hash,
            "created_at": w.now,
        }
        for id, one in zip(ids, accounts, strict=True)
    ]
    for row in rows:
        if not await w.conn.insert(Account, [row], conflict="ON CONFLICT (login) DO NOTHING", returning="id"):
            raise Clash
    await w.conn.insert(
        AccountArea,
        [
            {"account": id, "area": held.area, "valid_from": held.valid_from, "valid_to": held.valid_to}
            for id, one in zip(ids, accounts, strict=True)
            for held in one.areas
        ],
    )
    for one in accounts:
        audit.record(w, viewer, "account.made", one.login, area=one.areas[0].area, detail={"role": one.role})
    return ids


async def change(
    w: Writing,
    viewer: Viewer,
    id: str,
    mark: str,
    role: str,
    kind: str,
    office: str,
    areas: Sequence[Held],
    password_hash: str | None,
) -> None:
    """Role, kind, a unit's office and areas with dates, as they are to be. Another role ends every sign-in, and between
    reporters and officials the phones too; `password_hash` is what a new official signs in with."""
    before = await _hold(w, viewer, id, mark)
    if not areas or not is_within(viewer, areas, "") or role not in ROLES:
        raise Missing
    await _keep_an_administrator(w.conn, before, role, areas, disabled=before.disabled)
    if role != before.role:
        await w.conn.fetch("UPDATE accounts SET role = $2 WHERE id = $1", id, role)
        await w.conn.fetch("DELETE FROM sessions WHERE account = $1", id)
        if "reporter" in (role, before.role):
            await _end_phones(w, id)
            await _new_keys(w, id, password_hash)
        audit.record(w, viewer, "account.role", before.login, area=areas[0].area, detail={"role": role})
    await w.conn.fetch("UPDATE accounts SET kind = $2, office = $3 WHERE id = $1", id, kind, office)
    if office != before.office:
        audit.record(w, viewer, "account.office", before.login, area=areas[0].area)
    if set(areas) != set(before.areas):
        await w.conn.fetch("DELETE FROM account_areas WHERE account = $1", id)
        await w.conn.insert(
            AccountArea,
            [
                {"account": id, "area": one.area, "valid_from": one.valid_from, "valid_to": one.valid_to}
                for one in areas
            ],
        )
        codes = " ".join(one.area for one in areas if one.valid_to is None)
        audit.record(w, viewer, "account.areas", before.login, area=areas[0].area, detail={"area": codes})


async def _hold(w: Writing, viewer: Viewer, id: str, mark: str) -> Staff:
    """The account, its row held until COMMIT. Raises Clash if it is not as the form showed it."""
    # with it the rows of all administrators, in one order: two who disable each other at once wait instead of deadlock
    held = "id = $1 OR (role = 'administrator' AND disabled_at IS NULL)"
    await w.conn.fetch(f"SELECT id FROM accounts WHERE {held} ORDER BY id {w.conn.locking}", id)
    found = await one(w.conn, viewer, id)
    if found.mark != mark:
        raise Clash
    return found


async def _keep_an_administrator(
    conn: Conn, before: Staff, role: str, areas: Sequence[Held], *, disabled: bool
) -> None:
    """Raises Refused if an area this account administers today would have no administrator left who can sign in, today and
    as far as is known: nobody counts whose last day is entered already. The
    rows of all administrators are held, so that two who disable each other at the same moment do not both succeed."""
    today = _today()
    now = (await catalogue()).areas_now()
    given_up = {one.area for one in _now(before.areas, today) if one.valid_to is None}
    if before.role != "administrator" or before.disabled:
        return
    if role == "administrator" and not disabled:
        kept = {one.area for one in _now(areas, today) if one.valid_to is None}
        given_up = {area for area in given_up if not _covered(now, area, kept)}
    await conn.fetch(
        f"SELECT id FROM accounts WHERE role = 'administrator' AND disabled_at IS NULL ORDER BY id {conn.locking}"
    )
    rows = await conn.fetch(
        """SELECT h.area FROM accounts a JOIN account_areas h ON h.account = a.id WHERE a.role = 'administrator'
        AND a.disabled_at IS NULL AND a.password_hash IS NOT NULL AND a.id <> $1 AND h.valid_from <= $2
        AND h.valid_to IS NULL""",
        before.id,
        today,
    )
    others = {str(row["area"]) for row in rows}
    if not all(_covered(now, area, others) for area in given_up):
        raise Refused("last_administrator")


def _now(areas: Sequence[Held], today: str) -> list[Held]:
    return [one for one in areas if one.valid_from <= today and (one.valid_to is None or one.valid_to >= today)]


def _covered(now: Reading, area: str, held: set[str]) -> bool:
    return all(now.holders(heir) & held for heir in now.heirs(area) or (area,))


async def _end_phones(w: Writing, id: str) -> None:
    await w.conn.fetch("DELETE FROM enrolments WHERE account = $1", id)
    await w.conn.fetch("UPDATE devices SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL", id, w.now)


async def _new_keys(w: Writing, id: str, password_hash: str | None) -> None:
    await w.conn.fetch(
        "UPDATE accounts SET password_hash = $2, totp_secret = NULL, totp_step = NULL WHERE id = $1", id, password_hash
    )
    await w.conn.fetch("DELETE FROM recovery_codes WHERE account = $1", id)
    await w.conn.fetch("DELETE FROM sessions WHERE account = $1", id)


async def reset(w: Writing, viewer: Viewer, id: str, mark: str, password_hash: str) -> None:
    """For an official who is locked out: a new password, no second factor, every sign-in ends."""
    before = await _hold(w, viewer, id, mark)
    if before.role == "reporter":
        raise Refused("reporter_has_none")
    await _new_keys(w, id, password_hash)
    await note_act(w, viewer, "account.password", id)
    if before.second_factor:
        await note_act(w, viewer, "account.second_off", id)


async def disable(w: Writing, viewer: Viewer, id: str, mark: str) -> None:
    """The account can do nothing any more: sign-ins end, its phones are revoked, open codes die."""
    await _disable(w, await _hold(w, viewer, id, mark), viewer)


async def _disable(w: Writing, before: Staff, who: Viewer | str) -> None:
    await _keep_an_administrator(w.conn, before, before.role, before.areas, disabled=True)
    await w.conn.fetch("UPDATE accounts SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL", before.id, w.now)
    await w.conn.fetch("DELETE FROM sessions WHERE account = $1", before.id)
    await _end_phones(w, before.id)
    await note_act(w, who, "account.disabled", before.id)


async def enable(w: Writing, viewer: Viewer, id: str, mark: str) -> None:
    """Takes a disabling back. Its phones stay revoked: they are enrolled anew."""
    await _hold(w, viewer, id, mark)
    await w.conn.fetch("UPDATE accounts SET disabled_at = NULL WHERE id = $1", id)
    await note_act(w, viewer, "account.enabled", id)


async def disable_login(login: str) -> None:
    """`disable` for the operator. Raises Missing if there is no such account, Refused for the last administrator."""
    found = await by_login(login)
    if found is None:
        raise Missing
    async with writing() as w:
        rows = await w.conn.fetch(f"{_LISTED} WHERE a.id = $1 ORDER BY h.id", found.id)
        await _disable(w, _joined(rows)[0], audit.COMMAND)
