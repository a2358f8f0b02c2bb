"""The three lanes: decided by kind × topic in the one shipped table `data/topics.csv`; a rumour is always `opinion`.

`place` (việc tại chỗ) knows the place and the day, `opinion` (ý kiến, tin đồn) only cluster and ISO week,
`door` (chuyển kênh) is never stored: the phone shows the formal channel.
"""

import csv
from importlib.resources import files
from typing import Literal, get_args

import msgspec

Lane = Literal["place", "opinion", "door"]
Kind = Literal["question", "suggestion", "concern", "rumour", "observation", "thanks"]
KINDS: tuple[Kind, ...] = get_args(Kind)

COMMON_FIELDS = frozenset({"id", "_deleted", "claim", "kind", "topic", "area", "text", "reach"})
LANE_FIELDS: dict[Lane, frozenset[str]] = {
    "place": frozenset({"day", "captured_at", "place", "photos", "urgent"}),
    "opinion": frozenset({"week", "heard_via"}),
    "door": frozenset(),
}


class Topic(msgspec.Struct, frozen=True):
    """One line of the topic tree: names in both languages and its lane for every kind."""

    code: str
    parent: str
    vi: str
    en: str
    icon: str
    lanes: dict[str, Lane]
    retired: bool = False
    successor: str = ""


def shipped_topics() -> dict[str, Topic]:
    """The topic tree of the product, by code, in its order."""
    with files("sync").joinpath("data/topics.csv").open(encoding="utf-8") as file:
        return {line["code"]: _topic(line) for line in csv.DictReader(file)}


def _topic(line: dict[str, str]) -> Topic:
    return Topic(
        code=line["code"],
        parent=line["parent"],
        vi=line["vi"],
        en=line["en"],
        icon=line["icon"],
        lanes={kind: msgspec.convert(line[kind], Lane) for kind in KINDS},
    )


def foreign_field(lane: Lane, sent: frozenset[str]) -> str | None:
    """The first field a row carries that its lane lacks, or None."""
    allowed = COMMON_FIELDS | LANE_FIELDS[lane]
    return min(sent - allowed, default=None)


def family(topic: str) -> str:
    """The top-level topic a topic belongs to (`10` for `10.1`)."""
    return topic.partition(".")[0]
