"""In production a server with an unsafe setting does not start; it says why, and what to do, in both languages (S16)."""

import json
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import yaml

from installation import SOTAY
from processes import Child, free_port, is_listening
from server.settings import settings
from server.unsafe import Unsafe, refuse_processes, refuse_settings
from tree import ROOT
from worlds import World, embedded_world

PRODUCTION = {"SOTAY_BASE_URL": "https://sotay.example"}


def run(world: World, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SOTAY, *args], env=world.env | PRODUCTION | env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def ready(tmp_path: Path) -> World:
    """An installation that would start."""
    world = embedded_world(tmp_path)
    done = run(world, "migrate")
    assert done.returncode == 0, done.stderr
    assert "secret" in done.stdout
    return world


def refused(world: World, vi: str, en: str, *args: str, **env: str) -> None:
    """`sotay serve` (or the command in `args`) ends with one sentence in each language, before it listens."""
    done = run(world, *(args or ("serve", "--port", str(free_port()))), **env)
    said = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(said) == 2 and vi in said[0] and en in said[1], done.stderr


def test_1_an_address_without_https(ready: World) -> None:
    refused(ready, "https://", "travel in clear", SOTAY_BASE_URL="http://sotay.example")
    refused(ready, "https://", "travel in clear", SOTAY_BASE_URL="http://127.0.0.1:8000", SOTAY_PRODUCTION="1")


def test_2_no_secret_file(ready: World) -> None:
    (ready.data_dir / "secret").unlink()
    refused(ready, "Thiếu tệp khoá", "is missing")
    refused(ready, "Thiếu tệp khoá", "is missing", "worker")


def test_3_a_secret_file_that_others_may_read(ready: World) -> None:
    for mode in (0o640, 0o604):
        (ready.data_dir / "secret").chmod(mode)
        refused(ready, "chmod 600", "chmod 600")


def test_4_a_short_or_another_secret(ready: World) -> None:
    (ready.data_dir / "secret").write_text("123456\n")
    refused(ready, "ngắn quá", "too short")
    (ready.data_dir / "secret").write_text("y" * 64)
    refused(ready, "không phải tệp đã dùng", "not the one")


def test_5_sample_data(ready: World) -> None:
    done = run(ready, "demo", "--notes", "0", "--json")
    assert done.returncode == 2 and "SOTAY_PRODUCTION=0" in done.stderr
    assert run(ready, "demo", "--notes", "0", "--json", SOTAY_PRODUCTION="0").returncode == 0
    refused(ready, "dữ liệu mẫu", "sample data")


def test_6_several_processes_on_sqlite(ready: World) -> None:
    refused(ready, "một tiến trình", "one process", "serve", "--workers", "2")


