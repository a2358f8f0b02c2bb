"""Which rumour to answer first: harm × spread (the practice of rumour tracking), never by who told it.

Harm is judged by the office; spread is read from the band that is shown, so the order says no more than the bands do.
"""

HARMS = (1, 2, 3)  # little, some, great
UNJUDGED = 3  # nobody has judged the harm yet: as if it were great, so that somebody looks
WIDE, MIDDLE = 15, 5
HIGH, MEDIUM = 6, 3
UNSETTLED = ("", "unchecked")
TRUTHS = ("unchecked", "true", "partly_true", "false", "cannot_settle")


def spread(band: str) -> int:
    """1 below 5 notes, 2 from `~5`, 3 from `~15` on."""
    n = int(band.lstrip("~")) if band.startswith("~") else 0
    return 1 + (n >= MIDDLE) + (n >= WIDE)


def weight(harm: int, band: str) -> int:
    """Harm × spread, from 1 to 9."""
    return (harm or UNJUDGED) * spread(band)


def priority(harm: int, band: str) -> str:
    n = weight(harm, band)
    return "high" if n >= HIGH else "medium" if n >= MEDIUM else "low"
