"""Puts the built phone app into the wheel, so that one wheel is the whole product."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

REMEDY = "Chưa có {0}: chạy `make build` trước. / {0} is missing: run `make build` first."


class PhoneApp(BuildHookInterface[Any]):
    """phone/dist becomes server/built/phone. An editable install reads phone/dist where it stands."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        needed = [root / "phone" / "dist" / "index.html"]
        if (root / "admin" / "assets" / "panel.ts").exists():
            needed.append(root / "admin" / "built" / "panel.js")
        for file in needed:
            if not file.exists():
                raise SystemExit(REMEDY.format(file.relative_to(root)))
        build_data["force_include"][str(root / "phone" / "dist")] = "server/built/phone"
