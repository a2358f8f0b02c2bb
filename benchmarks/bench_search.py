"""P10: search without diacritics over 1,000,000 short texts, 114 wards: p95 ≤ 150 ms on PostgreSQL, ≤ 300 ms on SQLite.

`python benchmarks/bench_search.py [TEXTS]`. Issues, answers and notes on the desk, words drawn as languages use them (a few
very often), asked by a ward's first reader and by an officer of the whole city, also while the word is being typed. About
1.5 GB of disk and a few minutes for each database; everything lies in a temporary folder.
"""

import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from postgres import Cluster
from storage import catalogue, database, search, secret, seed
from storage.conn import Conn, Dialect
from storage.migrate import migrate
from storage.viewer import Viewer
from sync import fold, synonyms
from sync.area import AreaTree

TEXTS = 1_000_000
LIMITS: dict[Dialect, int] = {"postgres": 150, "sqlite": 300}
QUERIES = 240
ONSETS = tuple("b c ch d đ g gh gi h k kh l m n ng ngh nh ph qu r s t th tr v x".split())  # noqa: SIM905
RIMES = tuple(
    """a à á ả ã ạ an án ang áng anh ánh ao áo âm ấm ân ấn ât ất âu ấu ăn ắn e é em ém ê ề ế ện i ì í ích in ít o ò ó ong
    óng ô ồ ố ông ống ơ ờ ớ ới ơn u ù ú ung úng ư ừ ứ ương ường ước ượt y ý""".split()  # noqa: SIM905
)
TABLES = {
    "issues": "number ward lane kind topic area title summary status created_at",
    "answers": "id issue issues version topic areas title text status state written_by created_at",
    "notes": "id claim_hash sent_mac lane kind topic area ward text status in_week in_month released pseudonym desk_order",
    "search_texts": "kind doc area words",
}
Rows = dict[str, list[tuple[Any, ...]]]


class Language:
    """Syllables with the weights words have; every word's marks are made once."""

    def __init__(self, dice: random.Random) -> None:
        self.words = [onset + rime for onset in ONSETS for rime in RIMES]
        dice.shuffle(self.words)
        self.weights = [1 / (rank + 3) for rank in range(len(self.words))]
        self.marks = {word: fold.marks([word]).split() for word in self.words}

    def texts(self, dice: random.Random, count: int) -> Iterator[tuple[str, str]]:
        drawn = dice.choices(self.words, self.weights, k=count * 14)
        for n in range(count):
            words = drawn[n * 14 : n * 14 + 14]
            yield " ".join(words), " ".join(sorted({mark for word in words for mark in self.marks[word]}))


def rows(language: Language, dice: random.Random, wards: list[str], first: int, count: int) -> Rows:
    """Of ten texts five are issues, three answers, two notes."""
    made: Rows = {name: [] for name in TABLES}
    number = first
    for n, (text, marks) in enumerate(language.texts(dice, count), first):
        ward, lot = dice.choice(wards), n % 10
        kind = "issue" if lot < 5 else "answer" if lot < 8 else "note"
        if kind == "issue":
            number, doc = n, str(n)
            issue = (n, ward, "place", "observation", "10.1", ward, text[:40], text, "open", 0)
            made["issues"].append(issue)
        else:
            doc = str(uuid.UUID(int=dice.getrandbits(128), version=4))
            told = ("10.1", f'["{ward}"]', text[:40], text, "answered", "draft", "x", 0)
            read = ("place", "observation", "10.1", ward, ward, text, "received", "", "", True, "", n)
            made[f"{kind}s"].append(
                (doc, number, f"[{number}]", 1, *told) if kind == "answer" else (doc, "", "", *read)
            )
        made["search_texts"].append((kind, doc, ward, f"#{kind} @{ward} {marks}"))
    return made


def load_sqlite(path: Path, parts: Iterator[Rows]) -> None:
    raw = sqlite3.connect(path)
    for trigger in ("search_texts_in", "issues_search_insert", "answers_search_insert"):
        raw.execute(f"DROP TRIGGER {trigger}")
    raw.execute("PRAGMA synchronous = OFF")
    for part in parts:
        for table, some in part.items():
            names = TABLES[table].split()
            raw.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", some)
        raw.commit()
    raw.execute("INSERT INTO search_fts (search_fts) VALUES ('rebuild')")
    raw.execute("INSERT INTO search_fts (search_fts) VALUES ('optimize')")
    raw.commit()
    raw.execute("ANALYZE")
    raw.close()


