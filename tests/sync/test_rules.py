"""The law under arbitrary rows: judging twice is judging once, lanes hold, nothing a user wrote is lost on both sides."""

import uuid
from datetime import date
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sync import lanes, mask
from sync.area import Area, AreaTree
from sync.area import Held as HeldArea
from sync.note import CLIENT_FIELDS, Held, NoteRow
from sync.rules import Author, Verdict, World, judge

TODAY = date(2026, 11, 22)
TOPICS = lanes.shipped_topics()
TREE = AreaTree(
    [
        Area("31", "", "city", "Hải Phòng", "2025-07-01"),
        Area("11455", "31", "ward", "Đồ Sơn", "2025-07-01"),
        Area("11455-K1", "11455", "cluster", "Khu vực 1", "2025-07-01"),
        Area("11455-T01", "11455-K1", "group", "Tổ 1", "2025-07-01"),
        Area("11455-T02", "11455-K1", "group", "Tổ 2", "2025-07-01"),
    ]
)
PLACE = "42ceb952-d417-4541-a323-cf2f078b0ef9"
WORLD = World(TODAY, TREE, TOPICS, {PLACE: "11455"}, lambda ward: mask.NONE)
AUTHOR = Author("acc-1", (HeldArea("11455-T01", "2025-07-01"),))
OTHER = Author("acc-2", (HeldArea("11455-T02", "2025-07-01"),))
CLAIM = "A" * 22

words = st.sampled_from(["ngập", "đèn", "hỏng", "rác", "nhiều", "0912345678", "anh Hùng", "tối", "🙂"])
texts = st.lists(words, min_size=1, max_size=12).map(" ".join)


@st.composite
def rows(draw: st.DrawFn, id: str | None = None) -> NoteRow:
    """Rows a phone could send, right and wrong ones: fields of all lanes appear by chance."""
    fields: dict[str, Any] = {
        "id": id or str(draw(st.uuids(version=4))),
        "claim": CLAIM,
        "kind": draw(st.sampled_from(lanes.KINDS)),
        "topic": draw(st.sampled_from(sorted(TOPICS))),
        "area": draw(st.sampled_from(["11455-T01", "11455-K1", "11455", "x"])),
        "text": draw(texts),
    }
    optional = {
        "reach": st.sampled_from(["some", "many"]),
        "day": st.sampled_from(["2026-11-20", "2030-01-01", "x"]),
        "week": st.sampled_from(["2026-W47", "1999-W01"]),
        "place": st.sampled_from([PLACE, str(uuid.uuid4())]),
        "urgent": st.booleans(),
        "heard_via": st.sampled_from(["market", "talk"]),
        "photos": st.lists(st.uuids(version=4).map(str), max_size=3),
    }
    for name in draw(st.sets(st.sampled_from(sorted(optional)))):
        fields[name] = draw(optional[name])
    return msgspec.convert(fields, NoteRow)


@st.composite
def good_rows(draw: st.DrawFn, id: str | None = None) -> NoteRow:
    """Place rows that are let in."""
    fields: dict[str, Any] = {
        "id": id or str(draw(st.uuids(version=4))),
        "claim": CLAIM,
        "kind": draw(st.sampled_from(["observation", "concern"])),
        "topic": draw(st.sampled_from(["09.1", "10.1", "11.1"])),
        "area": "11455-T01",
        "text": draw(texts),
        "photos": draw(st.lists(st.uuids(version=4).map(str), max_size=2)),
    }
    if draw(st.booleans()):
        fields["reach"] = draw(st.sampled_from(["some", "many"]))
    return msgspec.convert(fields, NoteRow)


def stored(verdict: Verdict, before: Held | None = None) -> Held | None:
    """What the server holds after a verdict, amendments' MACs included."""
    state = verdict.state or before
    if state is not None and verdict.extra is not None:
        state = msgspec.structs.replace(state, amendment_macs=state.amendment_macs | {verdict.extra.mac})
    return state


@given(rows())
def test_judging_twice_is_judging_once(row: NoteRow) -> None:
    first = judge(row, None, None, AUTHOR, WORLD)
    if first.outcome == "rejected":
        assert first.state is None and first.answer is not None and "claim" not in first.answer
        return
    again = judge(row, None, stored(first), AUTHOR, WORLD)
    assert (again.outcome, again.state, again.answer) == ("noop", None, None)


@given(rows())
def test_what_is_let_in_holds_only_the_fields_of_its_lane(row: NoteRow) -> None:
    verdict = judge(row, None, None, AUTHOR, WORLD)
    if verdict.state is None:
        return
    content = verdict.state.content
    assert content.lane == TOPICS[content.topic].lanes[content.kind] != "door"
    allowed = lanes.COMMON_FIELDS | lanes.LANE_FIELDS[content.lane]
    present = {name for name in CLIENT_FIELDS if getattr(content, name) not in (None, False, ())}
    assert present <= allowed
    assert (content.lane == "opinion") == (content.area == "11455-K1")
    if content.kind == "rumour":
        assert content.lane == "opinion"
    assert "0912345678" not in (content.text or "")
    assert content.day is None or content.day <= TODAY.isoformat()


