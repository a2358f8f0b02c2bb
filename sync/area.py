"""The area tree: city → ward → cluster → group, with dates and successors. Never copied into notes."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

import msgspec

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

    def contains(self, outer: str, inner: str) -> bool:
        return outer in self.up(inner)

    def common(self, codes: Iterable[str]) -> str | None:
        """The smallest area that contains all of `codes`."""
        chains = [self.up(code) for code in codes]
        if not chains or not all(chains):
            return None
        return next((code for code in chains[0] if all(code in chain for chain in chains[1:])), None)

    def current(self, code: str, today: date) -> str | None:
        """`code` itself while it is valid; after a merge its successor, after a split the common parent of them."""
        for _ in range(20):  # a chain of reorganisations; bounded against a circle in imported data
            area = self.by_code.get(code)
            if area is None:
                return None
            if area.valid_to is None or area.valid_to >= today.isoformat() or not area.successors:
                return code
            following = area.successors[0] if len(area.successors) == 1 else self.common(area.successors)
            if following is None:
                return None
            code = following
        return None


Standing = Literal["held", "lately", "foreign"]


def standing(tree: AreaTree, held: Iterable[Held], code: str, today: date) -> Standing:
    """How an account stands to an area on a day: holds it, held it within the last 60 days, or has no business there.

    A reporter of a group may also write for the group's cluster (opinion notes carry the cluster only).
    """
    best: Standing = "foreign"
    area = tree.get(code)
    if area is None:
        return best
    now, grace = today.isoformat(), (today - timedelta(days=GRACE_DAYS)).isoformat()
    for one in held:
        own = tree.get(one.area)
        inside = tree.contains(one.area, code) or (
            area.level == "cluster" and own is not None and own.level == "group" and own.parent == code
        )
        if not inside or one.valid_from > now:
            continue
        if one.valid_to is None or one.valid_to >= now:
            return "held"
        if one.valid_to >= grace:
            best = "lately"
    return best


def scope(tree: AreaTree, held: Iterable[Held], today: date) -> list[str]:
    """The areas whose public rows a phone follows: those it holds today and all their ancestors, sorted."""
    now = today.isoformat()
    codes: set[str] = set()
    for one in held:
        if one.valid_from <= now and (one.valid_to is None or one.valid_to >= now):
            codes.update(tree.up(one.area))
    return sorted(codes)
