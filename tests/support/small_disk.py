"""A small disk that fills up and gets room again: a memory disk, where one may be mounted (root)."""

import os
import shutil
import subprocess
from pathlib import Path

SIZE = 48 * 1024 * 1024


class SmallDisk:
    """`folder` on a disk of SIZE bytes of its own; `real` is False where nothing may be mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        self.real = os.geteuid() == 0 and subprocess.run(mount, check=False, timeout=20).returncode == 0

    def leave(self, count: int) -> None:
        """Takes room away until about so many bytes are free."""
        with self.ballast.open("ab") as file:
            while (room := shutil.disk_usage(self.folder).free - count) > 0:
                try:
                    file.write(b"\0" * min(room, 1 << 20))
                    file.flush()
                except OSError:
                    break

    def make_room(self) -> None:
        self.ballast.unlink(missing_ok=True)

    def files(self) -> set[str]:
        """What lies on the disk beside what fills it."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")} - {self.ballast.name}

    def end(self) -> None:
        if self.real:
            subprocess.run(["umount", "-l", self.folder], check=True, timeout=20)