@given(st.data())
def test_a_foreign_account_without_the_claim_never_changes_a_note(data: st.DataObject) -> None:
    row = data.draw(good_rows())
    held = judge(row, None, None, AUTHOR, WORLD).state
    assert held is not None
    theirs = msgspec.structs.replace(data.draw(good_rows(id=row.id)), claim="B" * 22)
    verdict = judge(theirs, None, held, OTHER, WORLD)
    assert verdict.outcome == "rejected" and verdict.state is None
    assert verdict.answer is not None and verdict.answer["reject"]["code"] == "id_taken"


@given(st.data())
def test_nothing_saved_is_lost_on_both_sides(data: st.DataObject) -> None:
    """Two phones of one account and the office, in any order: every value a phone saved is in the note, in what is kept
    beside it, or in the master that phone is told to keep its own copy against."""
    base = data.draw(good_rows())
    held = judge(base, None, None, AUTHOR, WORLD).state
    assert held is not None
    kept: list[Any] = []
    for _ in range(data.draw(st.integers(1, 5))):
        if data.draw(st.booleans()) and held.status == "received":
            held = msgspec.structs.replace(held, status="read", opened=True)
        row = data.draw(good_rows(id=base.id))
        assumed = data.draw(st.sampled_from([None, base]))
        verdict = judge(row, assumed, held, AUTHOR, WORLD)
        before, held = held, stored(verdict, held)
        assert held is not None and verdict.outcome != "rejected"
        if verdict.extra is not None:
            kept.append(verdict.extra.fields)
        # the arriving words are in the note, or kept as an amendment, or were already there
        arrived = mask.clean(str(row.text)).text
        everywhere = [held.content.text, *(fields.get("text") for fields in kept)]
        assumed_text = mask.clean(str(assumed.text)).text if assumed else None
        assert arrived in everywhere or arrived == assumed_text
        # and the words that gave way are kept, unless the phone knew and replaced them
        assert before.content.text in [*everywhere, assumed_text]
        assert set(before.content.photos) <= set(held.content.photos)


@given(st.data())
def test_a_late_copy_of_an_earlier_version_never_undoes_a_later_one(data: st.DataObject) -> None:
    versions = [data.draw(good_rows())]
    held = judge(versions[0], None, None, AUTHOR, WORLD).state
    assert held is not None
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(good_rows(id=held.id))
        held = stored(judge(row, versions[-1], held, AUTHOR, WORLD), held)
        assert held is not None
        versions.append(row)
    for late in versions[:-1]:
        if late.sent() != versions[-1].sent():
            verdict = judge(late, None, held, AUTHOR, WORLD)
            assert verdict.state is None
    # going back on purpose, on top of what is held, is an edit like any other
    back = judge(versions[0], versions[-1], held, AUTHOR, WORLD)
    assert stored(back, held).content.text == mask.clean(str(versions[0].text)).text  # type: ignore[union-attr]


@given(st.data())
def test_nothing_of_a_withdrawn_note_comes_back(data: st.DataObject) -> None:
    row = data.draw(good_rows())
    held = judge(row, None, None, AUTHOR, WORLD).state
    gone = stored(judge(msgspec.structs.replace(row, deleted=True), None, held, AUTHOR, WORLD), held)
    assert gone is not None and gone.status == "withdrawn" and gone.content.text is None
    for late in (row, data.draw(good_rows(id=row.id))):
        for assumed in (None, row):
            verdict = judge(late, assumed, gone, AUTHOR, WORLD)
            assert verdict.state is None and verdict.extra is None


@given(st.data())
def test_new_words_for_an_erased_text_are_a_new_item_and_never_outlive_it(data: st.DataObject) -> None:
    row = data.draw(good_rows())
    held = judge(row, None, None, AUTHOR, WORLD).state
    assert held is not None
    content = msgspec.structs.replace(held.content, text=None)
    erased = msgspec.structs.replace(held, opened=True, status="redirected", content=content, author=None)
    later = data.draw(good_rows(id=row.id))
    verdict = judge(later, None, erased, AUTHOR, WORLD)
    assert verdict.extra is None
    if later.sent() != row.sent():
        assert verdict.state is not None and not verdict.state.opened and verdict.state.author is None
        assert verdict.state.status in ("received", "quarantined") and verdict.state.issue is None


@given(good_rows())
def test_after_the_author_is_erased_the_claim_still_tells_the_end(row: NoteRow) -> None:
    held = judge(row, None, None, AUTHOR, WORLD).state
    assert held is not None
    content = msgspec.structs.replace(held.content, text=None)
    erased = msgspec.structs.replace(held, author=None, opened=True, status="in_issue", issue=41, content=content)
    verdict = judge(row, None, erased, OTHER, WORLD)
    assert verdict.outcome == "noop" and verdict.answer is not None
    assert (verdict.answer["status"], verdict.answer["issue"]) == ("in_issue", 41)
    assert "text" not in verdict.answer and "claim" not in verdict.answer
