"""Text cleaning (figure P3): clean notes, notes with finds, and the worst 2,000 characters found so far.

Run: `python benchmarks/bench_mask.py`. Prints microseconds per call
(processor time, best of rounds) and the share of the limit used.
"""

import csv
import time
from importlib import resources

from sync.mask import CAP, Gazetteer, clean, gazetteer

ROUNDS = 7
CLEAN_120 = (
    "Nước thải chảy ra mặt đường nhiều ngày, mùi rất khó chịu, bà con đề nghị kiểm tra và nạo vét cống trước khi mưa lớn nhé.",
    "Đường Lý Thánh Tông đoạn qua chợ ngập sâu sau mưa, nước rút chậm, xe máy chết máy nhiều, đề nghị nạo vét cống trước bão.",
    "Bà con ngư dân hỏi bao giờ nạo vét luồng vào Bến Nghiêng, tàu ra vào rất khó khăn khi nước ròng, nhiều tàu đã mắc cạn rồi.",
)
FOUND = (
    "Ông Toàn bán nước ở bãi 2 nói đèn đường ven biển hỏng đã lâu, tối đi lại rất khó, đề nghị phường kiểm tra sớm nhé.",
    "Cống trước chợ tắc, nước thải tràn ra đường, gọi số 0712 345 678 của đội thoát nước nhiều lần mà không ai nghe máy.",
    "Ông Nguyễn Văn Toàn ở số nhà 12 ngõ 5 đường Lý Thánh Tông, sđt 0712 345 678, hỏi bao giờ sửa cống, xe 15A-123.45 hay chắn.",
    "chuyển vào stk 0123456789012 MB của chị Lan, zalo 0571234567, CCCD 099 123 456 789, sinh năm 1961, xem https://vidu.example.com/a",
)


def worst_cases() -> dict[str, str]:
    """Texts of 2,000 characters made to be slow: near-matches of every kind of rule."""
    units = {
        "thousands": "1.000.",
        "lists of names": "Văn, ông Hùng. Lan, ",
        "a list of names": "ông " + "Văn, " * 400,
        "single digits": "1 ",
        "zero nines": "0 9 ",
        "phone but one": "071234567 ",
        "phones": "0712345678 ",
        "long digits": "9",
        "letters": "a ",
        "one word": "a",
        "dots": "a.",
        "mails": "a@a.",
        "local part": "a.a_a%",
        "hosts": "aa.aa.gov.vn.",
        "plates": "15A-123.4 ",
        "account words": "stk tk the ",
        "phone words": "goi dt ",
        "id words": "cccd ma kh 12 34 ",
        "digit words": "không một hai ba bốn năm sáu x ",
        "birth": "sinh năm ",
        "ages": "từ 6 tuổi 82 tuổi ",
        "houses": "số 12/3/4/5 ",
        "names": "Nguyễn Văn Toàn ",
        "titles": "ông bà anh chị ",
        "title name": "ông Toàn ",
        "surnames": "Lê ",
        "places": "đường Lý Thánh Tông, ",
        "roles": "chủ tịch phường ",
        "streets": "đường đường 1 ",
        "initials": "N.V.",
        "markers": "[tên] ",
        "open brackets": "[",
        "points": ".,",
        "marks": "ấ̂",
        "zero width": "0\u200b9",
        "wide": "０９ ",
        "slashes": "1/2/",
        "social": "fb nick zalo ",
        "money": "1.000.000 đ ",
        "mixed": "ông Toàn 0712345678 số 12/3 ngõ 5, 82 tuổi, 1.000.000đ stk 123456789 a@b.vn ",
        "capitals": "Lan Hoa Mai ",
        "shout": "NGUYỄN VĂN A ",
    }
    return {name: (unit * CAP)[:CAP] for name, unit in units.items()}


def per_call(text: str, places: Gazetteer, number: int) -> float:
    """Best processor microseconds of one `clean(text)`."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(number):
            clean(text, places)
        rounds.append((time.process_time() - start) / number * 1e6)
    return min(rounds)


def main() -> None:
    seed = (resources.files("sync") / "data" / "gazetteer.csv").read_text(encoding="utf-8")
    places = gazetteer(row["name"] for row in csv.DictReader(seed.splitlines()))
    for label, texts, limit in (("clean, 120 characters", CLEAN_120, 20), ("with finds", FOUND, 200)):
        for text in texts:
            took = per_call(text, places, 500)
            print(f"{label:24} {took:8.1f} µs  {took / limit:5.2f} of {limit} µs  ({len(text)} characters)")
    took_by_case = {name: per_call(text, places, 3) for name, text in worst_cases().items()}
    for name, took in sorted(took_by_case.items(), key=lambda item: -item[1]):
        print(f"worst: {name:17} {took:8.1f} µs  {took / 2000:5.2f} of 2000 µs")


if __name__ == "__main__":
    main()
