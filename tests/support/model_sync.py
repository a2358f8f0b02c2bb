"""The model phone's thinking, after phone/src/core/{batch,sync,pull}.ts: what goes out, and what an answer changes on disk.

Pure like the original: everything is read from a picture of the disk, the result is a list of changes to write at once.
"""

from typing import Any

Doc = dict[str, Any]
Change = tuple[str, str, Any]  # shelf, key, value; None drops

PULLED = ("areas", "topics", "places", "doors", "settings", "answers", "notices", "notes", "photos", "messages")
DOCS = frozenset(PULLED) - {"notes", "photos"}
OWN = (
    "kind", "topic", "area", "text", "reach", "day", "captured_at", "place", "photos", "urgent", "week", "heard_via",
)  # fmt: skip
SERVERS = frozenset({"id", "_deleted", "status", "issue", "received_at", "rev", "amendments", "ask", "reject"})
FINAL = frozenset({"closed", "withdrawn", "rejected", "redirected", "expired"})
ROWS = 100
ORDER = {"notes": 0, "marks": 1, "photos": 2}
LATER_MS = 600_000
DAY_MS = 86_400_000
REPLAYS = 20


def waits(row: Doc, now: int) -> bool:
    """A row told to wait. One that would wait longer than rows are ever told to was written under another clock."""
    return bool(now < row["at"] <= now + LATER_MS)


def plan(disk: dict[str, dict[str, Any]], now: int, rows: int = ROWS) -> tuple[Doc, list[Doc], int]:
    """The body of a batch, the rows in it, and how many must wait for the next one."""
    kv = disk["kv"]
    due = sorted(
        (row for row in disk["outbox"].values() if not waits(row, now)),
        key=lambda row: (ORDER[row["collection"]], row.get("seq", 0), row["at"]),
    )
    push: dict[str, list[Doc]] = {}
    cps = kv.get("cps", {})
    pull = {name: {"limit": 1000} | ({"cp": cps[name]} if name in cps else {}) for name in PULLED}
    sent: list[Doc] = []
    left = 0
    for row in due + replays(disk, now):
        one = push_row(row, disk)
        if one is None:
            continue
        if len(sent) >= rows:
            left += 1
            continue
        push.setdefault(row["collection"], []).append(one)
        sent.append(row)
    body = {
        "v": 1,
        "device": kv["session"]["device"],
        "clock_ms": now,
        "seq_max": kv.get("seq", 0),
        "max_bytes": 262_144,
        "push": push,
        "pull": pull,
    }
    return body, sent, left


def push_row(row: Doc, disk: dict[str, dict[str, Any]]) -> Doc | None:
    seq = {"seq": row["seq"]} if row.get("seq") else {}
    if row["collection"] == "marks":
        return seq | {"newDocumentState": row["mark"] | {"_deleted": False}}
    if row["collection"] == "photos":
        photo = disk["photos"].get(row["id"])
        if photo is None:
            return None
        fields = {name: photo[name] for name in ("id", "note", "claim", "sha256", "size", "type")}
        return {"newDocumentState": fields | {"_deleted": False}}
    note = disk["notes"].get(row["id"])
    if note is None or "claim" not in note:
        return None
    state = {"id": note["id"], "claim": note["claim"], **note["fields"], "_deleted": bool(note.get("withdrawn"))}
    out = seq | {"newDocumentState": state}
    if "assumed" in note:
        known = {name: value for name, value in note["assumed"].items() if name in OWN}
        out["assumedMasterState"] = {"id": note["id"], **known, "_deleted": False}
    return out


def replays(disk: dict[str, dict[str, Any]], now: int) -> list[Doc]:
    """What is not final goes out again once a day."""
    queued = {row["id"] for row in disk["outbox"].values()}
    found = [
        note
        for note in disk["notes"].values()
        if note["phase"] == "taken"
        and "claim" in note
        and note["id"] not in queued
        and abs(now - note.get("sent", 0)) > DAY_MS
        and note.get("master", {}).get("status") not in FINAL
    ]
    return [
        {"collection": "notes", "id": note["id"], "stamp": "", "at": 0} | ({"seq": note["seq"]} if note["seq"] else {})
        for note in found[:REPLAYS]
    ]


