"""Grouping (docs/performance.md): how often the right issue is proposed, inside one topic, and what it costs.

Run: `python benchmarks/bench_grouping.py [seed]`. Fresh sets from `tests/support/matters.py`: 24 matters in 6 topics, six
wordings each, typed as people type. Ends with 1 if a goal is missed.
"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from matters import SHORT, fresh, several
from sync.likeness import Issues, groups

FIRST, THREE, MS = 0.85, 0.97, 0.5
SETS = 5


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000
    print(f"seeds {seed} … {seed + SETS - 1}")
    bad = False
    for confirmed, state in ((False, "texts there"), (True, "texts erased")):
        for which in ("notes", "unheard"):
            first = three = n = 0
            spent = 0.0
            for one in range(seed, seed + SETS):
                made = fresh(one, confirmed=confirmed)
                issues = {topic: Issues(known, SHORT) for topic, known in made.known.items()}
                asked = made.notes if which == "notes" else made.unheard
                begun = time.process_time()
                answers = [[like.number for like in issues[topic].nearest(text)] for topic, _, text in asked]
                spent += time.process_time() - begun
                n += len(asked)
                first += sum(found[:1] == [number] for found, (_, number, _) in zip(answers, asked, strict=True))
                three += sum(number in found for found, (_, number, _) in zip(answers, asked, strict=True))
            ms = spent / n * 1000
            goal = which == "notes"  # a wording nobody used before is told apart, without a goal of its own
            bad |= goal and (first / n < FIRST or three / n < THREE or ms > MS)
            words = "any wording" if goal else "new wording"
            print(
                f"{state:13} {words:12} first {first / n:6.1%}  first three {three / n:6.1%}  {ms:.3f} ms a note  (n={n})"
            )
    begun, proposals, alike = time.process_time(), 0, 0
    for notes in several(seed, 500).values():
        for group in groups({id: text for id, (text, _) in notes.items()}, SHORT):
            proposals += 1
            alike += Counter(notes[id][1] for id in group).most_common(1)[0][1]
    print(
        f"500 notes: {proposals} proposed groups, {alike / 500:.1%} with their own, {time.process_time() - begun:.2f} s"
    )
    print(f"goal: first ≥ {FIRST:.0%}, first three ≥ {THREE:.0%}, ≤ {MS} ms a note: {'missed' if bad else 'reached'}")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
