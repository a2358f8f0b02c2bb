"""The words catalogue: one JSON file a language, flat keys, used by server, panel and phone. Vietnamese first."""

from importlib.resources import files
from typing import Literal

import msgspec

Language = Literal["vi", "en"]
Entry = str | dict[str, str]


def _load(language: str) -> dict[str, Entry]:
    return msgspec.json.decode(files("sync").joinpath(f"words/{language}.json").read_bytes(), type=dict[str, Entry])


CATALOGUE: dict[str, dict[str, Entry]] = {"vi": _load("vi"), "en": _load("en")}


def word(language: str, key: str, **values: object) -> str:
    """The sentence for a key, placeholders filled. `n` chooses the plural (`one`/`other`). A missing key raises KeyError."""
    entry = CATALOGUE[language][key]
    if isinstance(entry, dict):
        entry = entry["one" if values.get("n") == 1 and "one" in entry else "other"]
    for name, value in values.items():
        entry = entry.replace("{" + name + "}", str(value))
    return entry


def both(key: str) -> dict[str, str]:
    """A sentence in both languages, as the wire carries it."""
    return {"vi": word("vi", key), "en": word("en", key)}
