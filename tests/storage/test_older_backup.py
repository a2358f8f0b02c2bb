"""R20: a backup that an earlier version wrote comes back, and is one of this version then."""

from pathlib import Path

import msgspec
import pytest

from earlier import VERSIONS, as_set, contents, rows_of, shape
from storage import backup, backup_file, clock, recount, restore
from storage.migrate import pending
from town import opened
from worlds import World


def recorded_backup(file: Path, public: str, version: str) -> None:
    """A backup as an earlier version wrote it."""
    rows = rows_of(version)
    sums = {}
    with backup_file.writing_to(file, backup_file.recipient(public)) as archive:
        steps = sorted(row["name"] for row in rows["migration"])
        header = backup.Header(backup.FORMAT, clock.now(), "earlier", steps)
        archive.add("header.json", msgspec.json.encode(header))
        for name, table in restore.BY_NAME.items():
            if some := [backup.encode(table, row) for row in rows.get(name, [])]:
                one = sums[name] = backup_file.Sum()
                for line in some:
                    one.add(line)
                archive.add(f"rows/{name}/000001", b"\n".join(some))
        manifest = backup.Manifest({name: one.said for name, one in sums.items()}, backup_file.Sum().said)
        archive.add("manifest.json", msgspec.json.encode(manifest))


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_backup_of_an_earlier_version_comes_back(settled: World, version: str, tmp_path: Path) -> None:
    """Its rows, and what the steps since then make of them."""
    file = tmp_path / "ward.sotay"
    public, private = backup_file.make_key()
    key = backup_file.identity(private)
    recorded_backup(file, public, version)
    async with opened(settled):
        fresh = await shape()
        done = await restore.restore(file, key, replace=True)
        assert done.rows == sum(len(rows) for name, rows in rows_of(version).items() if name in restore.BY_NAME)
        assert await shape() == fresh and await pending() == []
        like = {name: rows_of(version)[name] for name in ("accounts", "areas", "issues", "topics", "account_areas")}
        kept = await contents(like)
        for name, rows in like.items():
            assert as_set(rows) == as_set(kept[name]), name
        found = await recount.check()
        assert (found.wrong, found.wrong_sums) == (0, 0) and found.cells
        again = file.with_name("again.sotay")
        await backup.back_up(again, public)
        await restore.restore(again, key, replace=True)
        assert as_set(like["issues"]) == as_set((await contents(like))["issues"])
