"""The shipped DOCX templates of the two forms, made by code. `sotay digest --write-template` hands one out to be changed."""

import io
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from admin.digest_form import COPIES, DRAFT, MARGINS_MM, MOTTO, SIGNER, SIZES, TITLE, TO, Form

FONT = "Times New Roman"


def shipped(form: Form) -> bytes:
    """The template of a form: A4, Times New Roman, margins, page numbers on top from the second page on."""
    document, size = Document(), SIZES[form]
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, MARGINS_MM)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(size.body)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.element.rPr.rFonts.set(qn("w:cs"), FONT)
    style.paragraph_format.space_after = Pt(0)
    number = section.header.paragraphs[0]
    number.alignment = ALIGN.CENTER
    _page_number(number, size.page)
    _head(document, form)
    _line(document.add_paragraph(), TITLE, size.title, bold=True, before=14)
    _line(document.add_paragraph(), "{{TRICH_YEU}}", size.title, bold=True, after=12, inset=12)
    body = document.add_paragraph()
    body.alignment = ALIGN.JUSTIFY
    body.paragraph_format.first_line_indent = Mm(12.7)
    body.paragraph_format.space_after, body.paragraph_format.line_spacing = Pt(6), 1.1
    _sized(body.add_run("{{NOI_DUNG}}"), size.body)
    _foot(document, form)
    core = document.core_properties
    core.author = core.last_modified_by = core.comments = core.title = ""
    core.created = core.modified = datetime(2026, 1, 1)  # noqa: DTZ001 – the format has no zone
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _head(document: Doc, form: Form) -> None:
    size = SIZES[form]
    left, right = _columns(document, (73, 92) if form == "party" else (57, 108))
    first = left.paragraphs[0]
    if form == "party":
        _line(first, "{{CAP_TREN}}", size.upper)
        _line(left.add_paragraph(), "{{CO_QUAN}}", size.organ, bold=True)
        _line(left.add_paragraph(), "*", size.organ)
    else:
        _line(first, "{{CO_QUAN}}", size.organ, bold=True)
        _rule(left.add_paragraph(), 17)
    _line(left.add_paragraph(), "{{SO}}", size.upper)
    _line(left.add_paragraph(), DRAFT, size.upper, bold=True, before=6)
    for n, text in enumerate(MOTTO[form]):
        paragraph = right.paragraphs[0] if n == 0 else right.add_paragraph()
        _line(paragraph, text, size.motto + n, bold=True)
    _rule(right.add_paragraph(), 11 if form == "party" else 23)
    _line(right.add_paragraph(), "{{NGAY}}", size.day, italic=True, before=6)


def _foot(document: Doc, form: Form) -> None:
    size = SIZES[form]
    left, right = _columns(document, (75, 90))
    left.paragraphs[0].paragraph_format.space_before = Pt(8)
    party = form == "party"
    first = left.paragraphs[0]
    run = first.add_run(TO)
    _sized(run, size.body if party else 12)
    run.bold, run.italic, run.underline = not party or None, not party or None, party or None
    for text in COPIES[form]:
        _sized(left.add_paragraph().add_run(text), size.to)
    _line(right.paragraphs[0], SIGNER[form], size.body, bold=True, before=8)


def _columns(document: Doc, widths: tuple[int, int]) -> tuple[_Cell, _Cell]:
    table = document.add_table(1, 2)
    table.autofit = False
    for column, cell, width in zip(table.columns, table.rows[0].cells, widths, strict=True):
        column.width = cell.width = Mm(width)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return table.rows[0].cells[0], table.rows[0].cells[1]


def _line(
    paragraph: Paragraph, text: str, size: int, *, bold: bool = False, italic: bool = False, before: int = 0,
    after: int = 0, inset: int = 0,
) -> None:  # fmt: skip
    paragraph.alignment = ALIGN.CENTER
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(before), Pt(after)
    if inset:
        form.left_indent = form.right_indent = Mm(inset)
    run = paragraph.add_run(text)
    _sized(run, size)
    run.bold, run.italic = bold or None, italic or None


def _sized(run: Run, size: int) -> None:
    run.font.size = Pt(size)


def _rule(paragraph: Paragraph, inset: int) -> None:
    """A line under what stands above, this far (mm) from both sides."""
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(inset)
    paragraph.paragraph_format.line_spacing, paragraph.paragraph_format.space_after = Pt(3), Pt(4)
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(borders, "w:spacing", "w:ind", "w:jc")


def _page_number(paragraph: Paragraph, size: int) -> None:
    run = paragraph.add_run()
    _sized(run, size)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)
