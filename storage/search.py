"""Finding issues, answers, notices and – at the first reader's desk only – notes, whatever diacritics were typed.

Who may see what is part of every query: a hit that does not exist for the viewer is never read, counted or skipped over in
Python. What is written exactly as typed comes first, then the newest. Nothing says how many there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from storage import desk
from storage.conn import Conn, Row
from storage.issue_views import exists_for
from storage.viewer import Viewer
from sync.area import AreaTree
from sync.fold import BEGINNING, Query, Term

Kind = Literal["issue", "answer", "notice", "note"]
KINDS: tuple[Kind, ...] = get_args(Kind)
AT_MOST = 20
SAMPLE = 256  # newest rows that tell how much of all is the viewer's
FEW_WARDS = 4  # up to so many are named to the index; the areas are checked in any case


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something found. `doc`: an issue's number, a notice's or note's id; of an answer the issue's number."""

    kind: Kind
    doc: str
    area: str
    title: str
    text: str
    topic: str = ""
    lane: str = ""
    state: str = ""
    day: str = ""
    week: str = ""
    due_day: str = ""


class Found(msgspec.Struct, frozen=True):
    hits: list[Hit]
    more: bool


def kinds_for(viewer: Viewer) -> tuple[Kind, ...]:
    """What a role may search: notes only the first reader, notices who writes them."""
    match viewer.role:
        case "reader":
            return KINDS
        case "officer":
            return ("issue", "answer", "notice")
        case _:
            return ("issue", "answer")


async def find(
    conn: Conn,
    viewer: Viewer,
    query: Query,
    tree: AreaTree,
    *,
    kinds: Sequence[Kind],
    areas: Sequence[str] | None = None,
    lane: str = "",
) -> Mapping[Kind, Found]:
    """At most `AT_MOST` of each kind. `areas`: only these of the viewer's."""
    scope = [code for code in viewer.codes if areas is None or code in set(areas)]
    wards = sorted({ward for code in scope if (ward := tree.ward(code))})
    facts = [f"@{ward}" for ward in wards] if len(wards) <= FEW_WARDS and all(map(tree.ward, scope)) else []
    slices = await _slices(conn, scope)
    found: dict[Kind, Found] = {}
    for kind in (one for one in KINDS if one in kinds and one in kinds_for(viewer)):
        rows: dict[str, Row] = {}
        ways = (True, False) if query.accented else (False,)  # typed without diacritics, all are equal
        for exact, newest in [(exact, newest) for exact in ways for newest in slices]:
            if len(rows) <= AT_MOST:
                asked = _expression(conn, query, kind, [facts, newest], exact)
                for row in await _rows(conn, viewer, kind, asked, scope, lane):
                    rows.setdefault(row["key"], row)
        hits = [_hit(kind, row) for row in rows.values()]
        found[kind] = Found(hits[:AT_MOST], more=len(hits) > AT_MOST)
    return found


# ---- what the index is asked ------------------------------------------------------------------------------------


async def _slices(conn: Conn, scope: list[str]) -> list[list[str]]:
    """PostgreSQL's index has no order: a word is looked for in the newest rows first – as many as should hold enough of the
    viewer's – in eight times as many, and only then everywhere, so that a common one does not fetch all its rows.
    SQLite's reads the newest first."""
    if conn.dialect == "sqlite":
        return [[]]
    rows = await conn.fetch(
        f"""SELECT COALESCE(MAX(id), 0) AS top, SUM(CASE WHEN {conn.among("area", 1)} THEN 1 ELSE 0 END) AS own
        FROM (SELECT id, area FROM search_texts ORDER BY id DESC LIMIT {SAMPLE}) AS newest""",
        scope,
    )
    top, many = int(rows[0]["top"]) >> 14, SAMPLE // max(1, int(rows[0]["own"] or 0))
    sizes = [many * times for times in (1, 8) if many * times * 2 <= top]
    return [[f"~{top - n}" for n in range(size)] for size in sizes] + [[]]


