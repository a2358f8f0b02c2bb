"""P11: what the phone's own sender (phone/src/core, run by Node) puts on the line, against a real server.

`python benchmarks/bench_bytes.py [PHOTO_BYTES]`. Request body and the headers the app sets, of a phone that has synced
before: one note of 120 characters alone, then 20 at once. Then 50 notes and 10 photos over 50 kbit/s and 600 ms.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import httpx

from fault_proxy import Bandwidth, FaultProxy, Latency
from installation import Installation
from storage import database, devices, people, sealing, secret, seed
from storage.changes import writing
from storage.migrate import migrate
from storage.tables import Area
from worlds import World, embedded_world

ROOT = Path(__file__).resolve().parents[1]
GROUP, LONG = "11455-T07", 120
SINGLES = 9
KBIT, ROUND_TRIP, NOTES, PHOTOS = 50, 0.6, 50, 10


def texts(count: int) -> list[str]:
    """Different notes of exactly 120 characters, from the labelled set of the text cleaning (those with nothing in them)."""
    lines = (ROOT / "tests/vectors/mask_labelled.jsonl").read_text(encoding="utf-8").splitlines()
    plain = " ".join(row["text"] for row in map(json.loads, lines) if not row["spans"])
    made = [plain[i * LONG : (i + 1) * LONG] for i in range(count)]
    assert {len(text) for text in made} == {LONG}
    assert len(set(made)) == count
    return made


async def prepare(world: World) -> str:
    secret.use(world.secret_file)
    async with database.opened(world.database_url):
        await migrate()
        await sealing.settle()
        await seed.shipped()
        ward = GROUP.partition("-")[0]
        rows = [(f"{ward}-K2", ward, "cluster"), (GROUP, f"{ward}-K2", "group")]
        async with writing() as w:
            areas = [
                {"code": code, "parent": parent, "level": level, "name": code, "valid_from": "2025-07-01"}
                for code, parent, level in rows
            ]
            await w.conn.insert(Area, areas)
        account = await people.create("bench", "reporter", [GROUP])
        return (await devices.new_code(account.id)).secret


def run_phone(url: str, told: dict[str, Any], visits: list[dict[str, Any]]) -> dict[str, Any]:
    job = {"url": url, "area": GROUP, "visits": visits, "account": told["account"]["id"], "device": told["device_id"]}
    job |= {"token": told["token"], "epoch": told["epoch"]}
    done = subprocess.run(
        ["node", ROOT / "benchmarks/phone.mjs", ROOT],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert all(visit["result"] == "done" for visit in said["visits"]), said
    return said


def weight(requests: list[dict[str, Any]]) -> int:
    return sum(one["body"] + one["headers"] for one in requests)


def words(url: str, told: dict[str, Any]) -> None:
    some = texts(SINGLES + 20)
    visits = [{"texts": []}, *({"texts": [text]} for text in some[:SINGLES]), {"texts": some[SINGLES:]}]
    said = run_phone(url, told, visits)
    assert said["phases"] == ["taken"] * len(some), said["phases"]
    asked = [visit["requests"] for visit in said["visits"][1:]]
    assert {len(requests) for requests in asked} == {1}
    alone = statistics.median(weight(requests) for requests in asked[:SINGLES])
    heads = asked[0][0]["headers"]
    print(
        f"P11 1 note of {LONG} characters: {alone:,.0f} bytes, {heads} of them headers (goal 600), median of {SINGLES}"
    )
    print(f"P11 20 notes of {LONG} characters at once: {weight(asked[-1]):,} bytes (goal 4,200)", flush=True)


def narrow(port: int, told: dict[str, Any], size: int) -> None:
    with FaultProxy(port) as line:
        line.add(*(Bandwidth(way, kb=KBIT / 8) for way in ("up", "down")))
        line.add(*(Latency(way, ms=ROUND_TRIP / 2 * 1000) for way in ("up", "down")))
        laden = {"texts": texts(NOTES), "photos": PHOTOS, "size": size, "url": line.url}
        said = run_phone(f"http://127.0.0.1:{port}", told, [{"texts": []}, laden])
    assert said["states"] == ["received"] * PHOTOS, said["states"]
    assert said["phases"].count("taken") >= NOTES, said["phases"]
    visit = said["visits"][1]
    sent = weight(visit["requests"])
    least = sent / (KBIT * 1000 / 8) + PHOTOS * ROUND_TRIP
    print(
        f"P11 {NOTES} notes + {PHOTOS} photos of {size:,} bytes, {KBIT} kbit/s, {ROUND_TRIP * 1000:.0f} ms: "
        f"{visit['seconds']:.1f} s = {visit['seconds'] / least:.2f} × {least:.1f} s (goal 1.25), {sent:,} bytes, "
        f"{len(visit['requests'])} requests",
        flush=True,
    )


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as folder:
        world = embedded_world(Path(folder))
        code = asyncio.run(prepare(world))
        with Installation(world) as there:
            told = httpx.post(f"{there.url}/v1/enrol", json={"code": code}).json()
            words(there.url, told)
            narrow(there.port, told, size)


if __name__ == "__main__":
    main()
