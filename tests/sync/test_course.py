"""The states of issues, answers and notices: what the table promises for any walk, and that the docs print the same table."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync import issue as course
from tree import text

ROLES = (course.READER, course.UNIT, course.OFFICER, course.PHONES, course.WORKER, "administrator", "auditor")
TABLES = {"issue": course.ISSUE, "answer": course.ANSWER, "notice": course.NOTICE}


def printed(moves: dict[str, course.Move]) -> list[list[str]]:
    return [[f"`{act}`", ", ".join(move.before), move.after, ", ".join(move.by)] for act, move in moves.items()]


@pytest.mark.parametrize("name", TABLES)
def test_the_docs_print_the_table(name: str) -> None:
    section = re.split(r"\n### ", text("docs/way-of-a-note.md"))
    (found,) = [one for one in section if one.split("\n")[0].endswith(f" {name}")]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines() if line.startswith("| `")
    ]
    assert rows == printed(TABLES[name])


class Walk(RuleBasedStateMachine):
    """Anybody tries anything: an issue with its answer, beside the plainest description of what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.unit, self.answer = "open", False, "draft"
        self.approved = False  # by an officer, as the words now stand
        self.log: list[tuple[str, str]] = []

    @rule(act=some.sampled_from(sorted(course.ISSUE)), who=some.sampled_from(ROLES))
    def act(self, act: str, who: str) -> None:
        before = self.state
        try:
            self.state = course.step(course.ISSUE, act, before, who, routed=self.unit)
        except course.NotYours:
            assert who not in course.ISSUE[act].by
            return
        except course.NotThere:
            assert before not in course.ISSUE[act].before
            return
        assert who not in ("administrator", "auditor"), "who administers or audits never moves an issue"
        if act == "route":
            self.unit = True
        if act == "refuse":
            self.unit = False
        if before == "closed":
            assert act in ("reopen", "still_so"), "what is closed is only taken up again"
        if self.state == "closed" and before != "closed":
            assert act in ("close", "give_back")
        if who == course.UNIT:
            assert act in ("draft", "refuse"), "a unit drafts and gives back, nothing else"
        if who == course.PHONES:
            assert before in ("answered", "closed") and self.state in ("open", "routed")

    @rule(act=some.sampled_from(sorted(course.ANSWER)), who=some.sampled_from(ROLES))
    def word(self, act: str, who: str) -> None:
        before = self.answer
        try:
            self.answer = course.step(course.ANSWER, act, before, who)
        except (course.NotYours, course.NotThere):
            assert self.answer == before
            return
        if act == "write":
            self.approved = False
        if act == "approve":
            assert who == course.OFFICER
            self.approved = True

    @invariant()
    def holds(self) -> None:
        assert self.state in course.STATES
        assert self.state != "routed" or self.unit, "routed means that some unit has it"
        if self.answer == "published":
            assert self.approved, "nothing is published that no officer approved as it stands"


TestWalk: Any = Walk.TestCase
TestWalk.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


@given(some.sampled_from(sorted(TABLES)), some.data())
def test_an_end_is_an_end(name: str, data: some.DataObject) -> None:
    """Answers replaced or withdrawn and notices withdrawn stay so, whoever tries."""
    moves = TABLES[name]
    ends = {move.after for move in moves.values()} - {state for move in moves.values() for state in move.before}
    ends -= {course.STAYS, course.BACK}
    assert ends == {"issue": set(), "answer": {"replaced", "withdrawn"}, "notice": {"withdrawn"}}[name]
    act, who = data.draw(some.sampled_from(sorted(moves))), data.draw(some.sampled_from(ROLES))
    for end in ends:
        with pytest.raises((course.NotThere, course.NotYours)):
            course.step(moves, act, end, who)
