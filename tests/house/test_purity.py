"""`sync/` is pure: no await, no clock, no chance, no files, no network. What it needs is handed to it."""

import ast
from pathlib import Path

import pytest

from tree import ROOT, matching

IMPURE_MODULES = {
    "asyncio", "http", "io", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "shutil", "socket", "sqlite3",
    "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib",
}  # fmt: skip
IMPURE_CALLS = {
    "open", "input", "print", "exec", "eval", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid4",
    "uuid.uuid4", "uuid1", "uuid.uuid1", "urandom", "getrandbits", "datetime.datetime.now", "datetime.date.today",
}  # fmt: skip
ASYNC = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
SOURCES = [path for path in matching("sync/*.py", "sync/*/*.py") if path.parts[0] == "sync"]


def impurities(source: str) -> list[str]:
    """What a module does that a pure one does not, with line numbers."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ASYNC):
            found.append((node.lineno, "await"))
        elif isinstance(node, ast.Import):
            found += [
                (node.lineno, f"import {name.name}") for name in node.names if name.name.split(".")[0] in IMPURE_MODULES
            ]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in IMPURE_MODULES:
            found.append((node.lineno, f"from {node.module}"))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS:
            found.append((node.lineno, f"{ast.unparse(node.func)}()"))
    return [f"{line}: {what}" for line, what in sorted(found)]


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) >= 10


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_pure(path: Path) -> None:
    assert impurities((ROOT / path).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "async def f(): ...",
        "from datetime import datetime\nx = datetime.now()",
        "import time",
        "from os.path import join",
        "x = open('a')",
    ],
)
def test_the_check_finds(source: str) -> None:
    assert impurities(source) != []
