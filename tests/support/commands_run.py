"""Runs `sotay` commands one after the other in one process, as the command line would: settings from the environment.

`python tests/support/commands_run.py` reads JSON lines `{"words": […], "env": {…}, "folder": "…"}` from standard input and
answers each with `{"status": n, "said": "…"}`. `{"enrol": code}` makes a phone and says what it was told. Starting the
command anew takes a second of processor time each; this takes one in all.
"""

import asyncio
import contextlib
import io
import json
import os
import sys
import traceback

from server.cli.main import entry
from server.opening import opened
from server.settings import settings
from storage import devices, seal_key


def run(words: list[str]) -> tuple[int, str]:
    """Status and what was said on either stream."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    sys.argv = words
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            entry()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            status = 1
    out.seek(0)
    return status, out.read()


async def enrol(code: str) -> str:
    async with opened(settings()):
        made = await devices.redeem(code, "other")
        return json.dumps({"device_id": made.device, "push_token": made.push_token, "seal_key": seal_key.public()})


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        for name in [one for one in os.environ if one.startswith("SOTAY_")]:
            del os.environ[name]
        os.environ.update(asked["env"])
        os.chdir(asked["folder"])
        if "enrol" in asked:
            status, said = 0, asyncio.run(enrol(asked["enrol"]))
        else:
            status, said = run(asked["words"])
        print(json.dumps({"status": status, "said": said}), flush=True)


if __name__ == "__main__":
    main()
