"""Two windows over the same opinions: the ward by week and its clusters by month. What one shows may not tell the other.

Four weeks that all show `<5` beside a month that shows ~15 say that each of them is at least 3; a week that shows ~5 beside
two clusters that show `<5` for its month says that neither is 0. So counts are lowered before they are shown, until every
small count may still be nothing beside all that is shown of the other window. A shown figure can thus be too low, in rare
cases and by a step or two; it never says more than there is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from sync import windows
from sync.bands import STEP

LONGEST = 3  # months taken together: longer runs have more room than the borders between them take


def low(n: int) -> int:
    return n - n % STEP


def high(n: int) -> int:
    return low(n) + STEP - 1


class Run(msgspec.Struct, frozen=True):
    """Months one after the other, the weeks that lie wholly inside them, and those that touch them."""

    months: tuple[str, ...]
    inside: tuple[str, ...]
    touching: tuple[str, ...]


def runs(first_week: str, last_week: str, exists: Callable[[str], bool] = lambda period: True) -> list[Run]:
    """All runs of up to `LONGEST` months between two weeks. Weeks outside, and months and weeks that do not exist yet, hide
    nothing."""
    months: dict[str, None] = {}
    lies: dict[str, tuple[str, ...]] = {}
    monday, last = windows.parse_week(first_week), windows.parse_week(last_week)
    while monday is not None and last is not None and monday <= last:
        ends = dict.fromkeys((windows.month_of(monday), windows.month_of(monday + timedelta(days=6))))
        lies[windows.week_of(monday)] = there = tuple(filter(exists, ends))
        months |= dict.fromkeys(there)
        monday += timedelta(days=7)
    ordered = list(months)

    def made() -> Iterator[Run]:
        for length in range(1, LONGEST + 1):
            for at in range(len(ordered) - length + 1):
                run = tuple(ordered[at : at + length])
                inside = tuple(week for week, ends in lies.items() if ends and set(ends) <= set(run))
                touching = (week for week, ends in lies.items() if set(ends) & set(run))
                yield Run(run, inside, tuple(filter(exists, touching)))

    return list(made())


def settled(
    weeks: Mapping[str, int], cells: Mapping[tuple[str, str], int], clusters: Sequence[str], within: Sequence[Run]
) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """One topic's counts as they may be shown: by week of the ward, and by (cluster, month)."""
    by_week, by_cell = dict(weeks), dict(cells)
    if max([*by_week.values(), *(_of_month(by_cell, clusters, run.months[0]) for run in within), 0]) < STEP:
        return by_week, by_cell
    moved = True
    while moved:
        moved = False
        for run in within:
            moved |= _lower_months(by_week, by_cell, clusters, run)
            moved |= _lower_weeks(by_week, by_cell, clusters, run)
    return by_week, by_cell


def _of_month(cells: Mapping[tuple[str, str], int], clusters: Sequence[str], month: str) -> int:
    return sum(cells.get((cluster, month), 0) for cluster in clusters)


def _lower_months(
    weeks: Mapping[str, int], cells: dict[tuple[str, str], int], clusters: Sequence[str], run: Run
) -> bool:
    """The months together may say at most what the weeks that touch them can hold with one small week empty."""
    if not clusters or all(weeks.get(week, 0) >= STEP for week in run.touching):
        return False
    room = sum(high(weeks.get(week, 0)) for week in run.touching) - (STEP - 1)
    moved = False
    while sum(low(_of_month(cells, clusters, month)) for month in run.months) > room:
        n, place = max(
            (cells.get((cluster, month), 0), (cluster, month)) for cluster in clusters for month in run.months
        )
        if not n:
            break
        cells[place] = max(0, n - STEP)
        moved = True
    return moved


def _lower_weeks(
    weeks: dict[str, int], cells: Mapping[tuple[str, str], int], clusters: Sequence[str], run: Run
) -> bool:
    """The weeks inside may say at most what the clusters can hold with one small cluster empty."""
    there = [cells.get((cluster, month), 0) for cluster in clusters for month in run.months]
    if all(n >= STEP for n in there):
        return False
    room = sum(map(high, there)) - (STEP - 1)
    moved = False
    while sum(low(weeks.get(week, 0)) for week in run.inside) > room:
        n, place = max((weeks.get(week, 0), week) for week in run.inside)
        if not n:
            break
        weeks[place] = max(0, n - STEP)
        moved = True
    return moved


def publishable(
    counts: Mapping[tuple[str, str, str], int], ward_of: Callable[[str], str], day: date
) -> dict[tuple[str, str, str], int]:
    """The opinion counts (area, topic, window) as they may be shown: wards by week, clusters by month.

    They are taken when `day` has just begun, so a window that begins with it holds nothing yet, as everybody knows; nor does
    one from before the ward's first opinion. Such a window leaves no room for what others hide, unless something is in it.
    """
    by_topic: dict[tuple[str, str], tuple[dict[str, int], dict[tuple[str, str], int]]] = {}
    clusters: dict[str, set[str]] = {}
    first: dict[str, str] = {}
    held: dict[str, set[str]] = {}
    for (area, topic, period), n in counts.items():
        ward = ward_of(area)
        weeks, cells = by_topic.setdefault((ward, topic), ({}, {}))
        held.setdefault(ward, set()).add(period)
        if "-W" in period:
            weeks[period] = weeks.get(period, 0) + n
            first[ward] = min(period, first.get(ward, period))
        else:
            cells[area, period] = n
            clusters.setdefault(ward, set()).add(area)
    found: dict[tuple[str, str, str], int] = {}

    def exists(ward: str) -> Callable[[str], bool]:
        begun = min(windows.days(period)[0] for period in held[ward])
        return lambda period: period in held[ward] or begun <= windows.days(period)[0] < day

    within = {ward: runs(week, windows.week_of(day), exists(ward)) for ward, week in first.items()}
    for (ward, topic), (weeks, cells) in by_topic.items():
        weeks, cells = settled(weeks, cells, sorted(clusters.get(ward, ())), within.get(ward, []))
        found |= {(ward, topic, week): n for week, n in weeks.items() if n}
        found |= {(cluster, topic, month): n for (cluster, month), n in cells.items() if n}
    return found
