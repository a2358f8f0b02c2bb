"""Ten bugs of the kind this product must not have, planted on purpose: a simulation that misses one proves nothing.

A plant is a context manager over a town (for the server) or a kind of phone. Each does what its name says and no more.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, cast
from unittest import mock

from model_phone import ModelPhone
from model_sync import Doc
from server import sync as server_sync
from sim_net import GatedMedia
from sim_town import Town
from storage import changes, uploads
from storage.bucket import media
from storage.changes import Change
from storage.conn import Conn
from storage.database import current, reading
from storage.engine_sqlite import SqliteConn
from storage.tables import LogRow, Stream


class _Undo(Exception):
    pass


# ---- the server -------------------------------------------------------------------------------------------------


@contextmanager
def no_on_conflict(town: Town) -> Iterator[None]:
    """A row that is known already is inserted once more."""
    original = SqliteConn.insert

    async def insert(self: Any, table: Any, rows: Any, conflict: str = "", returning: str = "") -> Any:
        plain = "" if conflict == "ON CONFLICT (id) DO NOTHING" else conflict
        return await original(self, table, rows, plain, returning)

    with mock.patch.object(SqliteConn, "insert", insert):
        yield


@contextmanager
def answer_before_commit(town: Town) -> Iterator[None]:
    """The verdicts are answered at once, what they say is committed two requests later, if the process lives so long."""
    original = server_sync.push
    waiting: list[tuple[Any, Any]] = []
    age: list[int] = []

    async def push(caller: Any, pushed: Any) -> Any:
        masters: Any = {}
        try:
            async with current().writing():
                masters = await original(caller, pushed)
                raise _Undo
        except _Undo:
            waiting.append((caller, pushed))
            age.append(0)
        return masters

    async def commit() -> None:
        age[:] = [calls + 1 for calls in age]
        while age and age[0] > 2:
            age.pop(0)
            await original(*waiting.pop(0))

    def gone() -> None:
        waiting.clear()
        age.clear()

    town.server.before.append(commit)
    town.server.restarted.append(gone)
    with mock.patch.object(server_sync, "push", push):
        yield


@contextmanager
def cursor_by_timestamp(town: Town) -> Iterator[None]:
    """Changes are numbered by the server's clock."""

    async def publish(conn: Conn, some: Any, now: int) -> None:
        rows = sorted(some)
        names = sorted({row.stream for row in rows})
        await conn.insert(
            Stream,
            [{"name": name, "head": now, "floor": 0} for name in names],
            conflict="ON CONFLICT (name) DO UPDATE SET head = max(streams.head, excluded.head)",
        )
        await _log(conn, [_row(row, now, now) for row in rows])

    with mock.patch.object(changes, "publish", publish):
        yield


@contextmanager
def cursor_skips_running(town: Town) -> Iterator[None]:
    """Numbers are taken early; now and then their rows become visible only after somebody read past them."""
    running: list[dict[str, Any]] = []

    async def publish(conn: Conn, some: Any, now: int) -> None:
        rows: list[Change] = sorted(some)
        late = town.rng.random() < 0.3
        log = []
        for row in rows:
            head = await conn.insert(
                Stream,
                [{"name": row.stream, "head": 1, "floor": 0}],
                conflict="ON CONFLICT (name) DO UPDATE SET head = streams.head + 1",
                returning="head",
            )
            log.append(_row(row, head[0]["head"], now))
        if late:
            running.extend(log)
        else:
            await _log(conn, log)

    async def commit() -> None:
        if running:
            async with current().writing() as conn:
                await _log(conn, running)
            running.clear()

    town.server.before.append(commit)
    with mock.patch.object(changes, "publish", publish):
        yield


def _row(change: Change, n: int, now: int) -> dict[str, Any]:
    return {
        "stream": change.stream,
        "collection": change.collection,
        "doc": change.doc,
        "n": n,
        "op": change.op,
        "at": now,
    }


