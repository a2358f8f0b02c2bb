"""The course of an issue, of its answers and of notices: states, and who may move them. One table each; docs say the same.

A state says who is waited for: `open` the office, `routed` a unit, `answered` the residents' word, `closed` nobody.
"""

from typing import Literal

import msgspec

State = Literal["open", "routed", "answered", "closed"]
STATES: tuple[State, ...] = ("open", "routed", "answered", "closed")
LIVE: tuple[State, ...] = ("open", "routed", "answered")
WAITING: tuple[State, ...] = ("open", "routed")  # an answer is owed: only then a term says something
READER, UNIT, OFFICER, PHONES, WORKER = "reader", "unit", "officer", "phones", "worker"
STAYS, BACK = "stays", "back"  # back: to its unit if it has one, else to the office


class Move(msgspec.Struct, frozen=True):
    """From which states, to which one (or `stays`, `back`), by whom."""

    before: tuple[str, ...]
    after: str
    by: tuple[str, ...]


ISSUE: dict[str, Move] = {
    "confirm": Move(LIVE, STAYS, (READER,)),
    "route": Move(("open", "routed"), "routed", (READER, OFFICER)),
    "refuse": Move(("routed",), "open", (UNIT,)),
    "draft": Move(LIVE, STAYS, (READER, UNIT, OFFICER)),
    "approve": Move(LIVE, STAYS, (OFFICER,)),
    "say_checking": Move(LIVE, STAYS, (READER, OFFICER)),
    "publish": Move(LIVE, "answered", (READER, OFFICER)),
    "withdraw": Move(("answered",), BACK, (OFFICER,)),
    "close": Move(LIVE, "closed", (READER, OFFICER)),
    "reopen": Move(("answered", "closed"), BACK, (READER, OFFICER)),
    "still_so": Move(("answered", "closed"), BACK, (PHONES,)),
    "give_back": Move(LIVE, "closed", (WORKER,)),
}

# Of an answer. The reader publishes what an officer approved, word for word; whoever changes a word makes it a draft.
ANSWER: dict[str, Move] = {
    "write": Move(("draft", "approved"), "draft", (READER, UNIT, OFFICER)),
    "approve": Move(("draft", "approved"), "approved", (OFFICER,)),
    "publish": Move(("approved",), "published", (READER, OFFICER)),
    "replace": Move(("published",), "replaced", (READER, OFFICER)),
    "withdraw": Move(("published",), "withdrawn", (OFFICER,)),
}

NOTICE: dict[str, Move] = {
    "write": Move(("draft", "approved"), "draft", (READER, OFFICER)),
    "approve": Move(("draft", "approved"), "approved", (OFFICER,)),
    "publish": Move(("approved",), "published", (READER, OFFICER)),
    "withdraw": Move(("draft", "approved", "published"), "withdrawn", (OFFICER,)),
}


class NotThere(Exception):
    """The thing is not in a state from which this can be done."""


class NotYours(Exception):
    """Somebody else may do this."""


def step(moves: dict[str, Move], act: str, state: str, who: str, *, routed: bool = False) -> str:
    """The state after `act`. `routed`: the issue has a unit. Raises NotYours, or NotThere."""
    move = moves[act]
    if who not in move.by:
        raise NotYours
    if state not in move.before:
        raise NotThere
    if move.after == BACK:
        return "routed" if routed else "open"
    return state if move.after == STAYS else move.after
