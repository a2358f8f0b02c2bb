"""Small files, no traps in the layout, no marks of a machine."""

import re
from pathlib import Path

import pytest

from tree import matching, text

LONGEST = 400
SOURCES = [path for path in matching("*.py", "*.ts", "*.tsx", "*.mjs") if "piccolo_migrations" not in path.parts]
# Where a path of a build machine or a registry's host could have slipped in.
WRITTEN = matching(
    "*.md", "*.toml", "*.txt", "*.yml", "*.json", "*.sh", "Makefile", "Dockerfile", "Caddyfile", "*.py", "*.ts", "*.mjs"
)
MACHINE = re.compile(
    r"(?<![\w./-])/(?:work|opt/(?!sotay)|root)/[\w.]"  # folders of a machine
    r"|file:///(?:opt|work|root|home)"
    r"|registry\.npmjs\.org|pypi\.org/simple|files\.pythonhosted\.org|deb\.debian\.org|find-links|extra-index-url"
)
# May name them: this check itself, the script that keeps them out of the lock files, and the command-line help.
EXCEPT = {Path("tests/house/test_files.py"), Path("tests/house/test_locks.py"), Path("scripts/lock.sh")}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_file_is_long(path: Path) -> None:
    assert text(path).count("\n") <= LONGEST


def test_tests_are_no_package() -> None:
    assert [path for path in matching("__init__.py") if path.parts[0] == "tests"] == []


def test_names_of_test_files_are_unique() -> None:
    names = [path.name for path in matching("tests/**/test_*.py", "test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_built_file_is_kept() -> None:
    assert matching("*.min.js", "*.min.css", "*.map", "*.whl", "*.pyc", "*.db") == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in WRITTEN
        if path not in EXCEPT
        for number, line in enumerate(text(path).splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["cd /work/main", "--find-links /x", "see /root/x", "file:///opt/pypi/simple"])
def test_the_check_finds(line: str) -> None:
    assert MACHINE.search(line)
