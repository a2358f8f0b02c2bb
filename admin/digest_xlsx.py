"""The digest as XLSX: the text, the whole tables in bands, issues and answers. Every cell is a text no spreadsheet runs."""

import io
from datetime import datetime
from math import ceil
from typing import Any

from xlsxwriter import Workbook

from admin.digest import Digest, Sheet
from admin.digest_form import DRAFT, TITLE, Letterhead
from admin.export import plain

WIDEST, NARROWEST, TEXT_WIDTH, LINE = 60, 9, 72, 16  # characters; points
LETTERS: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 12}


def write(digest: Digest, head: Letterhead) -> bytes:
    """The workbook. The same digest gives the same bytes."""
    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties(
        {
            "author": head.office,
            "company": "",
            "title": f"{TITLE} ({DRAFT})",
            "subject": digest.subject,
            "created": datetime(digest.until.year, digest.until.month, digest.until.day),  # noqa: DTZ001
        }
    )
    looks = {
        "head": book.add_format(
            LETTERS | {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": "#E8ECEA"}
        ),
        "cell": book.add_format(LETTERS | {"text_wrap": True, "valign": "top", "border": 1}),
        "figure": book.add_format(LETTERS | {"align": "center", "valign": "top", "border": 1}),
        "title": book.add_format(LETTERS | {"bold": True, "font_size": 13, "text_wrap": True, "valign": "top"}),
        "part": book.add_format(LETTERS | {"bold": True, "text_wrap": True, "valign": "top"}),
        "text": book.add_format(LETTERS | {"text_wrap": True, "valign": "top"}),
    }
    first, *tables = digest.sheets
    _text(book, first, digest, looks)
    for sheet in tables:
        _table(book, sheet, looks)
    book.close()
    return out.getvalue()


def _text(book: Any, sheet: Sheet, digest: Digest, looks: dict[str, Any]) -> None:
    page = _page(book, sheet.title)
    page.set_column(0, 0, TEXT_WIDTH)
    page.fit_to_pages(1, 0)
    parts = {block.text for block in digest.blocks if block.kind in ("heading", "subheading")}
    for n, (text, *_) in enumerate(sheet.rows):
        page.write_string(n, 0, plain(text), looks["title" if n == 0 else "part" if text in parts else "text"])
        page.set_row(n, LINE * _lines(text, TEXT_WIDTH * (0.8 if n == 0 else 1)) + 3)


def _table(book: Any, sheet: Sheet, looks: dict[str, Any]) -> None:
    page = _page(book, sheet.title)
    page.set_landscape()
    page.freeze_panes(1, 1)
    page.repeat_rows(0)
    page.fit_to_pages(1, 0)
    widths = [
        min(WIDEST, max([NARROWEST, len(title) // 2 + 4, *(len(row[column]) + 2 for row in sheet.rows[1:])]))
        for column, title in enumerate(sheet.rows[0])
    ]
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    for n, row in enumerate(sheet.rows):
        page.set_row(n, LINE * max(_lines(text, width) for text, width in zip(row, widths, strict=True)) + 3)
        for column, text in enumerate(row):
            band = text.startswith(("~", "<")) or text == "0"
            page.write_string(n, column, plain(text), looks["head" if n == 0 else "figure" if band else "cell"])
    page.autofilter(0, 0, max(1, len(sheet.rows) - 1), len(sheet.rows[0]) - 1)


def _lines(text: str, width: float) -> int:
    """Programs that do not fit a row to its text by themselves need to be told how high it is."""
    return sum(max(1, ceil(len(line) * 0.95 / width)) for line in text.split("\n"))


def _page(book: Any, title: str) -> Any:
    page = book.add_worksheet(title[:31])
    page.set_paper(9)
    page.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    page.set_footer("&C&P / &N")
    return page
