"""The words catalogue: two languages with the same keys and places to fill, and every key that is used exists."""

import json
import re
import unicodedata

import pytest

from tree import ROOT, matching, text

ROOMS = ("phone", "panel", "problem", "cli")
KEY = rf"(?:{'|'.join(ROOMS)})\.[a-z0-9_.-]+[a-z0-9_]"
# How words are asked for. A new way to ask is one more line here; a key put together at run time (f"…{x}") is not found.
USES = {
    "*.py": [rf"""\b(?:word|both|t|say)\(\s*(?:[\w."']+,\s*)?["']({KEY})["']"""],
    "*.html": [rf"""\b(?:word|both|t|say)\(\s*["']({KEY})["']"""],
    "*.ts": [rf"""\b(?:t|word|say|tn)\(\s*["'`]({KEY})["'`]"""],
    "*.tsx": [rf"""\b(?:t|word|say|tn)\(\s*["'`]({KEY})["'`]"""],
}
VI: dict[str, str | dict[str, str]] = json.loads((ROOT / "sync" / "words" / "vi.json").read_text("utf-8"))
EN: dict[str, str | dict[str, str]] = json.loads((ROOT / "sync" / "words" / "en.json").read_text("utf-8"))


def sentences(entry: str | dict[str, str]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def places(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


def used() -> dict[str, str]:
    """Every key asked for, and one file that does."""
    found: dict[str, str] = {}
    for pattern, uses in USES.items():
        for path in matching(pattern):
            if path.parts[0] in ("tests", "benchmarks"):
                continue
            for use in uses:
                found |= dict.fromkeys(re.findall(use, text(path)), str(path))
    return found


def test_same_keys() -> None:
    assert set(VI) == set(EN)


@pytest.mark.parametrize("catalogue", [VI, EN], ids=["vi", "en"])
def test_shape(catalogue: dict[str, str | dict[str, str]]) -> None:
    assert [key for key in catalogue if not re.fullmatch(KEY, key)] == []
    for key, entry in catalogue.items():
        if isinstance(entry, dict):
            assert set(entry) in ({"one", "other"}, {"other"}), key
        for sentence in sentences(entry):
            assert sentence.strip() == sentence != "", key
            assert unicodedata.is_normalized("NFC", sentence), key
            assert re.sub(r"\{[a-z_]+\}", "", sentence).count("{") == 0, key


def test_same_places_to_fill() -> None:
    for key, entry in VI.items():
        wanted = set().union(*(places(sentence) for sentence in sentences(entry)))
        given = set().union(*(places(sentence) for sentence in sentences(EN[key])))
        assert wanted == given, key


def test_the_files_are_sorted_and_end_with_a_newline() -> None:
    for name in ("vi", "en"):
        written = (ROOT / "sync" / "words" / f"{name}.json").read_text("utf-8")
        assert list(json.loads(written)) == sorted(json.loads(written))
        assert written.endswith("}\n")


def test_every_key_that_is_asked_for_exists() -> None:
    missing = {key: path for key, path in used().items() if key not in VI}
    assert missing == {}


def test_the_patterns_find_what_is_asked_for() -> None:
    assert len(used()) >= 10
    assert re.findall(USES["*.py"][0], 'word(lang, "cli.done", n=1)') == ["cli.done"]
    assert re.findall(USES["*.html"][0], '{{ t("panel.desk.title") }}') == ["panel.desk.title"]
    assert re.findall(USES["*.tsx"][0], "<p>{t('phone.note.saved', { n })}</p>") == ["phone.note.saved"]


def test_vietnamese_is_vietnamese() -> None:
    """At least two thirds of the sentences carry letters that English lacks: nobody left them in English."""
    plain = re.compile(r"[\x00-\x7f]*")
    accented = [key for key, entry in VI.items() if not all(plain.fullmatch(sentence) for sentence in sentences(entry))]
    assert len(accented) >= 2 * len(VI) / 3
