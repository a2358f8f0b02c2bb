"""Invented notes and drawn photos: the same for the same seed, true to the lanes, honest about what is planted."""

import csv
import time
import unicodedata
from collections import Counter
from datetime import date, timedelta
from importlib.resources import files
from io import BytesIO

import pytest
from PIL import ExifTags, Image, ImageOps, ImageStat

from storage.samples.issues import SLOTS, photo_subject, sample_issues
from storage.samples.pictures import PLANTED, SUBJECTS, sample_photo
from storage.samples.texts import SampleNote, sample_notes
from sync.lanes import shipped_topics

TODAY = "2026-11-22"


def table(name: str) -> list[dict[str, str]]:
    text = files("sync").joinpath(f"data/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


CLUSTERS = {
    line["code"]: line["parent"]
    for line in table("sample_areas")
    if line["level"] == "group" and line["code"].startswith("11455-")
}
GROUPS = list(CLUSTERS)
PLACES = [(line["id"], line["name"], line["kind"]) for line in table("places") if line["area"] == "11455"]


def notes(n: int, seed: int = 7) -> list[SampleNote]:
    return sample_notes(n, seed, GROUPS, CLUSTERS, PLACES, TODAY)


def test_the_same_seed_gives_the_same_notes_and_another_seed_others() -> None:
    assert notes(300) == notes(300)
    assert notes(300, 8) != notes(300)
    assert notes(0) == []


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_five_hundred_notes_are_worded_differently(seed: int) -> None:
    made = notes(500, seed)
    assert len({note.text for note in made}) >= 400
    assert 45 <= sum(len(note.text) for note in made) / 500 <= 70
    assert all(0 < len(note.text) <= 280 for note in made)
    assert all(unicodedata.is_normalized("NFC", note.text) for note in made)
    assert not any("{" in note.text or "  " in note.text for note in made)


def test_notes_keep_to_their_lane() -> None:
    topics = shipped_topics()
    kinds_of_place = {key: kind for key, _, kind in PLACES}
    issues = {issue.number: issue for issue in sample_issues()}
    seen = Counter[str]()
    for note in notes(4000):
        lane = topics[note.topic].lanes[note.kind]
        seen[lane] += 1
        assert GROUPS[note.reporter] == note.area or CLUSTERS[GROUPS[note.reporter]] == note.area
        assert (note.heard_via is not None) == (note.kind == "rumour")
        if lane == "place":
            assert note.area in CLUSTERS
            assert note.day is not None
            assert note.week is None
            assert note.place is None or kinds_of_place[note.place] in issues[note.truth].places
            assert photo_subject(note.truth) in SUBJECTS
        else:
            assert lane == "opinion"
            assert note.area in CLUSTERS.values()
            assert note.week is not None
            assert (note.day, note.place, note.photo, note.urgent) == (None, None, False, False)
    assert min(seen.values()) > 1000
    assert set(seen) == {"place", "opinion"}


def test_days_lie_within_five_weeks_and_lean_to_the_recent() -> None:
    last = date.fromisoformat(TODAY)
    back = [(last - date.fromisoformat(note.day)).days for note in notes(4000) if note.day]
    assert min(back) == 0
    assert 28 < max(back) < 35
    assert sum(days <= 10 for days in back) > sum(days >= 24 for days in back) * 1.5
    weeks = {(last - timedelta(days=n)).strftime("%G-W%V") for n in range(35)}
    assert {note.week for note in notes(4000) if note.week} == weeks


def test_planted_identifiers_stand_in_the_text_and_belong_to_nobody() -> None:
    made = notes(6000)
    planted = [note for note in made if note.identifiers]
    assert 0.05 < len(planted) / len(made) < 0.09
    for note in planted:
        for identifier in note.identifiers:
            assert identifier in note.text
    joined = " ".join(identifier for note in planted for identifier in note.identifiers)
    assert "@mau" in joined
    assert "Nguyễn" in joined
    for note in planted:
        for identifier in note.identifiers:
            digits = "".join(c for c in identifier if c.isdigit())
            if len(digits) == 10 and digits.startswith("0") and identifier[0] == "0":
                assert digits[1:3] in ("54", "57", "71", "72", "73", "74", "75") or digits.startswith("0000")


def test_sizes_are_uneven_and_the_noise_is_there() -> None:
    made = notes(2000)
    sizes = sorted(Counter(note.truth for note in made).values(), reverse=True)
    assert sum(sizes[:14]) > 2000 * 0.4
    assert sizes[0] < 2000 * 0.25
    bare = sum(note.text.isascii() for note in made) / 2000
    lower = sum(note.text == note.text.lower() for note in made) / 2000
    short = sum(any(f" {word} " in note.text for word in ("ko", "dc", "đg", "ng", "trc")) for note in made)
    assert 0.08 < bare < 0.22
    assert 0.08 < lower < 0.22
    assert short > 50


def test_templates_are_many_and_use_known_slots() -> None:
    issues = sample_issues()
    assert len(issues) >= 40
    assert [issue.number for issue in issues] == list(range(1, len(issues) + 1))
    topics = shipped_topics()
    slots = dict.fromkeys([*SLOTS, "place"], "x")
    place_kinds = {kind for _, _, kind in PLACES}
    for issue in issues:
        assert len(set(issue.texts)) >= 6
        lanes = {topics[issue.topic].lanes[kind] for kind in issue.kinds}
        assert len(lanes) == 1
        assert bool(issue.places) == (lanes == {"place"}) == bool(issue.photo)
        assert set(issue.places) <= place_kinds
        for text in issue.texts:
            assert text.format_map(slots)
    assert sum(issue.kinds == ("rumour",) for issue in issues) >= 6


def test_twenty_thousand_notes_are_quick() -> None:
    begun = time.process_time()
    notes(20_000)
    assert time.process_time() - begun < 3  # measured 0.3 s


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_photo_carries_what_cleaning_must_remove(subject: str) -> None:
    raw = sample_photo(11, subject)
    image = Image.open(BytesIO(raw))
    assert image.format == "JPEG"
    assert sorted(image.size) == [1200, 1600]
    exif = image.getexif()
    position = exif.get_ifd(ExifTags.IFD.GPSInfo)
    degrees, minutes, _ = position[ExifTags.GPS.GPSLatitude]
    assert (int(degrees), 40 <= int(minutes) <= 45) == (20, True)
    assert int(position[ExifTags.GPS.GPSLongitude][0]) == 106
    assert ExifTags.Base.DateTimeOriginal in exif.get_ifd(ExifTags.IFD.Exif)
    assert b"SoTayPlantedComment" in image.info["comment"]
    assert b"SoTayPlantedXmp" in image.info["xmp"]
    for planted in PLANTED:
        assert planted in raw
    shown = ImageOps.exif_transpose(image)
    assert shown.size == (1600, 1200)
    assert min(ImageStat.Stat(shown).stddev) > 15
    assert 100_000 < len(raw) < 1_500_000


def test_photos_are_fixed_by_seed_and_some_lie_on_their_side() -> None:
    assert sample_photo(1, "beach") == sample_photo(1, "beach")
    assert sample_photo(1, "beach") != sample_photo(2, "beach")
    turns = {Image.open(BytesIO(sample_photo(seed, "beach"))).getexif()[ExifTags.Base.Orientation] for seed in range(8)}
    assert turns == {1, 6}
