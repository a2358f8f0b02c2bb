"""The area tree: city → ward → cluster → group, with dates and successors. Never copied into notes.

An area that moves, is merged or is split closes (`valid_to`) and names its successors; its code is never used again.
`AreaTree` is the tree as it stands, `Reading` what its codes mean on a day.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Literal

import msgspec

from sync import windows

Level = Literal["city", "ward", "cluster", "group"]
GRACE_DAYS = 60  # wire.md §3: an area held until this many days ago may still be written for (into quarantine)


class Area(msgspec.Struct, frozen=True):
    code: str
    parent: str
    level: Level
    name: str
    valid_from: str
    valid_to: str | None = None
    successors: tuple[str, ...] = ()
    sample: bool = False


class Held(msgspec.Struct, frozen=True):
    """An area an account holds, with the days from and to (inclusive; None = still)."""

    area: str
    valid_from: str
    valid_to: str | None = None


class AreaTree:
    """Looks up areas by code. Unknown codes give None or nothing, never an error."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self.by_code = {area.code: area for area in areas}
        self._chains: dict[str, list[str]] = {}
        self._children: dict[str, list[str]] = {}
        self._read: Reading | None = None
        for area in self.by_code.values():
            self._children.setdefault(area.parent, []).append(area.code)

    def get(self, code: str) -> Area | None:
        return self.by_code.get(code)

    def up(self, code: str) -> list[str]:
        """The area and its ancestors, smallest first. Kept once walked: every note asks for it several times."""
        known = self._chains.get(code)
        if known is not None:
            return known
        chain: list[str] = []
        while (area := self.by_code.get(code)) is not None and code not in chain:
            chain.append(code)
            code = area.parent
        if chain:
            self._chains[chain[0]] = chain
        return chain

    def ward(self, code: str) -> str | None:
        """The ward an area lies in (the area itself if it is one)."""
        return next((c for c in self.up(code) if self.by_code[c].level == "ward"), None)

    def below(self, code: str) -> list[str]:
        """The area and everything under it, parents first."""
        if code not in self.by_code:
            return []
        found = [code]
        for one in found:
            found.extend(self._children.get(one, ()))
        return found

    def children(self, code: str) -> list[Area]:
        return [self.by_code[c] for c in self._children.get(code, ())]

    def cover(self, codes: Iterable[str]) -> dict[str, int]:
        """How the sums of whole areas, each with all that was ever under it, add up to exactly these codes: code → 1 or -1.

        Without merged or split areas that is the one area itself; a closed group that is read elsewhere is taken off one
        side and added to the other.
        """
        wanted = set(codes)
        found = {code: 1 for code in wanted if (area := self.by_code.get(code)) is None or area.parent not in wanted}
        for code in wanted:
            found |= {child: -1 for child in self._children.get(code, ()) if child not in wanted}
        return found

    def contains(self, outer: str, inner: str) -> bool:
        return outer in self.up(inner)

    def common(self, codes: Iterable[str]) -> str | None:
        """The smallest area that contains all of `codes`."""
        chains = [self.up(code) for code in codes]
        if not chains or not all(chains):
            return None
        return next((code for code in chains[0] if all(code in chain for chain in chains[1:])), None)

    def read(self, today: date) -> "Reading":
        """The tree as it is read on a day. The last day asked for is kept: every note of that day asks again."""
        if self._read is None or self._read.today != today.isoformat():
            self._read = Reading(self, today)
        return self._read

    def current(self, code: str, today: date) -> str | None:
        """See `Reading.current`."""
        return self.read(today).current(code)


