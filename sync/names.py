"""Names of persons in running text, by rules over classes of words.

Each word becomes two characters, its kind (title, surname, street word …, from `sync/data/mask_words.json`) and its
shape (`l` lower, `c` Capital, `u` UPPER, `m` mixed, `i` initial, `n` number, `p` punctuation); the rules are patterns
over that short string, so that time stays linear and the same rules run in Python and on the phone.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sync.ruleset import RULES, WORDS, Rule, compile_rules

Span = tuple[int, int, str]
Phrases = dict[str, tuple[tuple[tuple[str, ...], str], ...]]  # first word -> (other words, kind), longest first

_L = RULES["letters"]
_U = RULES["capitals"]
_MARKS = "|".join(re.escape(mark) for mark in RULES["markers"].values())
MARKER = re.compile(_MARKS)
TOKEN = re.compile(
    f"{_MARKS}|[Đđ]/[Cc](?![{_L}])|(?:[{_U}]\\.)+[{_U}](?![{_L}])|[{_L}]+|[0-9][0-9{_L}]*|[^ {_L}0-9][^ {_L}0-9\\[]*"
)


class Gazetteer:
    """Place names that look like names of persons, ready for lookup. Build it by `gazetteer`."""

    __slots__ = ("phrases", "starts")

    def __init__(self, phrases: Phrases) -> None:
        self.phrases = phrases
        self.starts = frozenset(phrases)


class Reading(NamedTuple):
    """What the rules saw: finds to replace, and spans (in the text after replacing) that are only doubtful."""

    finds: tuple[Span, ...]
    suspects: tuple[tuple[int, int], ...]


def _fold_word(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.replace("đ", "d"))
    return "".join(char for char in plain if not unicodedata.combining(char))


def _phrases(rows: Iterable[tuple[str, str]]) -> Phrases:
    """Each phrase also without marks; on equal words the later row wins."""
    found: dict[tuple[str, ...], str] = {}
    for phrase, kind in rows:
        words = tuple(word.lower() for word in TOKEN.findall(unicodedata.normalize("NFC", phrase)))
        if words:
            found.setdefault(tuple(map(_fold_word, words)), kind)
            found[words] = kind
    starts: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for words, kind in sorted(found.items(), key=lambda item: -len(item[0])):
        starts.setdefault(words[0], []).append((words[1:], kind))
    return {first: tuple(rest) for first, rest in starts.items()}


def gazetteer(names: Iterable[str]) -> Gazetteer:
    """Place names (with marks; they are also found without) that must never be masked."""
    return Gazetteer(_phrases((name, "Z") for name in names))


NONE = gazetteer(())
"""No names beyond the general ones shipped with the rules."""


# --- the words --------------------------------------------------------------------------------------------------------

_LOW_ORDER = "H3P12EYFKR9B84OINMSTGVQ"  # which kind a lower-case word takes when it is in several lists
_CAP_ORDER = "HFKR9ESTMP12O3GVNBY84I"


def _lexicon() -> tuple[dict[str, str], dict[str, str]]:
    """Word as written -> code, for texts with marks and for texts typed without."""
    kinds = {kind: words.split() for kind, words in WORDS["kinds"].items()}
    exact: dict[str, str] = {}
    for kind in _LOW_ORDER:
        for word in kinds[kind]:
            exact.setdefault(word, kind + "l")
    for word in kinds["A"]:
        exact[word] = "Al"
    folded: dict[str, str] = {}
    for kind in _CAP_ORDER:
        for word in kinds[kind]:
            exact.setdefault(word[0].upper() + word[1:], ("C" if word == "anh" else kind) + "c")
            if kind in "STMG":
                folded.setdefault(_fold_word(word.capitalize()), kind + "c")
    for word, code in folded.items():
        exact.setdefault(word, code)
    plain: dict[str, str] = {}
    for kind in "6P12EYFKR9B84SMGV7OQ":  # a folded word means many things: titles and places first
        for word in WORDS["plain"].get(kind, "").split():
            plain.setdefault(word, kind + "l")
            if kind == "6":
                plain.setdefault(word.capitalize(), "6c")
        for word, code in exact.items():
            if code == kind + "l" and kind not in WORDS["plain"]:
                plain.setdefault(_fold_word(word), code)
    return exact, {**exact, **plain}


def _word_phrases() -> Phrases:
    rows = [(phrase, kind) for kind, line in WORDS["phrases"].items() for phrase in line.split("|")]
    for kind, words in WORDS["kinds"].items():
        rows += [(word.replace("_", " "), kind) for word in words.split() if "_" in word]
    return _phrases(rows)


class Names:
    """The compiled lists and rules."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self.exact, self.plain = _lexicon()
        self.phrases = _word_phrases()
        self.rules = compile_rules(RULES["names"])
        self.doubts = compile_rules(RULES["suspects"])
        self.needs = {rule.need: frozenset(rule.need) for rule in (*self.rules, *self.doubts)}

    def read(self, text: str, places: Gazetteer) -> Reading:
        """Find names in `text`; spans of finds are in `text`, spans of suspects in the text with the finds replaced."""
        words = TOKEN.findall(text)
        if not words:
            return Reading((), ())
        codes = self._codes(words, places)
        kinds = set(codes[::2])
        met = {need for need, wanted in self.needs.items() if not wanted.isdisjoint(kinds)}
        if not met:
            return Reading((), ())
        found: list[Span] = []
        for rule in self.rules:
            if rule.need in met:
                codes = _claim(rule, codes, found)
        if found:
            found.sort()
        doubtful: list[Span] = []
        for rule in self.doubts:
            if rule.need in met:
                codes = _claim(rule, codes, doubtful)
        if not found and not doubtful:
            return Reading((), ())
        places_of = [match.span() for match in TOKEN.finditer(text)]
        finds = tuple((places_of[first][0], places_of[last - 1][1], kind) for first, last, kind in found)
        if finds:  # another round follows and sees the doubts in the new text
            return Reading(finds, ())
        return Reading((), tuple(sorted((places_of[first][0], places_of[last - 1][1]) for first, last, _ in doubtful)))

    def _codes(self, words: list[str], places: Gazetteer) -> str:
        lows = [word.lower() for word in words]
        shown = lows if _shouts(words, lows) else words
        lexicon = self.plain if _is_plain(words) else self.exact
        codes = [lexicon.get(word) or _code(word, low, lexicon) for word, low in zip(shown, lows, strict=True)]
        for phrases, starts in ((self.phrases, self.phrases.keys()), (places.phrases, places.starts)):
            if not starts.isdisjoint(lows):
                _mark_phrases(phrases, lows, shown, codes)
        return "".join(codes)


