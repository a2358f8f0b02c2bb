"""Somebody who reads every opinion table of the panel and reasons: intervals, narrowed by every sum until nothing moves."""

from collections.abc import Iterable, Mapping, Sequence

from storage.overview import Matrix, by_family, matrix

Figures = Mapping[tuple[str, str], int]
Span = tuple[int, int]
MANY = 10**6


def span(band: str) -> Span:
    if band.startswith("<"):
        return 0, 4
    low = int(band.removeprefix("~"))
    return low, low + 4


class Attacker:
    """Knows the clusters, the topics and that a total is the sum of its parts; believes every band."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, str], Span] = {}
        self.sums: list[tuple[tuple[str, str], list[tuple[str, str]]]] = []

    def told(self, what: tuple[str, str], band: str, *, whole: bool = False) -> None:
        """A total may be shown lower than it is (`overview.safe`): unless that can be ruled out, only its lower end counts."""
        low, high = span(band)
        high = MANY if whole else high
        before = self.spans.get(what, (0, MANY))
        self.spans[what] = max(low, before[0]), min(high, before[1])

    def adds_up(self, whole: tuple[str, str], parts: Iterable[tuple[str, str]]) -> None:
        self.sums.append((whole, list(parts)))

    def read(self, shown: Matrix, rows: Sequence[str], topics: Sequence[str], whole: str, above: str) -> None:
        """One table: `whole` is the area of the totals' row, `above` the topic of the totals' column."""
        for topic in topics:
            listed = topic in shown.topics
            for area in rows:
                if listed and area in shown.areas:
                    self.told((area, topic), shown.cells[area, topic].band, whole=above == "all")
            total = shown.topic_totals[topic].band if listed else "<5"
            parts = [span(shown.cells[area, topic].band) if listed else (0, 4) for area in rows]
            most = sum(high for _, high in parts) - 4  # what `safe` lets a total beside small parts say
            sure = above != "all" and (most >= span(total)[0] + 5 or all(low for low, _ in parts))
            self.told((whole, topic), total, whole=not sure)
            self.adds_up((whole, topic), [(area, topic) for area in rows])
        for area in rows:
            if area in shown.areas:
                self.told((area, above), shown.area_totals[area].band, whole=True)
            self.adds_up((area, above), [(area, topic) for topic in topics])
        self.told((whole, above), shown.total.band, whole=True)
        self.adds_up((whole, above), [(area, above) for area in rows])
        self.adds_up((whole, above), [(whole, topic) for topic in topics])

    def reason(self) -> None:
        """Narrows every interval by every sum it stands in, until nothing moves."""
        moved = True
        rounds = 0
        while moved and rounds < 50:
            moved, rounds = False, rounds + 1
            for whole, parts in self.sums:
                lows = sum(self.spans.get(part, (0, MANY))[0] for part in parts)
                highs = sum(self.spans.get(part, (0, MANY))[1] for part in parts)
                moved |= self._narrow(whole, lows, highs)
                low, high = self.spans.get(whole, (0, MANY))
                for part in parts:
                    mine = self.spans.get(part, (0, MANY))
                    moved |= self._narrow(part, low - (highs - mine[1]), high - (lows - mine[0]))

    def _narrow(self, what: tuple[str, str], low: int, high: int) -> bool:
        before = self.spans.get(what, (0, MANY))
        after = max(before[0], low), min(before[1], high)
        if after == before or after[0] > after[1]:  # bands that contradict each other say nothing
            return False
        self.spans[what] = after
        return True

    def small(self, truth: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], tuple[Span, int]]:
        """Counts of 1–4 that are known to be such: rightly narrowed to somewhere within 1–4."""
        return {
            what: (found, truth[what])
            for what, found in self.spans.items()
            if what in truth and 1 <= found[0] <= truth[what] <= found[1] <= 4
        }


def tables(figures: Figures, clusters: Sequence[str], families: Mapping[str, Sequence[str]]) -> Attacker:
    """Reads a month of a ward: the table of families, one per family by its topics, the same for each cluster alone."""
    attacker = Attacker()
    for rows, whole in [(list(clusters), "ward"), *(([one], one) for one in clusters)]:
        for topic in ("", *families):
            shown = matrix(
                {one: [one] for one in rows},
                by_family(figures, topic, zero_shown=False),
                zero_shown=False,
                finer={} if topic else figures,
            )
            attacker.read(shown, rows, families[topic] if topic else list(families), whole, topic or "all")
    attacker.reason()
    return attacker
