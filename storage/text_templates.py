"""Text templates of a ward: words the office begins answers with. Free text is never forced into them."""

import uuid
from collections.abc import Sequence

import msgspec

from storage import audit
from storage.changes import Writing
from storage.conn import Conn
from storage.tables_course import TextTemplate
from storage.viewer import Missing, Viewer
from sync.ids import version as id_version

TITLE_MAX, TEXT_MAX = 160, 600


class Template(msgspec.Struct, frozen=True):
    id: str
    ward: str
    title: str
    text: str


async def listing(conn: Conn, wards: Sequence[str]) -> list[Template]:
    rows = await conn.fetch(
        f"SELECT id, ward, title, text FROM text_templates WHERE {conn.among('ward', 1)} ORDER BY title, id LIMIT 200",
        list(wards),
    )
    return [Template(row["id"], row["ward"], row["title"], row["text"]) for row in rows]


async def one(conn: Conn, viewer: Viewer, id: str) -> Template:
    rows = (
        await conn.fetch("SELECT id, ward, title, text FROM text_templates WHERE id = $1", id) if id_version(id) else []
    )
    if not rows or rows[0]["ward"] not in viewer.codes:
        raise Missing
    return Template(rows[0]["id"], rows[0]["ward"], rows[0]["title"], rows[0]["text"])


async def save(w: Writing, viewer: Viewer, ward: str, title: str, text: str, id: str = "") -> None:
    """Makes one, or with `id` replaces its words."""
    if ward not in viewer.codes:
        raise Missing
    if id:
        await one(w.conn, viewer, id)
        await w.conn.fetch("UPDATE text_templates SET title = $2, text = $3 WHERE id = $1", id, title, text)
    else:
        id = str(uuid.uuid4())
        row = {"id": id, "ward": ward, "title": title, "text": text, "written_by": viewer.account, "at": w.now}
        await w.conn.insert(TextTemplate, [row])
    audit.record(w, viewer, "template.saved", id, area=ward)


async def remove(w: Writing, viewer: Viewer, id: str) -> None:
    found = await one(w.conn, viewer, id)
    await w.conn.fetch("DELETE FROM text_templates WHERE id = $1", id)
    audit.record(w, viewer, "template.removed", id, area=found.ward)
