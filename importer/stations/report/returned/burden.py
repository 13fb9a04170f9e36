"""Whether a workbook can be copied in this very process: what openpyxl would make of it is counted before it begins.

A file of a few kilobytes can ask for more than any machine has: one coloured cell in the last row and column, one merged
area over the whole sheet, a hundred thousand links. openpyxl makes an object of every cell within those bounds.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final
from zipfile import ZipFile

from importer.stations.report.returned.model import Limits

MOST_UNPACKED: Final = 64 << 20  # bytes of all parts together
MOST_OTHERS: Final = 20_000  # links, merged areas, rules of conditional formats, notes: of each kind
ROWS_WITHOUT_CELLS: Final = 5  # times the rows that may be copied: a height or a style each

_CELL: Final = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="\$?([A-Z]{1,3})\$?(\d{1,7})"')
_CELLS: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROWS: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")
_AREAS: Final = re.compile(rb'<(?:\w+:)?(?:mergeCell|hyperlink)\s(?:[^>]*?\s)?ref="([^"]*)"')
_RULES: Final = re.compile(rb"<(?:\w+:)?(?:cfRule|dataValidation)\s")
_NOTES: Final = re.compile(rb"<(?:\w+:)?comment\s")
_AREA: Final = re.compile(rb"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")


def is_bearable(data: bytes, limits: Limits) -> bool:
    """Whether all sheets of a workbook (its bytes) together stay within the bounds of a copy."""
    with ZipFile(BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            return False
        cells = 0
        for name in archive.namelist():
            lower = name.lower()
            if lower.startswith("xl/worksheets/") and lower.endswith(".xml"):
                cells += _cells(archive.read(name), limits)
            elif "comments" in lower and lower.endswith(".xml"):
                cells += (limits.copied_cells + 1) * _too_many(_NOTES.finditer(archive.read(name)))
            if cells > limits.copied_cells:
                return False
    return True


def _cells(sheet: bytes, limits: Limits) -> int:
    """How many cells openpyxl would make of a sheet; more than the limit where anything else is beyond its own."""
    last_row = last_column = 0
    for letters, row in _CELL.findall(sheet):
        last_row, last_column = max(last_row, int(row)), max(last_column, _column(letters))
    made = max(last_row * last_column, sum(1 for _ in _CELLS.finditer(sheet)))
    areas = _AREAS.findall(sheet)
    made += sum(map(_size, areas))
    rows = sum(1 for _ in _ROWS.finditer(sheet))
    if len(areas) > MOST_OTHERS or _too_many(_RULES.finditer(sheet)):
        return limits.copied_cells + 1
    return made if rows <= ROWS_WITHOUT_CELLS * limits.copied_rows else limits.copied_cells + 1


def _too_many(found: Iterator[object]) -> bool:
    return sum(1 for _ in found) > MOST_OTHERS


def _size(area: bytes) -> int:
    """The cells of an area such as A1:C5; of what is none, none."""
    match = _AREA.fullmatch(area)
    if match is None or match[3] is None:
        return 1
    return (abs(_column(match[3]) - _column(match[1])) + 1) * (abs(int(match[4]) - int(match[2])) + 1)


def _column(letters: bytes) -> int:
    """A as 1, XFD as 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
