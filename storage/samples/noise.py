"""How people really type on a cheap phone: without marks, in lower case, shortened, with swapped letters."""

import random
import unicodedata
from functools import lru_cache

SHORT = {
    "không": ("ko", "k", "hok"),
    "được": ("dc", "đc"),
    "đường": ("đg",),
    "bây giờ": ("bh",),
    "bao giờ": ("bh",),
    "tổ dân phố": ("TDP",),
    "phường": ("p.", "P"),
    "người": ("ng",),
    "với": ("vs",),
    "trước": ("trc",),
    "giờ": ("h",),
    "những": ("n~",),
    "nhiều": ("nh",),
    "điện thoại": ("đt",),
    "học sinh": ("hs",),
}
LEAD_INS = (
    "Bà con nói: ", "Dân phản ánh: ", "Họp tổ nêu: ", "Nghe ở chợ: ", "Trưa nay có ý kiến: ", "Gửi phường: ",
    "Em báo: ", "Tổ em có việc: ", "Có ý kiến ", "Xin phản ánh ", "Báo cáo: ", "Nhắc lại lần nữa: ", "Cho em hỏi, ",
)  # fmt: skip
TAILS = (
    ", mong sớm xử lý", ". Nhờ phường xem giúp", ", xin trả lời", " ạ", "!", ".", ", nói mấy lần rồi", ". Cảm ơn",
    ", ai cũng hỏi", ". Mong tin sớm", " nhé", "...",
)  # fmt: skip


@lru_cache(maxsize=8192)
def without_marks(text: str) -> str:
    """Vietnamese as typed without diacritics: "đường" → "duong"; letter case stays."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in bare if not unicodedata.combining(c))


def noisy(text: str, rng: random.Random) -> str:
    """`text` as one of many people would have typed it. About four in ten come back as it was."""
    if rng.random() < 0.18:
        lead = rng.choice(LEAD_INS)
        text = lead + (text if text.split(" ", 1)[0].isupper() else text[0].lower() + text[1:])
    if rng.random() < 0.18:
        text += rng.choice(TAILS)
    if rng.random() < 0.20:
        text = _shortened(text, rng)
    if rng.random() < 0.08:
        text = _swapped(text, rng)
    if rng.random() < 0.15:
        text = without_marks(text)
    if rng.random() < 0.15:
        text = text.lower()
    return text


def _shortened(text: str, rng: random.Random) -> str:
    words = f" {text} "
    for long, shorts in SHORT.items():
        if f" {long} " in words and rng.random() < 0.7:
            words = words.replace(f" {long} ", f" {rng.choice(shorts)} ")
    return words[1:-1]


def _swapped(text: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(text) - 2)
    one, two = text[at], text[at + 1]
    if not (one.isalpha() and two.isalpha()):
        return text
    return text[:at] + two + one + text[at + 2 :]
