"""The files of this tree, as git knows them (also those not yet added)."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or could be, committed: nothing ignored. Sorted, relative to ROOT."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(sorted(Path(name) for name in listed if name and (ROOT / name).is_file()))


def matching(*patterns: str) -> list[Path]:
    return [path for path in files() if any(path.match(pattern) for pattern in patterns)]


def text(path: Path) -> str:
    return (ROOT / path).read_text("utf-8")
