"""A model phone in Python that behaves like the reference app (phone/src/core): what it holds is on its disk or gone.

`disk` is what survives a kill: every write is one transaction of changes. `attempt` is the sender as a generator: it
yields requests (`Ask`) and pauses (`Pause`), is sent what was heard of them (`Heard`, None = no answer came), and may be
dropped at any moment. Chance comes from the phone's own generator of numbers, so a seed gives one course of events.
"""

import base64
import hashlib
import random
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import msgspec

from model_sync import ROWS, Change, Doc, Work, afresh, plan

ROUNDS = 30
LONGEST_HOLD_MS = 4_500_000  # no hold is ever told to last longer; a longer one was written under another clock
FIRST_PART, SMALLEST_PART, LARGEST_PART = 32 * 1024, 16 * 1024, 64 * 1024
TRIES = 5
SHELVES = ("notes", "photos", "bytes", "outbox", "docs", "kv")


@dataclass(frozen=True)
class Ask:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Heard:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The answer as our server's JSON; None for anything else (a captive portal's page, a cut body)."""
        if "json" not in self.headers.get("content-type", ""):
            return None
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


@dataclass(frozen=True)
class Pause:
    ms: int


Steps = Generator[Ask | Pause, Heard | None, str]


class ModelPhone:
    def __init__(self, name: str, rng: random.Random, clock: Callable[[], int]) -> None:
        self.name, self.rng, self.clock = name, rng, clock
        self.disk: dict[str, dict[str, Any]] = {shelf: {} for shelf in SHELVES}

    def write(self, changes: list[Change]) -> None:
        """One strict transaction."""
        for shelf, key, value in changes:
            if value is None:
                self.disk[shelf].pop(key, None)
            else:
                self.disk[shelf][key] = value

    def reload(self) -> None:
        """The app is started again: nothing but the disk is left."""
        kept = {shelf: rows for shelf, rows in self.disk.items() if shelf not in ("bytes", "docs")}
        fresh = msgspec.json.decode(msgspec.json.encode(kept))
        self.disk = {shelf: fresh.get(shelf, rows) for shelf, rows in self.disk.items()}

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def out(self, collection: str, id: str, **more: Any) -> Change:
        row = {"collection": collection, "id": id, "stamp": self.uuid(), "at": 0} | more
        return ("outbox", f"{collection}/{id}", row)

    @property
    def empty(self) -> bool:
        """Nothing waits to be sent: neither words nor bytes."""
        disk = self.disk
        return not disk["outbox"] and not any(p["bytes"] and p["phase"] != "done" for p in disk["photos"].values())

    # ---- what its owner does (notes.ts, session.ts) -------------------------------------------------------------

    def enrolled(self, answer: Doc) -> None:
        """A new device for the server: unsent rows are numbered anew from 1, in their order."""
        session = {"device": answer["device_id"], "token": answer["token"], "account": answer["account"]["id"]}
        rows = sorted((r for r in self.disk["outbox"].values() if r.get("seq")), key=lambda row: row["seq"])
        numbers = {row["id"]: n for n, row in enumerate(rows, 1)}
        self.write(
            [("outbox", f"{r['collection']}/{r['id']}", r | {"seq": numbers[r["id"]]}) for r in rows]
            + [("notes", n["id"], n | {"seq": numbers.get(n["id"], 0)}) for n in self.disk["notes"].values()]
            + [("kv", "seq", len(rows)), ("kv", "hold", None), ("kv", "session", session)]
        )

    def next_number(self) -> int:
        return int(self.disk["kv"].get("seq", 0)) + 1

    def save(self, fields: Doc, pictures: list[bytes]) -> str:
        """Save: note, photos, running number and queue in one transaction."""
        id, seq = self.uuid(), self.next_number()
        claim = base64.urlsafe_b64encode(self.rng.randbytes(16)).decode().rstrip("=")
        photos: list[Change] = []
        names = []
        for data in pictures:
            photo = {
                "id": self.uuid(),
                "note": id,
                "claim": claim,
                "sha256": hashlib.sha256(data).hexdigest(),
                "size": len(data),
                "type": "image/jpeg",
                "phase": "waiting",
                "offset": 0,
                "bytes": True,
                "at": self.clock(),
            }
            names.append(photo["id"])
            photos += [("photos", photo["id"], photo), ("bytes", photo["id"], data), self.out("photos", photo["id"])]
        if names:
            fields = fields | {"photos": names}
        note = {"id": id, "claim": claim, "fields": fields, "seq": seq, "phase": "waiting"}
        self.write([("notes", id, note), ("kv", "seq", seq), self.out("notes", id, seq=seq), *photos])
        return id

    def edit(self, id: str, text: str) -> None:
        held = self.disk["notes"][id]
        base = held.get("assumed") or ({**held["fields"], **held.get("master", {})} if held.get("received") else None)
        note = {name: value for name, value in held.items() if name not in ("reject", "assumed")}
        seq = held["seq"] or self.next_number()
        note |= {"fields": held["fields"] | {"text": text}, "phase": "waiting", "seq": seq}
        if base:
            note["assumed"] = base
        top = max(seq, self.disk["kv"].get("seq", 0))
        self.write([("notes", id, note), ("kv", "seq", top), self.out("notes", id, seq=seq)])

    def withdraw(self, id: str) -> None:
        """Takes a note back. One that never left goes without a trace but its running number."""
        note = self.disk["notes"][id]
        seq = {"seq": note["seq"]} if note["seq"] else {}
        if "sent" in note and (note["phase"] != "refused" or note.get("received")):
            after = note | {"withdrawn": True, "phase": "waiting"}
            self.write([("notes", id, after), self.out("notes", id, **seq)])
            return
        work = Work(self.disk, self.clock())
        work.forget(note)
        if "sent" not in note:
            mark = self.uuid()
            work.out.append(self.out("marks", mark, mark={"id": mark, "mark": "void"}, **seq))
        self.write(work.out)

    def again(self, id: str) -> None:
        """Sends a refused row once more as it is."""
        note = {name: value for name, value in self.disk["notes"][id].items() if name != "reject"}
        seq = {"seq": note["seq"]} if note["seq"] else {}
        self.write([("notes", id, note | {"phase": "waiting"}), self.out("notes", id, **seq)])

    # ---- the sender (sender.ts, tus.ts) -------------------------------------------------------------------------

    @property
    def hold(self) -> Doc | None:
        """The pause after a failure, unless it was written under a clock that was wrong."""
        hold: Doc | None = self.disk["kv"].get("hold")
        now = self.clock()
        return hold if hold and now < hold["until"] <= now + LONGEST_HOLD_MS else None

    def attempt(self, force: bool = False) -> Steps:
        if self.hold and not force:
            return "held"
        tries = self.disk["kv"].get("hold", {}).get("tries", 0)
        rows = ROWS
        for _ in range(ROUNDS):
            now = self.clock()
            body, sent, left = plan(self.disk, now, rows)
            self.leaving(sent, now)
            heard = yield Ask("POST", "/v1/sync", self._headers("application/json"), msgspec.json.encode(body))
            answer = heard.json() if heard else None
            problem = answer if isinstance(answer, dict) and "code" in answer else None
            if heard is None or answer is None:
                return self._hang("offline", tries)
            if heard.status in (400, 413) and problem:
                if not sent:
                    return self._hang("trouble", tries + 6)
                if len(sent) == 1:
                    work = Work(self.disk, self.clock())
                    reject = {"code": problem["code"], "retry": "after-fix"}
                    work.receipt(sent[0], {"id": sent[0]["id"], "status": "rejected", "reject": reject})
                    self.write(work.changes())
                rows = max(1, len(sent) // 2)
                continue
            if heard.status == 410 and problem:
                self.write(afresh(self.disk))
                continue
            if heard.status != 200:
                reason = {401: "enrol", 403: "revoked"}.get(heard.status, "busy")
                return self._hang(reason, tries, heard.headers.get("retry-after"))
            work = Work(self.disk, self.clock())
            changes, more = work.digest(sent, answer)
            self.write(changes)
            if answer.get("auth") == "expired":
                return self._hang("enrol", 4)
            if not more and not (left and work.taken):
                break
        self.write([("kv", "hold", None)])
        return (yield from self._photos(tries))

    def leaving(self, sent: list[Doc], now: int) -> None:
        """Marks rows as having left this phone, before they do."""
        notes = [self.disk["notes"].get(row["id"]) for row in sent if row["collection"] == "notes"]
        self.write([("notes", note["id"], note | {"sent": now}) for note in notes if note])

    def _headers(self, kind: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.disk['kv']['session']['token']}", "content-type": kind}

    def _hang(self, reason: str, tries: int, after: str | None = None) -> str:
        backoff = round(self.rng.random() * min(900_000, 2_000 * 2 ** min(tries, 20)))
        until = self.clock() + (int(after) * 1000 if after else 1_000) + backoff
        self.write([("kv", "hold", {"until": until, "tries": tries + 1, "reason": reason})])
        return "held"

    def _photos(self, tries: int) -> Steps:
        waiting = [p for p in self.disk["photos"].values() if p["phase"] == "sending" and p["bytes"]]
        for photo in sorted(waiting, key=lambda photo: (photo["at"], photo["id"])):
            end = yield from self._upload(photo)
            held = self.disk["photos"].get(photo["id"])
            if held is None:
                continue
            if end == "sent":
                done = {"phase": "done", "state": "received", "offset": photo["size"]}
                self.write([("photos", photo["id"], held | done)])
            elif end == "unknown":
                again = self.out("photos", photo["id"], at=self.clock() + 60_000)
                self.write([("photos", photo["id"], held | {"phase": "waiting", "offset": 0}), again])
            else:
                return self._hang(end, tries)
        return "done"

    def _upload(self, photo: Doc) -> Steps:
        data: bytes = self.disk["bytes"][photo["id"]]
        path, part, misses = f"/v1/uploads/{photo['id']}", FIRST_PART, 0
        offset: int | None = None
        base = {"tus-resumable": "1.0.0", "sotay-claim": photo["claim"]}
        while True:
            if misses >= TRIES:
                return "busy"
            if misses:
                yield Pause(round((0.5 + self.rng.random() / 2) * 500 * 2**misses))
            if offset is None:
                heard = yield Ask("HEAD", path, self._headers("") | base)
                if heard is not None and heard.status == 200 and heard.headers.get("upload-offset", "").isdigit():
                    offset = int(heard.headers["upload-offset"])
                else:
                    if end := _hopeless(heard):
                        return end
                    misses += 1
                    continue
            if offset >= len(data):
                return "sent"
            piece = data[offset : offset + part]
            digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            own = {"upload-offset": str(offset), "upload-checksum": f"sha256 {digest}"}
            headers = self._headers("application/offset+octet-stream") | base | own
            heard = yield Ask("PATCH", path, headers, piece)
            reached = int(heard.headers.get("upload-offset", "-1")) if heard is not None else -1
            if heard is not None and heard.status == 204 and offset < reached <= len(data):
                offset, misses, part = reached, 0, min(LARGEST_PART, part * 2)
                continue
            if end := _hopeless(heard):
                return end
            part, offset, misses = max(SMALLEST_PART, part // 2), None, misses + 1


def _hopeless(heard: Heard | None) -> str | None:
    if heard is None:
        return None
    return {404: "unknown", 410: "unknown", 401: "enrol", 403: "revoked"}.get(heard.status)
