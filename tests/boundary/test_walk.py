"""The boundary walk (B1): no name anywhere in the product under which a person, a resident's particulars or an attitude
could be kept. The few lawful names stand in `lawful.toml`, each with its reason; an entry nobody needs any more fails too."""

import re
import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

import names_walked
from cast import LAN
from panel import note_row
from town import Town, note, opinion

LAWFUL: list[dict[str, str]] = tomllib.loads(Path(__file__).with_name("lawful.toml").read_text(encoding="utf-8"))[
    "lawful"
]

# One word a line of thought; what stands between dots, dashes, underscores and capitals is a word.
PERSON = """name names surname firstname lastname fullname forename nickname alias person persons people human resident
 residents citizen citizens household households family families member members relative relatives neighbour spouse child
 children owner author authors writer sender reporter reporters informant source sources witness who whom user users username
 login account accounts actor contact contacts identity pseudonym profile ho ten hoten nguoi dan cudan"""
PARTICULARS = """phone phones tel telephone mobile sim imei email mail mailbox address addr street house housenumber zalo
 facebook social ip ips birth birthday birthdate born dob age ages aged sex gender male female marital religion religious
 faith church ethnic ethnicity nation nationality race passport cccd cmnd nationalid ssn tax bank iban card plate health
 disease disability income poor poverty job occupation employer school party voice audio video face faces fingerprint
 biometric gps geo lat latitude lon lng longitude coord coords coordinate coordinates location position altitude
 diachi sdt gioitinh tongiao dantoc"""
ATTITUDE = """sentiment sentiments attitude attitudes mood emotion emotions feeling tone loyal loyalty hostile hostility enemy
 enemies dissent dissident opponent reactionary negative positive watch watched watchlist blacklist blocklist suspect suspects
 suspicious suspicion score scores rating rank ranking rankings credit trust reliability credibility risk threat danger target
 targets flag flagged tag tags behaviour behavior tendency stance thaido chongdoi"""
FORBIDDEN = frozenset(f"{PERSON} {PARTICULARS} {ATTITUDE}".split())


def parts(name: str) -> list[str]:
    """`sync.note.NoteRow.claimHash` → sync, note, note, row, claim, hash."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return [word.lower() for word in re.findall(r"[A-Za-z]+", spaced)]


def judged(name: str) -> list[str]:
    """The forbidden words in what a name says. Where it stands (module, class, file, room) says nothing."""
    kind, _, said = name.partition(":")
    if kind in ("table", "struct", "csv", "log"):
        said = said.rpartition(".")[2]
    elif kind == "form":
        said = said.split(".", 2)[-1]
    elif kind == "word":
        said = said.partition(".")[2]  # the first part is the room: phone, panel …
    return [word for word in parts(said) if word in FORBIDDEN]


def lawful(name: str) -> dict[str, str] | None:
    return next((entry for entry in LAWFUL if fnmatchcase(name, entry["name"])), None)


def unlawful(names: Iterable[str]) -> dict[str, list[str]]:
    return {name: words for name in sorted(set(names)) if (words := judged(name)) and lawful(name) is None}


def app_of(town: Town) -> Litestar:
    app: Litestar = town.http._transport.app  # type: ignore[attr-defined]
    return app


async def everything(town: Town) -> dict[str, list[str]]:
    app = app_of(town)
    return {
        "tables": list(names_walked.tables()),
        "schema": await names_walked.schema(),
        "structs": list(names_walked.structs()),
        "routes": list(names_walked.routes(app)),
        "openapi": list(names_walked.openapi()),
        "forms": list(names_walked.forms()),
        "words": list(names_walked.words()),
        "csv": list(names_walked.csvs()),
        "logs": list(names_walked.logged()),
    }


LEAST = {
    "tables": 150,
    "schema": 150,
    "structs": 150,
    "routes": 40,
    "openapi": 50,
    "forms": 50,
    "words": 300,
    "csv": 20,
}


async def test_nothing_has_room_for_a_person(town: Town) -> None:
    walked = await everything(town)
    for kind, least in (LEAST | {"logs": 10}).items():
        assert len(set(walked[kind])) >= least, f"the walk sees too little of: {kind}"
    assert unlawful(name for names in walked.values() for name in names) == {}


async def test_every_lawful_name_has_a_reason_and_is_needed(town: Town) -> None:
    names = {name for found in (await everything(town)).values() for name in found if judged(name)}
    for entry in LAWFUL:
        assert set(entry) == {"name", "reason"} and len(entry["reason"]) >= 15, entry
        assert any(fnmatchcase(name, entry["name"]) for name in names), f"no longer needed: {entry['name']}"
        assert entry["name"].count("*") <= 1 and len(entry["name"].partition(":")[2].replace("*", "")) >= 4, "too wide"


@pytest.mark.parametrize(
    "planted",
    [
        "table:notes.resident_name",
        "table:notes.phone",
        "table:notes.gpsLat",
        "table:issues.sentiment",
        "table:marks.account",
        "table:photos.faces",
        "table:residents",
        "struct:sync.note.NoteRow.author",
        "struct:sync.mark.MarkRow.reporter",
        "struct:storage.desk.DeskNote.author",
        "struct:storage.issue_views.Issue.hostile",
        "struct:storage.overview.Cell.score",
        "form:desk.html.author",
        "form:note.html.household",
        "route:/v1/residents/{id:str}",
        "openapi:email",
        "csv:areas.csv.owner",
        "csv:notes.csv.login",
        "word:panel.field.attitude",
        "log:server/push.py.login",
        "log:server/auth.py.phone",
    ],
)
def test_the_walk_stops_at(planted: str) -> None:
    assert unlawful([planted]) != {}


FIELDS = (
    "name", "phone", "address", "resident", "age", "religion", "household", "sentiment", "score", "gps", "voice", "author",
    "account", "device", "tag", "pseudonym", "lat", "email", "tags", "person", "Text", "__proto__",
)  # fmt: skip


@pytest.mark.parametrize("lane", ["place", "opinion"])
async def test_a_note_with_a_key_of_its_own_is_refused(town: Town, lane: str) -> None:
    lan = await town.enrol(LAN)
    make: Any = note if lane == "place" else opinion
    rows = [make(**{field: "qzmot"}) for field in FIELDS]
    for row, master in zip(rows, await lan.push("notes", *rows), strict=True):
        assert (master["status"], master["reject"]["code"]) == ("rejected", "unknown_field"), master
        with pytest.raises(IndexError):
            await note_row(row["id"])
    for collection in ("photos", "messages", "marks"):
        base = {"id": opinion()["id"], "note": rows[0]["id"], "claim": rows[0]["claim"], "text": "a", "mark": "told"}
        keys = {"photos": ("id", "note", "claim"), "messages": ("id", "note", "claim", "text"), "marks": ("id", "mark")}
        document = {key: base[key] for key in keys[collection]} | {"name": "qzmot"}
        assert (await lan.push(collection, document))[0]["reject"]["code"] == "unknown_field", collection
