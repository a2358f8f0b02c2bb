"""R11: whatever bytes come, the decoders of batches, rows and checkpoints and the cleaning of text answer; none breaks."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import cursor, mask, strict, wire
from sync.mark import MarkRow, MessageRow
from sync.note import NoteRow
from sync.photo import PhotoRow
from sync.problems import CODES, Problem

ROWS = [msgspec.json.Decoder(row) for row in (NoteRow, PhotoRow, MarkRow, MessageRow)]
IN_FULL = 50_000
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
names = st.sampled_from(
    ["id", "text", "kind", "issue", "photos", "rev", "v", "push", "pull", "cp", "c", "newDocumentState", "seq"]
)
documents = st.dictionaries(names | st.text(max_size=4), values, max_size=6).map(lambda one: json.dumps(one).encode())
deep = st.integers(1, 3000).map(lambda n: b'{"id":' * n + b"1" + b"}" * n)
raw = st.binary() | documents | deep | st.tuples(documents, st.binary(max_size=3)).map(lambda two: two[0][:-3] + two[1])
FULL = settings(max_examples=IN_FULL, deadline=None, suppress_health_check=list(HealthCheck))


def refused(data: bytes, decoder: "msgspec.json.Decoder[Any]") -> Problem | None:
    try:
        strict.decode(data, decoder)
    except Problem as problem:
        return problem
    return None


def decoders_answer(data: bytes) -> None:
    for decoder in (wire.batch_decoder, wire.push_decoder):
        refusal = refused(data, decoder)
        assert refusal is None or (refusal.code == "bad_request" and msgspec.json.encode(refusal.detail))
    for decoder in ROWS:
        row = wire.read_row(msgspec.Raw(data), decoder)
        if isinstance(row, wire.Unreadable):
            told = msgspec.json.decode(msgspec.json.encode(row.answer))  # it can be sent, and "claim" never is
            assert told["reject"]["code"] in CODES
            assert "claim" not in told


def checkpoints_answer(data: bytes) -> None:
    for text in (data.decode("latin-1"), base64.urlsafe_b64encode(data).decode()):
        found = cursor.decode(text)
        assert found is None or cursor.decode(cursor.encode(found)) == found


def cleaning_answers(text: str) -> None:
    cleaned = mask.clean(text[: mask.CAP])
    assert "\0" not in cleaned.text
    assert len(cleaned.text) <= mask.CAP
    assert mask.clean(cleaned.text).text == cleaned.text


@given(raw)
@settings(deadline=None)
def test_decoders(data: bytes) -> None:
    decoders_answer(data)


@given(raw)
@settings(deadline=None)
def test_checkpoints(data: bytes) -> None:
    checkpoints_answer(data)


@given(st.text(max_size=400))
@settings(deadline=None)
def test_cleaning(text: str) -> None:
    cleaning_answers(text)


@pytest.mark.full
@pytest.mark.timeout(3600)
@given(raw)
@FULL
def test_decoders_in_full(data: bytes) -> None:
    decoders_answer(data)


@pytest.mark.full
@pytest.mark.timeout(3600)
@given(raw)
@FULL
def test_checkpoints_in_full(data: bytes) -> None:
    checkpoints_answer(data)


@pytest.mark.full
@pytest.mark.timeout(3600)
@given(st.text(max_size=2000))
@FULL
def test_cleaning_in_full(text: str) -> None:
    cleaning_answers(text)
