"""Changes of the area tree: merge, split, rename, move, a new cluster or group, and taking one back. Rows in, rows out.

A change gives the areas as they are to be, closed ones and new ones. Nothing is deleted and no code is used twice: what
phones have written for a closed area is read as what came in its place (`sync/area.py`). Every change takes effect on the
day it is made. `faults` is the law of the tree, checked by machine after each of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

import msgspec

from sync.area import Area, AreaTree, Level, Reading
from sync.mask import fold

LEAST_GROUPS = 3  # of a cluster: opinion notes carry no more than the cluster, so it must hide the group
ABOVE: Mapping[Level, Level | None] = {"city": None, "ward": "city", "cluster": "ward", "group": "cluster"}
CODE = re.compile(r"\d{2,5}|\d{5}-[KT]\d{1,3}")
NAME_MOST = 120
Rule = Literal["code", "parent", "lost", "heirs", "circle", "small", "twin", "days"]


class Fault(NamedTuple):
    """What is against the law of the tree, and where."""

    rule: Rule
    area: str


class Unfit(Exception):
    """The change makes no sense here. `reason` is the last part of a key `panel.areas.unfit.*`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def merge(tree: AreaTree, codes: Sequence[str], name: str, day: date) -> list[Area]:
    """One new area in the place of several of a level, under the parent of the first."""
    areas = _open(tree, codes, day)
    if len(areas) < 2 or len({area.level for area in areas}) > 1 or areas[0].level not in ("cluster", "group"):
        raise Unfit("merge")
    parent = _parent(tree, areas[0], day)
    made = _new(tree, parent, areas[0].level, [name], day)[0]
    return [made, *(_closed(area, day, (made.code,)) for area in areas)]


def split(tree: AreaTree, code: str, names: Sequence[str], day: date) -> list[Area]:
    """Several new groups in the place of one, under the same cluster."""
    (area,) = _open(tree, [code], day)
    if area.level != "group" or len(names) < 2:
        raise Unfit("split")
    made = _new(tree, _parent(tree, area, day), "group", names, day)
    return [*made, _closed(area, day, tuple(one.code for one in made))]


def rename(tree: AreaTree, code: str, name: str, day: date) -> list[Area]:
    """The same area under another name; its code stays."""
    (area,) = _open(tree, [code], day)
    if area.name == name:
        raise Unfit("same_name")
    return [msgspec.structs.replace(area, name=name)]


def move(tree: AreaTree, codes: Sequence[str], parent: str, day: date) -> list[Area]:
    """Groups into another cluster: each closes and goes on there under a new code. A cluster left empty closes too."""
    (target,) = _open(tree, [parent], day)
    if target.level != "cluster":
        raise Unfit("parent")
    return _moved(tree, codes, target, day)


def new_cluster(tree: AreaTree, codes: Sequence[str], name: str, day: date) -> list[Area]:
    """A new cluster of at least three groups, which leave the ones they were in."""
    groups = _open(tree, codes, day)
    wards = {tree.read(day).ward(code) for code in codes}
    if len(groups) < LEAST_GROUPS or len(wards) != 1:
        raise Unfit("cluster")
    (ward,) = wards
    made = _new(tree, ward or "", "cluster", [name], day)[0]
    return [made, *_moved(changed(tree, [made]), codes, made, day)]


def new_group(tree: AreaTree, parent: str, names: Sequence[str], day: date) -> list[Area]:
    """New groups of a cluster, in nobody's place."""
    (target,) = _open(tree, [parent], day)
    if target.level != "cluster" or not names:
        raise Unfit("parent")
    return _new(tree, parent, "group", names, day)


def undo(tree: AreaTree, before: Sequence[Area], after: Sequence[Area], day: date) -> list[Area]:
    """Takes a change back: what it touched is as it was, and what it made closes in favour of what it had replaced, so
    that notes written meanwhile keep a place. Raises Unfit if one of its areas has been changed since."""
    if any(tree.get(area.code) != area for area in after):
        raise Unfit("changed_since")
    was = {area.code: area for area in before}
    replaced: dict[str, set[str]] = defaultdict(set)
    for area in after:
        for heir in area.successors if area.code in was else ():
            if (made := tree.by_code[heir]).code not in was:
                replaced[made.code].add(area.code)
                replaced[made.parent].add(was[area.code].parent)
    restored = []
    for area in after:
        if area.code in was:
            restored.append(was[area.code])
        else:
            heirs = sorted(code for code in replaced[area.code] if tree.by_code[code].level == area.level)
            restored.append(_closed(area, day, tuple(heirs)))
    return restored


def changed(tree: AreaTree, after: Iterable[Area]) -> AreaTree:
    """The tree with these areas as they are to be."""
    return AreaTree((tree.by_code | {area.code: area for area in after}).values())


