"""Short forms people type and what they stand for (`tdp`: tổ dân phố): one list, read by search and by likeness. Pure.

What is shipped is `data/synonyms.csv`; a row of a ward wins over it, or sets it aside. A form matches as it is written or
without any diacritics (`đg`, `dg`), never another word of the same letters.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import msgspec

from sync import fold
from sync.fold import Form, Ways

SHORT_MOST, LONG_MOST = 20, 80  # characters


class Synonym(msgspec.Struct, frozen=True):
    """`withdrawn`: the short form is an ordinary word here."""

    short: str
    long: str
    withdrawn: bool = False


class Synonyms(msgspec.Struct, frozen=True):
    """The forms in force. `ways`: for search, by the first word as it is typed. `written_out`: for likeness, a short form as
    it is typed → the folded words it stands for."""

    ways: Ways
    written_out: Mapping[str, str]


@lru_cache(maxsize=1)
def shipped() -> tuple[Synonym, ...]:
    with files("sync").joinpath("data/synonyms.csv").open(encoding="utf-8") as file:
        return tuple(Synonym(line["short"], line["long"]) for line in csv.DictReader(file))


def merged(*lists: Iterable[Synonym]) -> dict[str, Synonym]:
    """Short form → what holds for it; a later list wins over an earlier one."""
    return {one.short: one for some in lists for one in some}


def known(some: Iterable[Synonym]) -> Synonyms:
    """These forms, each standing for one thing, ready to be asked. One that is withdrawn is not typed for another either
    (`dc` for `đc`)."""
    some = list(some)
    aside = {one.short for one in some if one.withdrawn}
    ways: dict[str, dict[tuple[Form, Form], None]] = {}
    written_out: dict[str, str] = {}
    for one in some:
        short, long = tuple(fold.words(one.short)), tuple(fold.words(one.long))
        if one.withdrawn or len(short) != 1 or not long:
            continue
        for typed in {short[0].exact, short[0].folded} - aside:
            ways.setdefault(typed, {})[short, long] = None
            written_out[typed] = " ".join(word.folded for word in long)
        for typed in {long[0].exact, long[0].folded}:
            ways.setdefault(typed, {})[long, short] = None
    return Synonyms({typed: tuple(pairs) for typed, pairs in ways.items()}, written_out)


def together(some: Sequence[Synonyms]) -> Synonyms:
    """What holds in any of them: a search over several wards. For likeness, which stays inside one, the last wins."""
    if len(some) == 1:
        return some[0]
    ways: dict[str, dict[tuple[Form, Form], None]] = {}
    written_out: dict[str, str] = {}
    for one in some:
        written_out |= one.written_out
        for typed, pairs in one.ways.items():
            ways.setdefault(typed, {}).update(dict.fromkeys(pairs))
    return Synonyms({typed: tuple(pairs) for typed, pairs in ways.items()}, written_out)


def is_short(text: str) -> bool:
    """True for one word of letters and digits that has a letter."""
    return [word.exact for word in fold.words(text)] == [text] and any(map(str.isalpha, text))


def is_long(short: str, text: str) -> bool:
    """True for words that are not the short form itself."""
    typed = fold.words(text)
    said = [word.folded for word in typed]
    return bool(said) and said != [fold.fold(short)] and " ".join(word.exact for word in typed) == text
