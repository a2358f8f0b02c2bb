"""The overview's table as a workbook: what was asked for above it, bands in the cells, nothing a spreadsheet would run."""

import io
from collections.abc import Sequence
from typing import Any

from xlsxwriter import Workbook

LETTERS: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 12}
TITLE_MOST = 31  # letters of a sheet's name
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def write(title: str, head: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> bytes:
    """`head`: label and value of what was asked for; `rows`: the table, its first row the heading. All cells are texts."""
    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"author": "Sổ Tay", "company": "", "title": title})
    bold = book.add_format(LETTERS | {"bold": True})
    text = book.add_format(LETTERS)
    heading = book.add_format(LETTERS | {"bold": True, "text_wrap": True, "valign": "top", "border": 1})
    cell = book.add_format(LETTERS | {"border": 1})
    figure = book.add_format(LETTERS | {"border": 1, "align": "center"})
    page: Any = book.add_worksheet(title.translate(FORBIDDEN)[:TITLE_MOST])
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, 28)
    page.set_column(1, max(1, len(rows[0]) - 1), 16)
    for n, (label, value) in enumerate(head):
        page.write_string(n, 0, label, bold)
        page.write_string(n, 1, value, text)
    first = len(head) + 1
    for n, row in enumerate(rows):
        for column, value in enumerate(row):
            look = heading if n == 0 else figure if column else cell
            page.write_string(first + n, column, value, look)
    page.freeze_panes(first + 1, 1)
    page.repeat_rows(first)
    book.close()
    return out.getvalue()
