"""No text makes cleaning slow. Tight figures are printed by `benchmarks/bench_mask.py`; the limits here are wide."""

import importlib.util
import time
from pathlib import Path

import pytest

from sync.mask import CAP, clean

_SPEC = importlib.util.spec_from_file_location("bench_mask", Path(__file__).parents[2] / "benchmarks" / "bench_mask.py")
assert _SPEC is not None
assert _SPEC.loader is not None
bench = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bench)

WORST: dict[str, str] = bench.worst_cases()


def fastest(text: str) -> float:
    """Seconds of processor time, best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        clean(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("name", WORST)
def test_worst_texts_take_milliseconds(name: str) -> None:
    text = WORST[name]
    assert len(text) == CAP
    assert fastest(text) < 0.05


@pytest.mark.parametrize("name", WORST)
def test_time_grows_with_length_only(name: str) -> None:
    text = WORST[name]
    assert fastest(text) < 10 * fastest(text[: CAP // 2]) + 0.002


def test_a_clean_note_is_quick() -> None:
    assert min(fastest(text) for text in bench.CLEAN_120 for _ in range(5)) < 0.001
