"""Which reader has which note open: said to the other readers, so that two do not do the same work. Nobody is kept out;
what two people change at once is settled by the notes' `rev`. An opening ends by itself and is then forgotten."""

from collections.abc import Sequence

from storage.changes import Writing
from storage.conn import Conn
from storage.tables_grouping import Opening
from storage.viewer import Viewer

OPEN_MS = 150_000  # a page that stays open says so anew each minute
NEWS = "openings"  # one row a ward in the office's stream, so that the other desks look again


async def take(w: Writing, viewer: Viewer, note: str, ward: str) -> str:
    """The viewer opens a note, unless another reader has it open: then that one's login is returned and nothing changes."""
    conn = w.conn
    await conn.fetch("DELETE FROM openings WHERE until <= $1", w.now)
    row = {"note": note, "account": viewer.account, "until": w.now + OPEN_MS}
    held = await conn.insert(
        Opening,
        [row],
        conflict="""ON CONFLICT (note) DO UPDATE SET until = CASE WHEN openings.account = excluded.account
        THEN excluded.until ELSE openings.until END""",
        returning="account",
    )
    if held[0]["account"] == viewer.account:
        w.put(f"w:{ward}", NEWS, ward)
        return ""
    return (await of(conn, viewer, [note], w.now)).get(note, "")


async def drop(w: Writing, viewer: Viewer, note: str, ward: str) -> None:
    """The viewer is done with it."""
    gone = await w.conn.fetch(
        "DELETE FROM openings WHERE note = $1 AND account = $2 RETURNING note", note, viewer.account
    )
    if gone:
        w.put(f"w:{ward}", NEWS, ward)


async def leave(w: Writing, viewer: Viewer) -> None:
    """The viewer has nothing open any more."""
    gone = await w.conn.fetch(
        """DELETE FROM openings WHERE account = $1 RETURNING note, (SELECT n.ward FROM notes n WHERE n.id = note) AS ward""",
        viewer.account,
    )
    for row in gone:
        if row["ward"]:
            w.put(f"w:{row['ward']}", NEWS, row["ward"])


async def of(conn: Conn, viewer: Viewer, notes: Sequence[str], now: int) -> dict[str, str]:
    """Those of these notes that another reader has open, with that reader's login."""
    rows = await conn.fetch(
        f"""SELECT o.note, a.login FROM openings o JOIN accounts a ON a.id = o.account
        WHERE {conn.among("o.note", 1)} AND o.account <> $2 AND o.until > $3""",
        list(notes),
        viewer.account,
        now,
    )
    return {row["note"]: row["login"] for row in rows}
