"""`sotay init` and `sotay doctor`: an installation is begun, examined, broken in each way, and examined again."""

import json
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from installation import SOTAY
from processes import free_port
from server import doctor
from storage import backup_file, clock, secret
from storage.bucket import Media
from storage.catalogue import set_meta
from storage.changes import writing
from storage.objects import StoreAway
from storage.pictures import Darkroom, Waiting
from sync.words import word
from town import Town, settings_of
from worlds import World


def sotay(world: World, *args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [SOTAY, *map(str, args)]
    return subprocess.run(command, env=world.env | env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
def test_env_is_written_once_and_for_its_owner_only(settled: World, tmp_path: Path) -> None:
    folder = tmp_path / "ward"
    for bad in ("ward", "http://10.0.0.1", "a b.vn", "127.0.0.1"):
        refused = sotay(settled, "init", "--domain", bad, "--folder", folder)
        assert refused.returncode == 2 and "https" in refused.stderr and not folder.exists(), bad
    place = ("--domain", "https://SoTay.phuong.example/", "--folder", folder)
    refused = sotay(settled, "init", *place, "--office", "203.0.113.7 vanphong")
    assert refused.returncode == 2 and "vanphong" in refused.stderr and not folder.exists()
    refused = sotay(settled, "init", *place, "--store", "garage")
    assert refused.returncode == 2 and "seaweedfs" in refused.stderr and not folder.exists()
    done = sotay(settled, "init", *place, "--office", "203.0.113.7  10.20.0.0/16", "--store", "seaweedfs")
    assert done.returncode == 0, done.stderr
    env = dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines())
    assert env.pop("SOTAY_DOMAIN") == "sotay.phuong.example"
    assert env.pop("SOTAY_OFFICE") == "203.0.113.7 10.20.0.0/16"
    assert env.pop("COMPOSE_PROFILES") == "seaweedfs" and env.pop("SOTAY_MEDIA_HOST") == "seaweedfs:8333"
    assert set(env) == {"SOTAY_DATABASE_PASSWORD", "SOTAY_MEDIA_KEY", "SOTAY_MEDIA_SECRET", "SOTAY_BACKUP_KEY"}
    assert all(value.isalnum() and len(value) >= 20 for value in env.values()) and len(set(env.values())) == 4
    assert not any(value in done.stdout + done.stderr for value in env.values())
    for name in (".env", "offline.key"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    before = (folder / ".env").read_text()
    again = sotay(settled, "init", "--domain", "b.example.vn", "--folder", folder)
    assert again.returncode == 2 and (folder / ".env").read_text() == before


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
def test_the_command_says_it_in_words(settled: World) -> None:
    said = sotay(settled, "doctor")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "✓ Kho ảnh (file) ghi, đọc và xoá được." in said.stdout
    found = json.loads(sotay(settled, "doctor", "--json").stdout)
    nothing_to_look_at = {"clock", "metrics", "proxy"}  # SQLite has one clock; a laptop no proxy, and here no figures
    assert {one["about"] for one in found} == {
        check.__name__.strip("_") for check in doctor.CHECKS
    } - nothing_to_look_at
    assert len(said.stdout.splitlines()) == len(found)
    settled.secret_file.chmod(0o644)
    broken = sotay(settled, "doctor", "--english")
    assert broken.returncode == 1 and "✗ The secret file" in broken.stdout and "chmod 600" in broken.stdout


def test_without_its_database_it_says_the_rest(settled: World) -> None:
    url = f"postgresql://sotay:x@127.0.0.1:{free_port()}/x"
    said = sotay(settled, "doctor", "--english", SOTAY_DATABASE_URL=url)
    lines = said.stdout.splitlines()
    assert said.returncode == 1 and len(lines) == 1 + len(doctor.WITHOUT_DATABASE) - 2, said.stdout + said.stderr
    assert lines[0].startswith("✗ The database cannot be opened (away") and "✓ The photo store" in lines[1]


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
def test_settings_that_will_not_do_are_said_with_their_remedy(settled: World) -> None:
    wrong = {"SOTAY_METRICS": "9464", "SOTAY_BACKUP_KEY": "age1nonsense", "SOTAY_BASE_URL": "http://ward.example"}
    said = sotay(settled, "doctor", "--english", **wrong)
    assert said.returncode == 1, said.stdout + said.stderr
    for sentence in (
        "✗ A setting is wrong. SOTAY_METRICS",
        "✗ Not a key for backups",
        "✗ Not in production at http://ward",
    ):
        assert sentence in said.stdout, said.stdout
    assert "! SOTAY_TRUSTED_PROXIES is not set" in said.stdout
    named = sotay(settled, "doctor", "--english", SOTAY_TRUSTED_PROXIES="10.0.0.0/8", SOTAY_METRICS="127.0.0.1:8534")
    assert "✓ The trusted proxy is named" in named.stdout and "127.0.0.1:8534" in named.stdout


async def test_what_is_past_its_term_is_bad_in_production(town: Town) -> None:
    public = backup_file.make_key()[0]
    production = {"production": True, "base_url": "https://ward.example", "backup_key": public}
    assert {(await examined(town, **production))[name] for name in ("worker", "backup")} == {"warn"}, "a fresh one"
    clock.move(lambda: clock.system() + 26 * 3_600_000)
    assert {(await examined(town, **production))[name] for name in ("worker", "backup")} == {"bad"}, "never, for a day"
    assert {(await examined(town))[name] for name in ("worker", "backup")} == {"warn"}, "a trial"
    async with writing() as w:
        await set_meta(w.conn, "erased_day", clock.local_day(w.now).isoformat())
        await set_meta(w.conn, "backup_at", str(w.now))
    assert {(await examined(town, **production))[name] for name in ("worker", "backup")} == {"ok"}
    clock.move(lambda: clock.system() + 100 * 3_600_000)
    assert {(await examined(town, **production))[name] for name in ("worker", "backup")} == {"bad"}
    clock.move(clock.system)


async def test_another_secret_file_is_found(town: Town) -> None:
    assert (await examined(town))["mark"] == "ok"
    town.world.secret_file.write_text("z" * 64)
    secret.use(town.world.secret_file)
    assert (await examined(town))["mark"] == "bad"


async def examined(town: Town, **changed: Any) -> dict[str, str]:
    chosen = msgspec.structs.replace(settings_of(town.world), **changed)
    found = [one for check in doctor.CHECKS if (one := await check(chosen)) is not None]
    for one in found:
        for language in ("vi", "en"):
            assert "{" not in word(language, one.key, **one.values)
    return {one.about: one.state for one in found}


async def test_each_thing_that_is_wrong_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    well = await examined(town)
    assert "bad" not in well.values()
    assert {name for name, state in well.items() if state == "warn"} <= {"safety", "worker", "backup", "folder"}
    async with writing() as w:
        await set_meta(w.conn, "erased_day", clock.local_day(clock.now()).isoformat())
        await set_meta(w.conn, "backup_at", str(clock.now()))
    assert {(await examined(town, backup_key=backup_file.make_key()[0]))[name] for name in ("worker", "backup")} == {
        "ok"
    }

    async def away(*args: object) -> None:
        raise StoreAway("down")

    def waiting(self: object) -> None:
        raise Waiting("no faces")

    with monkeypatch.context() as broken:
        broken.setattr(Media, "put", away)
        broken.setattr(Darkroom, "rehearse", waiting)
        broken.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 300 << 20, "total": 1 << 40})())
        broken.setattr("reportlab.pdfbase.ttfonts.TTFont.__init__", waiting)
        found = await examined(town, production=True, base_url="http://ward.example")
    assert {found[name] for name in ("store", "pictures", "safety")} == {"bad"}
    assert {found[name] for name in ("disk", "proxy")} == {"warn"}
    with monkeypatch.context() as broken:
        broken.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1 << 20, "total": 1 << 40})())
        assert (await examined(town))["disk"] == "bad"
    town.world.data_dir.chmod(0o755)
    assert (await examined(town))["folder"] == "warn"
    async with writing() as w:
        sql = "INSERT INTO migration (name, app_name, ran_on) VALUES ('2099', 'storage', CURRENT_TIMESTAMP)"
        await w.conn.fetch(sql)
    assert (await examined(town))["database"] == "bad"
    async with writing() as w:
        await w.conn.fetch("DELETE FROM migration WHERE name >= '2026-11-25'")
    assert (await examined(town))["database"] == "bad"
    later = clock.now() + 3_600_000
    clock.move(lambda: later)
    assert (await examined(town)).get("clock") == (None if town.world.name == "embedded" else "bad")
    clock.move(clock.system)
