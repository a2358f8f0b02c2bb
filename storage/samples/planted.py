"""Identifiers planted in sample texts so that cleaning can be measured. None of them belongs to anybody.

Numbers come from ranges nobody was given: mobile prefixes 054, 057, 071–075, province codes 003, 005, 007, 009, 013
of the citizen number, plate codes 13, 42, 44–46, 87, 91 and 96, account numbers of zeros, hosts under `.example`.
Names are put together at random from common syllables.
"""

import random
from collections.abc import Callable

FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Lưu", "Đinh")
MIDDLE = ("Văn", "Thị", "Đức", "Hữu", "Minh", "Ngọc", "Quang", "Thu")
GIVEN = ("Thử", "Mẫu", "Toàn", "Hạnh", "Lâm", "Quyết", "Tuấn", "Nhung", "Thắm", "Khánh", "Duy", "Oanh")
TITLES = ("ông", "bà", "anh", "chị", "cô", "bác")


def _digits(rng: random.Random, n: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(n))


def phone(rng: random.Random) -> str:
    """A mobile number of a prefix never assigned, in one of the ways people write it."""
    prefix, rest = rng.choice(("54", "57", "71", "72", "73", "74", "75")), _digits(rng, 7)
    return rng.choice(
        (
            f"0{prefix}{rest}",
            f"0{prefix} {rest[:3]} {rest[3:]}",
            f"0{prefix}{rest[0]}.{rest[1:4]}.{rest[4:]}",
            f"+84{prefix}{rest}",
            f"84 {prefix} {rest[:3]} {rest[3:]}",
        )
    )


def citizen_number(rng: random.Random) -> str:
    """Twelve digits in the form of a citizen number, under a province code that does not exist."""
    number = rng.choice(("003", "005", "007", "009", "013")) + str(rng.randrange(4)) + _digits(rng, 8)
    return number if rng.random() < 0.7 else f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"


def plate(rng: random.Random) -> str:
    """A vehicle plate of a code never given to a province."""
    code, digits = rng.choice(("13", "42", "44", "45", "46", "87", "91", "96")), _digits(rng, 5)
    series = rng.choice(("A", "B1", "C", "H5", "K"))
    return f"{code}{series}-{digits[:3]}.{digits[3:]}" if rng.random() < 0.6 else f"{code}{series} {digits}"


def account_number(rng: random.Random) -> str:
    return "0000" + _digits(rng, rng.choice((5, 6, 8)))


def email(rng: random.Random) -> str:
    return f"hop.thu{rng.randrange(10, 999)}@mau{rng.randrange(1, 90)}.example"


def link(rng: random.Random) -> str:
    return f"https://tin{rng.randrange(10, 999)}.example/bai/{rng.randrange(100, 9999)}"


def house_number(rng: random.Random) -> str:
    return str(rng.randrange(900, 1999)) if rng.random() < 0.5 else f"{rng.randrange(900, 999)}/{rng.randrange(2, 40)}"


def name(rng: random.Random) -> str:
    return f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}"


PLANTS: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    (", gọi {}", phone),
    (", liên hệ {}", phone),
    (". SĐT {}", phone),
    (", số căn cước {}", citizen_number),
    (", CCCD {}", citizen_number),
    (", xe {} hay đỗ", plate),
    (", biển số {}", plate),
    (", chuyển vào stk {}", account_number),
    (", số tài khoản {}", account_number),
    (", gửi về {}", email),
    (", xem {}", link),
    (", nhà số {}", house_number),
    (", ở số nhà {}", house_number),
    (", hỏi {}", name),
    (", {} nói vậy", name),
)


def plant(text: str, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """`text` with one identifier (one time in eight: two) and the identifiers exactly as they stand in it."""
    found: list[str] = []
    for _ in range(2 if rng.random() < 0.125 else 1):
        frame, make = rng.choice(PLANTS)
        value = make(rng)
        shown = f"{rng.choice(TITLES)} {value}" if make is name else value
        text += frame.format(shown)
        found.append(value)
    return text, tuple(found)
