"""`sotay audit verify` as operators run it: both languages, where the fault is, and an exit status to rely on."""

import sqlite3
import subprocess
from pathlib import Path

import pytest

from installation import SOTAY
from worlds import World, embedded_world


def verify(world: World) -> tuple[int, str]:
    done = subprocess.run(
        [SOTAY, "audit", "verify"], env=world.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder: Path = tmp_path_factory.mktemp("trail")
    world = embedded_world(folder)
    for command in (("migrate",), ("demo", "--notes", "30"), ("enrol", "ctv01"), ("erase",)):
        subprocess.run([SOTAY, *command], env=world.env, check=True, capture_output=True, timeout=120)
    return world


def change(world: World, sql: str) -> None:
    connection = sqlite3.connect(world.data_dir / "sotay.db")
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_whole_trail_and_a_touched_one(ward: World) -> None:
    status, said = verify(ward)
    assert status == 0 and "Nhật ký nguyên vẹn" in said and "The trail is whole" in said
    assert (ward.data_dir / "secret").stat().st_mode & 0o77 == 0
    change(ward, "UPDATE audit SET subject = 'somebody' WHERE n = 4")
    status, said = verify(ward)
    assert status == 1 and "Dòng 4: đối tượng" in said and "Row 4: subject or detail was edited" in said
    change(ward, "DELETE FROM audit WHERE n = 4")
    status, said = verify(ward)
    assert status == 1 and "Dòng 4–4: đã bị xoá" in said and "Rows 4–4: deleted" in said
    (ward.data_dir / "secret").write_text("another secret " * 4)
    done = subprocess.run(
        [SOTAY, "audit", "verify"], env=ward.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2 and "không phải tệp đã dùng" in done.stderr and done.stdout == "", (
        "another secret proves nothing"
    )
