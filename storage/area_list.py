"""Areas as officials write them in a table or look for them: by code, or by name without regard to marks and case."""

import re
from collections.abc import Sequence

from storage.catalogue import Catalogue
from sync.mask import fold


def plain(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", fold(words)).strip()


def area_named(world: Catalogue, codes: Sequence[str], said: str) -> list[str]:
    """The open areas among `codes` that are meant by a code or a name; several if a name is not unique."""
    now = world.areas_now()
    wanted = said.strip()
    if wanted in codes and now.is_open(wanted):
        return [wanted]
    name = plain(wanted)
    return [code for code in codes if name and now.is_open(code) and plain(world.tree.by_code[code].name) == name]
