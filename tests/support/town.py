"""A ward to test in: one of the two worlds with the sample ward and the cast, and phones that speak the wire.

The filled database is made once a run and copied for every test, so a test costs a copy and not a migration.
"""

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cast import CAST, Person
from postgres import Cluster
from server.app import make_app
from server.settings import Settings
from storage import bucket, catalogue, database, devices, month_key, people, sealing, secret, seed
from storage.bucket import Media
from storage.migrate import migrate
from worlds import SECRET, World

TEMPLATE = "sotay_town"


def settings_of(world: World) -> Settings:
    return Settings(
        database_url=world.database_url,
        media_url=world.media_url,
        data_dir=world.data_dir,
        base_url="http://127.0.0.1:8000",
        secret_file=world.secret_file,
        phone_dir=Path(__file__).resolve().parents[2] / "phone" / "dist",
    )


def _secret_in(folder: Path) -> None:
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    secret.use(folder / "secret")


async def fill(database_url: str) -> None:
    """Schema, shipped data, sample ward and cast; `_secret_in` comes before."""
    async with database.opened(database_url):
        catalogue.forget()
        await migrate()
        await sealing.settle()
        await seed.shipped()
        await seed.sample_ward()
        for person in CAST:
            password = person.password if person.role != "reporter" else None
            await people.create(person.login, person.role, person.areas, kind=person.kind, password=password)


async def sqlite_template(folder: Path) -> Path:
    """A filled SQLite file to copy (closed, so its WAL is folded in)."""
    path = folder / "town.db"
    _secret_in(folder)
    await fill(f"sqlite:///{path}")
    return path


async def postgres_template(cluster: Cluster, folder: Path) -> str:
    """A filled database to copy."""
    cluster.create_database(name=TEMPLATE)
    _secret_in(folder)
    await fill(cluster.url(TEMPLATE))
    return TEMPLATE


def note(**fields: Any) -> dict[str, Any]:
    """A place note of group T01 as a phone sends it; any field may be replaced, or left out with None."""
    document = {
        "id": str(uuid.uuid4()),
        "claim": secrets.token_urlsafe(16),
        "kind": "observation",
        "topic": "10.1",
        "area": "11455-T01",
        "text": "Ngõ ngập sau mưa, nước rút chậm",
    } | fields
    return {name: value for name, value in document.items() if value is not None}


def opinion(**fields: Any) -> dict[str, Any]:
    """An opinion note of cluster K1."""
    return note(
        **({"kind": "question", "topic": "17.1", "area": "11455-K1", "text": "Một cửa trả kết quả thứ mấy?"} | fields)
    )


def photo_row(note: dict[str, Any], data: bytes) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "note": note["id"],
        "claim": note["claim"],
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "type": "image/jpeg",
    }


@dataclass
class FieldPhone:
    """A phone that was enrolled: speaks the batch, the plain protocols and tus."""

    http: httpx.AsyncClient
    enrolled: dict[str, Any]
    checkpoints: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    seq: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.enrolled['token']}"}

    async def batch(
        self,
        push: dict[str, list[dict[str, Any]]] | None = None,
        pull: Iterable[str] = (),
        areas: list[str] | None = None,
    ) -> dict[str, Any]:
        """One `POST /v1/sync`; keeps checkpoints and documents like a real phone."""
        rows: dict[str, Any] = {}
        for collection, documents in (push or {}).items():
            rows[collection] = []
            for document in documents:
                row: dict[str, Any] = {"newDocumentState": document}
                if collection == "notes":
                    self.seq += 1
                    row["seq"] = self.seq
                rows[collection].append(row)
        asks = {
            name: {"limit": 1000, **({"cp": self.checkpoints[name]} if name in self.checkpoints else {})}
            for name in pull
        }
        body = {
            "v": 1,
            "device": self.enrolled["device_id"],
            "clock_ms": 0,
            "seq_max": self.seq,
            "push": rows,
            "pull": asks,
            **({} if areas is None else {"areas": areas}),
        }
        answer = (await self.http.post("/v1/sync", json=body, headers=self.headers)).raise_for_status().json()
        for name, page in answer.get("pull", {}).items():
            self.checkpoints[name] = page["checkpoint"]
            for document in page["documents"]:
                self.documents.setdefault(name, {})[document["id"]] = document
        return dict(answer)

    async def push(self, collection: str, *documents: dict[str, Any], assumed: dict[str, Any] | None = None) -> Any:
        rows = [{"newDocumentState": document} for document in documents]
        if assumed is not None:
            rows[0]["assumedMasterState"] = assumed
        answer = await self.http.post(f"/v1/sync/{collection}/push", json=rows, headers=self.headers)
        return answer.raise_for_status().json()

    async def pull(self, collection: str, *, limit: int = 100, cp: Any = None) -> dict[str, Any]:
        params: dict[str, Any] = {"limit": limit}
        if cp is not None:
            params["cp"] = base64.urlsafe_b64encode(json.dumps(cp).encode()).decode().rstrip("=")
        answer = await self.http.get(f"/v1/sync/{collection}/pull", params=params, headers=self.headers)
        return dict(answer.raise_for_status().json())

    async def tus(self, method: str, photo: str, data: bytes = b"", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"Content-Type": "application/offset+octet-stream"} if method == "PATCH" else {}
        return await self.http.request(
            method,
            f"/v1/uploads/{photo}",
            content=data,
            headers=self.headers | {"Tus-Resumable": "1.0.0"} | kind | named,
        )


@dataclass
class Town:
    """The application in a world, in this process."""

    world: World
    http: httpx.AsyncClient

    async def enrol(self, person: Person, platform: str = "android") -> FieldPhone:
        account = await people.by_login(person.login)
        assert account is not None
        code = await devices.new_code(account.id)
        answer = await self.http.post("/v1/enrol", json={"code": code.typed, "platform": platform})
        return FieldPhone(self.http, answer.raise_for_status().json())


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[Town]:
    """The application of a settled world, open in this process."""
    catalogue.forget()
    month_key.forget()
    secret.use(world.secret_file)
    media = Media(bucket.make_bucket(world.media_url))
    bucket.use(media)
    async with database.opened(world.database_url):
        secret.use(settings_of(world).secret_file)
        await sealing.settle()
        app = make_app(settings_of(world), already_open=True)
        # errors become answers as in production; the transport must not raise them into the test
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
            yield Town(world, http)
    media.close()
