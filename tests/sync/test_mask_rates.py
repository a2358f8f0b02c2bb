"""The bars of text cleaning on the project's own labelled notes.

`tests/vectors/mask_labelled.jsonl` holds written-for-this, invented notes. Part `tuned` guided the rules, so its rates
are optimistic. Part `holdout` was written before the rules and measured once, when they were first complete: structured
40 of 40, names 37 of 41 masked and 38 masked or warned, 0 of 52 clean notes altered. It must never guide a rule.
Two later batches were measured unseen before they joined `tuned`: structured 69 of 76; names 66 of 86 and 57 of 68
masked, 68 and 58 masked or warned; clean notes altered 2 of 136 and 0 of 56. Expect such rates on fresh notes.
"""

import csv
import json
import re
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from sync.mask import MARKERS, Cleaned, clean, gazetteer

NOTES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "vectors" / "mask_labelled.jsonl").read_text(encoding="utf-8").splitlines()
]
SEED = (resources.files("sync") / "data" / "gazetteer.csv").read_text(encoding="utf-8")
PLACES = gazetteer(row["name"] for row in csv.DictReader(SEED.splitlines()))
MARKER = re.compile("|".join(map(re.escape, MARKERS.values())))


def gone(value: str, kind: str, cleaned: Cleaned) -> bool:
    """Whether nothing telling of `value` is left: the whole, any of its longer digit groups, or the name's last word."""
    left = MARKER.sub("¤", cleaned.text)
    if value in left:
        return False
    telling = re.findall(r"[0-9]{3,}", value) if kind == "structured" else re.findall(r"\w+", value)[-1:]
    return not any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", left) for part in telling)


def warned(value: str, cleaned: Cleaned) -> bool:
    """Whether a doubt points at a word of `value`."""
    words = set(re.findall(r"\w+", value))
    return any(words & set(re.findall(r"\w+", cleaned.text[start:end])) for start, end in cleaned.suspects)


def tally(part: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for note in NOTES:
        if note["part"] != part:
            continue
        kind, text = note["kind"], note["text"]
        cleaned = clean(text, PLACES)
        if kind == "clean":
            counts.update(clean=1, altered=cleaned.text != text, clean_warned=bool(cleaned.suspects))
        for start, end in note["spans"]:
            masked = gone(text[start:end], kind, cleaned)
            counts.update({kind: 1, f"{kind}_masked": masked})
            counts[f"{kind}_met"] += masked or warned(text[start:end], cleaned)
    return counts


def test_the_labelled_notes_are_many_and_varied() -> None:
    kinds = Counter(note["kind"] for note in NOTES)
    assert kinds["structured"] >= 150
    assert kinds["name"] >= 120
    assert kinds["clean"] >= 150
    assert len({note["style"] for note in NOTES if note["kind"] == "name"}) >= 12
    assert len({note["text"] for note in NOTES}) == len(NOTES)


def test_bars_on_the_tuned_notes(capsys: pytest.CaptureFixture[str]) -> None:
    counts = tally("tuned")
    with capsys.disabled():
        print(f"\ntext cleaning, tuned: {dict(counts)}\ntext cleaning, hold-out: {dict(tally('holdout'))}")
    assert counts["structured_masked"] >= 0.99 * counts["structured"]
    assert counts["altered"] <= 0.03 * counts["clean"]
    assert counts["name_masked"] >= 0.80 * counts["name"]
    assert counts["name_met"] >= 0.92 * counts["name"]
