"""Small files with a trap in them, made on the spot."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import xlsxwriter
from sources import COLUMNS

LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"
ROW = ("1001", date(2026, 3, 1), "Zoë", "A1", 2, 10, 21)
HEADERS = tuple(COLUMNS.split(";"))


class Formula(str):
    """A formula and what the file says it makes, as `formula|result`."""

    __slots__ = ()


class Padded(int):
    """A number that is shown with five digits."""


def text(*lines: str, encoding: str = "utf-8", columns: str = COLUMNS) -> bytes:
    """A text file with the usual header above these lines."""
    return "\n".join([columns, *lines, ""]).encode(encoding)


def with_cell(place: int, cell: str) -> str:
    """The usual line with another cell at this place, counted from 0."""
    cells = LINE.split(";")
    cells[place] = cell
    return ";".join(cells)


def row_with(place: int, cell: object) -> tuple[object, ...]:
    """The usual row of a workbook with another cell at this place."""
    return (*ROW[:place], cell, *ROW[place + 1 :])


def workbook(
    *rows: Sequence[object],
    headers: Sequence[str] = HEADERS,
    options: Mapping[str, Any] | None = None,
    then: Callable[[Any, Any], None] | None = None,
) -> bytes:
    """An .xlsx workbook with the headers above these rows; `then` may change the book and its sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **(options or {})}) as book:
        day, padded = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "00000"})
        sheet = book.add_worksheet("Blad1")
        sheet.write_row(0, 0, headers)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, Formula):
                    formula, _, result = cell.partition("|")
                    sheet.write_formula(number, place, formula, None, int(result) if result.isdigit() else result)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, place, cell, day)
                elif isinstance(cell, bool):
                    sheet.write_boolean(number, place, cell)
                elif isinstance(cell, Padded):
                    sheet.write_number(number, place, cell, padded)
                elif isinstance(cell, int | float):
                    sheet.write_number(number, place, cell)
                else:
                    sheet.write_string(number, place, str(cell))
        if then is not None:
            then(book, sheet)
    return out.getvalue()


def changed(book: bytes, part: str, old: str, new: str) -> bytes:
    """The workbook with the XML of one part changed; the old XML must be there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                assert old.encode() in content, f"{old} is not in {part}"
                content = content.replace(old.encode(), new.encode(), 1)
            after.writestr(name, content)
    return out.getvalue()


def added(book: bytes, part: str, content: bytes) -> bytes:
    """The workbook with one part more."""
    out = io.BytesIO(book)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(part, content)
    return out.getvalue()


def sheet_changed(old: str, new: str, book: bytes | None = None) -> bytes:
    """The usual workbook with the XML of its sheet changed."""
    return changed(book or workbook(ROW), "xl/worksheets/sheet1.xml", old, new)


def protected() -> bytes:
    """What a password makes of a workbook: a container with the encrypted package in it."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(512)