def _shouts(words: list[str], lows: list[str]) -> bool:
    """Whether capitals say nothing here: most words of a longer text are written in them."""
    if len(words) < 5:
        return False
    plain = sum(map(str.__eq__, words, lows))
    return plain * 4 <= len(words)


def _is_plain(words: list[str]) -> bool:
    """Whether the text is typed without Vietnamese marks (one word in seven may have some)."""
    marked = sum(1 for word in words if not word.isascii() and word[0] != "[")
    return marked * 7 <= len(words)


def _code(word: str, low: str, lexicon: dict[str, str]) -> str:
    """Kind and shape of a word that is not listed as written."""
    if word == low:
        first = word[0]
        if first.isalpha():
            return "Wl"
        if "0" <= first <= "9":
            return "Dn"
        if first == "[" and word in _MARKERS:
            return "Xm"
        return "Lp" if word == "." else "Jp"
    if "0" <= word[0] <= "9":
        return "Dn"
    if word[0] == "[" and word in _MARKERS:
        return "Xm"
    if len(word) == 1 or word[1] == ".":
        return "Ui"
    if word[1:] == low[1:]:
        return "Wc"
    if word == word.upper():
        return (lexicon.get(word[0] + low[1:]) or lexicon.get(low) or "Wx")[0] + "u"
    return "Wm"


_MARKERS = frozenset(RULES["markers"].values())


def _mark_phrases(phrases: Phrases, lows: list[str], shown: list[str], codes: list[str]) -> None:
    at = 0
    while at < len(lows):
        for rest, kind in phrases.get(lows[at], ()):
            end = at + 1 + len(rest)
            if tuple(lows[at + 1 : end]) != rest:
                continue
            if (kind == "N" or codes[at] == "Hl") and tuple(shown[at + 1 : end]) != rest:
                continue  # "anh hùng" is a hero, "anh Hùng" a person
            for each in range(at, end):
                codes[each] = kind + codes[each][1]
            at = end - 1
            break
        at += 1


def _claim(rule: Rule, codes: str, found: list[Span]) -> str:
    """Note what `rule` finds as (first word, word after, class) and hide those words from later rules."""
    parts: list[str] = []
    done = 0
    for match in rule.pattern.finditer(codes):
        start, end = rule.start(match), match.end()
        if rule.act != "keep":
            found.append((start // 2, end // 2, rule.act))
        parts += (codes[done:start], ("Zz" if rule.act == "keep" else "Xm") * ((end - start) // 2))
        done = end
    return "".join((*parts, codes[done:])) if done else codes
