"""Tables that people send: CSV, or the first sheet of an XLSX workbook. Read with limits, as plain text, no formula run.

Columns are known by their heading in Vietnamese or English, in any order. A column nobody knows is a fault with its name:
it is never dropped in silence, so that a list with names of persons is refused and not half read.
"""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from admin.forms import Form
from sync.mask import fold

MOST_BYTES = 1024 * 1024
UNPACKED = 32 * MOST_BYTES
ROWS_MOST, COLUMNS_MOST, CELL_MOST = 2000, 30, 400
Columns = Mapping[str, Sequence[str]]  # own name of a column → the headings it may have


class Unreadable(Exception):
    """The file cannot be read as a table. `reason` is the last part of a key `panel.import.bad.*`."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a row: a key of the words catalogue with its values."""

    key: str
    values: dict[str, str] = {}


class Line(msgspec.Struct):
    """A row as it was sent, by the columns' own names. `n`: its number in the file, the heading is 1."""

    n: int
    cells: dict[str, str]
    faults: list[Fault] = []

    def fault(self, key: str, **values: str) -> None:
        self.faults.append(Fault(f"panel.import.fault.{key}", values))

    def day(self, name: str) -> str:
        """A day as `2026-11-22`, however it was written; empty where there is none, with a fault if it is no day."""
        said = self.cells.get(name, "")
        day = day_of(said)
        if said and not day:
            self.fault("day", day=said)
        return day


async def sent(form: Form, columns: Columns, required: Iterable[str]) -> list[Line]:
    """The rows of the file a form carries, or of the text a preview carries along. Raises Unreadable."""
    file = await form.file("file", MOST_BYTES)
    if file is not None:
        label, data = file
        return await asyncio.to_thread(read, data, label, columns, tuple(required))
    if text := form.raw("rows"):
        return read(text.encode(), "rows.csv", columns, tuple(required))
    raise Unreadable("none")


def read(data: bytes, label: str, columns: Columns, required: Sequence[str]) -> list[Line]:
    """Rows with at least one filled cell. Raises Unreadable for anything but a table with known columns."""
    if len(data) > MOST_BYTES:
        raise Unreadable("large")
    rows = _workbook(data) if data[:4] == b"PK\x03\x04" or label.lower().endswith(".xlsx") else _csv(data)
    numbered = [(n, row) for n, row in enumerate(rows, 1) if any(row)]
    if len(numbered) < 2:
        raise Unreadable("empty")
    if len(numbered) > ROWS_MOST:
        raise Unreadable("rows", n=ROWS_MOST)
    names = _named(numbered[0][1], columns)
    for name in required:
        if name not in names:
            raise Unreadable("lacking", column=columns[name][0])
    return [Line(n, {name: cell for name, cell in zip(names, row, strict=False) if name}) for n, row in numbered[1:]]


def as_text(lines: Sequence[Line], columns: Columns) -> str:
    """The rows as CSV with the columns' own names, for a preview to carry along."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([line.cells.get(name, "") for name in columns] for line in lines)
    return out.getvalue()


def key_of(words: str) -> str:
    """Words as they are compared: without marks, case and punctuation."""
    return re.sub(r"[^a-z0-9]+", " ", fold(words)).strip()


def day_of(cell: str) -> str:
    """`2026-11-22` from that, or from `22/11/2026`; empty if it is no day."""
    found = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", cell)
    parts = (found[3], found[2], found[1]) if found else tuple(cell.split("-"))
    try:
        return date(*map(int, parts)).isoformat() if len(parts) == 3 else ""
    except ValueError:
        return ""


def _named(heading: Sequence[str], columns: Columns) -> list[str]:
    known = {key_of(word): name for name, words in columns.items() for word in (name, *words)}
    names: list[str] = []
    for cell in heading:
        name = known.get(key_of(cell), "")
        if cell and not name:
            raise Unreadable("column", column=cell[:40])
        if name and name in names:
            raise Unreadable("twice", column=cell[:40])
        names.append(name)
    return names


def _csv(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise Unreadable("csv") from None
    return [[_cell(cell) for cell in row[:COLUMNS_MOST]] for row in rows]


def _workbook(data: bytes) -> list[list[str]]:
    """openpyxl on a file that was looked at first: not larger unpacked than a table is, and no document type in its XML."""
    import openpyxl  # noqa: PLC0415 - a tenth of the start of a server, for a page used once a year
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > 200 or sum(one.file_size for one in members) > UNPACKED:
                raise Unreadable("large")
            for one in members:
                if one.filename.endswith((".xml", ".rels")) and b"<!" in archive.read(one)[:65536].replace(
                    b"<!--", b""
                ):
                    raise Unreadable("workbook")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=ROWS_MOST + 2, max_col=COLUMNS_MOST, values_only=True)
        return [[_cell(value) for value in row] for row in rows]
    except Unreadable:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, AttributeError,
            EOFError, OSError, SyntaxError, NotImplementedError):  # fmt: skip
        raise Unreadable("workbook") from None


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value)
    return " ".join("".join(char for char in text if char.isprintable() or char in "\n\t").split())[:CELL_MOST]
