"""A quick look that settles most clean notes: a few questions about all words at once, each answered at C speed.

It says nothing new. It only saves the full reading of a text in which that reading could not find anything; a property
test holds the two against each other.
"""

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache

from sync.names import WAKE, Gazetteer, Names, forms
from sync.ruleset import RULES

_STOPS = ",.?!:;"
_SIMPLE = re.compile(f"[{RULES['letters']} {_STOPS}]*")
_DIGIT_WORDS = frozenset(form for word in RULES["quick"]["words"].split() for form in forms(word))
_SEVERAL: int = RULES["quick"]["several"]
_TENS = frozenset(form for word in RULES["quick"]["tens"].split() for form in forms(word))
_ROUGH = "\u0001"

Pairs = frozenset[tuple[str, str]]


class Calm:
    """Words as written that leave a text calm, and those that do not; each for texts with marks and without."""

    def __init__(self, names: Names) -> None:
        lexicons = (names.exact, names.plain)
        self.rousing = [
            frozenset((*(word for word, code in lexicon.items() if code in names.wake), _ROUGH)) for lexicon in lexicons
        ]
        self.listed = [frozenset((*lexicon, *_STOPS)) for lexicon in lexicons]

    def settles(self, text: str, places: Gazetteer) -> bool:
        """Whether `text` (as `sync.mask` normalises it) surely holds no find and no doubt. False settles nothing."""
        if _SIMPLE.fullmatch(text) is None or "mail" in text:
            return False
        known = _known(places)
        words = shown = _split(text)
        plain = (len(words) - sum(map(str.isascii, words))) * 7 <= len(words)
        if not text[1:].islower():
            shown = _split(known.without(text))
            capital = [word for word in shown if not word.islower()]
            if (len(shown) - len(capital)) * 2 <= len(words) or not self.listed[plain].issuperset(capital):
                return False
            if len(shown) < len(words) and not known.claims.isdisjoint(_pairs(words)):
                return False
        rousing = self.rousing[plain]
        if not rousing.isdisjoint(shown):
            after = dict.fromkeys(zip(shown, (*shown[1:], ""), strict=True))
            if not all(pair in known.calming and pair[1] not in rousing for pair in after if pair[0] in rousing):
                return False
        if not known.starts.isdisjoint(words) and not known.waking.isdisjoint(_pairs(words)):
            return False
        if not _TENS.isdisjoint(words):
            return False
        return _DIGIT_WORDS.isdisjoint(words) or len(_DIGIT_WORDS.intersection(words)) < _SEVERAL


def _pairs(words: list[str]) -> Iterable[tuple[str, str]]:
    lows = " ".join(words).lower().split(" ")
    return itertools.pairwise(lows)


class _Known:
    """What a gazetteer's phrases mean for calm."""

    def __init__(self, places: Gazetteer) -> None:
        rows = [
            (first, rest, kind) for first, at in places.phrases.items() for each in at.values() for rest, kind in each
        ]
        beginnings: dict[tuple[str, str], set[str]] = {}
        for first, rest, kind in rows:
            beginnings.setdefault((first, "".join(rest[:1])), set()).add(kind)
        names = {
            " ".join(forms(word)[1] for word in (first, *rest))
            for first, rest, _ in rows
            if rest and beginnings[first, rest[0]] == {"Z"} and (first, "") not in beginnings
        }
        firsts = {name.split(" ")[0].lower() for name in names}
        self.places = _found(names)
        own = {pair for name in names for pair in itertools.pairwise(name.lower().split(" "))}
        self.claims: Pairs = frozenset(
            pair for first, rest, _ in rows for pair in itertools.pairwise((first, *rest)) if pair[1] in firsts
        ).difference(own)
        self.waking: Pairs = frozenset((first, rest[0]) for first, rest, kind in rows if rest and kind in WAKE["kinds"])
        self.starts = frozenset(form for first, _ in self.waking for form in forms(first))
        self.calming: Pairs = frozenset(
            (form, rest[0])
            for first, rest, kind in rows
            if len(rest) == 1 and kind not in WAKE["kinds"]
            for form in forms(first)
        )

    def without(self, text: str) -> str:
        """`text` with a word that means nothing for each place that stands in it for certain."""
        return self.places.sub(" zz", " " + text) if self.places is not None else text


_known = lru_cache(maxsize=16)(_Known)
"""A gazetteer is built once per ward and change, so few are alive."""


def _found(names: set[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    longest_first = sorted(map(re.escape, names), key=lambda name: (-len(name), name))
    return re.compile(f" (?![a-zđ])(?:{'|'.join(longest_first)})(?=[ {_STOPS}]|$)")


def _split(text: str) -> list[str]:
    """The words of a simple text, as the full reading cuts it; a stop that touches a letter makes it rough."""
    for stop in _STOPS:
        if stop in text:
            if text.count(stop) != text.count(stop + " ") + text.endswith(stop):
                return [_ROUGH]
            text = text.replace(stop, f" {stop} ")
    return text.split()
