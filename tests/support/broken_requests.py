"""Requests nobody should have sent: honest bodies and uploads with one or several things broken, drawn from a seed."""

import base64
import copy
import gzip
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from town import note, opinion, photo_row

DEEP = "[" * 5000 + "]" * 5000
NASTY: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**400, -(2**63) - 1, 1.5, -0.0, 1e308, "", " ", "\0",
    "a\0b", "\0" * 36, "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "x" * 281, "x" * 100_000, "Ổ" * 280, "'; DROP TABLE notes",
    "2026-11-31", "9999-12-31", "0000-00-00", "-001-01-01", "2026-W47-1", "2026-W99", "٢٠٢٦-W٤٧", "${jndi:ldap://x}", "../../etc",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", [], {}, [[]], [None], {"": None},
    {"c": {"e": "x", "v": {"g": 2**63}}}, {"c": {"e": "", "v": {"\0": 1, "g": -1}}}, ["\0"] * 3, {"a" * 5000: 1},
]  # fmt: skip
ENCODINGS = ["utf-16", "utf-32", "utf-8-sig", "cp1258", "latin-1"]


@dataclass(frozen=True)
class Broken:
    method: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def _bodies() -> list[tuple[str, Any]]:
    place, talk = note(day="2026-11-20", captured_at=1_795_000_000_000, reach="many"), opinion(week="2026-W47")
    photo = photo_row(place, b"picture")
    mark = {"id": str(uuid.uuid4()), "mark": "still_so", "issue": 3, "area": "11455-T01"}
    message = {"id": str(uuid.uuid4()), "note": place["id"], "claim": place["claim"], "text": "Đã rút nước"}
    rows = {"notes": [place, talk], "photos": [photo], "marks": [mark], "messages": [message]}
    pushed = {
        name: [{"seq": at + 1, "newDocumentState": one, "assumedMasterState": one} for at, one in enumerate(some)]
        for name, some in rows.items()
    }
    cursor = {"cp": {"c": {"e": "", "v": {"g": 0, "a:11455": 3}}}, "limit": 10}
    batch = {"v": 1, "device": str(uuid.uuid4()), "clock_ms": 1, "seq_max": 5, "max_bytes": 65536, "push": pushed,
             "pull": {"answers": cursor, "areas": {"limit": 5}}}  # fmt: skip
    return [
        ("/v1/sync", batch),
        *((f"/v1/sync/{name}/push", some) for name, some in pushed.items()),
        ("/v1/enrol", {"code": "K7QF-93XT-AAAA", "platform": "ios", "word": "1234"}),
    ]


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below `value`."""
    found: list[tuple[Any, Any]] = []
    for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
        found.append((value, key))
        if isinstance(child, dict | list):
            found += _places(child)
    return found


def _spoil_value(dice: random.Random, body: Any) -> None:
    where, key = dice.choice(_places(body))
    match dice.randrange(5):
        case 0 | 1 | 2:
            where[key] = copy.deepcopy(dice.choice(NASTY))
        case 3:
            del where[key]
        case _ if isinstance(where, dict):
            where[dice.choice(["full_name", "_deleted", "\0", "id", "text", "c"])] = copy.deepcopy(dice.choice(NASTY))
        case _:
            where.extend(copy.deepcopy(where * dice.choice([1, 120])))


def _spoil_bytes(dice: random.Random, raw: bytearray) -> None:
    at = dice.randrange(len(raw))
    match dice.randrange(5):
        case 0:
            raw[at] ^= 1 << dice.randrange(8)
        case 1:
            del raw[at:]
        case 2:
            raw[at:at] = dice.choice(
                [b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\0", b"{", b'"', b"9" * 5000]
            )
        case 3:
            raw[at:at] = DEEP.encode()
        case _:
            raw[at : at + dice.randrange(1, 40)] = b""
    if not raw:
        raw += b"\0"


def broken_body(seed: int) -> Broken:
    """A JSON body with wrong values, wrong bytes or a wrong encoding."""
    dice = random.Random(seed)
    path, body = dice.choice(_bodies())
    kind = dice.choices(["value", "bytes", "encoding"], [6, 3, 1])[0]
    for _ in range(dice.choice((1, 1, 2, 5)) if kind == "value" else 0):
        if body:
            _spoil_value(dice, body)
    raw = bytearray(json.dumps(body).encode())
    for _ in range(dice.choice((1, 1, 3)) if kind == "bytes" else 0):
        _spoil_bytes(dice, raw)
    headers = {
        "Content-Type": dice.choice(["application/json", "application/json", "text/plain", "a/b; charset=x", ""])
    }
    if kind != "encoding":
        if dice.random() < 0.2:
            return Broken("POST", path, gzip.compress(bytes(raw), 1), headers | {"Content-Encoding": "gzip"})
        return Broken("POST", path, bytes(raw), headers)
    match dice.randrange(5):
        case 0:
            text = json.dumps(body, ensure_ascii=False)
            return Broken("POST", path, text.encode(dice.choice(ENCODINGS), "replace"), headers)
        case 1:
            packed = gzip.compress(bytes(raw))
            return Broken("POST", path, packed[: dice.randrange(len(packed))], headers | {"Content-Encoding": "gzip"})
        case 2:
            return Broken("POST", path, gzip.compress(bytes(60 << 20), 1), headers | {"Content-Encoding": "gzip"})
        case 3:
            named = dice.choice(["br", "deflate", "gzip, gzip", "x\xff", "zstd", "GZIP"])
            return Broken("POST", path, bytes(raw), headers | {"Content-Encoding": named})
        case _:
            packed = gzip.compress(gzip.compress(bytes(raw)) + b"tail") + b"tail"
            return Broken("POST", path, packed, headers | {"Content-Encoding": "gzip"})


def _metadata(dice: random.Random, photo: dict[str, Any]) -> str:
    facts = {"photo_id": photo["id"], "note": photo["note"], "claim": photo["claim"], "sha256": photo["sha256"]}
    if dice.random() < 0.6:
        facts[dice.choice(list(facts))] = dice.choice(["\0" * 36, "x" * 4000, "", "Ổ", str(uuid.UUID(int=0)), "a,b c"])
    pairs = [f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items()]
    if dice.random() < 0.3:
        pairs.append(dice.choice(["", " ", "x", "x !!!", "\xff \xfe", "photo_id /w=="]))
    return ",".join(pairs)


def broken_upload(seed: int, announced: list[dict[str, Any]]) -> Broken:
    """A call of tus with wrong offsets, lengths, checksums, names, versions or bytes."""
    dice = random.Random(seed)
    photo = dice.choice(announced)
    numbers = ["0", "1", "-1", "99999999999999", "9" * 40, "", "1.5", "\xb2", "0x1", " 0", str(photo["size"]), "\xff"]
    headers = {"Tus-Resumable": dice.choice(["1.0.0"] * 5 + ["0.2.2", "", "\xff"])}
    for name, chance in (("Upload-Offset", 0.8), ("Upload-Length", 0.5)):
        if dice.random() < chance:
            headers[name] = dice.choice(numbers)
    if dice.random() < 0.3:
        headers["Upload-Checksum"] = dice.choice(
            ["sha1", "sha1 !!!", "md5 AAAA", "sha256 AAAA", "sha1 " + "A" * 9000, "\xff x"]
        )
    if dice.random() < 0.3:
        headers["Sotay-Claim"] = dice.choice(["", "\xff", photo["claim"], "x" * 5000])
    headers["Content-Type"] = dice.choice(["application/offset+octet-stream"] * 4 + ["application/json", ""])
    body = dice.choice(
        [b"", b"x", b"picture", dice.randbytes(70_000), bytes(9 << 20) if dice.random() < 0.05 else b"pic"]
    )
    if dice.random() < 0.3:
        fresh = photo | {"id": str(uuid.UUID(int=dice.getrandbits(128), version=4))}
        return Broken("POST", "/v1/uploads", body, headers | {"Upload-Metadata": _metadata(dice, fresh)})
    names = [photo["id"]] * 6 + ["%00", "a%00b", "x", "%FF%FE", "." * 3, "x" * 5000, str(uuid.uuid4()), "%ED%A0%80"]
    method = dice.choice(["PATCH"] * 5 + ["HEAD", "DELETE", "POST", "PUT", "GET", "OPTIONS"])
    if method == "POST":
        headers["X-HTTP-Method-Override"] = dice.choice(["PATCH", "HEAD", "DELETE", "CONNECT", "", "\xff"])
    return Broken(method, f"/v1/uploads/{dice.choice(names)}", body, headers)
