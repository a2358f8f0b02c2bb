"""A ward's own short forms over the shipped ones (`sync/synonyms.py`). Nothing is deleted: what is withdrawn can be put back."""

import msgspec

from storage import audit
from storage.catalogue import bump
from storage.changes import Writing
from storage.conn import Conn
from storage.tables_search import Synonym as Row
from storage.viewer import Clash, Missing, Viewer
from sync import synonyms
from sync.fold import fold
from sync.synonyms import Synonym


class Line(msgspec.Struct, frozen=True):
    """A short form as it holds in a ward. `own`: by a row of the ward; `common`: what it stands for elsewhere, if it does."""

    short: str
    long: str
    withdrawn: bool
    own: bool
    common: str = ""


async def _own(conn: Conn, ward: str) -> dict[str, Synonym]:
    rows = await conn.fetch("SELECT short, long, withdrawn FROM synonyms WHERE ward = $1 ORDER BY short", ward)
    return synonyms.merged(Synonym(row["short"], row["long"], bool(row["withdrawn"])) for row in rows)


async def lines(conn: Conn, ward: str) -> list[Line]:
    """Every short form of a ward: those in force, then those withdrawn."""
    common = synonyms.merged(synonyms.shipped(), (await _own(conn, "")).values())
    own = await _own(conn, ward)
    found = [
        Line(
            one.short, one.long, one.withdrawn, one.short in own, common[one.short].long if one.short in common else ""
        )
        for one in (common | own).values()
    ]
    return sorted(found, key=lambda line: (line.withdrawn, not line.own, fold(line.short), line.short))


async def save(w: Writing, viewer: Viewer, ward: str, short: str, long: str) -> None:
    """What a short form stands for in this ward; in place of what it stood for before."""
    known = await _line(w, viewer, ward, short)
    if known is not None and not known.withdrawn and known.long == long:
        return
    await _put(w, ward, Synonym(short, long), known)
    audit.record(w, viewer, "data.synonym", short, area=ward)


async def withdraw(w: Writing, viewer: Viewer, ward: str, short: str) -> None:
    """The short form is an ordinary word in this ward. Raises Clash if somebody else withdrew it."""
    await _turn(w, viewer, ward, short, withdrawn=True)
    audit.record(w, viewer, "data.synonym_gone", short, area=ward)


async def put_back(w: Writing, viewer: Viewer, ward: str, short: str) -> None:
    """What was withdrawn holds again. Raises Clash if it does already."""
    await _turn(w, viewer, ward, short, withdrawn=False)
    audit.record(w, viewer, "data.synonym_back", short, area=ward)


async def _line(w: Writing, viewer: Viewer, ward: str, short: str) -> Line | None:
    if ward not in viewer.codes:
        raise Missing
    await bump(
        w
    )  # first: the row of the catalogue is held until commit, so two who change the list come one after the other
    return next((one for one in await lines(w.conn, ward) if one.short == short), None)


async def _turn(w: Writing, viewer: Viewer, ward: str, short: str, *, withdrawn: bool) -> None:
    known = await _line(w, viewer, ward, short)
    if known is None:
        raise Missing
    if known.withdrawn == withdrawn:
        raise Clash
    await _put(w, ward, Synonym(short, known.long, withdrawn=withdrawn), known)


async def _put(w: Writing, ward: str, one: Synonym, known: Line | None) -> None:
    """A row that says the same as the common list is none."""
    id = f"{ward}:{one.short}"
    if known is not None and one.long == known.common and not one.withdrawn:
        await w.conn.fetch("DELETE FROM synonyms WHERE id = $1", id)
        return
    row = {"id": id, "ward": ward, "short": one.short, "long": one.long, "withdrawn": one.withdrawn}
    await w.conn.insert(
        Row, [row], conflict="ON CONFLICT (id) DO UPDATE SET long = excluded.long, withdrawn = excluded.withdrawn"
    )
