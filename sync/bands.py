"""Small numbers stay hidden: thresholds and bands. A shown figure is always a band, a total is banded on its own."""

THRESHOLD_NOTES = 5  # brief.md §2: an opinion issue appears from 5 notes …
THRESHOLD_REPORTERS = 3  # … of 3 reporters, both within one calendar month of receipt
STEP = 5
SHARE_MIN = 10  # percentages and medians only from 10 up


def visible(months: list[tuple[int, int]]) -> bool:
    """True if some month has at least 5 notes of at least 3 reporters; months are never added together."""
    return any(notes >= THRESHOLD_NOTES and reporters >= THRESHOLD_REPORTERS for notes, reporters in months)


def band(n: int, *, zero_shown: bool = True) -> str:
    """`0`, `<5`, `~5`, `~10`, `~15` … (rounded down to the step). Without `zero_shown` the lowest band is `<5` including 0."""
    if n < STEP:
        return "0" if n <= 0 and zero_shown else "<5"
    return f"~{n - n % STEP}"


def share(part: int, whole: int) -> int | None:
    """A percentage rounded to 5, or None where the whole is under 10."""
    if whole < SHARE_MIN:
        return None
    return round(part * 20 / whole) * 5
