"""Sample notes: many reporters' words about a few dozen invented issues, the same for the same seed."""

import random
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate

import msgspec

from storage.samples.issues import SLOTS, SampleIssue, sample_issues
from storage.samples.noise import noisy
from storage.samples.planted import plant
from sync.lanes import Kind, Lane, Topic, shipped_topics
from sync.windows import week_of

DAYS = 35
TEXT_LIMIT = 280
PLANTED_SHARE = 0.07
LARGEST = 15.0  # of the Pareto sizes, so that no single issue takes over a small sample
ASKING = re.compile(r"hỏi|thế nào|bao giờ|ở đâu|tới đâu|đến đâu|nào|\bgì\b|không$|mấy|ra sao|tại sao|vì sao|kiểu gì|à$")
WISHING = re.compile(r"đề nghị|[Nn]ên |mong|[Xx]in |góp ý|muốn|Tăng|cần")
COMMON_NOUNS = ("Đường", "Ngã", "Bãi", "Chợ", "Trường", "Nhà", "Công", "Vườn", "Quảng", "Sân", "Bến", "Kè", "Đền",
                "Tháp", "Đình", "Trạm")  # fmt: skip


class SampleNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """A note as a reporter would write it, before any cleaning, with the truth kept beside it.

    `reporter` is the index of the group in `groups` whose sample reporter writes it. `truth` is the number of the
    issue it speaks of, for measuring grouping; `identifiers` stand literally in `text` and must not survive cleaning.
    """

    kind: Kind
    topic: str
    area: str
    text: str
    reporter: int
    truth: int
    day: str | None = None
    week: str | None = None
    place: str | None = None
    reach: str | None = None
    urgent: bool = False
    heard_via: str | None = None
    photo: bool = False
    identifiers: tuple[str, ...] = ()


class _Matter(msgspec.Struct, frozen=True):
    """An issue as it happened in this sample: where and to whom."""

    issue: SampleIssue
    lane: Lane  # the same for all its kinds
    sayings: tuple[tuple[str, Kind], ...]  # the paraphrases with slots, each with its kind
    homes: tuple[int, ...]  # group indexes, the hit ones repeated
    places: tuple[tuple[str, str], ...]  # (id, name inside a sentence)


def sample_notes(
    n: int,
    seed: int,
    groups: Sequence[str],
    clusters: Mapping[str, str],
    places: Sequence[tuple[str, str, str]],
    today: str,
) -> list[SampleNote]:
    """`n` notes of one ward over the 35 days up to and with `today` ("2026-11-22"), recent days more often.

    `groups` are the codes of the ward's groups, `clusters` leads from a group to its cluster, `places` are
    (id, name, kind) of the same ward. Place notes carry group and day, opinion notes cluster and ISO week only.
    """
    rng = random.Random(seed)
    topics = shipped_topics()
    matters = [_matter(issue, topics, rng, len(groups), places) for issue in sample_issues()]
    rng.shuffle(matters)
    sizes = list(accumulate(min(rng.paretovariate(1.1), LARGEST) for _ in matters))
    days, weeks = _calendar(today)
    notes: list[SampleNote] = []
    for matter in rng.choices(matters, cum_weights=sizes, k=n):
        issue = matter.issue
        group = rng.choice(matter.homes)
        back = int(DAYS * rng.random() ** 1.6)
        kind, place_id, text = _words(matter, rng)
        found: tuple[str, ...] = ()
        if rng.random() < PLANTED_SHARE:
            text, found = plant(text, rng)
        reach = rng.choice(("some", "some", "many", "many", "very_many")) if rng.random() < 0.6 else None
        if matter.lane == "place":
            note = SampleNote(
                kind=kind,
                topic=issue.topic,
                area=groups[group],
                text=text,
                reporter=group,
                truth=issue.number,
                day=days[back],
                place=place_id if rng.random() < 0.85 else None,
                reach=reach,
                urgent=issue.urgent and rng.random() < 0.12,
                photo=rng.random() < 0.3,
                identifiers=found,
            )
        else:
            via = rng.choice(("talk", "market", "market", "meeting", "online", "online", "leaflet", "other"))
            note = SampleNote(
                kind=kind,
                topic=issue.topic,
                area=clusters[groups[group]],
                text=text,
                reporter=group,
                truth=issue.number,
                week=weeks[back],
                reach=reach,
                heard_via=via if kind == "rumour" else None,
                identifiers=found,
            )
        notes.append(note)
    return notes


def _matter(
    issue: SampleIssue,
    topics: Mapping[str, Topic],
    rng: random.Random,
    groups: int,
    places: Sequence[tuple[str, str, str]],
) -> _Matter:
    fitting = [(key, _inside(name)) for key, name, kind in places if kind in issue.places]
    rng.shuffle(fitting)
    chosen = fitting[:3]
    lane = topics[issue.topic].lanes[issue.kinds[0]]
    first = rng.randrange(groups)
    near = [(first + step) % groups for step in range(max(1, groups // 3))] if lane == "place" else []
    sayings = tuple((text, _kind(text, issue.kinds)) for text in issue.texts)
    return _Matter(issue, lane, sayings, (*range(groups), *near, *near), tuple(chosen[:1] * 4 + chosen[1:]))


def _kind(text: str, kinds: tuple[Kind, ...]) -> Kind:
    """The kind among `kinds` that the wording of `text` asks for."""
    if "question" in kinds and ASKING.search(text):
        return "question"
    if "suggestion" in kinds and WISHING.search(text):
        return "suggestion"
    plain = [kind for kind in kinds if kind not in ("question", "suggestion")]
    return (plain or kinds)[len(text) % len(plain or kinds)]


def _words(matter: _Matter, rng: random.Random) -> tuple[Kind, str | None, str]:
    """The kind of the note, the id of the place spoken of, and a noisy sentence about it."""
    template, kind = rng.choice(matter.sayings)
    values = {slot: rng.choice(choices) for slot, choices in SLOTS.items() if "{" + slot in template}
    place_id: str | None = None
    values["place"] = "khu này"
    if matter.places:
        place_id, values["place"] = rng.choice(matter.places)
    text = template.format_map(values)
    return kind, place_id, noisy(text[0].upper() + text[1:], rng)[:TEXT_LIMIT]


def _inside(name: str) -> str:
    """A place's name as it stands inside a sentence: "Đường Nghè" → "đường Nghè"."""
    return name[0].lower() + name[1:] if name.split(" ", maxsplit=1)[0] in COMMON_NOUNS else name


def _calendar(today: str) -> tuple[list[str], list[str]]:
    """The days before `today` counted backwards, and the ISO week of each."""
    last = date.fromisoformat(today)
    days = [last - timedelta(days=back) for back in range(DAYS)]
    return [day.isoformat() for day in days], [week_of(day) for day in days]
