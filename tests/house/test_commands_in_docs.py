"""The commands of the documents work: each is run, in the order of its document, in an installation of its own.

Run are the lines of fenced `sh` and `console` blocks, and every `sotay …` in code marks that is whole (a bare
`sotay serve` is a name, which `test_docs.py` looks up). Capitals such as LOGIN stand for what the reader puts there.
"""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import click
import pytest

from documents import fenced, missing_commands, missing_targets
from sealing import Sealer, rescue_file
from server.cli.main import main
from town import note
from tree import ROOT, matching, text
from worlds import embedded_world

PAPERS = [Path("README.md"), *matching("docs/*.md")]
SOTAY = re.compile(r"(?:\.venv/bin/)?sotay(?= |$)")

# A command of ours inside such a line: in a container, in a shell of its own, by the image.
INSIDE = re.compile(r"(?:\bserver (?!sh )(?:sotay )?|'sotay |\bsotay:[\d.]+ )([a-z][a-z-]* [^'\n]*)")

# What another machine, another right or more time is needed for. Its `sotay` commands and `make` targets are looked up.
ELSEWHERE = {
    "make": "sets up, builds, serves or tests: what stands behind a target is tested by `make test` itself",
    "docker": "needs a Docker daemon and images from a registry",
    "systemctl": "needs a machine that systemd runs",
    "journalctl": "as systemctl",
    "sudo": "changes the machine",
    "apt-get": "installs on the machine",
    "git": "reaches for the repository's server",
    "age": "another project's tool, on the machine with the key",
    "sotay serve": "does not end by itself; tests/server/ and tests/journeys/ run it",
    "sotay worker": "as serve",
    "sotay migrate --back-to": "belongs before installing an earlier version",
    "sotay demo": "the sample all other commands here are run on",
}
# Ends with 1 where it has something to say, which it has on a machine without a backup and a worker.
MAY_SAY = {"sotay doctor": (0, 1)}
# What stands in for a reader's own, by the beginning of the command.
STAND_INS = {
    "sotay account add": {"LOGIN": "{new}"},
    "sotay account reset": {"LOGIN": "donvi"},
    "sotay account disable": {"LOGIN": "ctv11"},
    "sotay enrol": {"LOGIN": "ctv10"},
    "sotay device revoke": {"ID": "{device}"},
    "sotay copy-store": {"FROM": "file://{folder}/var/media"},
    "sotay areas import": {"FILE": "areas.csv"},
    "sotay rescue import": {"FILE": "rescue.txt"},
    "sotay check-backup": {"FILE": "{backup}"},
    "sotay restore": {"FILE": "{backup}"},
}
AREAS = "code,parent,level,name\n11455-T21,11455-K1,group,Tổ dân phố mẫu 21\n"


def lines(document: str) -> Iterator[str]:
    """The commands of a document in its order."""
    found: list[tuple[int, str]] = []
    for language in ("sh", "console"):
        for block in fenced(document, language):
            start = document.index(block)
            whole = block.replace("\\\n", " ").splitlines()
            said = [line.removeprefix("$ ") for line in whole if language == "sh" or line.startswith("$ ")]
            found += [(start + at, re.sub(r"(^|\s)#.*", "", line).strip()) for at, line in enumerate(said)]
    outside = re.sub(r"^```.*?^```$", lambda block: " " * len(block[0]), document, flags=re.MULTILINE | re.DOTALL)
    found += [(span.start(), span[1]) for span in re.finditer(r"`([^`\n]+)`", outside) if SOTAY.match(span[1])]
    yield from (line for _, line in sorted(found) if line)


def is_elsewhere(line: str) -> bool:
    return any(line == one or line.startswith(f"{one} ") for one in ELSEWHERE)


def is_whole(words: list[str]) -> bool:
    """False for a mere name: a group, or a command that lacks an argument."""
    command: click.Command = main
    rest = words[1:]
    while isinstance(command, click.Group):
        if not rest or rest[0] not in command.commands:
            return False
        command, rest = command.commands[rest[0]], rest[1:]
    try:
        command.make_context(words[-1], list(rest))
    except click.MissingParameter:
        return False
    except click.UsageError:
        return True  # it will say so itself
    return True


