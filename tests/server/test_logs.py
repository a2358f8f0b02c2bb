"""S11: tokens, PINs, names and phone numbers planted in every input, also where the server fails: none in any log."""

import ast
import asyncio
import json
import logging
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from cast import LAN, MAI, TUAN, Person
from installation import Installation
from names_walked import LOGGERS
from processes import wait_until
from server import logs
from server.app import make_app
from storage import database
from town import note, opinion
from tree import matching, text
from worlds import World

NAME, NUMBER, PIN, TOKEN = "Nguyễn Văn Qzmot", "0912345678", "735192864", "qztokenqztokenqztokenqztokenqztokenqztoken1"
PLANTED = f"{NAME} {NUMBER} {PIN} {TOKEN}"
CANARIES = ("Qzmot", NUMBER, PIN, TOKEN)
KEYS = {"at", "level", "logger", "process", "event", "where", "error", "cause", *logs.FIELDS}


@pytest.fixture
def installation(settled: World) -> Iterator[Installation]:
    with Installation(settled) as running:
        yield running


def written(world: World) -> list[dict[str, Any]]:
    """Every line of both logs: JSON, with listed keys only, and no canary in it."""
    lines = []
    for name in ("server.log", "worker.log"):
        for line in (world.data_dir / name).read_text("utf-8").splitlines():
            assert [one for one in CANARIES if one in line] == [], line
            found = json.loads(line)
            assert set(found) <= KEYS, found
            lines.append(found)
    return lines


def break_things(world: World) -> None:
    """Rows no code expects, with values in them that an exception would carry: the panel and a job of the worker fail."""

    async def there() -> None:
        async with database.opened(world.database_url) as engine:
            await engine.run_ddl(f"UPDATE notes SET photos = '[{TOKEN}', masked = '{{{TOKEN}'")
            await engine.run_ddl(f"UPDATE areas SET successors = '{TOKEN}'")
            await engine.run_ddl("UPDATE meta SET value = 'other' WHERE key = 'catalogue'")
            await engine.run_ddl("ALTER TABLE followers RENAME TO followers_away")

    asyncio.run(there())


def ways() -> Iterator[tuple[str, str]]:
    """Every route, with the planted words wherever its address has a hole."""
    for route in make_app(already_open=True).routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods):
                path = re.sub(r"\{\w+:int\}", "1", route.path)
                yield method, re.sub(r"\{\w+:\w+\}", PLANTED, path)


def try_all(client: httpx.Client, token: str, csrf: str) -> int:
    """Every route with planted words in path, query, headers, cookies, and bodies that are right, wrong and broken."""
    asked = 0
    keys = (
        "title", "text", "summary", "question", "reason", "login", "password", "code", "note", "pick", "into", "unit", "area",
        "from", "to", "due", "outcome", "status", "source", "id", "next", "topic", "kind", "sure",
    )  # fmt: skip
    form = dict.fromkeys(keys, PLANTED) | {"csrf": csrf, "rev": "1", "seen": "1", "platform": "other"}
    row = {"newDocumentState": note(text=PLANTED) | {"name": PLANTED}}
    batch = {
        "v": 1,
        "device": TOKEN,
        "clock_ms": 0,
        "seq_max": 1,
        "push": {"notes": [row | {"seq": 1}]},
        "pull": {PIN: {}},
    }
    bodies: list[dict[str, Any]] = [
        {"data": form},
        {"json": {"code": f"AAAA-{TOKEN}", "platform": PLANTED}},
        {"json": batch},
        {"json": [row, {"newDocumentState": opinion(text=PLANTED)}, {PLANTED: 1}]},
        {"content": f'{{"text": "{PLANTED}"'.encode(), "headers": {"Content-Type": "application/json"}},
        {"content": PLANTED.encode(), "headers": {"Content-Encoding": "gzip"}},
        {"files": {PIN: (NUMBER, PLANTED.encode())}},
    ]
    for method, path in ways():
        if path.endswith(("/stream", "/live", "/sign-out")) or method == "OPTIONS":
            continue
        for sent in bodies if method in ("POST", "PATCH", "PUT") else [{}]:
            for bearer in (token, TOKEN):
                headers = {
                    "Authorization": f"Bearer {bearer}",
                    "X-Note": f"{PIN} {NUMBER}",
                    "Tus-Resumable": "1.0.0",
                    "Upload-Offset": "0",
                    "Upload-Length": PIN,
                    "Upload-Metadata": f"photo_id {TOKEN}",
                    "Sotay-Claim": TOKEN,
                    "User-Agent": f"{NUMBER} {TOKEN}",
                    **sent.get("headers", {}),
                }
                rest = {name: value for name, value in sent.items() if name != "headers"}
                query = {"q": PLANTED, "area": NAME, "cp": TOKEN, "limit": PIN, "topic": NUMBER, "edit": TOKEN}
                client.request(method, path, params=query, headers=headers, **rest)
                asked += 1
    return asked


def sign_in(url: str, person: Person) -> tuple[httpx.Client, str]:
    client = httpx.Client(base_url=url, timeout=30)
    fields = {"login": person.login, "password": person.password, "next": "/panel/desk"}
    for wrong in (PLANTED, person.password):
        csrf = re.search(r'name="csrf" value="(\w+)"', client.get("/panel/sign-in").text)
        assert csrf is not None
        client.post("/panel/sign-in", data=fields | {"password": wrong, "csrf": csrf[1]})
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get("/panel/issues").text)
    assert csrf is not None
    return client, csrf[1]


