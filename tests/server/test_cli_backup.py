"""`sotay backup-key`, `backup`, `check-backup`, `restore` as an operator types them, with everything that may be wrong."""

import subprocess
from pathlib import Path

import pytest

from installation import SOTAY
from worlds import World


def sotay(world: World, *args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [SOTAY, *map(str, args)]
    return subprocess.run(command, env=world.env | env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("kind", ["embedded"], indirect=True)
def test_from_a_key_to_a_restored_ward(settled: World, tmp_path: Path) -> None:
    key, file = tmp_path / "offline.key", tmp_path / "ward.sotay"
    refused = sotay(settled, "backup", file)
    assert refused.returncode == 2 and "sotay backup-key" in refused.stderr and not file.exists()

    made = sotay(settled, "backup-key", key)
    assert made.returncode == 0 and key.stat().st_mode & 0o777 == 0o600
    line = made.stdout.strip()
    assert line.startswith("SOTAY_BACKUP_KEY=age1") and "AGE-SECRET-KEY" not in made.stdout + made.stderr
    again = sotay(settled, "backup-key", key)
    assert again.returncode == 2 and str(key) in again.stderr
    public = {"SOTAY_BACKUP_KEY": line.partition("=")[2]}

    wrong = sotay(settled, "backup", file, SOTAY_BACKUP_KEY="age1nonsense")
    assert wrong.returncode == 2 and "age1…" in wrong.stderr
    nowhere = sotay(settled, "backup", tmp_path / "none" / "x.sotay", **public)
    assert nowhere.returncode == 2 and "none" in nowhere.stderr

    done = sotay(settled, "backup", file, **public)
    assert done.returncode == 0, done.stderr
    assert "Đã sao lưu" in done.stdout and "backed up" in done.stdout
    proved = sotay(settled, "check-backup", file, "--key", key)
    assert proved.returncode == 0 and "nguyên vẹn" in proved.stdout, proved.stderr

    kept = sotay(settled, "restore", file, "--key", key)
    assert kept.returncode == 2 and "--replace" in kept.stderr
    back = sotay(settled, "restore", file, "--key", key, "--replace")
    assert back.returncode == 0 and "Đã phục hồi" in back.stdout, back.stderr
    fresh = World("embedded", f"sqlite:///{tmp_path / 'new' / 'sotay.db'}", settled.media_url, tmp_path / "new")
    fresh.data_dir.mkdir()
    fresh.share_secret()
    elsewhere = sotay(fresh, "restore", file, "--key", key)
    assert elsewhere.returncode == 0, elsewhere.stderr

    other = tmp_path / "other.key"
    sotay(settled, "backup-key", other)
    for command in (["restore", "--replace"], ["check-backup"]):
        strange = sotay(settled, command[0], file, "--key", other, *command[1:])
        assert strange.returncode == 2 and "khoá" in strange.stderr.lower(), command
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    broken = sotay(settled, "restore", file, "--key", key, "--replace")
    assert broken.returncode == 2 and "Chưa có gì thay đổi" in broken.stderr
