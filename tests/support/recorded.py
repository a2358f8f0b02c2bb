"""What phones of a wire version put on the line, recorded once and played against every later server (R20).

`python tests/support/recorded.py 1` writes `tests/vectors/wire/1.jsonl` anew: the app's own core against the server of
this tree. Do it once for a new version of the wire; a recording of a released version is never made again.
"""

import asyncio
import base64
import json
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_phone import Ask, Heard, Pause
from real_core import Core, CorePhone
from sim_making import make_template, town
from sim_net import Server
from sim_town import BASE
from storage import clock
from tree import ROOT

FOLDER = ROOT / "tests" / "vectors" / "wire"
AREA = "11455-T01"  # of the sample's first account
PLACE = {"kind": "observation", "topic": "10.1", "area": AREA, "day": "2026-11-22", "captured_at": BASE}
OPINION = {"area": "11455-K1", "week": "2026-W47"}
NOTES: list[dict[str, Any]] = [
    PLACE | {"text": "Ngõ ngập sau mưa, nước rút chậm", "reach": "many"},
    PLACE | {"text": "Nắp cống vỡ giữa đường", "urgent": True, "kind": "suggestion"},
    OPINION | {"kind": "question", "topic": "17.1", "text": "Một cửa trả kết quả thứ mấy?", "reach": "some"},
    OPINION | {"kind": "rumour", "topic": "17.1", "text": "Nghe nói chợ sắp dời đi", "heard_via": "market"},
    PLACE | {"text": "Đèn đường tắt ba hôm nay"},
]
EDITED = "Ngõ ngập sau mưa, nước rút hai ngày"  # the first note; the last one is taken back


async def play(phone: CorePhone, server: Server, keep: Callable[[Ask, Heard], None]) -> None:
    """One visit to the network, with everything heard."""
    steps = phone.attempt(force=True)
    heard: Heard | None = None
    while True:
        try:
            step = steps.send(heard)
        except StopIteration:
            return
        heard = None
        if not isinstance(step, Pause):
            heard = await server.call(step)
            keep(step, heard)


async def record(version: int) -> None:
    lines: list[dict[str, Any]] = []

    def keep(ask: Ask, heard: Heard) -> None:
        headers = {name: value for name, value in ask.headers.items() if name != "authorization"}
        one = {"method": ask.method, "path": ask.path, "headers": headers, "body": base64.b64encode(ask.body).decode()}
        lines.append(one | {"status": heard.status})

    with tempfile.TemporaryDirectory() as folder, Core():
        template = await make_template(Path(folder))
        async with town(1, template, Path(folder)) as one:
            phone = CorePhone("recorded", random.Random(version), clock.now)
            phone.enrolled(template.enrolled[0])
            ids = []
            for n, fields in enumerate(NOTES):
                ids.append(phone.save(fields, [random.Random(7).randbytes(20_000)] if n == 0 else []))
            await play(phone, one.server, keep)
            phone.edit(ids[0], EDITED)
            phone.withdraw(ids[4])
            phone.withdraw(phone.save(PLACE | {"text": "Không gửi nữa"}, []))  # leaves a `void` mark
            await play(phone, one.server, keep)
            await play(phone, one.server, keep)  # nothing new
    FOLDER.mkdir(exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (FOLDER / f"{version}.jsonl").write_text(text, encoding="utf-8")
    print(f"{len(lines)} requests, {len(text)} bytes")


if __name__ == "__main__":
    asyncio.run(record(int(sys.argv[1])))
