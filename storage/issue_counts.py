"""How many notes and reporters an issue has, month by month: what is fixed (`issue_shifts`) and what is provisional.

An issue that was merged into another one keeps its notes and its shifts; they are read together with the other's, so
merging moves nothing and can be taken back. The issue that stands for the others is their *root*.
"""

from collections.abc import Sequence

from storage.changes import Writing
from storage.conn import Conn
from storage.tables_grouping import IssueShift
from storage.tables_office import IssueMonth
from sync.shifts import Fixed, Shift, fold, together

Loose = dict[tuple[int, str], list[str | None]]  # issue, month of receipt → tags of its provisional notes


async def members(conn: Conn, number: int) -> list[int]:
    """The issue and all that were merged into it, directly or by way of others."""
    rows = await conn.fetch(
        """WITH RECURSIVE m (number) AS (SELECT number FROM issues WHERE number = $1
        UNION SELECT i.number FROM issues i JOIN m ON i.merged_into = m.number) SELECT number FROM m ORDER BY number""",
        number,
    )
    return [int(row["number"]) for row in rows]


async def root(conn: Conn, number: int) -> int:
    """The issue this one is read with: itself unless it was merged."""
    rows = await conn.fetch(
        """WITH RECURSIVE m (number, merged_into) AS (SELECT number, merged_into FROM issues WHERE number = $1
        UNION SELECT i.number, i.merged_into FROM issues i JOIN m ON i.number = m.merged_into)
        SELECT number FROM m WHERE merged_into IS NULL""",
        number,
    )
    return int(rows[0]["number"]) if rows else number


async def roots(conn: Conn) -> dict[int, int]:
    """Every issue that was merged, with the one it is read with."""
    rows = await conn.fetch("SELECT number, merged_into FROM issues WHERE merged_into IS NOT NULL")
    into = {int(row["number"]): int(row["merged_into"]) for row in rows}

    def top(number: int) -> int:
        while number in into:
            number = into[number]
        return number

    return {number: top(number) for number in into}


async def shifts(conn: Conn, numbers: Sequence[int]) -> dict[int, Fixed]:
    """What is fixed of each of these issues."""
    found: dict[int, list[Shift]] = {number: [] for number in numbers}
    for row in await conn.fetch(
        f"""SELECT issue, month, notes, reporters FROM issue_shifts WHERE NOT undone
        AND {conn.among("issue", 1, "bigint")} ORDER BY id""",
        list(numbers),
    ):
        found[int(row["issue"])].append(Shift(row["month"], int(row["notes"]), int(row["reporters"])))
    return {number: fold(rows) for number, rows in found.items()}


async def add(w: Writing, issue: int, month: str, notes: int, reporters: int = 0) -> None:
    row = {"issue": issue, "month": month, "notes": notes, "reporters": reporters, "undone": False}
    await w.conn.insert(IssueShift, [row])


async def loose(conn: Conn, numbers: Sequence[int]) -> Loose:
    found: Loose = {}
    for row in await conn.fetch(
        f"SELECT issue, in_month, tag FROM notes WHERE joined_at IS NOT NULL AND {conn.among('issue', 1, 'bigint')}",
        list(numbers),
    ):
        found.setdefault((int(row["issue"]), row["in_month"]), []).append(row["tag"])
    return found


def _distinct(tags: Sequence[str | None]) -> int:
    """A note without a tag counts for no reporter."""
    return len({tag for tag in tags if tag is not None})


async def recount(w: Writing, number: int) -> None:
    """Counts the months of the issue (and of the one it is read with) anew. The root must be held.

    The tags of the fixed part are gone, so a reporter of both parts cannot be recognised: the larger of the two numbers
    is taken, never their sum.
    """
    conn, top = w.conn, await root(w.conn, number)
    numbers = await members(conn, top)
    fixed = together(list((await shifts(conn, numbers)).values()))
    tags: dict[str, list[str | None]] = {}
    for (_, month), some in (await loose(conn, numbers)).items():
        tags.setdefault(month, []).extend(some)
    rows = []
    for month in sorted({*fixed, *tags}):
        (notes, reporters), some = fixed.get(month, (0, 0)), tags.get(month, [])
        if notes or some:
            rows.append(
                {
                    "issue": top,
                    "month": month,
                    "notes": notes + len(some),
                    "reporters": max(reporters, _distinct(some)),
                    "fixed_notes": notes,
                    "fixed_reporters": reporters,
                }
            )
    await conn.fetch("DELETE FROM issue_months WHERE issue = $1", top)
    await conn.insert(IssueMonth, rows)


async def fix(w: Writing, number: int) -> None:
    """Writes down what is provisional before its tags go. What several merged issues have in common is written for the
    root alone, as a row without notes, which goes again when one of them is taken out."""
    some = await loose(w.conn, await members(w.conn, number))
    months: dict[str, list[str | None]] = {}
    for (issue, month), tags in sorted(some.items()):
        await add(w, issue, month, len(tags), _distinct(tags))
        months.setdefault(month, []).extend(tags)
    if {issue for issue, _ in some} - {number}:
        for month, tags in sorted(months.items()):
            await add(w, number, month, 0, _distinct(tags))


async def part(w: Writing, number: int) -> None:
    """Takes back what is known of the issue only together with others."""
    await w.conn.fetch("UPDATE issue_shifts SET undone = TRUE WHERE issue = $1 AND notes = 0", number)
