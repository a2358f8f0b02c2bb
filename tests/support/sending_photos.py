"""A phone that sends photos to a real server, once each, and what must be true of the store afterwards."""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from cast import LAN
from pushing_phones import AREAS, Answer, Wire
from storage import bucket, clock, database, photos, uploads
from storage.bucket import Media, media
from storage.database import reading
from town import note, photo_row
from worlds import World

AFTER_LEASES = 200_000  # ms: a lease lasts 90 s


@dataclass
class Shot:
    row: dict[str, Any]
    data: bytes


class PhotoPhone(threading.Thread):
    """Announces a photo with its note, then tries to send the bytes once; what does not go through waits."""

    def __init__(self, url: str, token: str, pictures: list[bytes], pause: float) -> None:
        super().__init__(daemon=True)
        self.wire = Wire(url, token, timeout=5)
        self.pictures, self.pause = pictures, pause
        self.shots: list[Shot] = []
        self.answers: list[Answer] = []
        self.texts: list[Answer] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            data = self.pictures[len(self.shots) % len(self.pictures)]
            sent = note(area=AREAS[LAN])
            row = photo_row(sent, data)
            while True:  # like a phone: again, until there is a receipt
                self.texts.append(self.wire.sync(notes=[sent | {"photos": [row["id"]]}], photos=[row]))
                if self.texts[-1].status == 200:
                    break
                time.sleep(0.1)
            self.shots.append(Shot(row, data))
            self.answers.append(self.wire.tus("PATCH", row["id"], data, Upload_Offset="0"))
            self.stopping.wait(self.pause)
        self.wire.close()

    def waiting(self) -> list[str]:
        """One more try for each photo that is not received; the ids of those that still are not stored."""
        body = {"v": 1, "device": "", "clock_ms": 0, "seq_max": 0, "push": {}, "pull": {"photos": {"limit": 1000}}}
        answer = self.wire.call("POST", "/v1/sync", json.dumps(body).encode(), Content_Type="application/json")
        if answer.status != 200:
            return ["the server"]
        held = {one["id"]: one["state"] for one in json.loads(answer.body)["pull"]["photos"]["documents"]}
        left = [shot for shot in self.shots if held.get(shot.row["id"]) not in ("stored", "rejected")]
        for shot in left:
            if held.get(shot.row["id"]) != "received":
                head = self.wire.tus("HEAD", shot.row["id"])
                if head.status == 200:
                    offset = int(head.headers["upload-offset"])
                    self.wire.tus("PATCH", shot.row["id"], shot.data[offset:], Upload_Offset=str(offset))
        return [shot.row["id"] for shot in left]


async def leftovers(world: World) -> tuple[set[str], set[str]]:
    """Objects that rows name and that are not there; objects that are there, after the sweep, and no row names."""
    bucket.use(Media(bucket.make_bucket(world.media_url)))
    later = clock.now() + AFTER_LEASES
    clock.move(lambda: later)
    try:
        async with database.opened(world.database_url):
            async with reading() as conn:
                named = {row["key"] for row in await conn.fetch('SELECT "key" FROM upload_parts')}
                for row in await conn.fetch("SELECT name FROM photos WHERE state = 'stored'"):
                    named |= set(photos.object_names(row["name"]))
            there = {*await media().keys("raw/"), *await media().keys("photos/")}
            await uploads.sweep(later)
            left = {*await media().keys("raw/"), *await media().keys("photos/")}
    finally:
        clock.move(clock.system)
        media().close()
    return named - there, left - named
