"""Words as search sees them: without diacritics, and beside that exactly as written. One definition for both databases.

An indexed text becomes a set of marks: every word folded (`ngap`), its beginnings (`^n ^ng ^nga`), the word as it stands
(`=ngập`), and facts that narrow a search (`@11455`). Both indexes keep the marks as they are and never cut or fold a text
themselves.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

LONGEST_WORD = 40  # characters; what is longer is no word
MOST_WORDS = 12  # of a query
LEAST_LETTERS = 2
SYLLABLE, SYLLABLES = 7, 8192  # letters of the longest (nghiêng), and about as many as the language uses
BEGINNING = 3  # letters of a beginning that has a mark of its own; longer ones are few words

_WORD = re.compile(r"[^\W_]+")
_D = str.maketrans("đĐ", "dD")


def fold(text: str) -> str:
    """Lower case, no diacritics, đ as d; `hoà` and `hòa` are one."""
    flat = unicodedata.normalize("NFD", text.translate(_D).casefold())
    return "".join(char for char in flat if unicodedata.category(char) != "Mn")


class Word(NamedTuple):
    """A word of a text and where it stands in the text's NFC form."""

    exact: str
    folded: str
    start: int
    end: int


def _forms(word: str) -> tuple[str, str]:
    return unicodedata.normalize("NFC", word.casefold()), fold(word)


def words(text: str) -> list[Word]:
    """The words of a text in NFC, in their order."""
    return [Word(*_forms(match[0]), *match.span()) for match in _WORD.finditer(text) if len(match[0]) <= LONGEST_WORD]


def marks(texts: Iterable[str], facts: Iterable[str] = ()) -> str:
    """What is indexed of some texts: marks in order, each once, with blanks between."""
    found = set(facts)
    for text in texts:
        for word in _WORD.findall(unicodedata.normalize("NFC", text)):
            found |= _known_marks(word) if len(word) <= SYLLABLE else _marks(word)
    return " ".join(sorted(found))


def _marks(word: str) -> frozenset[str]:
    if len(word) > LONGEST_WORD:
        return frozenset()
    exact, folded = _forms(word)
    return frozenset({folded, f"={exact}", *(f"^{folded[:n]}" for n in range(1, BEGINNING + 1))})


_known_marks = lru_cache(SYLLABLES)(_marks)


class Term(msgspec.Struct, frozen=True):
    """One thing a query asks for: any of some sequences of words, all of whose words must occur. The last word a person
    types may be the beginning of one."""

    ways: tuple[tuple[Word, ...], ...]
    begins: bool


Form = tuple[Word, ...]
Ways = Mapping[
    str, Sequence[tuple[Form, Form]]
]  # first word as it is typed → forms that begin so, each with its synonym


class Query(msgspec.Struct, frozen=True):
    terms: tuple[Term, ...]

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def accented(self) -> bool:
        """True if anything was typed with diacritics: then what is written so comes first."""
        return any(word.exact != word.folded for term in self.terms for word in term.ways[0])


def read(text: str, synonyms: Ways) -> Query:
    """What was typed. Of a short form (`tdp`) and its long one (`tổ dân phố`) either finds both; see `sync/synonyms.py`.

    Empty for less than two letters: one letter would list everything.
    """
    typed = words(unicodedata.normalize("NFC", text))[:MOST_WORDS]
    if sum(len(word.folded) for word in typed) < LEAST_LETTERS:
        return Query(())
    terms: list[Term] = []
    at = 0
    while at < len(typed):
        taken, ways = 1, [tuple(typed[at : at + 1])]
        for form, other in synonyms.get(typed[at].exact, ()):
            if _same(typed[at : at + len(form)], form):
                if len(form) > taken:
                    taken, ways = len(form), [tuple(typed[at : at + len(form)])]
                if len(form) == taken:
                    ways.append(other)
        at += taken
        terms.append(Term(tuple(dict.fromkeys(ways)), begins=at == len(typed)))
    return Query(tuple(terms))


def _same(typed: Sequence[Word], form: Sequence[Word]) -> bool:
    """Typed with the form's diacritics, or without any."""
    return len(typed) == len(form) and all(a.exact in (b.exact, b.folded) for a, b in zip(typed, form, strict=True))


def spans(text: str, query: Query) -> list[tuple[int, int]]:
    """Where a text (in NFC) has a word the query asks for."""
    whole = {word.folded for term in query.terms for way in term.ways for word in way}
    begun = tuple(term.ways[0][-1].folded for term in query.terms if term.begins)
    return [
        (word.start, word.end)
        for word in words(text)
        if word.folded in whole or (begun and word.folded.startswith(begun))
    ]


def snippet(text: str, found: Sequence[tuple[int, int]], length: int) -> tuple[int, int]:
    """The part of a text to show: around the first hit, cut between words."""
    if len(text) <= length:
        return 0, len(text)
    first = found[0][0] if found else 0
    start = max(0, min(first - length // 4, len(text) - length))
    end = min(len(text), start + length)
    start = text.find(" ", start, first) + 1 if start and " " in text[start:first] else start
    if end < len(text) and " " in text[start:end]:
        end = text.rfind(" ", start, end)
    return start, max(end, min(len(text), found[0][1] if found else end))
