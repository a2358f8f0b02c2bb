"""The invented issues behind the sample notes: what really happened, said in several ways."""

from functools import cache
from importlib.resources import files

import msgspec

from sync.lanes import Kind


class SampleIssue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One matter of the sample ward. `texts` are its paraphrases with slots; `places` the kinds of place it fits."""

    number: int
    topic: str
    kinds: tuple[Kind, ...]
    places: tuple[str, ...]  # empty in the opinion lane
    photo: str  # subject for `pictures.sample_photo`, empty in the opinion lane
    urgent: bool  # may be marked as danger to life
    texts: tuple[str, ...]


SLOTS: dict[str, tuple[str, ...]] = {
    "since": (
        "mấy hôm nay", "cả tuần nay", "hơn nửa tháng nay", "từ đầu tháng", "3 ngày nay", "hai tuần rồi",
        "gần một tháng", "từ hôm chủ nhật", "từ tuần trước", "10 ngày nay", "dạo này", "từ sau đợt mưa",
    ),
    "time": (
        "sáng nay", "chiều qua", "tối qua", "đêm qua", "trưa nay", "sáng chủ nhật", "6 giờ sáng", "5 giờ chiều",
        "cuối tuần", "9 giờ tối", "chiều thứ bảy", "giờ tan tầm", "rạng sáng nay", "tối thứ sáu",
    ),
    "who": (
        "bà con", "người dân", "nhiều hộ", "các cụ", "mọi người trong tổ", "chị em ở chợ", "phụ huynh", "nhiều người",
        "anh em trong tổ", "dân trong ngõ", "hội phụ nữ", "một số hộ",
    ),
    "depth": (
        "tới mắt cá chân", "gần tới đầu gối", "20 cm", "30 phân", "nửa bánh xe", "hơn một gang tay", "25 phân",
        "tới bắp chân",
    ),
    "n": ("2", "3", "4", "5", "hai", "ba", "bốn", "năm", "6", "vài"),
    "hours": ("2 tiếng", "cả buổi sáng", "hơn 1 tiếng", "gần 3 tiếng", "từ sáng tới trưa", "nửa ngày"),
    "money": (
        "20 nghìn", "50.000 đồng", "100 nghìn", "150.000đ", "200 nghìn", "300.000 đồng", "500 nghìn", "1 triệu",
        "1,2 triệu", "80 nghìn",
    ),
}  # fmt: skip


@cache
def sample_issues() -> tuple[SampleIssue, ...]:
    """All invented issues by number: first the place lane, then opinions, rumours among them."""
    found: list[SampleIssue] = []
    for lane in ("place", "opinion"):
        raw = files("storage").joinpath(f"samples/{lane}_issues.json").read_bytes()
        found += msgspec.json.decode(raw, type=list[SampleIssue])
    return tuple(found)


def photo_subject(truth: int) -> str:
    """What a photo of a note of the issue `truth` shows; "" where the lane has no photos."""
    return next(issue.photo for issue in sample_issues() if issue.number == truth)
