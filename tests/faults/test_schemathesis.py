"""R11: schemathesis, which nobody here wrote, tries the whole OpenAPI document against a running server; all checks."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from litestar.routes import HTTPRoute

from installation import Installation
from pushing_phones import tokens
from server.app import make_app
from server.openapi import document
from tree import ROOT
from worlds import World

CONFIG = Path(__file__).with_name("schemathesis.toml")
ST = Path(sys.executable).with_name("st")
HOOKS = os.environ | {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(ROOT / "tests/support")}
ENDLESS = "/v1/sync/stream"  # lasts 15 minutes; tests/server/test_stream.py


def run(settled: World, examples: int, seconds: int) -> None:
    (token, _), *_ = tokens(settled, 1)
    with Installation(settled) as server:
        url = f"{server.url}/v1/schema/openapi.json"
        assert httpx.get(url).json() == document()
        command = [ST, "--config-file", CONFIG, "run", url, "--checks", "all", "--phases", "examples,coverage,fuzzing"]
        command += ["--max-examples", str(examples), "--seed", "1", "--exclude-path", ENDLESS, "--no-color"]
        command += ["--header", f"Authorization: Bearer {token}", "--max-response-time", "1"]
        done = subprocess.run(
            [str(part) for part in command],
            cwd=settled.data_dir,
            env=HOOKS,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        log = server.server.said()
    print(done.stdout[-1500:])
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-3000:]
    assert "unforeseen" not in log, log[-3000:]


@pytest.mark.timeout(300)
def test_every_answer_is_the_documented_one(settled: World) -> None:
    run(settled, 12, 280)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_every_answer_is_the_documented_one_in_full(settled: World) -> None:
    run(settled, 500, 3500)


def test_every_call_is_in_the_document() -> None:
    """All methods of all addresses for programs; pages for people are not described."""
    served = {
        (one.path.replace(":str", ""), method.lower())
        for one in make_app(already_open=True).routes
        if isinstance(one, HTTPRoute) and not one.path.startswith(("/panel", "/app")) and one.path != "/"
        for handler in one.route_handlers
        if not handler.fn.__module__.startswith("litestar.")
        for method in handler.http_methods
    }
    told = {(path, method) for path, item in document()["paths"].items() for method in item}
    assert {one for one in served if one[1] != "head" or "uploads" in one[0]} == told
