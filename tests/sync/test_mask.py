"""Text cleaning: what goes, what stays, and what holds for every text."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.calm import Calm
from sync.mask import CAP, CLASSES, MARKERS, NONE, VERSION, _shows_numbers, _tells_numbers, clean, gazetteer
from sync.names import Names

STREETS = gazetteer(["Lý Thánh Tông", "Bà Đế", "Nguyễn Hữu Cầu"])

QUICK = Names()
THOROUGH = Names()
THOROUGH.needs = {need: frozenset.union(*QUICK.needs.values(), {"Wl", "Dn", "Jp", "Nl"}) for need in QUICK.needs}

PIECES = [
    *MARKERS.values(),
    *["ông", "Bà", "a.", "đ/c", "Nguyễn", "Văn", "Toàn", "lan", "H.", "N.V.T", "tên là", "tổ trưởng", "phường"],
    *["0712345678", "0 7 1 2", "1.000.000", "đ", "số nhà", "12/3", "ngõ", "sinh năm", "1961", "82 tuổi", "stk", "CCCD"],
    *["15A-123.45", "a@b.vn", "https://x.example", "x.gov.vn", "fb", "zalo", "nick", "không một hai ba", "T", "[", "]"],
    *["nguyen van", "ong", "Lý Thánh Tông", "đường", ",", ".", "-", "\n", "\u200b", "０", "ế", "e\u0302\u0301", "²"],
]
mixed = st.lists(st.sampled_from(PIECES), max_size=40).flatmap(
    lambda pieces: st.sampled_from([" ", "", ", "]).map(lambda gap: gap.join(pieces))
)


@given(st.one_of(st.text(max_size=300), mixed))
def test_any_text_is_cleaned_once_and_for_all(text: str) -> None:
    once = clean(text[:CAP], STREETS)
    again = clean(once.text, STREETS)
    assert again.text == once.text
    assert again.finds == {}
    assert again.suspects == once.suspects


@given(st.one_of(st.text(max_size=300), mixed))
def test_result_is_short_and_its_spans_lie_inside(text: str) -> None:
    cleaned = clean(text[:CAP])
    assert len(cleaned.text) <= CAP
    assert set(cleaned.finds) <= set(CLASSES)
    for start, end in cleaned.suspects:
        assert 0 <= start < end <= len(cleaned.text)


@example("Văn", "H.", 1800)  # each find makes its neighbour one: a list is gone through to its end
@given(st.sampled_from(PIECES), st.sampled_from(PIECES), st.integers(1800, CAP))
def test_long_texts_stay_within_the_cap(left: str, right: str, length: int) -> None:
    text = (f"{left} {right} " * CAP)[:length]
    cleaned = clean(text)
    assert len(cleaned.text) <= CAP
    assert clean(cleaned.text).text == cleaned.text


@given(mixed)
def test_what_a_rule_needs_only_saves_time(text: str) -> None:
    """`need` in the rules is a shortcut of this engine; the phone runs every rule."""
    look = QUICK.look(text, STREETS)
    assert THOROUGH.judge(look) == QUICK.judge(look)


CALM = Calm(QUICK)
PLAIN_PIECES = [
    *["đèn đường", "Đường", "hỏng", "bà con", "ông bà", "anh", "Hùng", "hùng", "Toàn", "tổ", "trưởng", "đường", "Đoàn"],
    *[
        "Lý Thánh Tông",
        "lý",
        "Bà Đế",
        "quản",
        "Nguyễn Hữu Cầu",
        "con",
        "nhà",
        "Bến",
        "thu phi",
        "Xyz",
        "sáu",
        "bảy",
        "một",
    ],
    *[",", ".", "?", "kể", "gặp", "Sở", "Tấn", "ong", "chu", "A", "T.", "mail", "zz", "ÔNG", "Hải", "Phòng", "văn"],
]


@given(st.lists(st.sampled_from(PLAIN_PIECES), max_size=12).map(" ".join))
@example("bà Lý Thánh Tông con hỏi đèn đường đã hỏng từ lâu")
def test_what_is_calm_at_a_glance_is_clean_when_read(text: str) -> None:
    if CALM.settles(text, STREETS):
        look = QUICK.look(text, STREETS)
        assert QUICK.judge(look) == ([], ())
        assert not _shows_numbers(text)
        assert not _tells_numbers(look)


def test_calm_settles_ordinary_clean_notes() -> None:
    assert CALM.settles("Bà con hỏi bao giờ sửa đường Lý Thánh Tông, đèn hỏng đã lâu.", STREETS)
    assert not CALM.settles("bà Con hỏi bao giờ sửa đường, đèn hỏng đã lâu.", STREETS)


def test_longer_than_the_cap_is_refused() -> None:
    assert clean("a" * CAP).text == "a" * CAP
    with pytest.raises(ValueError, match="2000"):
        clean("a" * (CAP + 1))


def test_every_class_has_its_own_marker() -> None:
    assert len(set(MARKERS.values())) == len(MARKERS) == len(CLASSES)
    assert all(re.fullmatch(r"\[[^\[\]]{2,14}\]", marker) for marker in MARKERS.values())
    assert VERSION >= 1


@pytest.mark.parametrize("marker", MARKERS.values())
def test_markers_are_left_alone(marker: str) -> None:
    text = f"ông {marker} ở số nhà {marker}, gọi {marker} {marker}"
    assert clean(text).text == text


def test_invisible_characters_go_and_text_is_composed() -> None:
    assert clean("a\x00b\x07c\u200bd\ufeff").text == "abcd"
    assert clean("ngo\u0303 toi").text == "ngõ toi"
    assert clean("một\r\nhai\nba").text == "một\nhai\nba"
    assert clean("rộng\u00a05 m²").text == "rộng 5 m²"


@pytest.mark.parametrize(
    "number",
    [
        "0712345678",
        "0712 345 678",
        "0.7.1.2.3.4.5.6.7.8",
        "0-7-1-2-3-4-5-6-7-8",
        "０７１２３４５６７８",
        "٠٧١٢٣٤٥٦٧٨",
        "071\u200b234\u200d5678",
        "𝟎𝟕𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
        "⓪⑦①②③④⑤⑥⑦⑧",
        "+84 712 345 678",
        "O712345678",
        "không bảy một hai ba bốn năm sáu bảy tám",
    ],
)
def test_a_phone_number_in_many_dresses(number: str) -> None:
    assert clean(f"gọi {number} nhé").text == f"gọi {MARKERS['phone']} nhé"


@pytest.mark.parametrize("number", ["113", "114", "115", "111", "1022", "18001234", "1900 1234", "19001234"])
def test_emergency_and_service_numbers_stay(number: str) -> None:
    assert clean(f"gọi {number} không được").text == f"gọi {number} không được"


@pytest.mark.parametrize("host", ["dichvucong.gov.vn", "https://dichvucong.gov.vn", "www.haiphong.gov.vn"])
def test_government_hosts_stay(host: str) -> None:
    assert clean(f"nộp trên {host} bị lỗi").text == f"nộp trên {host} bị lỗi"


@pytest.mark.parametrize("host", ["gov.vn.vidu.example.com", "http://gov.vn@vidu.example.com", "khac-gov.vn"])
def test_hosts_that_only_look_like_government_go(host: str) -> None:
    assert host not in clean(f"nộp trên {host} bị lỗi").text


def test_money_is_held_aside_from_numbers() -> None:
    text = "thu 1.234.567.890 đồng và 125 000 000 đ, còn 987.654.321 đồng"
    assert clean(text).text == text


def test_streets_named_after_persons_need_the_gazetteer_or_a_street_word() -> None:
    assert clean("qua Nguyễn Hữu Tần thì tắc").text == "qua [tên] thì tắc"
    assert clean("qua đường Nguyễn Hữu Tần thì tắc").text == "qua đường Nguyễn Hữu Tần thì tắc"
    known = gazetteer(["Nguyễn Hữu Tần"])
    assert clean("qua Nguyễn Hữu Tần thì tắc", known).text == "qua Nguyễn Hữu Tần thì tắc"
    assert clean("qua nguyen huu tan thi tac", known).text == "qua nguyen huu tan thi tac"


def test_a_title_before_a_place_name_is_doubtful_not_masked() -> None:
    cleaned = clean("gặp ông Lý Thánh Tông ở chợ", STREETS)
    assert "Lý Thánh Tông" in cleaned.text
    assert [cleaned.text[start:end] for start, end in cleaned.suspects] == ["Lý Thánh Tông"]


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("ông đằm hay đổ rác", "đằm"),
        ("hiệu trưởng trường tiểu học thu thêm", "hiệu trưởng trường tiểu học"),
        ("nhà ông ở đầu ngõ đổ rác", "ông"),
        ("gặp Maria Lopez ở chợ", "Maria Lopez"),
    ],
)
def test_doubtful_words_are_only_pointed_at(text: str, doubt: str) -> None:
    cleaned = clean(text)
    assert cleaned.text == text
    assert [cleaned.text[start:end] for start, end in cleaned.suspects] == [doubt]


def test_finds_are_counted_per_class() -> None:
    cleaned = clean("ông Toàn và bà Mận, sđt 0712345678, xe 15A-123.45, CCCD 099123456789")
    assert cleaned.finds == {"name": 2, "phone": 1, "plate": 1, "id": 1}
    assert clean("đèn hỏng", NONE).finds == {}


def test_results_over_the_cap_end_between_markers() -> None:
    text = ("0712345678 " * CAP)[:CAP]
    cleaned = clean(text).text
    assert len(cleaned) <= CAP
    assert set(cleaned.split(MARKERS["phone"])) <= {" ", ""}