async def load_postgres(url: str, parts: Iterator[Rows]) -> None:
    raw = await asyncpg.connect(url)
    for table in ("issues", "answers"):
        await raw.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    sql = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'search_texts' AND indexdef LIKE '%gin%'"
    indexes = await raw.fetch(sql)
    for index in indexes:
        await raw.execute(f"DROP INDEX {index['indexname']}")
    for part in parts:
        for table, some in part.items():
            await raw.copy_records_to_table(table, records=some, columns=TABLES[table].split())
    await raw.execute("SET maintenance_work_mem = '256MB'")
    for index in indexes:
        await raw.execute(index["indexdef"])
    for table in TABLES:
        await raw.execute(f"VACUUM ANALYZE {table}")
    await raw.close()


def questions(language: Language, dice: random.Random) -> list[str]:
    """Half without diacritics, a third unfinished, of one to three words, common and rare alike."""
    asked = []
    for n in range(QUERIES):
        words = dice.choices(language.words, language.weights if n % 3 else None, k=1 + n % 3)
        text = " ".join(words if n % 2 else map(fold.fold, words))
        asked.append(text[: max(2, len(text) - 2)] if n % 3 == 0 else text)
    return asked


async def work(conn: Conn) -> float:
    """Milliseconds of processor time of this process and of the database's behind this connection: what a machine that has
    nothing else to do would take. On a shared one the time on the clock says more of the others."""
    spent = time.process_time() * 1000
    if conn.dialect == "postgres":
        pid = (await conn.fetch("SELECT pg_backend_pid() AS pid"))[0]["pid"]
        spent += await asyncio.to_thread(_processor_time, pid)
    return spent


def _processor_time(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


async def measure(dialect: Dialect, tree: AreaTree, wards: list[str], asked: list[str]) -> bool:
    reader, officer = Viewer("r", "r", "reader", (wards[0],)), Viewer("o", "o", "officer", ("31", *wards))
    good = True
    for viewer, who in ((reader, "first reader of a ward"), (officer, "officer of the city")):
        took: list[float] = []
        worked: list[float] = []
        hits = 0
        for text in [*asked[:20], *asked]:
            async with database.reading() as conn:
                before, begun = await work(conn), time.perf_counter()
                query = fold.read(text, synonyms.known(synonyms.shipped()).ways)
                found = await search.find(conn, viewer, query, tree, kinds=search.KINDS)
                took.append((time.perf_counter() - begun) * 1000)
                worked.append(await work(conn) - before)
            hits += sum(len(one.hits) for one in found.values())
        p95, cpu = (statistics.quantiles(one[20:], n=20)[-1] for one in (took, worked))
        good &= cpu <= LIMITS[dialect] and hits > 0
        print(
            f"P10 {dialect}, {who}: p50 {statistics.median(took):.0f} ms, p95 {p95:.0f} ms, of that work {cpu:.0f} ms "
            f"(limit {LIMITS[dialect]}), {hits / len(asked):.0f} hits a question",
            flush=True,
        )
    return good


async def search_in(dialect: Dialect, texts: int, folder: Path) -> bool:
    cluster = Cluster() if dialect == "postgres" else None
    path = folder / f"{dialect}.db"
    try:
        url = cluster.url(cluster.create_database()) if cluster else f"sqlite:///{path}"
        catalogue.forget()
        async with database.opened(url):
            await migrate()
            await seed.shipped()
            tree = (await catalogue.catalogue()).tree
        wards = sorted(code for code, area in tree.by_code.items() if area.level == "ward")
        dice = random.Random(7)
        language = Language(dice)
        step = 50_000
        parts = (rows(language, dice, wards, 1 + n, min(step, texts - n)) for n in range(0, texts, step))
        begun = time.perf_counter()
        if cluster:
            await load_postgres(url, parts)
        else:
            load_sqlite(path, parts)
        print(f"P10 {dialect}: {texts:,} texts loaded in {time.perf_counter() - begun:.0f} s", flush=True)
        async with database.opened(url):
            return await measure(dialect, tree, wards, questions(language, random.Random(8)))
    finally:
        if cluster:
            cluster.stop()


async def main(texts: int, folder: Path) -> int:
    (folder / "secret").write_text("s" * 64)
    secret.use(folder / "secret")
    dialects: tuple[Dialect, ...] = ("postgres", "sqlite")
    return 0 if all([await search_in(dialect, texts, folder) for dialect in dialects]) else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sotay-bench-") as name:
        sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TEXTS, Path(name))))
