"""Grouping by shared words: rates on fresh sets, and what must hold whatever is written."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matters import MATTERS, SHORT, fresh, several
from sync import likeness, synonyms
from sync.likeness import Issues, Weights, groups, kept, near
from sync.synonyms import Synonym

SEEDS = (7101, 7102, 7103)
texts = st.text(st.sampled_from("abngđươ ạ,.5[]tên"), max_size=80)


def terms(text: str) -> frozenset[str]:
    return likeness.terms(text, SHORT)


def weights(texts: Iterable[str], office: str = "") -> Weights:
    return likeness.weights(texts, SHORT, office)


def rates(confirmed: bool) -> tuple[float, float]:
    """Share of notes whose issue is the nearest, and is among the nearest three, inside the topic."""
    first = three = n = 0
    for seed in SEEDS:
        made = fresh(seed, confirmed=confirmed)
        issues = {topic: Issues(known, SHORT) for topic, known in made.known.items()}
        for topic, number, text in made.notes:
            found = [one.number for one in issues[topic].nearest(text)]
            n += 1
            first += found[:1] == [number]
            three += number in found
    assert n == len(SEEDS) * 12 * len(MATTERS)
    return first / n, three / n


@pytest.mark.parametrize("confirmed", [False, True], ids=["texts there", "texts erased"])
def test_the_right_issue_is_nearest(confirmed: bool) -> None:
    first, three = rates(confirmed)
    assert first >= 0.85 and three >= 0.97, (first, three)


def test_proposed_groups_are_of_one_matter() -> None:
    alike = n = proposals = 0
    for notes in several(7104, 400).values():
        for group in groups({id: text for id, (text, _) in notes.items()}, SHORT):
            alike += Counter(notes[id][1] for id in group).most_common(1)[0][1]
            n += len(group)
            proposals += 1
    assert n == 400
    assert alike / n >= 0.9 and proposals <= 110, (alike / n, proposals)


def test_the_reason_is_in_the_words_of_the_note() -> None:
    issues = Issues({1: weights([], "Cống chợ tắc, nước tràn"), 2: weights([], "Đèn đường kè biển tắt")}, SHORT)
    (found, *_) = issues.nearest("Cong o CHỢ bị tắc cả tuần")
    assert found.number == 1 and found.shared == ("cong", "tắc")


def test_marks_and_short_forms_make_no_difference() -> None:
    assert terms("Đường Nghè ko có đèn") == terms("duong nghe không co den")
    assert terms("hoà thuận") == terms("hòa thuận")
    assert terms("ĐT hỏng") == terms("dt hỏng") == terms("điện thoại hỏng")
    assert terms("chỗ đt") != terms("chỗ đột"), "another word of the same letters is not written out"


def test_the_list_is_the_wards() -> None:
    own = synonyms.merged(synonyms.shipped(), [Synonym("ltt", "Lý Thánh Tông"), Synonym("tdp", "", withdrawn=True)])
    short = synonyms.known(own.values()).written_out
    assert likeness.terms("LTT ngập", short) == terms("Lý Thánh Tông ngập") != terms("LTT ngập")
    assert likeness.terms("tdp ngập", short) != terms("tdp ngập") == terms("tổ dân phố ngập")


def test_what_was_masked_is_no_word() -> None:
    assert terms("ông [tên] báo [điện thoại] cống tắc") == terms("ông báo cống tắc")


def test_a_name_in_few_notes_is_not_kept() -> None:
    """Two people may let slip the same name; one person may write it ten times, and copies of one wording count once."""
    notes: list[tuple[str, str | None]] = [
        (f"Cống chợ tắc lần {word}", tag) for word, tag in zip("xyzuvw", "abcabc", strict=True)
    ]
    slips = [("Cống chợ tắc, Toàn đổ rác", "a"), ("Toàn lấp cống chợ, tắc hết", "b")]
    often = [(f"Toàn {word} lấp cống chợ, tắc", "a") for word in ("lại", "vẫn", "cứ", "hay")]
    copies: list[tuple[str, str | None]] = [("Toàn lấp cống chợ tắc", tag) for tag in "abcdef"]
    unknown: list[tuple[str, str | None]] = [(f"Toàn lấp cống chợ tắc {word}", None) for word in "ghiklm"]
    for more in (slips, often, copies, unknown):
        left = kept([*notes, *more], SHORT)
        assert {"cong", "tac"} <= set(left.terms)
        assert not [term for term in left.terms if "toan" in term], more


@given(st.lists(st.tuples(texts, st.sampled_from(["a", "b", "c", "d", None])), max_size=12))
def test_what_is_kept_is_shared_by_three_reporters(notes: list[tuple[str, str | None]]) -> None:
    left = kept(notes, SHORT)
    assert left.notes == len(notes) and len(left.terms) <= likeness.KEPT_TERMS
    for term, there in left.terms.items():
        having = [(text, tag) for text, tag in notes if term in terms(text)]
        assert len(having) >= there >= likeness.ENOUGH
        assert len({tag for _, tag in having}) >= likeness.ENOUGH
    assert list(left.terms) == sorted(left.terms), "their order says nothing either"


@given(st.dictionaries(st.text("0123456789", min_size=1, max_size=4), texts, max_size=14))
def test_every_note_is_in_exactly_one_group(notes: dict[str, str]) -> None:
    found = groups(notes, SHORT)
    assert sorted(id for group in found for id in group) == sorted(notes)
    assert [len(group) for group in found] == sorted((len(group) for group in found), reverse=True)
    assert groups(notes, SHORT) == found


@given(texts, st.dictionaries(st.integers(1, 9), st.lists(texts, max_size=4), max_size=5))
def test_likeness_lies_between_nothing_and_the_same(text: str, known: dict[int, list[str]]) -> None:
    found = Issues({number: weights(written) for number, written in known.items()}, SHORT).nearest(text, 9)
    assert all(likeness.FAINT <= one.likeness <= 1 + 1e-9 for one in found)
    assert found == sorted(found, key=lambda one: (-one.likeness, -one.number))
    assert not terms(text) or near(terms(text), terms(text))
    assert all(word.lower() in text.lower() for one in found for word in one.shared)


@given(st.lists(texts, max_size=5), st.lists(texts, max_size=5))
def test_weights_add_up(one: list[str], other: list[str]) -> None:
    assert weights(one).plus(weights(other)) == weights([*one, *other])
    assert weights([]) == Weights()