async def _log(conn: Conn, rows: list[dict[str, Any]]) -> None:
    await conn.insert(
        LogRow,
        rows,
        conflict="ON CONFLICT (stream, collection, doc) DO UPDATE SET n = max(log.n, excluded.n), op = excluded.op",
    )


@contextmanager
def all_or_nothing(town: Town) -> Iterator[None]:
    """One refused row undoes its whole batch; only its own verdict is answered."""
    original = server_sync.push

    async def push(caller: Any, pushed: Any) -> Any:
        masters: Any = {}
        try:
            async with current().writing():
                masters = await original(caller, pushed)
                if any(doc.get("status") == "rejected" for docs in masters.values() for doc in docs):
                    raise _Undo
        except _Undo:
            pass
        return masters

    with mock.patch.object(server_sync, "push", push):
        yield


@contextmanager
def object_after_row(town: Town) -> Iterator[None]:
    """The position moves before the part is in the store."""

    put, commit = GatedMedia.put, uploads.Writer.commit
    late: dict[str, bytes] = {}

    async def put_later(self: GatedMedia, key: str, data: bytes) -> None:
        if key.startswith("raw/"):
            late[key] = data
        else:
            await put(self, key, data)

    async def commit_first(self: uploads.Writer, *, more: bool) -> None:
        await commit(self, more=more)
        for key in [key for key in late if key.startswith(f"raw/{self.upload.id}-")]:
            await put(cast(GatedMedia, media()), key, late.pop(key))

    with mock.patch.object(GatedMedia, "put", put_later), mock.patch.object(uploads.Writer, "commit", commit_first):
        yield


@contextmanager
def sweep_ignores_uploads(town: Town) -> Iterator[None]:
    """The sweeper removes what no row names, also while its row is on its way."""

    async def sweep(now: int) -> int:
        stored = await media().keys("raw/")
        async with reading() as conn:
            kept = {row["key"] for row in await conn.fetch('SELECT "key" FROM upload_parts')}
        orphans = [key for key in stored if key not in kept]
        await media().delete(*orphans)
        return len(orphans)

    with mock.patch.object(uploads, "sweep", sweep):
        yield


# ---- the phone --------------------------------------------------------------------------------------------------


class DeletesBeforeReceipt(ModelPhone):
    """Rows leave the queue when they leave the phone."""

    def leaving(self, sent: list[Doc], now: int) -> None:
        super().leaving(sent, now)
        self.write([("outbox", f"{row['collection']}/{row['id']}", None) for row in sent])


class NoRetryOn503(ModelPhone):
    """A 503 ends the matter."""

    def _hang(self, reason: str, tries: int, after: str | None = None) -> str:
        if reason == "busy" and after is not None:
            self.write([("outbox", key, None) for key in list(self.disk["outbox"])])
        return super()._hang(reason, tries, after)


class ReusesNumbers(ModelPhone):
    """The running number lives in memory; after a restart it goes on from what still waits."""

    def reload(self) -> None:
        super().reload()
        waiting = [row.get("seq", 0) for row in self.disk["outbox"].values()]
        self.write([("kv", "seq", max(waiting, default=0))])


def _nothing(town: Town) -> AbstractContextManager[None]:
    return nullcontext()


PLANTS: dict[str, tuple[Callable[[Town], Any], type[ModelPhone]]] = {
    "no ON CONFLICT": (no_on_conflict, ModelPhone),
    "answer before commit": (answer_before_commit, ModelPhone),
    "cursor by timestamp": (cursor_by_timestamp, ModelPhone),
    "cursor skips a running transaction": (cursor_skips_running, ModelPhone),
    "phone deletes before receipt": (_nothing, DeletesBeforeReceipt),
    "batch all-or-nothing": (all_or_nothing, ModelPhone),
    "object after row": (object_after_row, ModelPhone),
    "no retry on 503": (_nothing, NoRetryOn503),
    "running number reused after restart": (_nothing, ReusesNumbers),
    "sweep ignores uploads under way": (sweep_ignores_uploads, ModelPhone),
}
