"""The change log: the order of commits is the order of numbers, so no reader ever skips a row."""

import ast
import asyncio
import random
from pathlib import Path

from storage.changes import writing
from storage.database import reading
from town import Town

ROOT = Path(__file__).resolve().parents[2]


async def test_readers_never_skip_a_row_under_many_writers(town: Town) -> None:
    rng = random.Random(11)
    streams = ["w:a", "w:b", "w:c"]
    seen: dict[str, list[int]] = {name: [] for name in streams}
    done = asyncio.Event()

    async def write(i: int) -> None:
        for j in range(12):
            async with writing() as w:
                for name in rng.sample(streams, rng.randint(1, 3)):
                    w.put(name, "notes", f"{i}-{j}-{name}")
                await asyncio.sleep(rng.random() / 200)

    async def follow() -> None:
        reached = dict.fromkeys(streams, 0)
        while True:
            last = done.is_set()
            for name in streams:
                async with reading() as conn:
                    rows = await conn.fetch(
                        "SELECT n FROM log WHERE stream = $1 AND n > $2 ORDER BY n", name, reached[name]
                    )
                for row in rows:
                    seen[name].append(row["n"])
                    reached[name] = row["n"]
            if last:
                return
            await asyncio.sleep(0)

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(write(i) for i in range(8)))
    done.set()
    await follower
    async with reading() as conn:
        for name in streams:
            stored = [row["n"] for row in await conn.fetch("SELECT n FROM log WHERE stream = $1 ORDER BY n", name)]
            assert seen[name] == stored == list(range(1, len(stored) + 1))


async def test_the_log_keeps_one_row_a_document_and_stream(town: Town) -> None:
    for _ in range(3):
        async with writing() as w:
            w.put("g", "topics", "x")
    async with writing() as w:
        w.left("g", "topics", "x")
    async with reading() as conn:
        rows = await conn.fetch("SELECT op FROM log WHERE stream = 'g' AND doc = 'x'")
    assert [row["op"] for row in rows] == ["left"]


async def test_nothing_is_published_by_a_failed_transaction(town: Town) -> None:
    async with reading() as conn:
        before = (await conn.fetch("SELECT head FROM streams WHERE name = 'g'"))[0]["head"]
    try:
        async with writing() as w:
            w.put("g", "topics", "x")
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    async with reading() as conn:
        assert (await conn.fetch("SELECT head FROM streams WHERE name = 'g'"))[0]["head"] == before


def test_nobody_writes_the_log_but_publish() -> None:
    """Every SQL text and every use of the log's tables outside of `storage/changes.py` only reads, but for the eraser of
    authors (`notes.forget_author`), which deletes `u:` rows, and of old tombstones (`erase`), which raises the floor."""
    lawful_deletes = {"storage/notes.py", "storage/erase.py"}
    for path in sorted([*ROOT.glob("storage/**/*.py"), *ROOT.glob("admin/*.py"), *ROOT.glob("server/**/*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if name in ("storage/changes.py", "storage/tables.py") or "piccolo_migrations" in name:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                sql = " ".join(node.value.lower().split())
                for verb in ("insert into log", "update log", "insert into streams", "update streams set head"):
                    assert verb not in sql, f"{name}:{node.lineno}"
                if "delete from log" in sql:
                    assert name in lawful_deletes, f"{name}:{node.lineno}"
            if isinstance(node, ast.ImportFrom) and node.module == "storage.tables":
                assert not {alias.name for alias in node.names} & {"LogRow", "Stream"}, name


def test_publishing_is_the_last_thing_a_transaction_does() -> None:
    """`writing` publishes after its block and nothing follows before COMMIT."""
    source = ast.parse((ROOT / "storage/changes.py").read_text(encoding="utf-8"))
    function = next(n for n in ast.walk(source) if isinstance(n, ast.AsyncFunctionDef) and n.name == "writing")
    block = next(n for n in ast.walk(function) if isinstance(n, ast.AsyncWith))
    calls = [ast.unparse(statement) for statement in block.body]
    after = calls[calls.index("await publish(conn, w.pending(), w.now)") + 1 :]
    assert all(call.startswith("fault_points.point(") for call in after), after
