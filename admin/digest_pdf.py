"""The digest as PDF, in the layout of its form. The letters are in the file, so that it looks the same everywhere."""

import io
from functools import lru_cache, partial
from xml.sax.saxutils import escape

import fontpkg
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from admin.digest import Block, Digest
from admin.digest_form import COPIES, DRAFT, MARGINS_MM, MOTTO, SIGNER, SIZES, TITLE, TO, Letterhead

FAMILY = "Crimson Text"  # OFL, all letters of Vietnamese
INDENT = 12.7 * mm


@lru_cache(maxsize=1)
def letters() -> None:
    styles = (("", 400, "normal"), ("-Bold", 700, "normal"), ("-Italic", 400, "italic"), ("-BoldItalic", 700, "italic"))
    for name, weight, slope in styles:
        pdfmetrics.registerFont(TTFont(f"Sotay{name}", str(fontpkg.path(FAMILY, weight, slope))))
    pdfmetrics.registerFontFamily(
        "Sotay", normal="Sotay", bold="Sotay-Bold", italic="Sotay-Italic", boldItalic="Sotay-BoldItalic"
    )


def write(digest: Digest, head: Letterhead) -> bytes:
    """The document. The same digest gives the same bytes."""
    letters()
    out = io.BytesIO()
    top, right, bottom, left = (one * mm for one in MARGINS_MM)
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        topMargin=top,
        rightMargin=right,
        bottomMargin=bottom,
        leftMargin=left,
        invariant=1,
        title=f"{TITLE} ({DRAFT})",
        subject=digest.subject,
        author=head.office,
        creator=head.office,
        lang="vi-VN",
    )
    size = SIZES[head.form]
    room = A4[0] - left - right
    story: list[Flowable] = [
        _head(head, room),
        Spacer(0, 5 * mm),
        _centred(TITLE, size.title, "Sotay-Bold"),
        _centred(digest.subject, size.title, "Sotay-Bold"),
        Spacer(0, 4 * mm),
    ]
    for block in digest.blocks:
        if block.kind == "heading":
            story.append(CondPageBreak(45 * mm))
        story.append(_grid(block, size.body, room) if block.kind == "table" else _text(block, size.body))
    last = story.pop()  # the end of the text and the signature stand on one page
    story.append(KeepTogether([last, Spacer(0, 6 * mm), _foot(head, room)]))
    document.build(story, onLaterPages=_page_number(size.page))
    return out.getvalue()


def _style(size: float, font: str = "Sotay", **more: object) -> ParagraphStyle:
    return ParagraphStyle(font, fontName=font, fontSize=size, leading=size * 1.25, **more)


def _centred(text: str, size: float, font: str = "Sotay", before: float = 0) -> Paragraph:
    return Paragraph(_safe(text), _style(size, font, alignment=TA_CENTER, spaceBefore=before))


def _safe(text: str) -> str:
    """Paragraphs read mark-up: what an official typed stays text."""
    text = escape("".join(char for char in text if char == "\n" or ord(char) >= 32))
    return text.replace("\n", "<br/>").replace("  ", "\u00a0\u00a0")


def _text(block: Block, size: float) -> Paragraph:
    if block.kind in ("heading", "subheading"):
        return Paragraph(
            _safe(block.text),
            _style(size, "Sotay-Bold", firstLineIndent=INDENT, spaceBefore=5, spaceAfter=3),
        )
    text = f"- {block.text}" if block.kind == "item" else block.text
    font = "Sotay-Italic" if block.kind == "last" else "Sotay"
    return Paragraph(_safe(text), _style(size, font, alignment=TA_JUSTIFY, firstLineIndent=INDENT, spaceAfter=6))


def _grid(block: Block, size: float, room: float) -> Table:
    widths = (
        [room * 0.38, room * 0.17, room * 0.45]
        if len(block.rows[0]) == 3
        else [room / len(block.rows[0])] * len(block.rows[0])
    )
    cells = [
        [Paragraph(_safe(text), _style(size - 1, "Sotay-Bold" if n == 0 else "Sotay")) for text in row]
        for n, row in enumerate(block.rows)
    ]
    lines = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, "black"),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return Table(cells, colWidths=widths, repeatRows=1, style=lines, spaceBefore=3, spaceAfter=8)


class _Rule(Flowable):  # type: ignore[misc]
    """A line under what stands above it, over this share of the room, in the middle."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share, self.room = share, 0.0

    def wrap(self, room: float, height: float) -> tuple[float, float]:
        del height
        self.room = room
        return room, 6

    def draw(self) -> None:
        self.canv.setLineWidth(0.7)
        self.canv.line(self.room * (1 - self.share) / 2, 3, self.room * (1 + self.share) / 2, 3)


def _head(head: Letterhead, room: float) -> Table:
    size = SIZES[head.form]
    left: list[Flowable] = [_centred(head.upper, size.upper)] if head.upper else []
    left += [_centred(line, size.organ, "Sotay-Bold") for line in head.organ]
    left.append(_centred("*", size.organ) if head.form == "party" else _Rule(0.35))
    left += [_centred(head.number, size.upper), _centred(DRAFT, size.upper, "Sotay-Bold", before=4)]
    right: list[Flowable] = [_centred(line, size.motto + n, "Sotay-Bold") for n, line in enumerate(MOTTO[head.form])]
    right += [_Rule(0.66), _centred(head.day, size.day, "Sotay-Italic", before=4)]
    return _side_by_side(left, right, room, 0.4)


def _foot(head: Letterhead, room: float) -> Table:
    size = SIZES[head.form]
    party = head.form == "party"
    to = Paragraph(
        f"<u>{TO}</u>" if party else TO, _style(size.body if party else 12, "Sotay" if party else "Sotay-BoldItalic")
    )
    left: list[Flowable] = [to, *(Paragraph(_safe(line), _style(size.to)) for line in COPIES[head.form])]
    return _side_by_side(left, [_centred(SIGNER[head.form], size.body, "Sotay-Bold")], room, 0.45)


def _side_by_side(left: list[Flowable], right: list[Flowable], room: float, share: float) -> Table:
    plain = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return Table([[left, right]], colWidths=[room * share, room * (1 - share)], style=plain)


def _draw_number(size: float, canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Sotay", size)
    canvas.drawCentredString(A4[0] / 2, A4[1] - 14 * mm, str(document.page))


def _page_number(size: float) -> partial[None]:
    return partial(_draw_number, size)
