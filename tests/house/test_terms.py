"""The papers tell the truth: every term they name is the one in the program, and no term of the program is missing."""

import importlib
import json
import re
from pathlib import Path

import pytest

from storage import devices, erase, erase_photos, month_key
from tree import ROOT, text

PAPERS = [Path("docs/data-protection.md"), Path("docs/threat-model.md")]
ROW = re.compile(r"^\| .* \| ([^|]*) \| `(storage/\w+)\.py` `(\w+)` \|", re.MULTILINE)
EARLY = 2  # the eraser runs once a day and up to two days early, so that "at most" holds
MODULES = (erase, erase_photos, devices, month_key)
# on the phone, and the copies an operator makes: not the eraser's
ELSEWHERE = {7, 45, 30}


def told() -> dict[tuple[str, str], int]:
    """(module, constant) → the days the table promises."""
    found = {}
    for promise, module, constant in ROW.findall(text(PAPERS[0])):
        days = re.findall(r"(\d+) days", promise)
        assert len(days) == 1, promise
        found[module.replace("/", "."), constant] = int(days[0])
    return found


def test_every_promised_term_is_the_programs() -> None:
    promised = told()
    assert len(promised) >= 15
    for (module, constant), days in promised.items():
        kept = getattr(importlib.import_module(module), constant)
        early = EARLY if module.startswith("storage.erase") else 0
        assert days - early <= kept <= days, f"{module}.{constant} is {kept}, the paper says {days}"


def test_every_term_of_the_program_is_promised() -> None:
    terms = {
        (module.__name__, name) for module in MODULES for name in vars(module) if re.fullmatch(r"[A-Z_]+_DAYS", name)
    }
    assert terms == set(told())


def test_the_phones_own_terms() -> None:
    keep = text(Path("phone/src/core/keep.ts"))
    days = [int(n) for n in re.findall(r"export const (?:AFTER_READ|LONGEST) = (\d+) \* DAY", keep)]
    assert days == [7, 45]
    assert "7 days after the ward read them, 45 days after it took them" in text(PAPERS[0])


@pytest.mark.parametrize("paper", PAPERS, ids=str)
def test_no_other_number_of_days_is_named(paper: Path) -> None:
    named = {int(n) for n in re.findall(r"\b(\d+) days", text(paper))}
    assert named
    assert named <= set(told().values()) | ELSEWHERE


@pytest.mark.parametrize(("language", "day"), [("vi", "ngày"), ("en", "days")])
def test_the_page_on_the_phone_says_the_same(language: str, day: str) -> None:
    words = json.loads((ROOT / f"sync/words/{language}.json").read_text())
    page = " ".join(value for key, value in words.items() if key.startswith("phone.about."))
    named = {int(n) for n in re.findall(rf"\b(\d+) {day}", page)}
    promised = told()
    must = {
        promised["storage.erase", name]
        for name in ("OPINION_DAYS", "PLACE_DAYS", "QUARANTINE_DAYS", "MOST_DAYS", "AUTHOR_DAYS")
    } | {promised["storage.erase_photos", "CLOSED_DAYS"]}
    assert named == must | {7, 45}


def test_the_panel_links_to_the_page() -> None:
    assert 'href="/app/#/about"' in text(Path("admin/templates/base.html"))
    assert 'about: page("AboutScreen")' in text(Path("phone/src/ui/rest.tsx"))
