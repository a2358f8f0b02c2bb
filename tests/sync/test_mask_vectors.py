"""The vectors shared with the phone: both engines give these results. Spans count characters (code points)."""

import json
from pathlib import Path
from typing import Any

import pytest

from sync.mask import VERSION, clean, gazetteer

FILE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "mask.json").read_text(encoding="utf-8", errors="surrogatepass")
)
CASES: list[dict[str, Any]] = FILE["cases"]
PLACES = gazetteer(FILE["places"])


def test_vectors_belong_to_these_rules() -> None:
    assert FILE["version"] == VERSION
    assert len(CASES) >= 120


@pytest.mark.parametrize("case", CASES, ids=[str(number) for number in range(len(CASES))])
def test_vector(case: dict[str, Any]) -> None:
    cleaned = clean(case["in"], PLACES)
    assert cleaned.text == case["out"]
    assert cleaned.finds == case["finds"]
    assert [list(span) for span in cleaned.suspects] == case["suspects"]
