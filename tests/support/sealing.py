"""Seals as the phone app does (`phone/src/core/seal.ts`), for tests of what the server makes of it."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from storage.seal_key import SUITE
from sync import sealed
from town import photo_row

PART = 128 * 1024


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Sealer:
    """A phone that was enrolled, with its numbers. Each method gives an item as it is sent."""

    def __init__(self, enrolled: dict[str, Any]) -> None:
        self.device: str = enrolled["device_id"]
        self.push_token: str = enrolled["push_token"]
        self.key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plain(enrolled["seal_key"]))
        self.number = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.push_token}"}

    def item(self, what: dict[str, Any], data: bytes = b"", **other: Any) -> dict[str, Any]:
        """`other` replaces what the item is bound to, or the proof inside."""
        self.number += 1
        line = json.dumps({"push_token": other.get("push_token", self.push_token)} | what, ensure_ascii=False)
        info = sealed.info(other.get("device", self.device), other.get("number", self.number))
        whole = SUITE.encrypt(line.encode() + b"\n" + data, self.key, info)
        return {"device": self.device, "number": self.number, "enc": b64(whole[:65]), "ct": b64(whole[65:])}

    def row(self, collection: str, document: dict[str, Any], seq: int = 0, **other: Any) -> dict[str, Any]:
        row = {"newDocumentState": document} | ({"seq": seq} if seq else {})
        return self.item({"is": "row", "collection": collection, "row": row}, **other)

    def parts(self, photo: dict[str, Any], data: bytes) -> list[dict[str, Any]]:
        return [
            self.item({"is": "part", "photo": photo["id"], "claim": photo["claim"], "offset": at}, data[at : at + PART])
            for at in range(0, len(data), PART)
        ]

    def note_with_photo(self, document: dict[str, Any], data: bytes, seq: int) -> list[dict[str, Any]]:
        """A place note, its photo's row, the photo's bytes."""
        photo = photo_row(document, data)
        document["photos"] = [photo["id"]]
        return [self.row("notes", document, seq), self.row("photos", photo), *self.parts(photo, data)]


def rescue_file(items: list[dict[str, Any]]) -> bytes:
    """As `phone/src/core/rescue.ts` writes it."""
    head = {"format": sealed.FORMAT, "items": len(items)}
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in [head, *items])
