"""Fresh sets of notes about known matters, to measure grouping with: matters of one topic, several wordings each, typed as
people type. Words and matters are of this file's own; nothing in `sync/likeness.py` was chosen by looking at it."""

import random
from pathlib import Path

import msgspec

from storage.samples.issues import SLOTS
from storage.samples.noise import noisy
from sync import synonyms
from sync.likeness import Weights, kept, weights

REPORTERS = 9
SHORT = synonyms.known(synonyms.shipped()).written_out


class Matter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What really happened: how the office would put it, and how people say it."""

    topic: str
    title: str
    summary: str
    wordings: tuple[str, ...]


MATTERS = msgspec.json.decode(Path(__file__).with_suffix(".json").read_bytes(), type=list[Matter])


def said(matter: Matter, dice: random.Random, wordings: tuple[str, ...] = ()) -> str:
    """One note about the matter."""
    return noisy(
        dice.choice(wordings or matter.wordings).format_map({k: dice.choice(v) for k, v in SLOTS.items()}), dice
    )


class Fresh(msgspec.Struct, frozen=True):
    """A set: the issues of each topic as an installation knows them, and notes with the issue they belong to.

    `unheard` are notes in a wording that no note of their issue had; the others may or may not be.
    """

    known: dict[str, dict[int, Weights]]
    notes: list[tuple[str, int, str]]  # topic, issue, text
    unheard: list[tuple[str, int, str]]


def fresh(seed: int, *, confirmed: bool, heard: int = 12, asked: int = 12) -> Fresh:
    """`confirmed`: texts are erased, only what `kept` leaves and the office's own words are known of an issue."""
    dice = random.Random(seed)
    known: dict[str, dict[int, Weights]] = {}
    notes, unheard = [], []
    for number, matter in enumerate(MATTERS, 1):
        secret = dice.choice(matter.wordings)
        open_ones = tuple(one for one in matter.wordings if one != secret)
        texts = [(said(matter, dice, open_ones), str(dice.randrange(REPORTERS))) for _ in range(heard)]
        office = weights([], SHORT, f"{matter.title}. {matter.summary}")
        of_notes = kept(texts, SHORT) if confirmed else weights((text for text, _ in texts), SHORT)
        known.setdefault(matter.topic, {})[number] = of_notes.plus(office)
        notes += [(matter.topic, number, said(matter, dice)) for _ in range(asked)]
        unheard += [(matter.topic, number, said(matter, dice, (secret,))) for _ in range(asked // 3)]
    return Fresh(known, notes, unheard)


def several(seed: int, n: int) -> dict[str, dict[str, tuple[str, int]]]:
    """`n` notes by topic: id → text and the matter it speaks of; a few matters have most of them."""
    dice = random.Random(seed)
    sizes = [min(dice.paretovariate(1.1), 8.0) for _ in MATTERS]
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for at in range(n):
        number = dice.choices(range(1, len(MATTERS) + 1), sizes)[0]
        matter = MATTERS[number - 1]
        found.setdefault(matter.topic, {})[f"{at:04}"] = (said(matter, dice), number)
    return found
