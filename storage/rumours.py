"""Rumours as claims: how far they spread, what the office found out, and how they stand. Never who told them.

Spread is that of the claim's topic, the finest there is for opinions: by cluster and month, by ward and week, both from the
daily snapshot (brief.md §2). The same cells stand on the overview.
"""

from collections.abc import Sequence

import msgspec

from storage import overview
from storage.catalogue import catalogue
from storage.changes import Writing
from storage.conn import Conn
from storage.issue_views import Issue
from storage.issues import change, hold, record
from storage.tables_course import RumourCheck
from storage.viewer import Clash, Missing, Refused, Viewer
from sync.bands import band
from sync.issue import LIVE
from sync.rumour import HARMS, TRUTHS

TEXT_MAX = 600


class Check(msgspec.Struct, frozen=True):
    """A note on checking the claim. Pages show its day only: an opinion issue has no times."""

    at: int
    writer: str
    text: str


async def held(w: Writing, viewer: Viewer, number: int, rev: int | None = None) -> Issue:
    issue = await hold(w, viewer, number, rev)
    if issue.kind != "rumour":
        raise Missing
    return issue


async def judge(w: Writing, viewer: Viewer, number: int, rev: int, *, harm: int, first_week: str, truth: str) -> None:
    """What the office says of the claim. Once an answer is published, the answer alone says whether it is true."""
    issue = await held(w, viewer, number, rev)
    if issue.status not in LIVE:
        raise Refused("issue_closed")
    if harm not in (0, *HARMS) or truth not in TRUTHS:
        raise Clash
    standing = await w.conn.fetch("SELECT id FROM answers WHERE issue = $1 AND state = 'published'", number)
    if standing and truth != issue.truth:
        raise Refused("answer_says")
    await change(w, number, harm=harm, first_week=first_week, truth=truth)
    await record(w, number, viewer.account, "judged", truth=truth)


async def add_check(w: Writing, viewer: Viewer, number: int, text: str) -> None:
    await held(w, viewer, number)
    await w.conn.insert(RumourCheck, [{"issue": number, "at": w.now, "written_by": viewer.account, "text": text}])
    await record(w, number, viewer.account, "checked")


async def checks(conn: Conn, number: int) -> list[Check]:
    """Newest first."""
    rows = await conn.fetch(
        """SELECT c.at, c.text, COALESCE(a.login, '') AS writer FROM rumour_checks c
        LEFT JOIN accounts a ON a.id = c.written_by WHERE c.issue = $1 ORDER BY c.id DESC LIMIT 200""",
        number,
    )
    return [Check(row["at"], row["writer"], row["text"]) for row in rows]


async def spread(conn: Conn, topic: str, areas: Sequence[str], periods: Sequence[str]) -> dict[str, list[str]]:
    """Bands of a topic: an area → one band a period. The lowest is `<5`, which may be 0; empty for a time in or
    before which the area was made or merged."""
    now = (await catalogue()).areas_now()
    found: dict[str, list[str]] = {area: [] for area in areas}
    for period, figures in (await overview.opinion_figures(conn, areas, periods)).items():
        if "." not in topic:
            figures = overview.by_family(figures, zero_shown=False)
        for area in areas:
            whole = now.stood(area, period)
            found[area].append(band(figures.get((area, topic), 0), zero_shown=False) if whole else "")
    return found
