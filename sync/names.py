"""Names of persons in running text, by rules over classes of words.

Each word becomes two characters, its kind (title, surname, street word …, from `sync/data/mask_words.json`) and its
shape (`l` lower, `c` Capital, `u` UPPER, `m` mixed, `i` initial, `n` number, `p` punctuation); the rules are patterns
over that short string, so that time stays linear and the same rules run in Python and on the phone.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from sync.ruleset import RULES, WORDS, Rule, compile_rules

Span = tuple[int, int, str]
Phrases = dict[str, dict[str, list[tuple[list[str], str]]]]  # first word -> second -> (words after the first, kind)

WAKE = RULES["wake"]
_L = RULES["letters"]
_U = RULES["capitals"]
_MARKS = "|".join(re.escape(mark) for mark in RULES["markers"].values())
MARKER = re.compile(_MARKS)
TOKEN = re.compile(
    f"[{_L}]{{2,}}|[Đđ]/[Cc](?![{_L}])|(?:[{_U}]\\.)+[{_U}](?![{_L}])|[{_L}]|[0-9][0-9{_L}]*|{_MARKS}|[^ {_L}0-9][^ {_L}0-9\\[]*"
)


class Gazetteer:
    """Place names that look like names of persons, ready for lookup. Build it by `gazetteer`."""

    __slots__ = ("phrases", "starts")

    def __init__(self, phrases: Phrases) -> None:
        self.phrases = phrases
        self.starts = frozenset(form for word in phrases for form in forms(word))

    def mark(self, words: list[str], shown: list[str], codes: list[str]) -> None:
        """Give the words of known phrases the phrase's kind; the longest phrase wins."""
        starts = self.starts
        done = 0
        for at in [place for place, word in enumerate(words) if word in starts]:
            if at < done:
                continue
            seconds = self.phrases[words[at].lower()]
            after = words[at + 1].lower() if at + 1 < len(words) else ""
            rows = seconds.get(after) if after else None
            alone = seconds.get("")
            if rows is None and alone is None:
                continue
            for rest, kind in (*(rows or ()), *(alone or ())):
                end = at + 1 + len(rest)
                if [word.lower() for word in words[at + 1 : end]] != rest:
                    continue
                if (kind == "N" or (kind == "Z" and codes[at] == "Hl")) and shown[at + 1 : end] != rest:
                    continue  # "anh hùng" is a hero, "anh Hùng" a person
                codes[at:end] = [kind + code[1] for code in codes[at:end]]
                done = end
                break


def forms(word: str) -> tuple[str, str, str]:
    """A lower-case word as it may be written."""
    return word, word[0].upper() + word[1:], word.upper()


class Look(NamedTuple):
    """A text cut into words, each with its two-character code; `kinds` are the codes that occur."""

    text: str
    words: list[str]
    codes: list[str]
    kinds: set[str]

    def spans(self, found: list[Span]) -> list[Span]:
        """From word numbers to places in the text."""
        spots: list[tuple[int, int]] = []
        at = 0
        for word in self.words[: max(last for _, last, _ in found)]:
            at = self.text.index(word, at)
            spots.append((at, at + len(word)))
            at += len(word)
        return [(spots[first][0], spots[last - 1][1], kind) for first, last, kind in sorted(found)]


class Reading(NamedTuple):
    """What the rules saw: finds to replace, and spans (in the text after replacing) that are only doubtful."""

    finds: list[Span]
    suspects: tuple[tuple[int, int], ...]


def _fold_word(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in plain if not unicodedata.combining(char))


def _phrases(rows: Iterable[tuple[str, str]]) -> Phrases:
    """Each phrase also without marks; on equal words the later row wins."""
    found: dict[tuple[str, ...], str] = {}
    for phrase, kind in rows:
        words = tuple(word.lower() for word in TOKEN.findall(unicodedata.normalize("NFC", phrase)))
        if words:
            found.setdefault(tuple(map(_fold_word, words)), kind)
            found[words] = kind
    starts: Phrases = {}
    for words, kind in sorted(found.items(), key=lambda item: -len(item[0])):
        second = words[1] if len(words) > 1 else ""
        starts.setdefault(words[0], {}).setdefault(second, []).append((list(words[1:]), kind))
    return starts


