"""Text cleaning: identifiers of persons become short markers, before a note is kept anywhere.

One definition, `sync/data/mask_rules.json` + `mask_words.json`, is read here and by the phone's twin
(`phone/src/core/mask.ts`); both are small interpreters of it and give equal results on `tests/vectors/mask.json`.
Two stages, repeated until nothing changes: number-like identifiers by patterns over the folded text (lower case, no
marks, one character for one), then names by patterns over word classes (`sync/names.py`).

It lowers the risk and does not remove it: never call a cleaned text "anonymous". Measured rates:
`tests/sync/test_mask_rates.py`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from sync.calm import Calm
from sync.names import MARKER, NONE, Gazetteer, Look, Names, Span, gazetteer
from sync.ruleset import RULES, Rule, compile_rules

__all__ = ["CAP", "CLASSES", "MARKERS", "NONE", "VERSION", "Cleaned", "Gazetteer", "clean", "gazetteer"]

VERSION: int = RULES["version"]
"""Version of the rules; every note keeps the one it was cleaned with."""

CAP: int = RULES["cap"]
"""Longest text looked at, in characters. Callers cap; a longer text is refused before any pattern runs."""

MARKERS: dict[str, str] = RULES["markers"]
"""Class of find -> the marker that replaces it. Markers are never masked again."""

CLASSES: tuple[str, ...] = tuple(MARKERS)

_ROUNDS = 6  # a mask can only make a neighbour plainer; more than two rounds are rare


class Cleaned(msgspec.Struct, frozen=True):
    """What may be kept: `text`, how many finds per class, and `suspects`: spans of `text` that may still name a person."""

    text: str
    finds: dict[str, int]
    suspects: tuple[tuple[int, int], ...]


def clean(text: str, places: Gazetteer = NONE) -> Cleaned:
    """Mask identifiers of persons in `text`.

    Names in `places` (streets, temples, beaches) are left alone. Idempotent: cleaning the result again changes nothing.
    The result is NFC, without control or invisible characters, and never longer than `CAP`.
    Raises ValueError when `text` is longer than `CAP` characters; refuses nothing else.
    """
    if len(text) > CAP:
        raise ValueError(f"text longer than {CAP} characters")
    text = _normal(text)
    if _CALM.settles(text, places):
        return Cleaned(text, {}, ())
    finds: dict[str, int] = {}
    suspects: tuple[tuple[int, int], ...] = ()
    for _ in range(_ROUNDS):
        shown = _shows_numbers(text)
        cleaned = _structured(text, finds) if shown else text
        look = _NAMES.look(cleaned, places)
        if not shown and _tells_numbers(look):
            cleaned = _structured(text, finds)
            if cleaned != text:
                look = _NAMES.look(cleaned, places)
        reading = _NAMES.judge(look)
        suspects = reading.suspects
        cleaned = _replaced(look.text, reading.finds, finds)
        if len(cleaned) > CAP:
            cleaned = _cut(cleaned)
        if cleaned == text:
            break
        text = cleaned
    return Cleaned(text, finds, suspects)


# --- characters -------------------------------------------------------------------------------------------------------


def _digit_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for zero in RULES["zeros"]:
        for value in range(10):
            table[ord(zero) + value] = str(value)
    for code in range(0xFF01, 0xFF5F):
        table[code] = chr(code - 0xFEE0)
    return table


_STRIP = re.compile(RULES["strip"])
_BLANKS = re.compile(RULES["blanks"])
_DIGITS = _digit_table()
_LITTLE = {char: str(value) for row in RULES["little"] for value, char in enumerate(row)}
_LITTLE_RUN = re.compile("[" + "".join(_LITTLE) + "]{3,}")  # a lone ² belongs to m²
_ODD = re.compile(
    "[\u0000-\u0009\u000b-\u001f\u007f-\u00a0\u00ad\u00b2\u00b3\u00b9\u034f\u0600-\u1dff\u2000-\u200f\u2028-\u202f"
    "\u205f-\u209f\u2460-\u24ff\u2776-\u2793\u3000-\u3164\ua620-\uabff\ud800-\udfff\ufe00-\uffff\U00010000-\U000fffff]"
)


def _normal(text: str) -> str:
    """NFC, no control or invisible characters, plain blanks, ASCII digits."""
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if _ODD.search(text) is None:
        return text
    text = _BLANKS.sub(" ", text.replace("\r\n", "\n"))
    text = _STRIP.sub("", text).translate(_DIGITS)
    text = _LITTLE_RUN.sub(lambda match: "".join(_LITTLE[char] for char in match.group()), text)
    return unicodedata.normalize("NFC", text)


def _fold_table() -> dict[str, str]:
    """Lower case without marks, one character for one, so that spans in the folded text are spans in the text."""
    table: dict[str, str] = {}
    for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        if len(base) == 1 and "a" <= base <= "z":
            table[chr(code)] = base
    table["đ"] = table["Đ"] = table["ð"] = table["Ð"] = "d"
    for plain, others in RULES["alike"].items():
        for char in others:
            table[char] = plain
    return table


_FOLD = _fold_table()


def fold(text: str) -> str:
    """`text` in lower case without Vietnamese marks, character for character."""
    if text.isascii():
        return text.lower().replace("`", "'")
    return "".join(map(_FOLD.get, text, text))


# --- number-like identifiers ------------------------------------------------------------------------------------------


class Gate(NamedTuple):
    """After `all` is open: a pattern is found; or one of the parts or `several` different ones of the words occur."""

    all: str
    pattern: re.Pattern[str] | None
    has: tuple[str, ...]
    words: frozenset[str]
    several: int


class Gates:
    """Cheap questions asked once per text, and only when a rule needs the answer."""

    def __init__(self, work: str) -> None:
        self.work = work
        self.words = frozenset(_PLAIN_WORD.findall(work))
        self.answers: dict[str, bool] = {"": True}

    def open(self, name: str) -> bool:
        answer = self.answers.get(name)
        if answer is None:
            answer = self.answers[name] = self._ask(_GATES[name])
        return answer

    def _ask(self, gate: Gate) -> bool:
        if not self.open(gate.all):
            return False
        if gate.pattern is not None:
            return gate.pattern.search(self.work) is not None
        if gate.has and any(map(self.work.__contains__, gate.has)):
            return True
        if gate.several > 1:
            return len(gate.words & self.words) >= gate.several
        return not gate.words.isdisjoint(self.words)


_PLAIN_WORD = re.compile("[a-z]+")
_DIGIT = re.compile("[0-9]")
_GATES: dict[str, Gate] = {
    name: Gate(
        row.get("all", ""),
        re.compile(row["re"]) if "re" in row else None,
        tuple(row.get("has", ())),
        frozenset(row.get("words", "").split()),
        row.get("several", 1),
    )
    for name, row in RULES["gates"].items()
}
_STRUCTURED = compile_rules(RULES["structured"])
_STEMS = ("digits", "four", "six")  # gates behind which most rules stand, the outer first


def _behind(need: str) -> Iterator[str]:
    """`need` and the gates it stands behind."""
    while need:
        yield need
        need = _GATES[need].all


_STRUCTURED_WITHOUT = {
    stem: tuple((rule.need, rule.pattern.search, rule) for rule in _STRUCTURED if stem not in _behind(rule.need))
    for stem in ("", *_STEMS)
}
_FILLER = "\u0001"
_QUICK = RULES["quick"]
_QUICK_CODES = frozenset(_QUICK["codes"])
_QUICK_RE = re.compile(_QUICK["re"])
_QUICK_PARTS: tuple[str, ...] = tuple(_QUICK["any"])
_QUICK_SEVERAL: int = _QUICK["several"]
_DIGIT_WORDS = frozenset(form for word in _QUICK["words"].split() for form in (word, word.capitalize(), word.upper()))


def _shows_numbers(text: str) -> bool:
    """Whether the characters alone may hold something for the patterns."""
    return (
        _DIGIT.search(text) is not None
        or ("." in text and _QUICK_RE.search(text) is not None)
        or any(map(text.__contains__, _QUICK_PARTS))
    )


def _tells_numbers(look: Look) -> bool:
    """Whether the words may: a social network, or several digits spelled out."""
    return not _QUICK_CODES.isdisjoint(look.kinds) or len(_DIGIT_WORDS.intersection(look.words)) >= _QUICK_SEVERAL


def _structured(text: str, finds: dict[str, int]) -> str:
    work = f" {fold(text)} "
    if "[" in text:
        work = _without_markers(text, work)
    gates = Gates(work)
    spans: list[Span] = []
    closed = next((stem for stem in _STEMS if not gates.open(stem)), "")
    answers = gates.answers
    for need, search, rule in _STRUCTURED_WITHOUT[closed]:
        if (answers[need] if need in answers else gates.open(need)) and search(work) is not None:
            work = _claim(rule, work, text, spans)
    return _replaced(text, sorted(spans), finds)


def _without_markers(text: str, work: str) -> str:
    parts = [" "]
    done = 0
    for match in MARKER.finditer(text):
        start, end = match.span()
        parts += (work[done + 1 : start + 1], _FILLER * (end - start))
        done = end
    return "".join((*parts, work[done + 1 :]))


def _claim(rule: Rule, work: str, text: str, spans: list[Span]) -> str:
    """Find `rule` in `work`; claimed characters are blanked so that no later rule sees them."""
    parts: list[str] = []
    done = 0
    for match in rule.pattern.finditer(work):
        start, end = rule.start(match), match.end()
        if rule.before and work[match.start() - 1] in rule.before:
            continue
        if rule.only and not _fits(rule.only, text[start - 1 : end - 1]):
            continue
        if rule.act != "keep":
            spans.append((start - 1, end - 1, rule.act))
        parts += (work[done:start], _FILLER * (end - start))
        done = end
    return "".join((*parts, work[done:])) if done else work


def _fits(only: str, found: str) -> bool:
    return found.isascii() if only == "ascii" else found == found.upper()


# --- replacing --------------------------------------------------------------------------------------------------------


def _replaced(text: str, spans: Iterable[Span], finds: dict[str, int]) -> str:
    if not spans:
        return text
    return "".join(_pieces(text, spans, finds))


def _pieces(text: str, spans: Iterable[Span], finds: dict[str, int]) -> Iterator[str]:
    done = 0
    for start, end, kind in spans:
        finds[kind] = finds.get(kind, 0) + 1
        yield text[done:start]
        yield MARKERS[kind]
        done = end
    yield text[done:]


def _cut(text: str) -> str:
    """The longest start of `text` within `CAP` that ends between words and outside a marker."""
    end = max(text.rfind(" ", 0, CAP + 1), 0) or CAP
    opened = text.rfind("[", 0, end)
    if opened > text.rfind("]", 0, end) and end - opened < 16:
        end = opened
    return text[: end or CAP]


_NAMES = Names()
_CALM = Calm(_NAMES)
