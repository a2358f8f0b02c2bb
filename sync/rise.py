"""Which topics rise, found by a rule that anyone can check with the page in hand: it looks at shown bands, at nothing else.

A topic rises when its band stands at `LEAST` or more and the middle of that band lies more than `SIGMAS` standard
deviations above the mean of the `BACK` windows before – the upper line of a control chart. The deviation is never taken as
smaller than chance alone makes it for counts (the square root of the mean). Middles: `0` is 0, `<5` is 2, `~5` is 7 …
Because only bands go in, what comes out says no more than the bands of the same windows do.
"""

import math
from collections.abc import Sequence

from sync.bands import STEP

BACK = 8  # windows looked back at
FEWEST = 4  # with fewer the rule is silent: nobody knows yet what is usual
SIGMAS = 3
LEAST = 2 * STEP


def lowest(band: str) -> int:
    """The least number a band stands for."""
    return int(band.removeprefix("~")) if band.startswith("~") else 0


def middle(band: str) -> int:
    return 0 if band == "0" else lowest(band) + STEP // 2


def usual(earlier: Sequence[str]) -> float:
    """The mean of the windows before, newest first, by the middles of their bands."""
    middles = [middle(one) for one in earlier[:BACK]]
    return sum(middles) / len(middles) if middles else 0.0


def rises(now: str, earlier: Sequence[str]) -> bool:
    """True if the band `now` stands out from the bands of the windows before, newest first."""
    middles = [middle(one) for one in earlier[:BACK]]
    if lowest(now) < LEAST or len(middles) < FEWEST:
        return False
    mean = usual(earlier)
    spread = sum((one - mean) ** 2 for one in middles) / len(middles)
    return middle(now) > mean + SIGMAS * math.sqrt(max(mean, spread))