def gazetteer(names: Iterable[str]) -> Gazetteer:
    """Place names (with marks; they are also found without) that must never be masked, added to the general ones."""
    return Gazetteer(_phrases([*_word_phrases(), *((name, "Z") for name in names)]))


def _word_phrases() -> list[tuple[str, str]]:
    rows = [(phrase, kind) for kind, line in WORDS["phrases"].items() for phrase in line.split("|")]
    for kind, words in WORDS["kinds"].items():
        rows += [(word.replace("_", " "), kind) for word in words.split() if "_" in word]
    return rows


NONE = gazetteer(())
"""No names beyond the general ones shipped with the rules."""


# --- the words --------------------------------------------------------------------------------------------------------


def _lexicon() -> tuple[dict[str, str], dict[str, str]]:
    """Word as written -> code, for texts with marks and for texts typed without."""
    kinds = {kind: words.split() for kind, words in WORDS["kinds"].items()}
    exact: dict[str, str] = {}
    for kind in WORDS["order"]["low"]:
        for word in kinds[kind]:
            exact.setdefault(word, kind + "l")
    for word in kinds["A"]:
        exact[word] = "Al"
    folded: dict[str, str] = {}
    for kind in WORDS["order"]["capital"]:
        for word in kinds[kind]:
            exact.setdefault(word[0].upper() + word[1:], ("C" if word == "anh" else kind) + "c")
            if kind in "STMG":
                folded.setdefault(_fold_word(word.capitalize()), kind + "c")
    for word, code in folded.items():
        exact.setdefault(word, code)
    plain: dict[str, str] = {}
    for kind in WORDS["order"]["plain"]:  # a folded word means many things: titles and places first
        for word in WORDS["plain"].get(kind, "").split():
            plain.setdefault(word, kind + "l")
            if kind in "60":
                plain.setdefault(word.capitalize(), ("C" if word == "anh" else kind) + "c")
        for word, code in exact.items():
            if code == kind + "l" and kind not in WORDS["plain"]:
                plain.setdefault(_fold_word(word), code)
    return exact, {**exact, **plain}


_SHAPES = "lcumin"


def _needed(need: str) -> frozenset[str]:
    """`need` lists kinds ("HC") or whole codes ("ScSu")."""
    if need.isupper() or need.isdigit():
        return frozenset(kind + shape for kind in need for shape in _SHAPES)
    return frozenset(need[at : at + 2] for at in range(0, len(need), 2))


class Names:
    """The compiled lists and rules."""

    def __init__(self) -> None:
        self.exact, self.plain = _lexicon()
        self.rules = compile_rules(RULES["names"])
        self.doubts = compile_rules(RULES["suspects"])
        self.needs = {rule.need: _needed(rule.need) for rule in (*self.rules, *self.doubts)}
        wake = RULES["wake"]
        self.wake = frozenset(
            [kind + shape for kind in wake["kinds"] for shape in _SHAPES]
            + [kind + shape for kind in wake["capitals"] for shape in "cu"]
            + wake["exact"]
        )
        self.perhaps = frozenset(wake["perhaps"])
        self.then = re.compile(wake["then"])

    def look(self, text: str, places: Gazetteer) -> Look:
        """The words of `text` and their codes."""
        words = TOKEN.findall(text)
        codes = self._codes(words, places)
        return Look(text, words, codes, set(codes))

    def judge(self, look: Look) -> Reading:
        """Find names. Doubts are looked for only where nothing certain is left to replace."""
        kinds = look.kinds
        if self.wake.isdisjoint(kinds) and self.perhaps.isdisjoint(kinds):
            return _NOTHING
        codes = "".join(look.codes)
        if self.wake.isdisjoint(kinds) and not self.then.search(codes):
            return _NOTHING
        met = {need for need, wanted in self.needs.items() if not wanted.isdisjoint(kinds)}
        found: list[Span] = []
        for rule in self.rules:
            if rule.need in met and rule.pattern.search(codes) is not None:
                codes = _claim(rule, codes, found)
        if found:
            return Reading(look.spans(found), ())
        for rule in self.doubts:
            if rule.need in met and rule.pattern.search(codes) is not None:
                codes = _claim(rule, codes, found)
        return Reading([], tuple((start, end) for start, end, _ in look.spans(found))) if found else _NOTHING

    def _codes(self, words: list[str], places: Gazetteer) -> list[str]:
        lexicon = self.plain if _is_plain(words) else self.exact
        codes = _coded(words, lexicon)
        shown = words
        if len(words) >= 5 and _shouts("".join(codes), len(words)):
            shown = [word.lower() for word in words]
            codes = _coded(shown, lexicon)
        if not places.starts.isdisjoint(words):
            places.mark(words, shown, codes)
        return codes


