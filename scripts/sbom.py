"""Prints what is inside as a CycloneDX 1.6 document: every package of lock/run.txt and of phone/package-lock.json.

The same lock files give the same bytes. Scope: `required` = runs on the server or in the phone app; `optional` = only on
some machines; `excluded` = builds the phone app and is not part of it. The hashes of Python's files stand in the lock file.
"""

import base64
import json
import re
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ;]+)( ;)?", re.MULTILINE)


def licences(spdx: str | None) -> dict[str, Any]:
    return {"licenses": [{"expression": spdx}]} if spdx else {}


def spoken_licence(name: str) -> str | None:
    """The SPDX expression an installed package declares; None if it declares none or is not for this machine."""
    try:
        return metadata.metadata(name).get("License-Expression")
    except metadata.PackageNotFoundError:
        return None


def python() -> list[dict[str, Any]]:
    pins = PIN.findall((ROOT / "lock/run.txt").read_text())
    return [
        {"type": "library", "name": name, "version": version, "scope": "optional" if only_some else "required",
         "purl": f"pkg:pypi/{name}@{version}"} | licences(spoken_licence(name))
        for name, version, only_some in pins
    ]  # fmt: skip


def npm() -> list[dict[str, Any]]:
    packages: dict[str, dict[str, Any]] = json.loads((ROOT / "phone/package-lock.json").read_text())["packages"]
    found = {}
    for path, one in packages.items():
        if not path or one.get("link"):
            continue
        name = path.rpartition("node_modules/")[2]
        scope = "excluded" if one.get("dev") else "optional" if one.get("optional") else "required"
        digest = base64.b64decode(one["integrity"].partition("-")[2]).hex()
        found[path] = {
            "type": "library", "name": name, "version": one["version"], "scope": scope,
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{one['version']}", "bom-ref": path,
            "hashes": [{"alg": "SHA-512", "content": digest}],
        } | licences(one.get("license"))  # fmt: skip
    return list(found.values())


def document() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    components = python() + npm()
    facts = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, facts)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": project["name"], "version": project["version"]}},
        "components": components,
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=1, ensure_ascii=False))
