"""tus-js-client 4.3.1 in Node, unmodified, in both worlds: whole, aborted, cut, behind another writer, with wrong bytes."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from cast import LAN
from fault_proxy import FaultProxy, LimitData, Slicer
from foreign import Behind, bearer, node, one_world, photo_metadata
from storage import uploads

DATA = os.urandom(300_000)
SHA = hashlib.sha256(DATA).hexdigest()
PATIENT = [0, 10, 20, 50, 100, 100, 200, 200, 400, 400]


@pytest.fixture
def job(server: Behind, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "photo.jpg"
    file.write_bytes(DATA)
    return {
        "endpoint": f"{server.url}/v1/uploads",
        "file": str(file),
        "headers": bearer(server.enrol(LAN)),
        "metadata": photo_metadata(DATA) | {"filename": "ảnh ngõ.jpg", "filetype": "image/jpeg"},
        "chunkSize": 65536,
        "storage": str(tmp_path / "urls.json"),
    }


def test_created_and_sent_in_parts(server: Behind, job: dict[str, Any]) -> None:
    photo = job["metadata"]["photo_id"]
    said = node("tus_node.mjs", job)
    assert (said["state"], said["url"]) == ("success", f"{server.url}/v1/uploads/{photo}")
    assert said["requests"] == [["FOUND", 0], ["POST", 201], *[["PATCH", 204]] * 5]
    assert server.sha256_held(photo) == SHA


@pytest.mark.parametrize("option", ["dataDuringCreation", "overridePatchMethod"])
@one_world
def test_other_ways_to_send(server: Behind, job: dict[str, Any], option: str) -> None:
    said = node("tus_node.mjs", job | {option: True})
    assert said["state"] == "success"
    assert server.sha256_held(job["metadata"]["photo_id"]) == SHA


def test_an_aborted_upload_is_found_again_and_goes_on(server: Behind, job: dict[str, Any]) -> None:
    first = node("tus_node.mjs", job | {"abortAt": 131072})
    assert (first["state"], first["accepted"]) == ("aborted", 131072)
    held = server.offset(job["metadata"]["photo_id"])
    assert 131072 <= held < len(DATA)
    second = node("tus_node.mjs", job)
    assert second["requests"][:2] == [["FOUND", 1], ["HEAD", 200]] and ["POST", 201] not in second["requests"]
    assert len([one for one in second["requests"] if one == ["PATCH", 204]]) <= 3
    assert server.sha256_held(job["metadata"]["photo_id"]) == SHA


def test_without_a_stored_address_the_same_photo_is_the_same_upload(server: Behind, job: dict[str, Any]) -> None:
    node("tus_node.mjs", job | {"abortAt": 65536})
    again = node("tus_node.mjs", job | {"storage": None, "retryDelays": PATIENT})
    # created anew, told 409 at offset 0, asked by HEAD, went on
    assert again["requests"][:3] == [["POST", 201], ["PATCH", 409], ["HEAD", 200]]
    assert (again["state"], server.sha256_held(job["metadata"]["photo_id"])) == ("success", SHA)
    complete = node("tus_node.mjs", job | {"storage": None, "uploadUrl": again["url"]})
    assert complete["requests"] == [["HEAD", 200]] and complete["state"] == "success"


def test_creation_with_bytes_over_a_started_upload_tells_where_it_stands(server: Behind, job: dict[str, Any]) -> None:
    """Its client has no address for a HEAD before the creation succeeds: a 409 would send it round in circles."""
    node("tus_node.mjs", job | {"abortAt": 65536})
    again = node("tus_node.mjs", job | {"storage": None, "dataDuringCreation": True, "retryDelays": PATIENT})
    assert again["requests"][0] == ["POST", 201] and ["POST", 409] not in again["requests"]
    assert (again["state"], server.sha256_held(job["metadata"]["photo_id"])) == ("success", SHA)


def test_a_stalled_writer_is_423_and_head_takes_over(server: Behind, job: dict[str, Any]) -> None:
    photo = job["metadata"]["photo_id"]
    node("tus_node.mjs", job | {"abortAt": 65536})
    at = server.offset(photo)

    async def stall() -> None:
        held = await uploads.look(photo)
        assert held is not None
        await uploads.Writer(held, at).hold()

    server.run(stall)
    busy = node("tus_node.mjs", job | {"storage": None, "dataDuringCreation": True, "retryDelays": PATIENT})
    assert ["PATCH", 423] in busy["requests"] and ["HEAD", 200] in busy["requests"]
    assert (busy["state"], server.sha256_held(photo)) == ("success", SHA)


def test_wrong_bytes_are_460_and_the_right_ones_may_follow(server: Behind, job: dict[str, Any], tmp_path: Path) -> None:
    photo = job["metadata"]["photo_id"]
    wrong = tmp_path / "wrong.jpg"
    wrong.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    said = node("tus_node.mjs", job | {"file": str(wrong), "retryDelays": PATIENT})
    assert (said["state"], said["status"]) == ("error", 460)
    assert server.offset(photo) == 0
    assert node("tus_node.mjs", job | {"uploadUrl": said["url"], "storage": None})["state"] == "success"
    assert server.sha256_held(photo) == SHA


@one_world
def test_a_known_photo_with_other_bytes_is_refused_at_creation(server: Behind, job: dict[str, Any]) -> None:
    node("tus_node.mjs", job)
    other = job["metadata"] | {"sha256": hashlib.sha256(b"other").hexdigest()}
    said = node("tus_node.mjs", job | {"metadata": other, "storage": None})
    assert (said["state"], said["status"], said["requests"]) == ("error", 400, [["POST", 400]])


@one_world
def test_a_stranger_token_stops_at_once(server: Behind, job: dict[str, Any]) -> None:
    said = node("tus_node.mjs", job | {"headers": {"Authorization": "Bearer nobody"}, "retryDelays": PATIENT})
    assert said["requests"][1:] == [["POST", 401]]


@one_world
def test_termination_empties_the_upload(server: Behind, job: dict[str, Any]) -> None:
    said = node("tus_node.mjs", job | {"abortAt": 65536, "terminate": True})
    assert said["terminated"] and server.offset(job["metadata"]["photo_id"]) == 0
    assert node("tus_node.mjs", job | {"retryDelays": PATIENT})["state"] == "success"
    assert server.sha256_held(job["metadata"]["photo_id"]) == SHA


@pytest.mark.parametrize("during", [False, True], ids=["plain", "creation-with-upload"])
def test_over_a_line_that_cuts_and_loses_answers(server: Behind, job: dict[str, Any], during: bool) -> None:
    photo = job["metadata"]["photo_id"]
    with FaultProxy(server.port, seed=11) as line:
        line.add(
            LimitData("up", bytes=40_000, times=2),
            LimitData("down", bytes=0, times=2),
            LimitData("up", bytes=90_000, chance=0.7, times=4),
            Slicer("up", size=9000, variation=4000, chance=0.5),
        )
        said = node(
            "tus_node.mjs",
            job | {"endpoint": f"{line.url}/v1/uploads", "retryDelays": PATIENT, "dataDuringCreation": during},
        )
        assert line.faults["limit_data"] >= 4, line.faults
    assert (said["state"], server.sha256_held(photo)) == ("success", SHA)
