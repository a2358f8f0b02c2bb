"""What a document says in code marks, and what of it does not exist."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from server.cli.main import main
from tree import files, text

SOURCE = r"(?:py|ts|tsx|mjs|md|json|jsonl|csv|html|css|yml|toml|sh|txt)"
FILE = re.compile(rf"[\w.-]+(?:/[\w.-]+)*\.{SOURCE}|(?:[\w.-]+/)*(?:Makefile|Dockerfile|Caddyfile)")
FOLDER = re.compile(r"[\w.-]+(?:/[\w.-]+)*/")
KEPT_ELSEWHERE = {
    "erased/",
    "raw/",
    "window/",
    "audit/",
    "var/",
    ".venv/",
}  # in the object store, and an installation's own


def fenced(document: str, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def spoken(document: str) -> Iterator[str]:
    """What stands in code marks: spans between backticks, and lines of fenced blocks that are no JSON."""
    for block in [block for language in ("", "sh", "console") for block in fenced(document, language)]:
        yield from (line.partition(" #")[0].strip() for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", document, flags=re.MULTILINE | re.DOTALL))


def missing_paths(document: str, folder: Path = Path()) -> list[str]:
    """Files and folders the document names that are not in the tree; links are read from `folder`."""
    known = set(files())
    folders = {f"{parent.as_posix()}/" for path in known for parent in path.parents}
    lost = []
    for name in spoken(document):
        if FILE.fullmatch(name) and Path(name) not in known:
            lost.append(name)
        if FOLDER.fullmatch(name) and name not in folders | KEPT_ELSEWHERE:
            lost.append(name)
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document)
    return lost + [link for link in links if Path(os.path.normpath(folder / link)) not in known]


def missing_commands(document: str) -> list[str]:
    """`sotay …` commands, or their options, that do not exist."""
    lost = []
    for said in spoken(document):
        words = shlex.split(said) if re.match(r"(\.venv/bin/)?sotay ", said) else []
        command: click.Command = main
        for word in words[1:]:
            if word == "…":  # any of them
                break
            if isinstance(command, click.Group) and not word.startswith("--"):
                if word not in command.commands:
                    lost.append(said)
                    break
                command = command.commands[word]
            elif word.startswith("--") and word not in {name for p in command.params for name in p.opts}:
                lost.append(said)
    return lost


def missing_programs(document: str) -> list[str]:
    """Commands of a developer (`.venv/bin/python …`, `.venv/bin/pytest …`, `npm …`) whose file, test or script does not
    exist; a bare `python` or `pytest` is none of this tree's."""
    known = set(files()) | {parent for path in files() for parent in path.parents}
    lost = []
    for said in spoken(document):
        words = [word for word in said.split() if not re.fullmatch(r"[A-Z_]+=\S*", word)]
        program, rest = (words or [""])[0], words[1:]
        paths = [word for word in rest if "/" in word]
        scripts: dict[str, str] = {"install": "", "ci": ""}
        if program == "npm":
            folder = rest[1] if rest[:1] == ["--prefix"] else "phone"
            scripts |= json.loads(text(Path(folder) / "package.json"))["scripts"]
            name = next((word for word in rest[2:] if word != "run"), "")
        if (
            (program in ("python", "python3", "pytest", "mypy", "ruff") and rest)
            or (program in (".venv/bin/python", ".venv/bin/pytest") and not all(Path(path) in known for path in paths))
            or (program == ".venv/bin/python" and not paths and rest[:1] != ["-m"])
            or (program == "npm" and rest and name not in scripts)
        ):
            lost.append(said)
    return lost


def missing_targets(document: str) -> list[str]:
    targets = set(re.findall(r"^([a-z-]+):", text(Path("Makefile")), re.MULTILINE))
    return [name for said in spoken(document) for name in re.findall(r"\bmake ([a-z-]+)", said) if name not in targets]