class Machine:
    """An installation with a sample ward in a folder of its own, and a process that runs `sotay` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        world = embedded_world(folder / "var")
        self.env = {key: value for key, value in world.env.items() if not key.startswith("SOTAY_")}
        self.told = {"SOTAY_DATA_DIR": str(folder / "var"), "SOTAY_BASE_URL": "http://127.0.0.1:8000"}
        self.stand_ins = {"new": "", "device": "", "backup": "", "folder": str(folder)}
        self.made = 0

    def __enter__(self) -> Self:
        for name in ("var", "backups", "new", "scratch"):
            (self.folder / name).mkdir()
        (self.folder / ".venv").symlink_to(Path(sys.prefix))
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "support" / "commands_run.py")],
            env=self.env | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ask(words=["sotay", "migrate"])
        accounts = json.loads(self.ask(words=["sotay", "demo", "--notes", "6", "--json"])["said"])["accounts"]
        codes = {one["login"]: one["enrol_code"] for one in accounts}
        phone = json.loads(self.ask(enrol=codes["ctv01"])["said"])
        self.stand_ins["device"] = phone["device_id"]
        (self.folder / "areas.csv").write_text(AREAS, "utf-8")
        (self.folder / "rescue.txt").write_bytes(rescue_file([Sealer(phone).row("notes", note(area="11455-T01"), 1)]))
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def ask(self, folder: Path | None = None, **what: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"env": self.told, "folder": str(folder or self.folder)} | what
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def filled(self, line: str) -> str:
        """The line with what its reader would have put there."""
        beginning = next((one for one in STAND_INS if line.startswith(f"{one} ")), "")
        self.made += 1
        self.stand_ins["new"] = f"moi-{self.made}"
        for name, value in STAND_INS.get(beginning, {}).items():
            line = re.sub(rf"\b{name}\b", value.format(**self.stand_ins), line)
        return re.sub(r"(?<=\s)/backups/", f"{self.folder}/backups/", line)

    def run(self, line: str) -> tuple[int, str]:
        """Status and output. Bash expands what it would expand."""
        line = self.filled(SOTAY.sub("sotay", line, count=1))
        if not line.startswith("sotay "):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", line],
                cwd=self.folder,
                env=self.env | self.told | {"PATH": f"{self.folder}/.venv/bin:{self.env['PATH']}"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            return done.returncode, done.stdout + done.stderr
        spoken = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True)
        words = spoken.stdout.split("\0")[:-1]
        folder = self.folder / "scratch" if words[1] == "init" else None  # it makes an installation of its own
        if words[1] == "restore":
            self.told |= {
                "SOTAY_DATA_DIR": str(self.folder / "new"),
                "SOTAY_SECRET_FILE": str(self.folder / "var" / "secret"),
            }
        answer = self.ask(folder, words=words)
        if words[1] == "backup-key":
            self.told |= dict(re.findall(r"(SOTAY_BACKUP_KEY)=(\S+)", answer["said"]))
        if words[1] == "backup":
            self.stand_ins["backup"] = words[2]
        return answer["status"], answer["said"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with Machine(tmp_path_factory.mktemp("machine")) as running:
        yield running


@pytest.fixture(scope="module")
def ran() -> set[str]:
    """What was run already: a command that two documents name is run once."""
    return set()


@pytest.mark.parametrize("paper", PAPERS, ids=str)
def test_commands_run(paper: Path, machine: Machine, ran: set[str]) -> None:
    failed = []
    for line in dict.fromkeys(lines(text(paper))):
        plain = SOTAY.sub("sotay", line, count=1)
        if is_elsewhere(plain):
            assert missing_commands("".join(f"`sotay {one}`\n" for one in INSIDE.findall(plain))) == []
            assert missing_targets(f"`{line}`") == []
            continue
        if plain in ran or (SOTAY.match(plain) and not is_whole(shlex.split(plain))):
            continue
        ran.add(plain)
        status, said = machine.run(line)
        if status not in MAY_SAY.get(" ".join(plain.split()[:2]), (0,)):
            failed.append(f"{line}\n  status {status}: {said[-700:]}")
    assert failed == []


def test_the_operators_commands_were_among_them(ran: set[str]) -> None:
    assert len(ran) >= 20
    assert any(one.startswith("sotay restore ") for one in ran)


def test_finds_commands_in_their_order() -> None:
    document = (
        "`sotay pin`\n\n```sh\nmake run   # so\nsotay backup \\\n x\n```\n```console\n$ sotay erase\ndone\n```\n`sotay`"
    )
    assert list(lines(document)) == ["sotay pin", "make run", "sotay backup   x", "sotay erase", "sotay"]


def test_finds_our_commands_in_lines_for_elsewhere() -> None:
    said = (
        "docker compose exec -T server sh -c 'sotay backup /backups/$(date +%F).sotay'",
        "docker compose exec server sotay account add LOGIN --role reader",
        "docker run --rm -it sotay:0.1.0 init --domain x",
        "docker compose run --rm -v /a:/b server restore FILE --key K",
        "sudo -u postgres createdb --owner sotay --encoding UTF8 sotay",
        "docker build -t sotay:0.1.0 .",
    )
    found = [one.split()[0] for line in said for one in INSIDE.findall(line)]
    assert found == ["backup", "account", "init", "restore"]


def test_tells_commands_from_names() -> None:
    said = ("sotay enrol X", "sotay erase", "sotay enrol", "sotay account", "sotay")
    assert [one for one in said if is_whole(shlex.split(one))] == ["sotay enrol X", "sotay erase"]
