"""Cells of a file on their way into a new workbook: text stays text, numbers and dates stay what they are."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

from openpyxl import load_workbook

from importer.stations.reopened import (
    BOOLEAN,
    DATE,
    ERROR,
    NUMBER,
    UNCALCULATED,
    OldRow,
    OldSheet,
    Reopened,
)
from importer.stations.report.returned.legend import Remarks
from importer.stations.report.text import MOST

NOT_AVAILABLE = "#N/A"
AS_TEXT = "@"  # what is typed into such a cell stays as it was typed
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})

_DAY = "dd/mm/yyyy"
SURE = MOST // 2  # any text of so many characters fits
_ESCAPED = re.compile("_x00([01][0-9A-Fa-f])_")  # how workbooks write characters that XML cannot
_IMPOSSIBLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
# A cell that holds it is refused when read again, so that a shortened text is never sent for the whole one.
_UNSENDABLE = "\ufeff"


class Failed(NamedTuple):
    """A cell that shows an error. `was` is what stood in it, where that is known."""

    error: str
    was: str = ""


Value = str | float | bool | date | time | timedelta | Failed
Cell = tuple[Value, str] | None  # the value and its number format ("": none); None: blank
Area = tuple[int, int, int, int]  # first row, first column, last row, last column, from 1
Rows = Callable[[], Iterator[Sequence[Cell]]]


def rows_of(reopened: Reopened, sheet: OldSheet) -> Rows:
    """How to walk through a sheet from row 1, as often as one likes."""
    if reopened.workbook is not None:
        return partial(_from_workbook, reopened.workbook, sheet)
    text_format = AS_TEXT if reopened.delimiter else ""
    return lambda: (_from_grid(row, text_format) for row in sheet.rows())


def with_groups(rows: Rows, header_row: int, merges: Callable[[], Sequence[Area]] | None) -> Rows:
    """Rows whose header takes two, with the group of each column written above that column.

    New workbooks have no merged cells, so what stands over several columns has to stand over each of them. In a text
    file (`merges` is None) a group reaches to the right as far as the cells beside it are empty.
    """

    def walk() -> Iterator[Sequence[Cell]]:
        upper: Sequence[Cell] = ()
        for number, cells in enumerate(rows(), 1):
            if number == header_row - 1:
                upper = cells
            elif number == header_row:
                yield _over_columns(upper, cells) if merges is None else _over_areas(upper, number - 1, merges())
                yield cells
            else:
                yield cells

    return walk


def _over_columns(upper: Sequence[Cell], lower: Sequence[Cell]) -> Sequence[Cell]:
    made: list[Cell] = []
    group: Cell = None
    for place in range(max(len(upper), len(lower))):
        own = upper[place] if place < len(upper) else None
        below = lower[place] if place < len(lower) else None
        if text_of(own).strip():
            group = own if text_of(below).strip() else None
            made.append(own)
        else:
            made.append(group if text_of(below).strip() else None)
    return made


def _over_areas(upper: Sequence[Cell], row: int, areas: Sequence[Area]) -> Sequence[Cell]:
    made = list(upper)
    for top, left, _, right in areas:
        if top == row and left <= len(upper):
            made += [None] * (right - len(made))
            made[left - 1 : right] = [upper[left - 1]] * (right - left + 1)
    return made


def text_of(cell: Cell) -> str:
    """A cell as words, for a comment."""
    if cell is None:
        return ""
    value = cell[0]
    return value.was or value.error if isinstance(value, Failed) else str(value)


def held(text: str, where: str, shortened: str, remarks: Remarks) -> str:
    """A text as a cell can hold it; what has to be changed for that is noted in `remarks`.

    `shortened` is the note at the end of a text that had to be cut, with `{count}` for its true number of characters.
    """
    if not text.isascii() and _IMPOSSIBLE.search(text):
        text, count = _IMPOSSIBLE.subn(lambda found: f"_x{ord(found[0]):04X}_", text)
        remarks.escaped += count
    if len(text) <= SURE or len(units := text.encode("utf-16-le")) // 2 <= MOST:
        return text
    note = f"… {shortened.format(count=f'{len(text):,}')}{_UNSENDABLE}"
    remarks.shortened.append(where)
    return units[: 2 * (MOST - len(note))].decode("utf-16-le", errors="ignore") + note


def error_of(text: str) -> str:
    """The error a spreadsheet can show that says most of what `text` says."""
    return text if text in ERRORS else "#VALUE!"


def plain(text: str) -> str:
    """A text as READ understands it."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x00" in text else text


def _from_grid(row: OldRow, text_format: str) -> Sequence[Cell]:
    """Cells as READ tells them, with formats that keep what they mean: percent, leading zeros, days."""
    cells, kinds = row
    if kinds is None:
        return [(text, text_format) if text else None for text in cells]
    return [_typed(text, kind, text_format) for text, kind in zip(cells, kinds, strict=True)]


def _typed(text: str, kind: int, text_format: str) -> Cell:
    if kind == NUMBER:
        return _number(text)
    if kind == DATE:
        return date.fromisoformat(text), _DAY
    if kind == BOOLEAN:
        return text == "TRUE", ""
    if kind == ERROR:
        return Failed(error_of(text), text), ""
    if kind == UNCALCULATED:
        return Failed(NOT_AVAILABLE, text), ""
    return (text, text_format) if text else None


def _number(text: str) -> Cell:
    if text.endswith("%"):
        decimals = len(text.rstrip("%").partition(".")[2])
        # a spreadsheet holds the nearest double, as it did in the file
        return float(Decimal(text[:-1]) / 100), f"0.{'0' * decimals}%" if decimals else "0%"
    digits = text.removeprefix("-")
    if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
        return int(text), "0" * len(digits)
    return float(text), ""


def _from_workbook(data: bytes, sheet: OldSheet) -> Iterator[Sequence[Cell]]:
    """The same with the formats of the workbook itself; formulas as their results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of openpyxl, about what it leaves out
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            old: Any = book[sheet.name]  # openpyxl's stubs take it for the other kind of sheet
            old.reset_dimensions()
            for number, row in enumerate(old.iter_rows(), 1):
                cells = [_as_stored(cell) for cell in row]
                for column, formula in sheet.uncalculated.get(number, {}).items():
                    cells += [None] * (column - len(cells))
                    cells[column - 1] = Failed(NOT_AVAILABLE, formula), ""
                yield cells
        finally:
            book.close()


def _as_stored(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return (Failed("#VALUE!"), "") if cell.data_type == "e" else None
    number_format = cell.number_format
    shown = "" if number_format == "General" else number_format
    if isinstance(value, str):
        if cell.data_type == "e":
            return Failed(error_of(value), value), ""
        return plain(value), shown
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - NaN
        return Failed("#NUM!", str(value)), ""
    if isinstance(value, bool | int | float | datetime | date | time | timedelta):
        return value, shown
    return str(value), shown
