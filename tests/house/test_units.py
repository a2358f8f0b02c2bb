"""The systemd units of `deploy/systemd/`, as far as they can be checked without systemd."""

import os
import re
import shlex
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from documents import missing_commands
from server.settings import settings
from server.unsafe import refuse_processes, refuse_settings
from tree import ROOT, text

FOLDER = Path("deploy/systemd")
SERVICES = sorted((ROOT / FOLDER).glob("*.service"))
ENV = ROOT / FOLDER / "sotay.env"
# What every process of ours is denied.
WALLS = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "User": "sotay",
    "EnvironmentFile": "/etc/sotay/sotay.env",
}


def read(path: Path) -> ConfigParser:
    unit = ConfigParser(interpolation=None, comment_prefixes="#", strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit


def commands(unit: ConfigParser) -> list[str]:
    said = " ".join(value for key, value in unit["Service"].items() if key.startswith("Exec"))
    return re.findall(r"/opt/sotay/bin/(sotay [^/\"]+)", said)


@pytest.mark.parametrize("path", SERVICES, ids=lambda one: one.stem)
def test_each_runs_what_exists_behind_the_walls(path: Path) -> None:
    unit = read(path)
    found = commands(unit)
    assert found and missing_commands("".join(f"`{one.strip()}`\n" for one in found)) == []
    behind = {name: unit["Service"].get(name) for name in WALLS}
    if path.stem == "sotay-check":  # on another machine, which needs no settings
        behind["EnvironmentFile"] = behind["EnvironmentFile"].removeprefix("-")
    assert behind == WALLS


def test_the_long_running_end_whole_and_come_back() -> None:
    for name in ("server", "worker"):
        service = read(ROOT / FOLDER / f"sotay-{name}.service")["Service"]
        assert (service["KillMode"], service["Restart"]) == ("control-group", "always")
        assert service["ExecStartPre"] == "/opt/sotay/bin/sotay migrate"
    # the picture child leaves the network by a namespace; without one it refuses to decode
    assert service["RestrictNamespaces"] == "user net"


def test_the_settings_shown_are_safe_for_two_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [line for line in ENV.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for name, _, value in (line.partition("=") for line in lines):
        monkeypatch.setenv(name, shlex.split(value)[0] if value else "")
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef" * 4)
    secret.chmod(0o600)
    monkeypatch.setenv("SOTAY_SECRET_FILE", str(secret))
    monkeypatch.setenv("SOTAY_DATA_DIR", str(tmp_path))
    chosen = settings()
    assert chosen.production
    refuse_settings(chosen)
    refuse_processes(chosen, 2)


def test_what_the_units_point_at_is_put_there() -> None:
    paper = text(Path("docs/operations.md"))
    for path in SERVICES:
        for named in re.findall(r"^Documentation=file:(\S+)$", path.read_text("utf-8"), re.MULTILINE):
            assert f" {named}\n" in paper, named


def test_the_private_key_is_nowhere_on_the_server() -> None:
    unit = read(ROOT / FOLDER / "sotay-check.service")
    assert unit["Unit"]["ConditionPathExists"] == "/etc/sotay/offline.key", "it does not run where no key is"
    assert "offline.key" not in "".join(path.read_text() for path in SERVICES if path.stem != "sotay-check")


def test_a_command_in_a_shell_has_the_settings_of_the_services(tmp_path: Path) -> None:
    settings, command = tmp_path / "sotay.env", tmp_path / "sotay"
    settings.write_text(
        "# SOTAY_NOT=1\nSOTAY_TRUSTED_PROXIES=10.0.0.0/8 127.0.0.1/32\nSOTAY_BACKUP_KEY=\nPATH=/nowhere\n"
        'SOTAY_BASE_URL="https://a.example"\nSOTAY_DATABASE_URL=postgresql://a:$b`c`@d/e'
    )
    command.write_text(
        '#!/bin/sh\necho "$#|$1|$SOTAY_TRUSTED_PROXIES|$SOTAY_BASE_URL|$SOTAY_DATABASE_URL|$SOTAY_BACKUP_KEY"\n'
    )
    command.chmod(0o755)
    shipped = (ROOT / FOLDER / "sotay").read_text("utf-8")
    here = tmp_path / "wrapper"
    me = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    here.write_text(
        shipped.replace("as=sotay\n", f"as={me}\n")
        .replace("/etc/sotay/sotay.env", str(settings))
        .replace("/opt/sotay/bin/sotay", str(command))
        .replace(f"installed as /usr/local/bin/{command}", "installed")
    )
    done = subprocess.run(["sh", here, "account list", "x"], capture_output=True, text=True, check=True)
    assert done.stdout == "2|account list|10.0.0.0/8 127.0.0.1/32|https://a.example|postgresql://a:$b`c`@d/e|\n"
    assert os.access(ROOT / FOLDER / "sotay", os.X_OK)


def test_the_proxy_is_told_what_its_file_asks_for() -> None:
    told = dict(re.findall(r"(SOTAY_\w+)=([^\"\n]*)", (ROOT / FOLDER / "caddy-sotay.conf").read_text("utf-8")))
    assert set(told) == set(re.findall(r"\{\$(SOTAY_\w+)", (ROOT / "deploy" / "Caddyfile").read_text("utf-8")))


def test_the_paper_names_every_file() -> None:
    paper = text(Path("docs/operations.md"))
    assert [one.name for one in (ROOT / FOLDER).iterdir() if one.name not in paper] == []