def faults(tree: AreaTree, day: date) -> set[Fault]:
    """Everything that is against the law of the tree on a day; empty for a lawful one."""
    now = tree.read(day)
    found: set[Fault] = set()
    groups: dict[str, int] = defaultdict(int)
    names: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for code, area in tree.by_code.items():
        parent = tree.get(area.parent)
        if CODE.fullmatch(code) is None:
            found.add(Fault("code", code))
        if (parent.level if parent else None) != ABOVE[area.level]:
            found.add(Fault("parent", code))
        if area.valid_to is not None and area.valid_to < _before(date.fromisoformat(area.valid_from)):
            found.add(Fault("days", code))
        heirs = [tree.get(heir) for heir in area.successors]
        if code in area.successors or any(heir is None or heir.level != area.level for heir in heirs):
            found.add(Fault("heirs", code))
        if not now.is_open(code):
            if _is_circle(tree, now, code):
                found.add(Fault("circle", code))
            continue
        above = now.up(code)[1:2]
        if ABOVE[area.level] != (tree.by_code[above[0]].level if above else None):
            found.add(Fault("lost", code))
        groups[code] += 0
        if area.level == "group" and above:
            groups[above[0]] += 1
        names[area.level, now.ward(code) or "", fold(area.name)].append(code)
    for code, n in groups.items():
        if tree.by_code[code].level == "cluster" and n < LEAST_GROUPS:
            found.add(Fault("small", code))
    for (level, _, _), twins in names.items():
        if len(twins) > 1 and level in ("cluster", "group"):
            found.update(Fault("twin", code) for code in twins)
    return found


def _is_circle(tree: AreaTree, now: Reading, code: str) -> bool:
    """True if the successors of a closed area lead back to it."""
    seen: set[str] = set()
    waiting = list(tree.by_code[code].successors)
    while waiting:
        at = waiting.pop()
        if at == code:
            return True
        if at not in seen and (area := tree.get(at)) is not None and not now.is_open(at):
            waiting += area.successors
        seen.add(at)
    return False


def new_faults(tree: AreaTree, after: Iterable[Area], day: date) -> list[Fault]:
    """What a change would break: faults the tree has with it and has not without."""
    return sorted(faults(changed(tree, after), day) - faults(tree, day))


def next_codes(tree: AreaTree, ward: str, level: Level, n: int) -> list[str]:
    """Codes that were never used: `11455-K6`, `11455-T21`."""
    letter = {"cluster": "K", "group": "T"}[level]
    start = f"{ward}-{letter}"
    used = [int(code[len(start) :]) for code in tree.by_code if code.startswith(start) and code[len(start) :].isdigit()]
    first = max(used, default=0) + 1
    width = 2 if level == "group" else 1
    return [f"{start}{number:0{width}d}" for number in range(first, first + n)]


def _open(tree: AreaTree, codes: Sequence[str], day: date) -> list[Area]:
    areas = [tree.get(code) for code in dict.fromkeys(codes)]
    if not areas or any(area is None or not tree.read(day).is_open(area.code) for area in areas):
        raise Unfit("closed")
    return [area for area in areas if area is not None]


def _parent(tree: AreaTree, area: Area, day: date) -> str:
    """The open area above: what came in the place of a closed parent."""
    above = tree.read(day).up(area.code)[1:2]
    return above[0] if above else area.parent


def _new(tree: AreaTree, parent: str, level: Level, names: Sequence[str], day: date) -> list[Area]:
    ward = tree.read(day).ward(parent)
    if ward is None:
        raise Unfit("parent")
    codes = next_codes(tree, ward, level, len(names))
    sample = tree.by_code[parent].sample
    return [
        Area(code, parent, level, name, day.isoformat(), sample=sample) for code, name in zip(codes, names, strict=True)
    ]


def _moved(tree: AreaTree, codes: Sequence[str], target: Area, day: date) -> list[Area]:
    groups = _open(tree, codes, day)
    if any(area.level != "group" or _parent(tree, area, day) == target.code for area in groups):
        raise Unfit("move")
    made = _new(tree, target.code, "group", [area.name for area in groups], day)
    after = [*made, *(_closed(old, day, (new.code,)) for old, new in zip(groups, made, strict=True))]
    left = {_parent(tree, area, day) for area in groups}
    then = changed(tree, after).read(day)
    return after + [
        _closed(tree.by_code[code], day, (target.code,)) for code in sorted(left) if not then.children(code)
    ]


def _closed(area: Area, day: date, successors: tuple[str, ...]) -> Area:
    """Closed with the day before `day` as its last one; made that same day it never held one."""
    return msgspec.structs.replace(area, valid_to=_before(day), successors=successors)


def _before(day: date) -> str:
    return (day - timedelta(days=1)).isoformat()