@pytest.mark.timeout(400)
def test_no_canary_in_any_log(installation: Installation) -> None:
    world, url = installation.world, installation.url
    code = installation.enrolment(LAN.login)["code"]
    phone = httpx.post(f"{url}/v1/enrol", json={"code": code, "platform": "other"}).raise_for_status().json()
    rows = [{"newDocumentState": note(text=f"Cống tắc {n}")} for n in range(3)]
    headers = {"Authorization": f"Bearer {phone['token']}"}
    assert httpx.post(f"{url}/v1/sync/notes/push", json=rows, headers=headers).json() == []
    officials = [sign_in(url, person) for person in (TUAN, MAI)]
    asked = sum(try_all(client, phone["token"], csrf) for client, csrf in officials)
    raw(installation.port)
    break_things(world)
    tuan = officials[0][0]
    for path in ("/panel/desk", f"/panel/desk/{rows[0]['newDocumentState']['id']}", "/panel/?area=11455"):
        assert tuan.get(path, params={"q": PLANTED}, headers={"X-Note": PIN}).status_code == 500
    asked += sum(try_all(client, phone["token"], csrf) for client, csrf in officials)
    wait_until(lambda: "job failed" in (world.data_dir / "worker.log").read_text(), 20, "a job of the worker failed")
    metrics = httpx.get(f"{url}/metrics").text
    assert [one for one in (*CANARIES, phone["token"]) if one in metrics] == []
    lines = written(world)
    assert phone["token"] not in str(lines)
    assert asked > 500
    events = {line.get("event") for line in lines}
    assert {"unforeseen error", "job failed"} <= events, "nothing failed, so nothing was proven"
    assert any(line["where"] for line in lines if line.get("event") == "unforeseen error")
    for client, _ in officials:
        client.close()


def raw(port: int) -> None:
    """What no HTTP library sends: the parser of the server speaks too."""
    for data in (
        f"GET /{TOKEN} HTTP/9.9\r\n{PIN}\r\n\r\n",
        f"{TOKEN}\r\n\r\n",
        f"GET /{PIN}\0 HTTP/1.1\r\nHost: {NUMBER}\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(data.encode())
            line.settimeout(5)
            line.recv(1000)


# ---- the filter itself ------------------------------------------------------------------------------------------


def line_of(name: str, message: str, *args: object, raised: BaseException | None = None, **extra: object) -> str:
    info = (type(raised), raised, raised.__traceback__) if raised else None
    record = logging.LogRecord(name, logging.ERROR, "/x/library.py", 7, message, args, info)  # type: ignore[arg-type]
    record.__dict__.update(extra)
    return logs.Line().format(record)


def test_what_is_not_listed_does_not_pass() -> None:
    try:
        try:
            sqlite3.connect(":memory:").execute(f"SELECT '{PLANTED}' FROM {TOKEN}")
        except sqlite3.OperationalError as inner:
            raise ValueError(PLANTED) from inner
    except ValueError as error:
        lines = [
            line_of("sotay", "unforeseen error", raised=error),
            line_of("asyncio", f"Task exception was never retrieved {PLANTED}", raised=error),
        ]
    lines += [
        line_of("sotay.worker", "sentence %s", PLANTED, job="fold", n=3, note=PLANTED, login=PLANTED),
        line_of("sotay.worker", "sentence", job=PLANTED, n=NUMBER, error=NAME, erased={PLANTED: 1}),
        line_of("uvicorn.error", PLANTED),
        line_of(f"lib.{PLANTED}", "x"),
    ]
    for line in lines:
        assert [one for one in CANARIES if one in line] == [], line
        assert set(json.loads(line)) <= KEYS
    first, second, third, *_ = map(json.loads, lines)
    assert (first["error"], first["cause"], first["event"]) == ("ValueError", "OperationalError", "unforeseen error")
    assert second["where"] == ["library.py:7"] and (third["job"], third["n"]) == ("fold", 3)


def test_every_line_of_ours_is_a_constant_sentence_with_listed_fields() -> None:
    found = 0
    for path in matching("server/**/*.py", "server/*.py", "admin/*.py", "storage/*.py", "sync/*.py"):
        for node in ast.walk(ast.parse(text(path))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGERS):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "log"):
                continue
            found += 1
            where = f"{path}:{node.lineno}"
            assert len(node.args) == 1 and isinstance(node.args[0], ast.Constant), where
            for keyword in node.keywords:
                assert keyword.arg in ("extra", "exc_info"), where
                if keyword.arg == "extra":
                    assert isinstance(keyword.value, ast.Dict), where
                    names = {key.value for key in keyword.value.keys if isinstance(key, ast.Constant)}
                    assert names <= set(logs.FIELDS), where
    assert found >= 6


def test_the_filter_stands_before_every_logger_and_what_nobody_catches(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import logging, sys, threading, warnings\n"
        "logging.basicConfig(level=0)\n"
        "logging.getLogger('early').addHandler(logging.StreamHandler())\n"
        "from server import logs\n"
        "logs.set_up()\n"
        "secret = sys.argv[1]\n"
        "logging.getLogger('early').error(secret)\n"
        "logging.getLogger('late').error('%d', secret)\n"
        "warnings.warn(secret)\n"
        "thread = threading.Thread(target=lambda: int(secret)); thread.start(); thread.join()\n"
        "raise ValueError(secret)\n"
    )
    done = subprocess.run([sys.executable, program, PLANTED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["logger"] for line in lines] == ["early", "late", "py.warnings", "sotay", "sotay"]
    assert [one for one in CANARIES if one in done.stderr] == []