def test_7_keys_of_the_store_that_everybody_knows(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "s3+https://{}@store.example/sotay"
    refused(ready, "khoá mặc định", "defaults", SOTAY_MEDIA_URL=url.format("minioadmin:minioadmin"))
    monkeypatch.setenv("SOTAY_BASE_URL", "https://sotay.example")
    monkeypatch.setenv("SOTAY_SECRET_FILE", str(ready.data_dir / "secret"))
    for keys in ("", ":", "AKIAQ7:", ":x8Kd02mVq", "ours:minio123", "same1234:same1234", "Admin:x8Kd02mVq"):
        monkeypatch.setenv("SOTAY_MEDIA_URL", url.format(keys))
        with pytest.raises(Unsafe, match="media_keys"):
            refuse_settings(settings())
    monkeypatch.setenv("SOTAY_MEDIA_URL", url.format("AKIAQ7:x8Kd02mVq"))
    refuse_settings(settings())


def test_8_photos_in_clear_over_a_network(ready: World) -> None:
    url = "s3+http://AKIAQ7:x8Kd02mVq@store.example:9000/sotay"
    refused(ready, "SOTAY_INSIDE_HOSTS", "in clear", SOTAY_MEDIA_URL=url)
    refused(ready, "store.example", "in clear", SOTAY_MEDIA_URL=url, SOTAY_INSIDE_HOSTS="minio other.example:9000")


def test_9_a_database_elsewhere_without_a_password(ready: World) -> None:
    for url in (
        "postgresql://sotay@db.example/sotay",
        "postgresql://db.example/sotay",
        "cockroachdb://sotay:@192.0.2.7/x",
    ):
        refused(ready, "mật khẩu", "has no password", SOTAY_DATABASE_URL=url)


def test_10_a_clock_that_leapt(ready: World) -> None:
    """A dead battery, a mistyped year: the eraser would take everything, and nothing brings it back."""
    assert run(ready, "erase").returncode == 0
    for day in ("2016-01-01", "2036-01-01"):
        with closing(sqlite3.connect(ready.data_dir / "sotay.db")) as database, database:
            database.execute("UPDATE meta SET value = ? WHERE key = 'erased_day'", (day,))
        written = "/".join(reversed(day.split("-")))
        for command in (("serve", "--port", str(free_port())), ("worker",)):
            refused(ready, f"gần nhất là ngày {written}", "last ran on", *command)
        found = json.loads(run(ready, "doctor", "--json").stdout)
        assert {one["about"]: one["state"] for one in found}["leap"] == "bad"
    assert run(ready, "erase").returncode == 0, "whoever knows that the clock is right says so by this"
    found = json.loads(run(ready, "doctor", "--json").stdout)
    assert {one["about"]: one["state"] for one in found}["leap"] == "ok"


@pytest.mark.parametrize(
    "env",
    [
        {"SOTAY_PRODUCTION": "yes"},
        {"SOTAY_TRUSTED_PROXIES": "caddy"},
    ],
)
def test_settings_that_cannot_be_read(ready: World, env: dict[str, str]) -> None:
    done = run(ready, "serve", **env)
    assert done.returncode == 2 and next(iter(env)) in done.stderr


def test_a_safe_one_starts(ready: World) -> None:
    port = free_port()
    server = Child([SOTAY, "serve", "--port", str(port)], ready.data_dir / "server.log", env=ready.env | PRODUCTION)
    try:
        server.wait_ready(lambda: is_listening(port))
        answer = httpx.get(f"http://127.0.0.1:{port}/ready")
        assert answer.status_code == 200 and "strict-transport-security" in answer.headers
    finally:
        server.stop()


def test_what_docker_compose_sets_is_safe(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"SOTAY_DOMAIN": "sotay.example", "SOTAY_DATABASE_PASSWORD": "k3Vd92", "SOTAY_MEDIA_KEY": "Ab12Cd34"}
    given |= {"SOTAY_MEDIA_SECRET": "x8Kd02mVq5"}
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["server"]["environment"]
    for name, value in compose.items():
        filled = re.sub(r"\$\{(\w+)(?::[?-]([^}]*))?\}", lambda found: given.get(found[1], found[2]), value)
        monkeypatch.setenv(name, filled)
    monkeypatch.setenv("SOTAY_SECRET_FILE", str(ready.data_dir / "secret"))
    chosen = settings()
    assert chosen.production and chosen.media_url == "s3+http://Ab12Cd34:x8Kd02mVq5@minio:9000/sotay"
    refuse_settings(chosen)
    refuse_processes(chosen, 2)


@pytest.mark.parametrize(
    ("url", "said", "production"),
    [
        ("http://127.0.0.1:8000", "", False),
        ("http://localhost:8000", "", False),
        ("http://127.0.0.1:8000", "1", True),
        ("https://127.0.0.1:8443", "", True),
        ("http://10.1.2.3:8000", "", True),
        ("https://sotay.example", "", True),
        ("https://sotay.example", "0", False),
    ],
)
def test_what_is_production(monkeypatch: pytest.MonkeyPatch, url: str, said: str, production: bool) -> None:
    """Everything but plain http on this machine, unless it is said."""
    monkeypatch.setenv("SOTAY_BASE_URL", url)
    monkeypatch.setenv("SOTAY_PRODUCTION", said)
    assert settings().production is production
