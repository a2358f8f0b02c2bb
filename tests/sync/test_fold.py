"""How search sees words: one fold, marks, what a query asks for, where it hits."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import fold, synonyms
from sync.synonyms import Synonym, Synonyms

VIETNAMESE = st.text(
    st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặờớởợỳỵĐÀƯỢ 0123456789-'\"*&|!():=#@\\"), max_size=60
)
SYNONYMS = synonyms.known([Synonym("tdp", "tổ dân phố"), Synonym("ko", "không"), Synonym("đg", "đường")]).ways


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đường ngập", "duong ngap"),
        ("hoà", "hoa"),
        ("hòa", "hoa"),
        ("NGUYỄN HỮU CẦU", "nguyen huu cau"),
        (unicodedata.normalize("NFD", "Đồ Sơn"), "do son"),
        ("ươ ượ ỡ", "uo uo o"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold.fold(text) == folded


@given(VIETNAMESE)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold.fold(text)
    assert fold.fold(once) == once == fold.fold(unicodedata.normalize("NFD", text))


@given(st.text(max_size=80))
def test_words_stand_where_they_say_and_hold_nothing_an_index_reads(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    for word in fold.words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert not set(word.exact + word.folded) & set(" '\"*&|!():=#@\\_^+-")


@given(VIETNAMESE)
def test_every_text_is_found_by_its_own_words_and_by_their_beginning(text: str) -> None:
    marks = set(fold.marks([text]).split())
    for word in fold.words(unicodedata.normalize("NFC", text)):
        assert {word.folded, f"={word.exact}"} <= marks
    query = fold.read(text, {})
    for term in query.terms:
        assert {word.folded for word in term.ways[0]} <= marks


def ways(text: str) -> list[set[str]]:
    return [{" ".join(word.exact for word in way) for way in term.ways} for term in fold.read(text, SYNONYMS).terms]


def test_a_short_form_and_its_long_form_find_both() -> None:
    assert ways("họp tdp") == [{"họp"}, {"tdp", "tổ dân phố"}]
    assert ways("họp tổ dân phố") == [{"họp"}, {"tổ dân phố", "tdp"}]
    assert ways("to dan pho") == [{"to dan pho", "tdp"}], "also typed without diacritics"
    assert ways("tổ dân") == [{"tổ"}, {"dân"}]
    assert ways("dg ngap") == [{"dg", "đường"}, {"ngap"}] and ways("đg") == [{"đg", "đường"}]
    assert ways("tớ dẫn phở") == [{"tớ"}, {"dẫn"}, {"phở"}], "other words with the same letters are no synonym"


def test_only_the_last_word_may_be_unfinished() -> None:
    query = fold.read("ngập đườ", SYNONYMS)
    assert [term.begins for term in query.terms] == [False, True]
    assert fold.spans("Ngập cả đường, ngấp nghé đương", query) == [(0, 4), (8, 13), (15, 19), (25, 30)]
    assert fold.spans("ngậpxx", query) == []


@pytest.mark.parametrize("text", ["", "a", " - ", "'", "đ", '" * OR'[:3], "***"])
def test_too_little_asks_for_nothing(text: str) -> None:
    assert not fold.read(text, SYNONYMS)


def test_a_query_has_an_end() -> None:
    assert len(fold.read("ngập " * 500, {}).terms) <= fold.MOST_WORDS
    assert not fold.read("x" * 5000, {})


@given(st.text(st.characters(codec="utf-8"), max_size=400), st.integers(20, 120))
def test_a_snippet_shows_the_first_hit(text: str, length: int) -> None:
    text = unicodedata.normalize("NFC", text + " ngập lụt " + text)
    found = fold.spans(text, fold.read("ngap", {}))
    start, end = fold.snippet(text, found, length)
    assert 0 <= start <= found[0][0] and found[0][1] <= end <= len(text)
    assert end - start <= length + fold.LONGEST_WORD


def test_the_shipped_short_forms_are_words() -> None:
    some = synonyms.shipped()
    assert len(some) >= 25 and len({one.short for one in some}) == len(some)
    for one in some:
        assert synonyms.is_short(one.short) and synonyms.is_long(one.short, one.long) and "'" not in one.long
        assert len(one.short) <= synonyms.SHORT_MOST and len(one.long) <= synonyms.LONG_MOST


@pytest.mark.parametrize("short", ["", "t d", "12", "t.d", "TDP", "-"])
def test_what_is_no_short_form(short: str) -> None:
    assert not synonyms.is_short(short)


@pytest.mark.parametrize("long", ["", "đg", "ĐG", "dg", "đường,", "a-b"])
def test_what_a_short_form_does_not_stand_for(long: str) -> None:
    assert not synonyms.is_long("đg", long)


def test_a_later_list_wins_or_sets_aside() -> None:
    own = [Synonym("tdp", "tuyến đường phố"), Synonym("dc", "được", withdrawn=True)]
    kept = synonyms.merged(synonyms.shipped(), own).values()
    found = synonyms.known(kept)
    assert found.written_out["tdp"] == "tuyen duong pho" and "dc" not in found.written_out
    assert [len(term.ways) for term in fold.read("dc đc tdp", found.ways).terms] == [1, 2, 2]


def test_a_search_over_two_wards_knows_what_either_means() -> None:
    one, other = (synonyms.known([Synonym("ltt", long)]) for long in ("lý thánh tông", "lê thanh tùng"))
    both = synonyms.together([one, other])
    (term,) = fold.read("ltt", both.ways).terms
    assert [" ".join(word.exact for word in way) for way in term.ways] == ["ltt", "lý thánh tông", "lê thanh tùng"]
    assert synonyms.together([one]) is one and synonyms.together([]) == Synonyms({}, {})
