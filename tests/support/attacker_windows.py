"""The attacker who lays weeks beside months: two months, the weeks inside them, and the one that lies in both."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from attacker import Attacker, Span
from storage.overview import by_family, matrix
from sync.disclosure import runs, settled

A, B = "2027-02", "2027-03"  # February 2027 is exactly four weeks; March ends inside one
WEEKS = [f"2027-W{n:02d}" for n in range(5, 14)]
LIES = {week: (A,) if n < 4 else (B,) for n, week in enumerate(WEEKS)} | {"2027-W13": (B, "2027-04")}

Notes = Counter[tuple[str, str, str, str]]  # cluster, code, week, month


def notes_of(seed: int) -> tuple[Notes, list[str], dict[str, list[str]]]:
    """Two months of a ward, most counts small, some at the edges of bands."""
    dice = random.Random(seed)
    clusters = [f"K{n}" for n in range(dice.choice((1, 2, 2, 3, 4, 5)))]
    families = {str(f): [f"{f}.{c}" for c in range(dice.randint(1, 3))] for f in range(10, 10 + dice.randint(1, 3))}
    choices = dice.choice(
        [(0, 1, 2, 4), (3, 4, 4, 5), (4,), (4, 4, 4, 5), (0, 0, 5, 9, 14), (1,), (1, 2), (1, 2, 3, 8)]
    )
    notes: Notes = Counter()
    for codes in families.values():
        for code in codes:
            for week in WEEKS:
                for month in LIES[week]:
                    for _ in range(dice.choice(choices)):
                        notes[dice.choice(clusters), code, week, month] += 1
    return notes, clusters, families


def published(
    notes: Notes, clusters: Sequence[str], families: Mapping[str, Sequence[str]], *, careful: bool = True
) -> tuple[dict[tuple[str, str], int], dict[str, dict[tuple[str, str], int]]]:
    """What the snapshot holds: (week, code), and by month (cluster, code). Not `careful`: the bare counts."""
    weeks: Counter[tuple[str, str]] = Counter()
    months: dict[str, Counter[tuple[str, str]]] = {A: Counter(), B: Counter()}
    within = runs(WEEKS[0], WEEKS[-1])
    for (cluster, code, week, month), n in notes.items():
        weeks[week, code] += n
        if month in months:
            months[month][cluster, code] += n
    if not careful:
        return dict(weeks), {month: dict(figures) for month, figures in months.items()}
    shown_weeks, shown_months = {}, {A: {}, B: {}}
    for code in [code for codes in families.values() for code in codes]:
        all_months: Counter[tuple[str, str]] = Counter()
        for (cluster, one, _, month), n in notes.items():
            if one == code:
                all_months[cluster, month] += n
        by_week, by_cell = settled({week: weeks[week, code] for week in WEEKS}, all_months, clusters, within)
        shown_weeks |= {(week, code): n for week, n in by_week.items()}
        for (cluster, month), n in by_cell.items():
            if month in shown_months:
                shown_months[month][cluster, code] = n
    return shown_weeks, shown_months


def found(
    notes: Notes, clusters: Sequence[str], families: Mapping[str, Sequence[str]], *, careful: bool = True
) -> dict[tuple[str, str], tuple[Span, int]]:
    """The small counts that somebody knows who read all tables of two months and of their weeks."""
    weeks, months = published(notes, clusters, families, careful=careful)
    attacker = Attacker()
    for month, figures in months.items():
        rows = [f"{month}:{one}" for one in clusters]
        figures = {(f"{month}:{area}", code): n for (area, code), n in figures.items()}
        for topic in ("", *families):
            table = matrix(
                {one: [one] for one in rows},
                by_family(figures, topic, zero_shown=False),
                zero_shown=False,
                finer={} if topic else figures,
            )
            attacker.read(table, rows, families[topic] if topic else list(families), f"{month}:ward", topic or "all")
            for one in set(families.get(topic, ())) - set(table.topics):  # "topics not listed are all below 5"
                for area in rows:
                    attacker.told((area, one), "<5")
    for week in WEEKS:
        own = {(week, code): n for (at, code), n in weeks.items() if at == week}
        for topic in ("", *families):
            table = matrix(
                {week: [week]},
                by_family(own, topic, zero_shown=False),
                zero_shown=False,
                finer={} if topic else own,
            )
            attacker.read(table, [week], families[topic] if topic else list(families), week, topic or "all")
            for one in families.get(topic, ()):  # a table of one row leaves out what is below 5, and nothing else
                attacker.told((week, one), table.topic_totals[one].band if one in table.topics else "<5")
    every = [*(code for codes in families.values() for code in codes), *families, "all"]
    for what in every:
        for month in (A, B):
            parts = [
                (week if LIES[week] == (month,) else f"{week}:{month}", what) for week in WEEKS if month in LIES[week]
            ]
            attacker.adds_up((f"{month}:ward", what), parts)
        attacker.adds_up(("2027-W13", what), [(f"2027-W13:{B}", what), ("2027-W13:2027-04", what)])
    attacker.reason()
    truth: Counter[tuple[str, str]] = Counter()
    for (cluster, code, week, month), n in notes.items():
        for area in (f"{month}:{cluster}", f"{month}:ward", week):
            for what in (code, code.partition(".")[0], "all"):
                truth[area, what] += n
    return attacker.small(truth)
