"""How far an answer came: on how many phones it was opened, how many say that they told it. By cluster and ward, in bands."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from storage.conn import Conn
from storage.overview import safe
from sync.area import AreaTree, Reading
from sync.bands import STEP, band, share

MARKS = ("read", "told")


class Reach(msgspec.Struct, frozen=True):
    """One line: bands, and the share of the phones that opened it on which it was told, from 10 up (else empty)."""

    area: str
    fetched: str
    told: str
    percent: int | None


async def of_answer(
    conn: Conn, answer: str, areas: Sequence[str], tree: AreaTree, now: Reading, *, opinion: bool
) -> list[Reach]:
    """The clusters an answer went to, and last the whole, banded on its own. Phones name their cluster, never the group."""
    clusters = _clusters(areas, tree, now)
    rows = await conn.fetch(
        f"SELECT mark, area, n FROM mark_counts WHERE subject = $1 AND {conn.among('mark', 2)}", answer, list(MARKS)
    )
    exact: Counter[tuple[str, str]] = Counter()
    merged: set[str] = set()
    for row in rows:
        home = next((code for code in now.up(row["area"]) if code in clusters), "")
        exact[home, row["mark"]] += int(row["n"])
        merged |= {home} - {row["area"]}
    # of opinions: the sum of a cluster and of what was merged into it would tell which of both was hidden before
    shown = [code for code in clusters if not (opinion and code in merged)]
    lines = [_line(code, exact[code, "read"], exact[code, "told"], opinion) for code in shown]
    if len(clusters) > 1:
        whole = []
        for mark in MARKS:
            parts = [exact[code, mark] for code in ("", *clusters)]
            whole.append(safe(sum(parts), parts) if opinion else sum(parts))
        lines.append(_line(now.common(list(areas)) or areas[0], whole[0], whole[1], opinion))
    return lines


def _clusters(areas: Sequence[str], tree: AreaTree, now: Reading) -> list[str]:
    found: dict[str, None] = {}
    for area in areas:
        up = [code for code in now.up(area) if (one := tree.get(code)) and one.level == "cluster"]
        within = [code for code in now.within(area) if (one := tree.get(code)) and one.level == "cluster"]
        found.update(dict.fromkeys(up or sorted(code for code in within if now.is_open(code))))
    return list(found)


def _line(area: str, fetched: int, told: int, opinion: bool) -> Reach:
    """A share of less than five would tell what its band hides."""
    percent = share(told, fetched) if told >= STEP else None
    shown = min(percent, 100) if percent is not None else None
    return Reach(area, band(fetched, zero_shown=not opinion), band(told, zero_shown=not opinion), shown)
