"""Deltas of an issue's fixed counts: nothing is doubled, no reporter is invented, a split part begins with nobody."""

from hypothesis import given
from hypothesis import strategies as st

from sync.bands import visible
from sync.shifts import Shift, fold, portions, together

MONTHS = ("2026-10", "2026-11")
came = st.builds(
    lambda month, notes, share: Shift(month, notes, min(notes, share)),
    st.sampled_from(MONTHS),
    st.integers(1, 30),
    st.integers(0, 30),
)


@given(st.lists(came, max_size=8), st.lists(came, max_size=8))
def test_together_adds_notes_and_never_reporters(one: list[Shift], other: list[Shift]) -> None:
    both = together([fold(one), fold(other)])
    for month in MONTHS:
        some = [shift for shift in (*one, *other) if shift.month == month]
        notes, reporters = both.get(month, (0, 0))
        assert notes == sum(shift.notes for shift in some)
        assert reporters == max((shift.reporters for shift in some), default=0) <= notes or not some
    assert both == together([fold(other), fold(one)])


@given(st.lists(came, min_size=1, max_size=6), st.data())
def test_a_split_moves_notes_and_no_reporters(shifts: list[Shift], data: st.DataObject) -> None:
    before = fold(shifts)
    month = data.draw(st.sampled_from(sorted(before)))
    some = portions(before[month][0])
    if not some:
        assert before[month][0] < 5
        return
    n = data.draw(st.sampled_from(some))
    left, part = fold([*shifts, Shift(month, -n)]), fold([Shift(month, n)])
    assert left[month][0] + part[month][0] == before[month][0] and left[month][0] >= 0
    assert part[month][1] == 0 and not visible(list(part.values())), "hidden, however large"
    assert left[month][1] == min(before[month][1], left[month][0])
    more = data.draw(came)
    lifted = fold([Shift(month, n), Shift(month, more.notes, more.reporters)])[month]
    assert lifted == (n + more.notes, more.reporters)


@given(st.lists(came, max_size=6))
def test_a_row_without_notes_only_raises_what_is_known_together(shifts: list[Shift]) -> None:
    known = together([fold([*shifts, Shift(MONTHS[1], 0, 4)])])
    notes, reporters = together([fold(shifts)]).get(MONTHS[1], (0, 0))
    assert known.get(MONTHS[1], (0, 0)) == (notes, min(max(reporters, 4), notes))


def test_portions_are_whole_steps() -> None:
    assert [portions(n) for n in (0, 4, 5, 9, 10, 14)] == [[], [], [5], [5], [5, 10], [5, 10]]
