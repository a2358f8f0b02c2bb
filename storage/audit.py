"""The audit trail: which official did what to which subject, when. One keyed chain, appended in the act's own transaction.

Nothing names a resident, and nothing says which reporter wrote what: a note is named by its random pseudonym, and only as
long as its words exist – then the eraser takes subject and detail, and says so in the chain (`docs/decisions.md`).
"""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec

from storage import clock
from storage.audit_chain import TAKEN, link, seal
from storage.changes import Writing
from storage.clock import DAY_MS
from storage.conn import Conn
from storage.issue_views import VISIBLE
from storage.secret import key
from storage.tables_audit import AuditRow
from storage.viewer import Viewer
from sync import bands

COMMAND, WORKER, PHONE = "command", "worker", "phone"  # acts nobody signed in for
FAMILIES = (
    "signin",
    "read",
    "note",
    "issue",
    "notice",
    "template",
    "account",
    "device",
    "area",
    "export",
    "erase",
    "audit",
    "data",
)
PAGE = 50
KEY = "audit chain"


class Act(msgspec.Struct, frozen=True):
    actor: str
    area: str
    action: str
    subject: str
    detail: dict[str, Any]


def record(
    w: Writing,
    who: Viewer | str,
    action: str,
    subject: str | int = "",
    *,
    area: str = "",
    detail: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Writes one act into the trail with this transaction: both are there after COMMIT, or neither.

    `action` is `family.what`; `subject` an issue's number, a login, a note's pseudonym … `area` decides whose auditors see
    it (default: the official's own). `detail` holds plain facts; numbers in it are shown as bands.
    """
    if isinstance(who, Viewer):
        area = area or (who.codes[0] if who.codes else "")
    actor = who.account if isinstance(who, Viewer) else who
    w.at_end(partial(_append, Act(actor, area, action, str(subject), dict(detail)), w.now))


async def _append(act: Act, at: int, conn: Conn) -> None:
    """The head's row is held until COMMIT: on both databases one append at a time, in the order of their numbers."""
    heads = await conn.fetch(
        """INSERT INTO audit_head (id, n, hash) VALUES (1, 0, '')
        ON CONFLICT (id) DO UPDATE SET n = audit_head.n RETURNING n, hash"""
    )
    salt, detail = secrets.token_hex(16), msgspec.json.encode(act.detail).decode()
    row: dict[str, Any] = {
        "n": heads[0]["n"] + 1,
        "at": at,
        "actor": act.actor,
        "area": act.area,
        "action": act.action,
        "subject": act.subject,
        "detail": detail,
        "salt": salt,
        "seal": seal(key(KEY), salt, act.subject, detail),
    }
    row["hash"] = link(key(KEY), heads[0]["hash"], row)
    await conn.insert(AuditRow, [row])
    await conn.fetch("UPDATE audit_head SET n = $1, hash = $2 WHERE id = 1", row["n"], row["hash"])


# ---- short memory -----------------------------------------------------------------------------------------------

# about a note whose words are gone: on confirming, rewriting does not count, by the eraser, or withdrawn
FORGOTTEN = """a.salt IS NOT NULL AND a.subject <> '' AND (a.action LIKE 'note.%' OR a.action IN ('read.note', 'read.photo'))
 AND NOT EXISTS (SELECT 1 FROM notes n WHERE n.pseudonym = a.subject AND n.opened_at IS NOT NULL AND n.text IS NOT NULL)"""


async def blank(w: Writing, numbers: Sequence[int]) -> None:
    """Takes subject and detail of these rows; the trail says which rows were taken, and when."""
    some = [int(n) for n in numbers]
    await w.conn.fetch(
        f"UPDATE audit SET subject = NULL, detail = NULL, salt = NULL WHERE {w.conn.among('n', 1, 'int')}", some
    )
    record(w, WORKER, TAKEN, detail={"rows": _spans(some)})


def _spans(numbers: Sequence[int]) -> list[list[int]]:
    spans: list[list[int]] = []
    for n in sorted(numbers):
        if spans and n == spans[-1][1] + 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    return spans


# ---- reading it -------------------------------------------------------------------------------------------------


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row as auditors see it. `facts`: what the detail says, numbers as bands; `taken`: the eraser was here."""

    n: int
    at: int
    actor: str  # login, or `command`, `worker`, `phone`
    action: str
    subject: str
    facts: dict[str, str]
    taken: bool


async def listing(
    conn: Conn, viewer: Viewer, *, action: str = "", day: str = "", offset: int = 0, limit: int = PAGE
) -> list[Line]:
    """Newest first. `action`: one of FAMILIES or a whole action; `day`: a local day. Only what the viewer's areas allow,
    and no number of an opinion issue below the threshold: outside the desk there is none."""
    begins = clock.day_begins(day) if day else 0
    rows = await conn.fetch(
        f"""SELECT a.n, a.at, a.actor, a.action, a.subject, a.detail, a.salt, s.login,
        (a.action = 'read.issue' OR a.action LIKE 'issue.%') AND NOT EXISTS
         (SELECT 1 FROM issues i WHERE CAST(i.number AS TEXT) = a.subject AND {VISIBLE}) AS hidden
        FROM audit a LEFT JOIN accounts s ON s.id = a.actor
        WHERE (a.area = '' OR {conn.among("a.area", 1)}) AND ($2 = '' OR a.action = $2 OR a.action LIKE $3)
        AND a.at >= $4 AND a.at < $5 ORDER BY a.n DESC LIMIT $6 OFFSET $7""",
        viewer.scope,
        action,
        f"{action}.%",
        begins,
        begins + DAY_MS if day else clock.FAR,
        limit,
        offset,
    )
    return [
        Line(
            n=row["n"],
            at=row["at"],
            actor=row["login"] or row["actor"],
            action=row["action"],
            subject="" if row["hidden"] else row["subject"] or "",
            facts=_facts(row["detail"]),
            taken=row["salt"] is None,
        )
        for row in rows
    ]


def _facts(detail: str | None) -> dict[str, str]:
    found = {}
    for name, value in msgspec.json.decode(detail or "{}", type=dict[str, Any]).items():
        if isinstance(value, int):
            found[name] = bands.band(value, zero_shown=False)
        elif isinstance(value, str) and value:
            found[name] = value
    return found
