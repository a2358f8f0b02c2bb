"""A database as a released version left it, recorded once and upgraded by every later version (R20).

`cd TREE && PYTHONPATH=$PWD python …/tests/support/recorded_schema.py` writes `tests/vectors/schema/<last migration>/` with the
code of that tree: `sqlite.sql`, `postgres.sql` (schema), `rows.jsonl` (sample data, `[table, row]` a line) and `phone.json`
(a phone that was enrolled and has pushed). Do it once when a version is released; a recording is never made again.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from postgres import Cluster
from processes import Child, free_port
from tree import ROOT
from worlds import SECRET

FOLDER = ROOT / "tests" / "vectors" / "schema"
COMMAND = [sys.executable, "-m", "server.cli"]
LATER = ("sessions", "enrolments", "openings", "attempts")  # live minutes: nothing that a release leaves behind
NOTES = ("Ngõ ngập sau mưa, nước rút chậm", "Nắp cống vỡ giữa đường")


def run(*args: str, env: dict[str, str]) -> str:
    done = subprocess.run([*COMMAND, *args], env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(folder: Path, database: str) -> dict[str, str]:
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    base = {key: value for key, value in os.environ.items() if not key.startswith("SOTAY_")}
    return base | {"SOTAY_DATA_DIR": str(folder), "SOTAY_DATABASE_URL": database}


def enrolled(env: dict[str, str], code: str, area: str, folder: Path) -> dict[str, Any]:
    """A phone of that tree's server, with two notes."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = Child([*COMMAND, "serve", "--port", str(port)], folder / "log", env=env | {"SOTAY_BASE_URL": url})

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/ready", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False

    server.wait_ready(ready)
    try:
        answer = httpx.post(f"{url}/v1/enrol", json={"code": code, "platform": "android"}).raise_for_status()
        phone = dict(answer.json())
        notes = [
            {"id": f"7d0c1f52-0000-4000-8000-00000000000{n}", "claim": f"c2NoZW1hcy1yZWNvcmRl{n}A", "kind": "observation",
             "topic": "10.1", "area": area, "text": text} for n, text in enumerate(NOTES)
        ]  # fmt: skip
        rows = [{"newDocumentState": one, "seq": n + 1} for n, one in enumerate(notes)]
        body = {"v": 1, "device": phone["device_id"], "clock_ms": 0, "seq_max": 2, "push": {"notes": rows},
                "pull": {"notes": {"limit": 1000}}}  # fmt: skip
        headers = {"Authorization": f"Bearer {phone['token']}"}
        got = httpx.post(f"{url}/v1/sync", json=body, headers=headers, timeout=30).raise_for_status().json()
        assert "push" not in got, got
    finally:
        server.stop()
    return {"token": phone["token"], "device_id": phone["device_id"], "account": phone["account"], "notes": notes,
            "checkpoint": got["pull"]["notes"]["checkpoint"]}  # fmt: skip


def rows_of(path: Path) -> list[str]:
    lines = []
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        names = [
            row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        for name in names:
            if name.startswith(("sqlite_", "search_")) or name in LATER:
                continue
            # The sample's passwords are of nobody, but nothing that looks like a secret stands in the tree.
            found = [
                json.dumps([name, _without_password(dict(row))], ensure_ascii=False)
                for row in database.execute(f'SELECT * FROM "{name}"')
            ]
            lines += sorted(found)
    return lines


def _without_password(row: dict[str, Any]) -> dict[str, Any]:
    return {key: None if str(value).startswith("$argon2") else value for key, value in row.items()}


def schema_of_sqlite(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE 'search_fts_%' ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name"
        )
        return "".join(f"{sql};\n" for (sql,) in found)


def schema_of_postgres(cluster: Cluster, url: str) -> str:
    said = cluster._run("pg_dump", "--schema-only", "--no-owner", "--no-privileges", url)
    kept = [line for line in said.splitlines() if not re.match(r"--|SET |SELECT pg_catalog|\\|$", line)]
    return "\n".join(kept) + "\n"


def record() -> None:
    cluster = Cluster()
    try:
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home)
            env = environment(folder, f"sqlite:///{folder}/sotay.db")
            run("migrate", env=env)
            made = json.loads(run("demo", "--notes", "60", "--seed", "7", "--json", env=env))
            first = next(one for one in made["accounts"] if one["role"] == "reporter")
            phone = enrolled(env, first["enrol_code"], first["area"], folder)
            database = cluster.create_database()
            run("migrate", env=environment(folder, cluster.url(database)))
            rows = rows_of(folder / "sotay.db")
            last = max(json.loads(line)[1]["name"] for line in rows if line.startswith('["migration"'))
            target = FOLDER / last.replace(":", "")
            target.mkdir(parents=True)
            (target / "sqlite.sql").write_text(schema_of_sqlite(folder / "sotay.db"), encoding="utf-8")
            (target / "postgres.sql").write_text(schema_of_postgres(cluster, cluster.url(database)), encoding="utf-8")
            (target / "rows.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
            (target / "phone.json").write_text(json.dumps(phone, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    finally:
        cluster.stop()
    print(target.relative_to(ROOT), len(rows), "rows")


if __name__ == "__main__":
    record()
