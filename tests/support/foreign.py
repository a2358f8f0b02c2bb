"""For tests with clients nobody here wrote: a server as a process, reporters enrolled, a look at what the server holds.

The picture worker does not run, so the bytes of a photo stay as they came and can be compared.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import threading
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from cast import Person
from installation import Installation
from storage import bucket, database, devices, people, secret, uploads
from storage.bucket import Media
from storage.database import reading
from tree import ROOT
from worlds import World

FOLDER = ROOT / "tests" / "foreign"
ENV = os.environ | {
    "PATH": f"{ROOT / '.venv' / 'node' / 'bin'}:{os.environ['PATH']}"
}  # setup.sh may have put one there
T = TypeVar("T")
# for what does not depend on where the server keeps things
one_world = pytest.mark.parametrize("server", ["embedded"], indirect=True, scope="session")


class Behind:
    """A running server and, past its door, its database and store."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.share_secret()
        self.installation = Installation(world)
        self.url = self.installation.url
        self.port = self.installation.port
        self._thread = ThreadPoolExecutor(1)  # Playwright keeps a loop running in the test's own thread

    def start(self) -> None:
        self.installation.start()

    def stop(self) -> None:
        self.installation.server.stop()
        self._thread.shutdown()

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Runs something with the server's database and store open in this process."""

        async def opened() -> T:
            media = Media(bucket.make_bucket(self.world.media_url))
            bucket.use(media)
            secret.use(self.world.secret_file)
            try:
                async with database.opened(self.world.database_url):
                    return await work()
            finally:
                media.close()

        return self._thread.submit(asyncio.run, opened()).result(60)

    def enrol(self, person: Person) -> dict[str, Any]:
        """A new phone of this person: the server's answer to its enrolment."""

        async def code() -> str:
            account = await people.by_login(person.login)
            assert account is not None
            return (await devices.new_code(account.id)).typed

        answer = httpx.post(f"{self.url}/v1/enrol", json={"code": self.run(code), "platform": "other"}, timeout=20)
        return dict(answer.raise_for_status().json())

    def reporter(self, area: str = "11455-T01") -> dict[str, Any]:
        """A phone of an account of its own, so that tests on one server do not see each other's notes."""
        person = Person(f"r-{uuid.uuid4().hex[:12]}", "reporter", (area,), "collaborator")

        async def made() -> None:
            await people.create(person.login, person.role, person.areas, kind=person.kind)

        self.run(made)
        return self.enrol(person)

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        async def rows() -> list[dict[str, Any]]:
            async with reading() as conn:
                return [dict(row) for row in await conn.fetch(statement, *values)]

        return self.run(rows)

    def sha256_held(self, photo: str) -> str | None:
        """Of the bytes the server really holds, read from its store; None while they are not complete."""

        async def held() -> str | None:
            state = await uploads.look(photo)
            found = await uploads.raw_bytes(photo) if state is not None and state.done else None
            return None if found is None else hashlib.sha256(found[0]).hexdigest()

        return self.run(held)

    def offset(self, photo: str) -> int:
        async def held() -> int:
            state = await uploads.look(photo)
            return -1 if state is None else state.offset

        return self.run(held)


def bearer(phone: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {phone['token']}"}


def photo_metadata(data: bytes) -> dict[str, str]:
    """What a stock tus client says at creation. The note may come later."""
    return {
        "photo_id": str(uuid.uuid4()),
        "note": str(uuid.uuid4()),
        "claim": "Ab-_" * 5 + "ab",
        "sha256": hashlib.sha256(data).hexdigest(),
    }


class Talk:
    """A script of tests/foreign that answers one JSON line to each JSON line, until it is closed."""

    def __init__(self, script: str, *, seconds: float = 60) -> None:
        self._process = subprocess.Popen(
            ["node", FOLDER / script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENV
        )
        self._seconds = seconds

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.stdout.close()
        self._process.wait()

    def do(self, command: str, /, **given: Any) -> dict[str, Any]:
        """One command. An error of the script, or no answer in time, is an AssertionError."""
        assert self._process.stdin is not None and self._process.stdout is not None
        patience = threading.Timer(self._seconds, self._process.kill)
        patience.start()
        self._process.stdin.write(json.dumps({"do": command, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        patience.cancel()
        answer = dict(json.loads(line or '{"failed": "ended, or not answered in time"}'))
        assert "failed" not in answer, f"{command}: {answer}"
        return answer


def node(script: str, job: dict[str, Any], *, seconds: float = 60) -> dict[str, Any]:
    """Runs a script of tests/foreign to its end; its answer."""
    done = subprocess.run(
        ["node", FOLDER / script],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=seconds,
        env=ENV,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{script} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout))


def bundle(source: str, folder: Path) -> Path:
    """A page's script built from npm packages; nothing built is committed."""
    out = folder / Path(source).with_suffix(".js").name
    esbuild = FOLDER / "node_modules" / ".bin" / "esbuild"
    subprocess.run(
        [esbuild, FOLDER / source, "--bundle", "--format=iife", "--log-level=error", f"--outfile={out}"],
        env=ENV,
        check=True,
        timeout=60,
    )
    return out
