"""Reads the rules of text cleaning from package data and compiles them.

The patterns are written in the common part of Python's `re` and JavaScript's `u` expressions: no look-behind, no named
groups, no `\\d \\w \\s \\b` (they differ). `<x>` stands for a macro. A first group is context: it is not masked.
"""

import re
from importlib import resources
from typing import Any, NamedTuple

import msgspec


def _load(name: str) -> Any:
    return msgspec.json.decode((resources.files("sync") / "data" / name).read_bytes())


RULES: dict[str, Any] = _load("mask_rules.json")
WORDS: dict[str, Any] = _load("mask_words.json")

_MACRO = re.compile("<([a-z]+)>")


class Rule(NamedTuple):
    """Where `need` is given (a gate or kinds of words), replace what `pattern` finds after its context by class `act`."""

    need: str
    act: str  # a class of finds, or "keep": later rules may not touch it
    pattern: re.Pattern[str]
    before: frozenset[str] = frozenset()  # characters that may not stand right before the find
    only: str = ""  # "ascii": found text must be ASCII; "upper": without lower-case letters

    @property
    def of_finds(self) -> bool:
        """Whether it is about what stands beside a name that was found."""
        return "Xn" in self.pattern.pattern

    def start(self, match: re.Match[str]) -> int:
        """Where the find itself begins, after the context."""
        return match.end(1) if self.pattern.groups else match.start()


def expand(source: str) -> str:
    """`source` with its macros filled in (macros may use macros)."""
    while _MACRO.search(source):
        source = _MACRO.sub(lambda match: RULES["macros"][match.group(1)], source)
    return source


def _before(name: str) -> frozenset[str]:
    if not name:
        return frozenset()
    allowed = re.compile("[" + RULES["before"][name] + "]")
    return frozenset(char for char in map(chr, range(128)) if allowed.match(char))


def compile_rules(rows: list[list[str]]) -> tuple[Rule, ...]:
    """Rules in their order of precedence. A row is: need, act, pattern and, for numbers, before, only."""
    return tuple(
        Rule(row[0], row[1], re.compile(expand(row[2])), _before("".join(row[3:4])), "".join(row[4:5])) for row in rows
    )
