"""The two prescribed forms: of the Party (Guidance 36-HD/VPTW) and of the State (Decree 30/2020): head, number line, foot.

A digest is always an unsigned draft: number, day and signature stay open, nothing names who made it, and there is no field
for a degree of secrecy, since nothing secret may be in it.
"""

from typing import Literal, get_args

import msgspec

from storage.catalogue import Catalogue

Form = Literal["party", "state"]
FORMS: tuple[Form, ...] = get_args(Form)
UNITS = ("Thành phố", "Phường", "Xã", "Đặc khu", "Tỉnh")


class BadTemplate(Exception):
    """A template that cannot be filled. `key` is a key of the words catalogue, `values` what is named in it."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(f"{key} {values}")
        self.key, self.values = key, values


class Sizes(msgspec.Struct, frozen=True):
    """Points, as the form prescribes them."""

    upper: int
    organ: int
    motto: int
    day: int
    title: int
    body: int
    to: int
    page: int


SIZES: dict[Form, Sizes] = {
    "party": Sizes(upper=14, organ=14, motto=15, day=14, title=15, body=14, to=12, page=14),
    "state": Sizes(upper=13, organ=13, motto=13, day=14, title=14, body=14, to=11, page=13),
}
MARGINS_MM = (20, 15, 20, 30)  # top, right, bottom, left: within both forms
MOTTO: dict[Form, tuple[str, ...]] = {
    "party": ("ĐẢNG CỘNG SẢN VIỆT NAM",),
    "state": ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"),
}
TITLE, DRAFT, TO = "BÁO CÁO", "DỰ THẢO", "Nơi nhận:"
COPIES: dict[Form, tuple[str, ...]] = {
    "party": ("- Ban Thường vụ (để báo cáo),", "- Các đơn vị liên quan,", "- Lưu Văn phòng."),
    "state": ("- Lãnh đạo (để báo cáo);", "- Các đơn vị liên quan;", "- Lưu: VT."),
}
SIGNER: dict[Form, str] = {"party": "T/M BAN THƯỜNG VỤ", "state": "TM. ỦY BAN NHÂN DÂN"}


class Letterhead(msgspec.Struct, frozen=True):
    """What the head of one office's document says."""

    form: Form
    upper: str  # the organ above; empty where the form names none
    organ: tuple[str, ...]
    number: str
    day: str

    @property
    def office(self) -> str:
        """The office in one line: the only name among the file's properties."""
        return " ".join(self.organ)


def letterhead(world: Catalogue, office: str, form: Form, year: int) -> Letterhead:
    """The head for a ward or city."""
    name = world.tree.by_code[office].name
    kind, short = _split(name)
    day = f"{short}, ngày      tháng      năm {year}"
    if form == "state":
        return Letterhead(form, "", ("ỦY BAN NHÂN DÂN", name.upper()), "Số:        /BC-UBND", day)
    if kind == "Thành phố":
        return Letterhead(form, "", (f"THÀNH ỦY {short.upper()}",), "Số        -BC/TU", day)
    above = world.tree.get(world.tree.by_code[office].parent)
    kind, city = _split(above.name) if above else ("", "")
    upper = f"{'THÀNH ỦY' if kind == 'Thành phố' else 'TỈNH ỦY'} {city.upper()}" if above else ""
    return Letterhead(form, upper, (f"ĐẢNG ỦY {name.upper()}",), "Số        -BC/ĐU", day)


def _split(name: str) -> tuple[str, str]:
    """`Phường Đồ Sơn` → kind and bare name."""
    for unit in UNITS:
        if name.startswith(f"{unit} "):
            return unit, name.removeprefix(f"{unit} ")
    return "", name
