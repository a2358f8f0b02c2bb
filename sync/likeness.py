"""Which issue a note is like, which notes are like each other: by shared words, inside one topic, on cleaned text only.

Pure. Nothing here looks at who writes or how (no style, no length, no spelling): words are folded, short forms written
out by the ward's list (`short`; see `sync/synonyms.py`), and what the mask left behind is passed over. An issue is known
by weights of terms (`Weights`), never by sentences: what is kept of confirmed notes are terms that several differently
worded notes share (`kept`).
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import log, sqrt

from msgspec import Struct

from sync.fold import fold
from sync.names import MARKER

ENOUGH = 3  # a term is kept once this many notes (of as many reporters) have it; a rarer one might be a name
KEPT_TERMS = 160  # of an issue
NEAR = 0.6  # share of common terms from which two notes are near duplicates
HOME = 0.15  # an issue of the very topic a note was given counts for so much nearer
FAINT = 0.04  # a likeness below this is no suggestion
JOINED = 0.08  # mean likeness from which notes are proposed as one group
OFFICE = 2  # what the office wrote about an issue counts like this many notes

_WORD = re.compile(r"[^\W_]+")
# words that say nothing of the matter, as they are folded
PLAIN = frozenset(
    _WORD.findall("""
    a ai anh ba ban bang bao bay bi bo cac cach cai cam can cang cau cho chi chua chung chuyen co con cu cua cung da dan dang
    dau day de den di do doi duoc em gi gio giup hai ho hoi hom hon kha khi khong la lai lam len luc luon ma mau may mot moi mong
    muon nao nay nam neu ngay nghe nguoi nha nhac nhe nhieu nho nhung noi o oi on phan phuong qua ra rat roi sang sao sau
    se so tai thay the thi thang theo to tren tu tuan trong truoc va van ve vi viec vua voi xin xem xu y kien ly bon
    nua vai gan hon tot som chiu hoac cuoi toi chieu trua dem bac""")
)


Short = Mapping[str, str]  # a short form as it is typed → the folded words it stands for

folded = lru_cache(maxsize=16_384)(fold)


def words(text: str, short: Short) -> list[tuple[str, str]]:
    """The words of a text, folded and written out, each with how it was written. What was masked is left out."""
    found = []
    for written in _WORD.findall(MARKER.sub(" ", text)):
        plain = short.get(written.casefold()) or folded(written)
        found += [(one, written) for one in plain.split()]
    return found


def terms(text: str, short: Short) -> frozenset[str]:
    """What a text is compared by: its words that say something, and pairs of neighbours (`a b`)."""
    plain = [word for word, _ in words(text, short)]
    singles = {word for word in plain if word not in PLAIN and not word.isdigit()}
    pairs = {f"{one} {two}" for one, two in pairwise(plain) if one in singles or two in singles}
    return frozenset(singles | pairs)


def letters(terms: Iterable[str]) -> set[str]:
    """The three-letter pieces of terms (`~nga`): what misspelt and unmarked words still share."""
    return {f"~{padded[at : at + 3]}" for term in terms for padded in [f" {term} "] for at in range(len(padded) - 2)}


class Weights(Struct, frozen=True):
    """What is known of an issue: in how many of its `notes` a term stands."""

    notes: int = 0
    terms: dict[str, int] = {}

    def plus(self, other: "Weights") -> "Weights":
        return Weights(self.notes + other.notes, dict(Counter(self.terms) + Counter(other.terms)))


def weights(texts: Iterable[str], short: Short, office: str = "") -> Weights:
    """Weights of notes that can still be read, and of what the office wrote about them."""
    counts: Counter[str] = Counter()
    n = 0
    for text in texts:
        counts.update(terms(text, short))
        n += 1
    if office:
        counts.update(dict.fromkeys(terms(office, short), OFFICE))
        n += OFFICE
    return Weights(n, dict(counts))


def kept(notes: Sequence[tuple[str, str | None]], short: Short) -> Weights:
    """What stays of notes whose texts are erased. Each comes with the tag of its reporter (None: not known).

    Only terms that `ENOUGH` differently worded notes of `ENOUGH` reporters share, and only the commonest: no text can be
    put together from them, and a name somebody let slip is in one person's notes. Notes without a tag count as one's.
    """
    wordings = {tuple(word for word, _ in words(text, short)): (text, tag) for text, tag in notes}
    where: dict[str, list[str | None]] = {}
    for text, tag in wordings.values():
        for term in terms(text, short):
            where.setdefault(term, []).append(tag)
    common = {term: len(tags) for term, tags in where.items() if len(set(tags)) >= ENOUGH}
    most = sorted(common.items(), key=lambda item: (-item[1], item[0]))[:KEPT_TERMS]
    return Weights(len(notes), dict(sorted(most)))


class Like(Struct, frozen=True):
    """An issue a note is like: how much (0–1), and which words of the note say so, as they are written there."""

    number: int
    likeness: float
    shared: tuple[str, ...]


class Issues:
    """The issues of one topic, ready to be asked which of them a note is nearest to."""

    def __init__(self, known: Mapping[int, Weights], short: Short) -> None:
        self._short = short
        whole = {number: _with_letters(one.terms) for number, one in known.items()}
        spread = Counter(term for one in whole.values() for term in one)
        n = len(known)
        self._worth = {term: log(1 + n / there) for term, there in spread.items()}
        self._common = log(1 + n)  # what a term is worth that no issue has
        self._vectors: dict[int, dict[str, float]] = {}
        for number, counts in whole.items():
            notes = max(known[number].notes, 1)
            vector = {term: sqrt(there / notes) * self._worth[term] for term, there in counts.items()}
            length = sqrt(sum(value * value for value in vector.values()))
            self._vectors[number] = {term: value / length for term, value in vector.items()} if length else {}

    def nearest(self, text: str, most: int = 3, home: Collection[int] = ()) -> list[Like]:
        """At most `most` issues that share something with the note, the nearest first; of equals the newest. `home`:
        issues of the very topic the reporter chose, which is a reason of its own."""
        own = terms(text, self._short)
        mine = {term: self._worth.get(term, self._common) for term in own | letters(own)}
        length = sqrt(sum(value * value for value in mine.values()))
        found = []
        for number, vector in self._vectors.items():
            parts = {term: value * vector[term] / length for term, value in mine.items() if term in vector}
            likeness = sum(parts.values())
            if likeness >= FAINT:
                found.append((likeness, number, parts))
        found.sort(key=lambda one: (-one[0] - (HOME if one[1] in home else 0), -one[1]))
        return [Like(number, likeness, _reason(text, parts, self._short)) for likeness, number, parts in found[:most]]


def _with_letters(counts: Mapping[str, int]) -> dict[str, int]:
    found = dict(counts)
    for term, there in counts.items():
        for piece in letters((term,)):
            found[piece] = max(found.get(piece, 0), there)
    return found


def _reason(text: str, parts: Mapping[str, float], short: Short, most: int = 4) -> tuple[str, ...]:
    """The words of the text that count most, in their own spelling, in the order of the text."""
    worth: Counter[str] = Counter()
    for term, value in parts.items():
        for word in term.split():
            if word not in PLAIN and not term.startswith("~"):
                worth[word] = max(worth[word], value)  # type: ignore[assignment]
    best = {word for word, _ in sorted(worth.items(), key=lambda item: (-item[1], item[0]))[:most]}
    shown: dict[str, str] = {}
    for word, written in words(text, short):
        if word in best:
            shown.setdefault(word, written.lower())
    return tuple(dict.fromkeys(shown.values()))


def common(texts: Sequence[str], short: Short, most: int = 4) -> list[str]:
    """The words at least `ENOUGH` of the texts share, as most of them write them, in the order of a text that has them."""
    counts: Counter[str] = Counter()
    spelt: dict[str, Counter[str]] = {}
    for text in texts:
        mine = {
            word: written.lower() for word, written in words(text, short) if word not in PLAIN and not word.isdigit()
        }
        counts.update(mine.keys())
        for word, written in mine.items():
            spelt.setdefault(word, Counter())[written] += 1
    best = sorted((word for word, n in counts.items() if n >= ENOUGH), key=lambda word: (-counts[word], word))[:most]
    orders = [[word for word, _ in words(text, short)] for text in texts]
    order = max(orders, key=lambda one: len(set(best) & set(one)), default=[])
    best.sort(key=lambda word: order.index(word) if word in order else len(order))
    return [max(sorted(spelt[word]), key=lambda written: spelt[word][written]) for word in best]


def near(one: Collection[str], other: Collection[str]) -> bool:
    """True for near duplicates: two sets of terms with most in common. Empty sets are like nothing."""
    if not one or not other:
        return False
    both = len(set(one) & set(other))
    return both >= NEAR * (len(one) + len(other) - both)


def groups(texts: Mapping[str, str], short: Short) -> list[list[str]]:
    """Notes (by id) that seem to speak of one matter, the largest group first; every note is in exactly one group.

    Average link over shared terms: a chain of notes that are each like the next does not become one group. Takes the
    square of the number of notes: meant for a window of some hundred.
    """
    sets = {id: terms(text, short) for id, text in texts.items()}
    spread = Counter(term for one in sets.values() for term in one)
    n = len(sets)
    vectors = {}
    for id, one in sets.items():
        vector = {term: log(1 + n / spread[term]) for term in one if spread[term] > 1}
        length = sqrt(sum(log(1 + n / spread[term]) ** 2 for term in one)) or 1.0
        vectors[id] = {term: value / length for term, value in vector.items()}
    return _linked(list(texts), vectors)


def _linked(ids: list[str], vectors: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    members = {at: [id] for at, id in enumerate(ids)}
    like: dict[int, dict[int, float]] = {at: {} for at in members}
    holders: dict[str, list[int]] = {}
    for at, id in enumerate(ids):
        row = like[at]
        for term, value in vectors[id].items():
            for other in holders.setdefault(term, []):
                row[other] = row.get(other, 0.0) + value * vectors[ids[other]][term]
            holders[term].append(at)
        for other, value in row.items():
            like[other][at] = value
    while True:
        best = max(
            ((value, one, other) for one, row in like.items() for other, value in row.items() if other > one),
            default=(0.0, 0, 0),
        )
        if best[0] < JOINED:
            return sorted(members.values(), key=lambda one: (-len(one), ids.index(one[0])))
        _join(members, like, best[1], best[2])


def _join(members: dict[int, list[str]], like: dict[int, dict[int, float]], one: int, other: int) -> None:
    """`other` goes into `one`; the likeness of groups is the mean over their pairs."""
    a, b = len(members[one]), len(members[other])
    mine, its = like.pop(one), like.pop(other)
    members[one] += members.pop(other)
    row = {}
    for third, its_row in like.items():
        value = (a * mine.get(third, 0.0) + b * its.get(third, 0.0)) / (a + b)
        its_row.pop(one, None)
        its_row.pop(other, None)
        if value > 0:
            row[third] = its_row[one] = value
    like[one] = row
