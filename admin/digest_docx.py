"""The digest as DOCX: a template with named places, filled: the shipped one (`admin/digest_template.py`) or a ward's own.

A place is `{{NAME}}` anywhere in the text, also in tables, header and footer; what stands there keeps its format. The body
takes font and size from the paragraph of `{{NOI_DUNG}}`.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from admin.digest import Block, Digest
from admin.digest_form import DRAFT, TITLE, BadTemplate, Letterhead

NEEDED = ("CO_QUAN", "NGAY", "TRICH_YEU", "NOI_DUNG")
PLACES = (*NEEDED, "CAP_TREN", "SO")
PLACE = re.compile(r"\{\{\s*([^{}]{1,40}?)\s*\}\}")
MOST_BYTES = 4 << 20
# Parts of a ward's template that may name who wrote it, and are of no use here.
PERSONAL = re.compile(r"docProps/(custom\.xml|thumbnail\..*)|word/(people|comments\w*)\.xml")


def fill(template: bytes, digest: Digest, head: Letterhead) -> bytes:
    """The document. The same digest and template give the same bytes. Raises BadTemplate."""
    document = _open(template)
    paragraphs = list(_paragraphs(document))
    names = {match[1] for paragraph in paragraphs for match in PLACE.finditer(paragraph.text)}
    if missing := sorted(set(NEEDED) - names):
        raise BadTemplate("panel.digest.template.missing", names=", ".join(f"{{{{{name}}}}}" for name in missing))
    if unknown := sorted(names - set(PLACES)):
        raise BadTemplate("panel.digest.template.unknown", names=", ".join(f"{{{{{name}}}}}" for name in unknown))
    values = {
        "CAP_TREN": head.upper,
        "CO_QUAN": "\n".join(head.organ),
        "SO": head.number,
        "NGAY": head.day,
        "TRICH_YEU": digest.subject,
    }
    for paragraph in paragraphs:
        if _places(paragraph) == ["NOI_DUNG"]:
            _body(document, paragraph, digest.blocks)
        elif _places(paragraph):
            _replace(paragraph, values)
    _properties(document, digest, head)
    out = io.BytesIO()
    document.save(out)
    return _settled(out.getvalue())


def _open(template: bytes) -> Doc:
    if len(template) > MOST_BYTES:
        raise BadTemplate("panel.digest.template.unreadable")
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as archive:
            if sum(one.file_size for one in archive.infolist()) > 10 * MOST_BYTES:
                raise BadTemplate("panel.digest.template.unreadable")
            parts = {name: archive.read(name) for name in archive.namelist() if name.endswith(".xml")}
        document = Document(io.BytesIO(template))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BadTemplate("panel.digest.template.unreadable") from error
    if any(re.search(rb"""<w:(ins|del|moveFrom|moveTo|comment)\b[^>]*\bw:author=""", data) for data in parts.values()):
        raise BadTemplate("panel.digest.template.tracked")
    return document


def _paragraphs(document: Doc) -> Iterator[Paragraph]:
    """All of them: body, tables in tables, headers and footers."""
    parts: list[Any] = [document.element.body]
    for section in document.sections:
        kinds = (section.header, section.footer, section.first_page_header, section.first_page_footer)
        parts += [one._element for one in kinds if not one.is_linked_to_previous]
    for part in parts:
        for element in part.iter(qn("w:p")):
            yield Paragraph(element, document._body)


def _places(paragraph: Paragraph) -> list[str]:
    return [match[1] for match in PLACE.finditer(paragraph.text)]


def _replace(paragraph: Paragraph, values: dict[str, str]) -> None:
    """Word cuts a text into runs as it likes: the value stands where the place began, in the format it had there."""
    while match := PLACE.search(paragraph.text):
        text, at = values[match[1]], 0
        for run in paragraph.runs:
            start, end = at, at + len(run.text)
            at = end
            if end <= match.start() or start >= match.end():
                continue
            before = run.text[: max(0, match.start() - start)]
            after = run.text[match.end() - start :] if end > match.end() else ""
            run.text = before + text + after
            text = ""
    if not paragraph.text.strip() and len(list(paragraph._p.getparent().iterchildren(qn("w:p")))) > 1:
        paragraph._p.getparent().remove(paragraph._p)


def _body(document: Doc, place: Paragraph, blocks: tuple[Block, ...]) -> None:
    pattern = deepcopy(place._p)
    runs = place.runs
    look = deepcopy(runs[0]._r.rPr) if runs and runs[0]._r.rPr is not None else None
    for block in blocks:
        if block.kind == "table":
            place._p.addprevious(_table(document, block, look))
            place._p.addprevious(_paragraph(pattern, "", look, document)._p)
        else:
            made = _paragraph(pattern, f"- {block.text}" if block.kind == "item" else block.text, look, document)
            for run in made.runs:
                run.bold = block.kind in ("heading", "subheading") or None
                run.italic = block.kind == "last" or None
            if block.kind in ("heading", "subheading", "last"):  # the foot never stands alone on a page
                made.paragraph_format.keep_with_next = True
            place._p.addprevious(made._p)
    place._p.getparent().remove(place._p)


def _paragraph(pattern: Any, text: str, look: Any, document: Doc) -> Paragraph:
    made = Paragraph(deepcopy(pattern), document._body)
    for child in list(made._p):
        if child.tag != qn("w:pPr"):
            made._p.remove(child)
    if text:
        _styled(made.add_run(_plain(text)), look)
    return made


def _styled(run: Run, look: Any) -> None:
    if look is not None:
        run._r.insert(0, deepcopy(look))


def _plain(text: str) -> str:
    """What XML cannot hold is left out."""
    return "".join(char for char in text if char in "\n\t" or ord(char) >= 32)


def _table(document: Doc, block: Block, look: Any) -> Any:
    columns = len(block.rows[0])
    table = document.add_table(len(block.rows), columns)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _lines(table, "single")
    section = document.sections[0]
    room = (section.page_width or Mm(210)) - (section.left_margin or 0) - (section.right_margin or 0)
    widths = [int(room * share) for share in _shares(columns)]
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for n, row in enumerate(block.rows):
        for cell, text, width in zip(table.rows[n].cells, row, widths, strict=True):
            cell.width = width
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(_plain(text))
            _styled(run, look)
            run.bold = n == 0 or None
            paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(2)
    head = table.rows[0]._tr.get_or_add_trPr()
    head.append(OxmlElement("w:tblHeader"))
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    element = table._tbl
    element.getparent().remove(element)
    return element


def _shares(columns: int) -> list[float]:
    return [0.36, 0.2, 0.44] if columns == 3 else [1 / columns] * columns


def _lines(table: Any, kind: str) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), kind)
        line.set(qn("w:sz"), "4")
        borders.append(line)
    table._tbl.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")


def _properties(document: Doc, digest: Digest, head: Letterhead) -> None:
    """Nobody's name: the office stands as author, as day the last one the digest tells of."""
    core = document.core_properties
    when = datetime(digest.until.year, digest.until.month, digest.until.day, tzinfo=UTC).replace(tzinfo=None)
    core.author = core.last_modified_by = head.office
    core.title, core.subject = f"{TITLE} ({DRAFT})", digest.subject[:255]
    core.comments = core.keywords = core.category = core.identifier = core.content_status = core.version = ""
    core.language = "vi-VN"
    core.revision = 1
    core.created = core.modified = core.last_printed = when


_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>'
)


def _settled(made: bytes) -> bytes:
    """Same content, same bytes; no part that may name a person, and no link to one of those."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as before, zipfile.ZipFile(out, "w") as after:
        for name in sorted(before.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            if PERSONAL.fullmatch(name):
                continue
            data = _APP if name == "docProps/app.xml" else before.read(name)
            if name.endswith((".rels", "[Content_Types].xml")):
                data = re.sub(
                    rb'<(?:Relationship|Override)\b[^>]*"/?(?:word/)?(?:docProps/custom\.xml|docProps/thumbnail\.\w+'
                    rb'|people\.xml|comments\w*\.xml)"[^>]*/>',
                    b"",
                    data,
                )
            fixed = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            fixed.compress_type, fixed.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            after.writestr(fixed, data)
    return out.getvalue()