def _expression(conn: Conn, query: Query, kind: str, facts: Sequence[Sequence[str]], exact: bool) -> str:
    """The query in the language of the database's index. Words hold letters and digits only, so nothing is quoted away."""
    sqlite = conn.dialect == "sqlite"
    both, either = (" AND ", " OR ") if sqlite else (" & ", " | ")

    def mark(text: str, begins: bool = False) -> str:
        if begins and len(text.removeprefix("=")) <= BEGINNING and (not exact or text.isascii()):
            text, begins = f"^{text.removeprefix('=')}", False
        return f'"{text}"{" *" if begins else ""}' if sqlite else f"'{text}'{':*' if begins else ''}"

    def way(term: Term, n: int) -> str:
        words = term.ways[n]
        texts = [f"={word.exact}" if exact else word.folded for word in words]
        last = len(texts) - 1
        return both.join(mark(text, term.begins and n == 0 and i == last) for i, text in enumerate(texts))

    parts = [mark(f"#{kind}")] if sqlite else []  # PostgreSQL has an index for each kind
    parts += [f"({either.join(map(mark, any_of))})" for any_of in facts if any_of]
    parts += [f"({either.join(f'({way(term, n)})' for n in range(len(term.ways)))})" for term in query.terms]
    return both.join(parts)


def _matching(conn: Conn) -> str:
    if conn.dialect == "sqlite":
        return "search_fts JOIN search_texts s ON s.id = search_fts.rowid"
    return "search_texts s"


def _matches(conn: Conn) -> str:
    if conn.dialect == "sqlite":
        return "search_fts MATCH $3"
    return (
        "array_to_tsvector(string_to_array(s.words || ' ~' || (s.id >> 14), ' ')) @@ CAST(CAST($3 AS TEXT) AS tsquery)"
    )


async def _rows(conn: Conn, viewer: Viewer, kind: Kind, asked: str, scope: list[str], lane: str) -> Sequence[Row]:
    matching, matches = _matching(conn), _matches(conn)
    # `+ 0`: PostgreSQL shall take the index of words, not walk the rows backwards until enough match
    order = ("search_fts.rowid" if conn.dialect == "sqlite" else "s.id + 0") + f" DESC LIMIT {AT_MOST + 1}"
    args: list[Any] = [scope, viewer.account, asked, lane]
    in_scope = conn.among("i.area", 1)
    if kind == "issue":
        sql = f"""SELECT s.doc AS key, s.doc, i.area, i.title, i.summary AS text, i.topic, i.lane, i.status AS state, i.due_day
        FROM {matching} JOIN issues i ON i.number = CAST(s.doc AS BIGINT)
        WHERE {matches} AND s.kind = 'issue' AND {in_scope} AND {exists_for(viewer)} AND ($4 = '' OR i.lane = $4)"""
    elif kind == "answer":
        sql = f"""SELECT s.doc AS key, i.number AS doc, i.area, a.title, a.text, i.topic, i.lane, a.state
        FROM {matching} JOIN answers a ON a.id = s.doc JOIN issues i ON i.number = a.issue
        WHERE {matches} AND s.kind = 'answer' AND {in_scope} AND {exists_for(viewer)} AND ($4 = '' OR i.lane = $4)"""
    elif kind == "notice":
        sql = f"""SELECT s.doc AS key, s.doc, s.area, n.title, n.text, n.state FROM {matching}
        JOIN notices n ON n.id = s.doc WHERE {matches} AND s.kind = 'notice' AND {conn.among("s.area", 1)}
        AND CAST($2 AS TEXT) IS NOT NULL AND $4 = ''"""
    else:
        args.append(sorted(desk.ON_DESK))
        sql = f"""SELECT s.doc AS key, s.doc, n.area, n.text, n.topic, n.lane, n.status AS state, n.day, n.week FROM {matching}
        JOIN notes n ON n.id = s.doc WHERE {matches} AND s.kind = 'note' AND n.released AND n.text IS NOT NULL
        AND {conn.among("n.status", 5)} AND {conn.among("n.area", 1)} AND CAST($2 AS TEXT) IS NOT NULL
        AND ($4 = '' OR n.lane = $4)"""
    return await conn.fetch(f"{sql} ORDER BY {order}", *args)


def _hit(kind: Kind, row: Row) -> Hit:
    values = {name: str(row[name]) for name in Hit.__struct_fields__ if name in row and row[name] is not None}
    return Hit(kind=kind, **({"title": "", "text": ""} | values))
