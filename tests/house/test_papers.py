"""The papers of those who use it: their pictures are there, and what they quote from the screens stands on the screens."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from storage.state import Alert
from tree import ROOT, matching, text

PAPERS = [Path("README.md"), *matching("docs/*.md")]
PICTURES = Path("docs/pictures")
QUOTING = [Path("docs") / name for name in ("reporter.md", "office.md", "administrator.md", "tour.md")]
MOST_BYTES = 80_000


def pictures(document: str) -> list[tuple[str, str]]:
    """Address and alternative text of every picture."""
    found = [(address, alt) for alt, address in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", document)]
    for tag in re.findall(r"<img [^>]*>", document):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        found.append((values["src"], values.get("alt", "")))
    return found


def test_pictures_are_there_and_say_what_they_show() -> None:
    shown: set[Path] = set()
    for paper in PAPERS:
        for address, alt in pictures(text(paper)):
            path = (ROOT / paper.parent / address).resolve().relative_to(ROOT)
            assert (ROOT / path).is_file(), f"{paper}: {address}"
            assert len(alt) >= 20, f"{paper}: {address} needs words for those who do not see it"
            shown.add(path)
    assert shown, "no document shows anything"
    kept = {path.relative_to(ROOT) for path in (ROOT / PICTURES).iterdir()}
    assert kept - shown == set(), "pictures that no document shows"


@pytest.mark.parametrize("path", sorted((ROOT / PICTURES).glob("*")), ids=lambda path: path.stem)
def test_pictures_are_small(path: Path) -> None:
    assert path.suffix == ".webp"
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as picture:
        assert picture.width == (1280 if path.stem.startswith("panel-") else 720)
        assert not picture.getexif()


@pytest.mark.full
@pytest.mark.timeout(600)
def test_the_pictures_can_be_drawn_anew(tmp_path: Path) -> None:
    """All of them, and no other: what the script walks through is still there."""
    subprocess.run([sys.executable, ROOT / "scripts" / "screenshots.py", tmp_path], check=True, timeout=600)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (ROOT / PICTURES).iterdir()}


# ---- words of the screens ----------------------------------------------------------------------------------------


def on_screens() -> Iterator[str]:
    """Every sentence of the phone and the panel, and the names of topics."""
    words = json.loads((ROOT / "sync" / "words" / "vi.json").read_text("utf-8"))
    for key, entry in words.items():
        if key.startswith(("phone.", "panel.")):
            yield from [entry] if isinstance(entry, str) else entry.values()
    with (ROOT / "sync" / "data" / "topics.csv").open(encoding="utf-8") as file:
        yield from (line["vi"] for line in csv.DictReader(file))
    yield from ("EN", "English")


def as_pattern(sentence: str) -> str:
    """`Việc số {n}` also says «Việc số 41»."""
    return "".join(r"[\w.,/: ]+" if part[:1] == "{" else re.escape(part) for part in re.split(r"(\{\w+\})", sentence))


def test_what_is_quoted_stands_on_the_screens() -> None:
    screens = re.compile("|".join(f"(?:{as_pattern(one)})" for one in set(on_screens())))
    quoted = [(paper, said) for paper in QUOTING for said in re.findall(r"«([^»]*)»", text(paper))]
    assert len(quoted) >= 150
    assert [
        f"{paper}: {said}" for paper, said in quoted if not screens.fullmatch(said) and said not in ("…", " ")
    ] == []


@pytest.mark.parametrize("alert", get_args(Alert))
def test_every_alert_has_a_row_that_says_what_to_do(alert: str) -> None:
    words = json.loads((ROOT / "sync" / "words" / "vi.json").read_text("utf-8"))[f"panel.system.alert.{alert}"]
    said = [words] if isinstance(words, str) else list(words.values())
    rows = re.findall(r"^\| «([^»]*)» \| .{10,} \|$", text(Path("docs/administrator.md")), re.MULTILINE)
    assert any(re.fullmatch(as_pattern(one), row) for one in said for row in rows), said


def test_a_word_of_no_screen_is_found() -> None:
    sentences = {"Lưu", "Ảnh tới phường {n}/{m}"}
    screens = re.compile("|".join(f"(?:{as_pattern(one)})" for one in sentences))
    assert screens.fullmatch("Ảnh tới phường 2/3")
    assert not screens.fullmatch("Lưu lại")


@pytest.mark.parametrize("paper", ["reporter.md", "office.md", "administrator.md"])
def test_the_first_readers_papers_are_vietnamese(paper: str) -> None:
    """Nearly every sentence carries letters that English lacks."""
    lines = [line for line in text(Path("docs") / paper).splitlines() if len(line.split()) > 4]
    plain = [line for line in lines if line.isascii()]
    assert len(lines) > 40
    assert plain == []