def afresh(disk: dict[str, dict[str, Any]]) -> list[Change]:
    """Everything is pulled from the start: the server no longer knows our cursors."""
    return [("kv", "cps", {}), ("kv", "gen", disk["kv"].get("gen", 0) + 1), ("kv", "cold", list(PULLED))]


class Work:
    """The changes one answer brings, gathered while it is read."""

    def __init__(self, disk: dict[str, dict[str, Any]], now: int) -> None:
        self.disk, self.now = disk, now
        self.notes: dict[str, Doc] = dict(disk["notes"])
        self.photos: dict[str, Doc] = dict(disk["photos"])
        self.out: list[Change] = []
        self.taken = 0

    def changes(self) -> list[Change]:
        put: list[Change] = []
        for shelf, mine in (("notes", self.notes), ("photos", self.photos)):
            put += [(shelf, id, value) for id, value in mine.items() if value is not self.disk[shelf].get(id)]
        return put + self.out

    def digest(self, sent: list[Doc], answer: Doc) -> tuple[list[Change], bool]:
        """The changes, and whether another round is needed."""
        pushed = answer.get("push", {})
        for row in sent:
            masters = pushed.get(row["collection"], ())
            self.receipt(row, next((doc for doc in masters if doc.get("id") == row["id"]), None))
        for wanted in answer.get("uploads", ()):
            photo = self.photos.get(wanted["photo_id"])
            if photo and photo["bytes"]:
                self.photos[photo["id"]] = photo | {
                    "phase": "sending",
                    "state": "expected",
                    "offset": wanted["offset"],
                }
        more = self.news(answer)
        return self.changes(), more

    def receipt(self, row: Doc, master: Doc | None) -> None:
        rejected = master is not None and master.get("status") == "rejected"
        refused = (master or {}).get("reject", {"code": "bad_value"}) if rejected else None
        if refused and refused.get("retry") == "later":
            self.requeue(row, self.now + LATER_MS)
            return
        self.taken += 1
        key = f"{row['collection']}/{row['id']}"
        now = self.disk["outbox"].get(key)
        newer = now is not None and now["stamp"] != row["stamp"]  # changed again while it was on its way
        if now is not None and not newer:
            self.out.append(("outbox", key, None))
        if row["collection"] == "notes":
            self._note_receipt(row["id"], master, refused, newer)
        if row["collection"] == "photos":
            self._photo_receipt(row["id"], master)

    def _note_receipt(self, id: str, master: Doc | None, refused: Doc | None, newer: bool) -> None:
        note = self.notes.get(id)
        if note is None:
            return
        if refused:
            phase = "taken" if note["phase"] == "taken" and not note.get("withdrawn") else "refused"
            self.notes[id] = note | {"phase": note["phase"] if newer else phase, "reject": refused}
            return
        if note.get("withdrawn") and not newer and (master is None or master.get("_deleted")):
            self.forget(note)
            return
        gone = () if newer else ("reject", "assumed", "withdrawn")
        kept = {name: value for name, value in note.items() if name not in gone}
        self.notes[id] = kept | {"phase": "waiting" if newer else "taken", "received": True}
        if master is not None:
            self.note_seen(master, newer)

    def note_seen(self, doc: Doc, newer: bool | None = None) -> None:
        if newer is None:
            newer = f"notes/{doc['id']}" in self.disk["outbox"]
        note = self.notes.get(doc["id"])
        if doc.get("_deleted"):
            if note and (doc.get("status") == "withdrawn" or "claim" not in note) and not newer:
                self.forget(note)
            return
        if note is not None:
            self.notes[doc["id"]] = note | {"master": doc, "received": True}

    def _photo_receipt(self, id: str, master: Doc | None) -> None:
        photo = self.photos.get(id)
        if photo is None:
            return
        self.photos[id] = photo | {"phase": "sending" if photo["bytes"] else "done"}
        if master is not None:
            self.photo_seen(master)

    def photo_seen(self, doc: Doc) -> None:
        photo = self.photos.get(doc["id"])
        if photo is None or doc.get("_deleted") or "state" not in doc:
            return
        after = photo | {"state": doc["state"], "offset": doc.get("offset", photo["offset"])}
        if doc["state"] == "stored":
            after["bytes"] = False
            self.out.append(("bytes", doc["id"], None))
        if "reject" in doc:
            after["reject"] = doc["reject"]
        after["phase"] = "sending" if doc["state"] == "expected" and photo["bytes"] else "done"
        self.photos[doc["id"]] = after

    def requeue(self, row: Doc, at: int) -> None:
        key = f"{row['collection']}/{row['id']}"
        held = self.disk["outbox"].get(key)
        if held is None or held["stamp"] == row["stamp"] or not at:
            self.out.append(("outbox", key, row | {"at": at}))

    def forget(self, note: Doc) -> None:
        self.notes.pop(note["id"], None)
        self.out += [("notes", note["id"], None), ("outbox", f"notes/{note['id']}", None)]
        for photo in [photo for photo in self.photos.values() if photo["note"] == note["id"]]:
            del self.photos[photo["id"]]
            self.out += [(shelf, photo["id"], None) for shelf in ("photos", "bytes")]
            self.out.append(("outbox", f"photos/{photo['id']}", None))

    # ---- what comes besides receipts (pull.ts) ------------------------------------------------------------------

    def news(self, answer: Doc) -> bool:
        pulled = answer.get("pull", {})
        for doc in pulled.get("notes", {}).get("documents", ()):
            if not doc.get("_deleted") and doc["id"] not in self.notes and doc.get("kind"):
                fields = {name: value for name, value in doc.items() if name not in SERVERS}
                self.notes[doc["id"]] = {"id": doc["id"], "fields": fields, "seq": 0, "phase": "taken", "master": doc}
            else:
                self.note_seen(doc)
        for doc in pulled.get("photos", {}).get("documents", ()):
            self.photo_seen(doc)
        missing = answer.get("missing", ())
        for note in list(self.notes.values()):
            if note["phase"] == "taken" and "claim" in note and any(a <= note["seq"] <= b for a, b in missing):
                row = {"collection": "notes", "id": note["id"], "stamp": f"again-{self.now}", "seq": note["seq"]}
                self.requeue(row, 0)
        return self._documents(answer)

    def _documents(self, answer: Doc) -> bool:
        disk, out = self.disk, self.out
        if (answer.get("drop") or answer.get("reset")) and disk["kv"].get("cps"):
            out += afresh(disk)
            return True
        if answer.get("auth") == "expired" or "pull" not in answer:
            return False
        gen, more = disk["kv"].get("gen", 0), False
        cps = dict(disk["kv"].get("cps", {}))
        came: set[str] = set()
        for name, part in answer["pull"].items():
            cps[name] = part["checkpoint"]
            more = more or part["more"]
            for doc in part["documents"] if name in DOCS else ():
                key = f"{name}/{doc['id']}"
                came.add(key)
                out.append(("docs", key, None if doc.get("_deleted") else {"doc": doc, "gen": gen}))
        out.append(("kv", "cps", cps))
        if disk["kv"].get("cold"):
            cold = [name for name in disk["kv"]["cold"] if answer["pull"].get(name, {}).get("more")]
            out.append(("kv", "cold", cold))
            if not cold:
                out += [("docs", key, None) for key, v in disk["docs"].items() if v["gen"] < gen and key not in came]
        return more