class Reading:
    """The tree on one day: a closed area (its last day is over) stands for what came in its place.

    Notes, issues, answers and holdings keep the code they were given; whoever reads them asks here what it means today.
    """

    def __init__(self, tree: AreaTree, today: date) -> None:
        self.tree, self.today = tree, today.isoformat()
        self._closed = [code for code, area in tree.by_code.items() if not self._open(area)]
        self._chains: dict[str, list[str]] = {}
        self._heirs: dict[str, tuple[str, ...]] = {}

    def _open(self, area: Area) -> bool:
        return area.valid_to is None or area.valid_to >= self.today

    def is_open(self, code: str) -> bool:
        area = self.tree.get(code)
        return area is not None and self._open(area)

    def heirs(self, code: str) -> tuple[str, ...]:
        """The open areas that came in the place of `code`, itself while it is open; none if nothing did."""
        known = self._heirs.get(code)
        if known is None:
            found: set[str] = set()
            seen, waiting = {code}, [code]
            while waiting:  # every area once, so circles in imported data end
                area = self.tree.get(waiting.pop())
                if area is not None and self._open(area):
                    found.add(area.code)
                elif area is not None:
                    waiting += set(area.successors) - seen
                    seen.update(area.successors)
            known = self._heirs[code] = tuple(sorted(found))
        return known

    def current(self, code: str) -> str | None:
        """The one open area that `code` means today: itself, after a merge its successor, after a split the common parent.
        Closed with nothing in its place: the nearest open area above. None for an unknown code, or if nothing is open."""
        return next(iter(self.up(code)), None)

    def up(self, code: str) -> list[str]:
        """What `code` means today and the open areas above it, smallest first. Empty if there is none."""
        known = self._chains.get(code)
        if known is None:
            heirs = self.heirs(code)
            chains = [self._open_above(heir) for heir in heirs] or [self._open_above(code)]
            known = [one for one in chains[0] if all(one in chain for chain in chains[1:])]
            self._chains[code] = known
        return known

    def _open_above(self, code: str) -> list[str]:
        """The area and those above it, a closed one replaced by the one that came in its place, or left out."""
        chain: list[str] = []
        seen: set[str] = set()
        at = code
        while (area := self.tree.get(at)) is not None and at not in seen:
            seen.add(at)
            if self._open(area):
                chain.append(at)
                at = area.parent
            else:
                heirs = self.heirs(at)
                at = heirs[0] if len(heirs) == 1 else area.parent
        return chain

    def ward(self, code: str) -> str | None:
        """The ward `code` lies in as it is read today; where it was split over several, the one it had."""
        by_code = self.tree.by_code
        return next((one for one in self.up(code) if by_code[one].level == "ward"), None) or self.tree.ward(code)

    def common(self, codes: Iterable[str]) -> str | None:
        """The smallest open area that contains all of `codes` as they are read today."""
        chains = [self.up(code) for code in codes]
        return next((one for one in chains[0] if all(one in chain for chain in chains)), None) if chains else None

    def children(self, code: str) -> list[str]:
        """The open areas directly under an open area."""
        if not self._closed:
            return [area.code for area in self.tree.children(code)]
        return [one for one in self.tree.by_code if self.up(one)[:2] == [one, code]]

    def within(self, code: str) -> list[str]:
        """Every code that is read as lying in an area: what is under it, and the closed ones that are read there. Of a closed
        area: what was under it."""
        if not self._closed or not self.is_open(code):
            return self.tree.below(code)
        return [one for one in self.tree.by_code if code in self.up(one)]

    def means(self, code: str) -> list[str]:
        """The codes that are read as exactly this open area: its own, and those of closed ones."""
        return [code, *(one for one in self._closed if self.current(one) == code)]

    def stood(self, code: str, period: str) -> bool:
        """True if this open area was what it is now since the period (month or week) began: made by then, and what was
        merged into it closed before then. Else its opinions of that time are those of some days, finer than any window they
        may be shown by, or a sum of what was shown apart, from which a hidden part could be told. What is merged on the
        period's first day had the eve for its last one, and may have been shown apart that morning."""
        area, day = self.tree.by_code[code], windows.days(period)[0]
        first, eve = day.isoformat(), (day - timedelta(days=1)).isoformat()
        closed = [one for one in map(self.tree.by_code.__getitem__, self._closed) if one.level == area.level]
        parts = [one for one in closed if self.current(one.code) == code]
        # a merged one that was shown, and parted again: its parts would stand beside the sum
        sums = [one for one in closed if code in one.successors and one not in parts and one.valid_from < first]
        return area.valid_from <= first and all((one.valid_to or "") < eve for one in (*parts, *sums))

    def holders(self, code: str) -> set[str]:
        """The codes whose holders hold `code` today: itself, what is above it, and closed areas of which one of these is
        an heir."""
        above = {code, *self.up(code)}
        return above.union(one for one in self._closed if above.intersection(self.heirs(one) or self.up(one)[:1]))

    def following(self, codes: Iterable[str]) -> list[str]:
        """The areas whose public rows belong to these holdings: what came in their place, everything above, and the closed
        areas whose place these took (their answers, places and doors still hold), sorted."""
        return sorted(
            {one for code in codes for heir in self.heirs(code) or self.up(code)[:1] for one in self.holders(heir)}
        )


Standing = Literal["held", "lately", "foreign"]


def standing(tree: AreaTree, held: Iterable[Held], code: str, today: date) -> Standing:
    """How an account stands to an area on a day: holds it, held it within the last 60 days, or has no business there.

    A reporter of a group may also write for the group's cluster (opinion notes carry the cluster only). A closed code is
    judged as it stands and as what came in its place: who holds a successor may deliver what was written for it.
    """
    best: Standing = "foreign"
    if tree.get(code) is None:
        return best
    reading = tree.read(today)
    now, grace = today.isoformat(), (today - timedelta(days=GRACE_DAYS)).isoformat()
    for one in held:
        if one.valid_from > now or not _inside(tree, reading, one.area, code):
            continue
        if one.valid_to is None or one.valid_to >= now:
            return "held"
        if one.valid_to >= grace:
            best = "lately"
    return best


def _inside(tree: AreaTree, reading: Reading, holding: str, code: str) -> bool:
    if _covers(tree, tree.up, holding, code):
        return True
    if reading.is_open(holding) and reading.is_open(code):
        pairs = [(holding, code)]
    else:
        pairs = [(own, heir) for own in reading.heirs(holding) for heir in reading.heirs(code)]
    return any(_covers(tree, reading.up, own, heir) for own, heir in pairs)


def _covers(tree: AreaTree, up: Callable[[str], list[str]], holding: str, code: str) -> bool:
    if holding in up(code):
        return True
    area, own = tree.get(code), tree.get(holding)
    return (
        area is not None
        and area.level == "cluster"
        and own is not None
        and own.level == "group"
        and code in up(holding)
    )


def scope(tree: AreaTree, held: Iterable[Held], today: date) -> list[str]:
    """The areas whose public rows a phone follows: what it holds today as it is read today, and all above, sorted."""
    return tree.read(today).following(holdings(held, today))


def holdings(held: Iterable[Held], today: date) -> list[str]:
    """The codes held on a day, as they were given."""
    now = today.isoformat()
    return [one.area for one in held if one.valid_from <= now and (one.valid_to is None or one.valid_to >= now)]
