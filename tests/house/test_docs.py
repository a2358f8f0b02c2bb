"""The documents are true: what they name exists, what they show decodes, and they are in step with the code.

`UPDATE=1 pytest tests/house/test_docs.py` writes docs/problems.md anew.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.routes import HTTPRoute

from documents import fenced, missing_commands, missing_paths, missing_programs, missing_targets
from server.app import make_app
from sync import wire
from sync.mark import MarkRow, MessageRow
from sync.note import NoteRow
from sync.photo import PhotoRow
from sync.problems import CODES, entry
from tree import ROOT, matching, text

DOCS = [Path("README.md"), *matching("docs/*.md")]
WIRE = text(Path("docs/wire.md"))
PROBLEMS = Path("docs/problems.md")
ROWS: dict[str, type[msgspec.Struct]] = {"notes": NoteRow, "photos": PhotoRow, "messages": MessageRow, "marks": MarkRow}


@pytest.mark.parametrize("path", DOCS, ids=str)
def test_what_is_named_exists(path: Path) -> None:
    document = text(path)
    assert missing_paths(document, path.parent) == []
    assert missing_commands(document) == []
    assert missing_targets(document) == []
    assert missing_programs(document) == []


def test_the_finders_find() -> None:
    assert missing_paths(
        "`sync/gone.py`, `gone/`, `deploy/Gonefile`, [x](gone.md), `sync/note.py`, `raw/`, `sync/`"
    ) == [
        "sync/gone.py",
        "gone/",
        "gone.md",
    ]
    assert missing_commands(
        "`sotay gone`, `sotay account gone`, `sotay demo --gone`, `.venv/bin/sotay serve --port 1`"
    ) == [
        "sotay gone",
        "sotay account gone",
        "sotay demo --gone",
    ]
    assert missing_programs(
        "`python scripts/step.py`, `.venv/bin/python scripts/gone.py`, `.venv/bin/python scripts/sbom.py`, `pytest -q`, "
        "`npm test`, `.venv/bin/pytest tests/gone.py`, `npm --prefix phone run gone`, "
        "`UPDATE=1 .venv/bin/pytest tests/house/test_docs.py`"
    ) == [
        "python scripts/step.py",
        ".venv/bin/python scripts/gone.py",
        "pytest -q",
        "npm test",
        ".venv/bin/pytest tests/gone.py",
        "npm --prefix phone run gone",
    ]
    assert missing_targets("```\nmake gone  # `make run`\nmake test\n```\n`make gone-too`") == ["gone", "gone-too"]


def test_every_document_is_reached_from_the_readme() -> None:
    reached = {Path(link) for link in re.findall(r"\]\(([^)#]+\.md)\)", text(Path("README.md")))}
    assert reached - {Path("CHANGELOG.md")} == set(DOCS) - {Path("README.md")}


def test_the_readme_names_the_two_commands() -> None:
    commands = [line for block in fenced(text(Path("README.md")), "sh") for line in block.splitlines()]
    assert [line.split("#")[0].strip() for line in commands] == ["make run", "make test"]


def test_decisions_are_short() -> None:
    for section in text(Path("docs/decisions.md")).split("\n## ")[1:]:
        title, *lines = section.strip().splitlines()
        assert 1 <= len(lines) <= 10, title


def test_settings_are_the_ones_that_are_read() -> None:
    operations, read = text(Path("docs/operations.md")), text(Path("server/settings.py"))
    settings = set(re.findall(r'"(SOTAY_\w+)"', read))
    assert set(re.findall(r"^\| `(SOTAY_\w+)`", operations, re.MULTILINE)) == settings
    elsewhere = set(re.findall(r"`(SOTAY_\w+)", operations)) - settings
    proxy = set(re.findall(r"\{\$(SOTAY_\w+)", text(Path("deploy/Caddyfile"))))
    assert elsewhere <= proxy | set(re.findall(r"\$\{(SOTAY_\w+)", text(Path("docker-compose.yml"))))


# ---- docs/wire.md -----------------------------------------------------------------------------------------------


def examples() -> list[Any]:
    return [json.loads(block) for block in fenced(WIRE, "json")]


def rejects(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        yield from [value["reject"]] if "reject" in value else []
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from rejects(one)


def test_every_example_parses_and_the_codes_in_them_exist() -> None:
    found = list(rejects(examples()))
    assert len(examples()) >= 8
    assert len(found) >= 2
    for reject in found:
        assert reject["retry"] == CODES[reject["code"]][0]


def test_pushed_examples_are_readable_rows() -> None:
    """The batch decodes, and each row in it; of the plain push the second row has a field too many, as the text says."""
    batches = [one for one in examples() if isinstance(one, dict) and "seq_max" in one]
    assert len(batches) == 1
    batch = wire.batch_decoder.decode(json.dumps(batches[0]))
    assert {"notes", "photos", "marks"} == set(batch.push)
    for collection, rows in batch.push.items():
        for row in rows:
            assert not isinstance(wire.read_row(row.new, msgspec.json.Decoder(ROWS[collection])), wire.Unreadable)
    pushes = [one for one in examples() if isinstance(one, list) and "newDocumentState" in one[0]]
    rows = wire.push_decoder.decode(json.dumps(pushes[0]))
    first, second = (wire.read_row(row.new, msgspec.json.Decoder(NoteRow)) for row in rows)
    assert isinstance(first, NoteRow)
    assert isinstance(second, wire.Unreadable)
    assert second.answer["reject"]["code"] == "unknown_field"


@pytest.mark.parametrize("row", [*ROWS.values(), wire.Batch, wire.PullAsk], ids=lambda row: row.__name__)
def test_every_field_is_described(row: type[msgspec.Struct]) -> None:
    assert [name for name in row.__struct_encode_fields__ if f"`{name}`" not in WIRE] == []


def test_every_collection_is_described() -> None:
    assert [name for name in wire.COLLECTIONS if f"`{name}`" not in WIRE] == []


def test_every_address_is_described_and_no_other() -> None:
    served = {one.path for one in make_app(already_open=True).routes if isinstance(one, HTTPRoute)}
    served = {re.sub(r"\{\w+(:\w+)?\}", "{}", path) for path in served if path.startswith("/v1/")}
    served = {path for path in served if not path.startswith("/v1/schema")} | {"/v1/schema/openapi.json"}  # Litestar's
    built, _, planned = WIRE.partition("## 11. ")
    assert planned
    told = {re.sub(r"\{\w+\}", "{}", path).rstrip("/") for path in re.findall(r"[\s`](/v1/[\w/{}.]+)", built)}
    assert told == served


# ---- docs/problems.md -------------------------------------------------------------------------------------------


def problems_document() -> str:
    """The catalogue as a document, in its order."""
    lines = [
        "# Problems",
        "",
        "Every refusal there is, as `GET /v1/problems` gives it. `retry`: `later` = the same again may succeed · "
        "`after-fix` = something must change first · `never`.",
        "A status is that of the whole request; *row* = only ever the verdict on one row or photo. "
        "Made from `sync/problems.py` and the words catalogue by `tests/house/test_docs.py` (`UPDATE=1` writes it anew).",
        "",
        "| code | status | retry | what it says | what to do |",
        "|---|---|---|---|---|",
    ]
    for code, (retry, status) in CODES.items():
        told = entry(code)
        said = [f"{told[part]['vi']}<br>{told[part]['en']}" for part in ("sentence", "remedy")]
        lines.append(f"| `{code}` | {status if status >= 400 else 'row'} | {retry} | {said[0]} | {said[1]} |")
    return "\n".join(lines) + "\n"


def test_the_catalogue_is_written_down() -> None:
    if os.environ.get("UPDATE"):
        (ROOT / PROBLEMS).write_text(problems_document(), "utf-8")
    assert text(PROBLEMS) == problems_document()


@pytest.mark.parametrize("code", CODES)
def test_every_problem_has_words(code: str) -> None:
    told = entry(code)
    for part in ("sentence", "remedy"):
        for language in ("vi", "en"):
            assert told[part][language].strip() not in ("", f"problem.{code}.{part}")
        assert told[part]["vi"] != told[part]["en"]