_NOTHING = Reading([], ())


def _shouts(codes: str, number: int) -> bool:
    """Whether three words in four are written in capitals, so that they say nothing."""
    if codes.count("l") * 4 > number:
        return False
    return sum(map(codes.count, "cumi")) * 4 >= number * 3


def _is_plain(words: list[str]) -> bool:
    """Whether the text is typed without Vietnamese marks (one word in seven may have some)."""
    marked = len(words) - sum(map(str.isascii, words))
    if marked * 7 <= len(words):
        return True
    return (marked - sum(map(_MARKS_SET.__contains__, words))) * 7 <= len(words)


def _coded(words: list[str], lexicon: dict[str, str]) -> list[str]:
    codes = list(map(lexicon.get, words))
    return [
        code or ("Wl" if word[0] in _LOWER and word.islower() else _code(word, lexicon))
        for code, word in zip(codes, words, strict=True)
    ]


def _code(word: str, lexicon: dict[str, str]) -> str:
    """Kind and shape of a word that is not listed as written."""
    first = word[0]
    if "0" <= first <= "9":
        return "Dn"
    if first not in _LETTERS:
        return _MARKS_CODE[word] if word in _MARKS_SET else "Lp" if word == "." else "Jp"
    low = word.lower()
    if word == low:
        return "Wl"
    if len(word) == 1 or word[1] == ".":
        return "Ui"
    if word[1:] == low[1:]:
        return "Wc"
    if word == word.upper():
        return (lexicon.get(first + low[1:]) or lexicon.get(low) or "Wx")[0] + "u"
    return "Wm"


_MARKS_CODE = {marker: "Xn" if kind == "name" else "Xx" for kind, marker in RULES["markers"].items()}
_MARKS_SET = frozenset(_MARKS_CODE)
_LETTERS = frozenset(filter(re.compile(f"[{_L}]").match, map(chr, range(0x41, 0x1F00))))
_LOWER = frozenset(filter(str.islower, _LETTERS))


_FILLERS = {"keep": "Zz", "name": "Xn"}


def _claim(rule: Rule, codes: str, found: list[Span]) -> str:
    """Note what `rule` finds as (first word, word after, class) and hide those words from later rules."""
    if rule.of_finds:
        return _claim_along(rule, codes, found)
    parts: list[str] = []
    done = 0
    for match in rule.pattern.finditer(codes):
        start, end = rule.start(match), match.end()
        if rule.act != "keep":
            found.append((start // 2, end // 2, rule.act))
        parts += (codes[done:start], _FILLERS.get(rule.act, "Xx") * ((end - start) // 2))
        done = end
    return "".join((*parts, codes[done:])) if done else codes


def _claim_along(rule: Rule, codes: str, found: list[Span]) -> str:
    """The same for a rule about what stands beside a find: each find may make its neighbours ones, to either side, so that
    a list of names is gone through to its end."""
    at = 0
    while (match := rule.pattern.search(codes, at)) is not None:
        start, end = rule.start(match), match.end()
        found.append((start // 2, end // 2, rule.act))
        codes = codes[:start] + _FILLERS.get(rule.act, "Xx") * ((end - start) // 2) + codes[end:]
        at = max(0, start - _BACK)
    return codes


_BACK = 12  # codes: such a rule looks at no more than six words before its find
