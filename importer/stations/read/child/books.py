"""Opening a workbook of any format, and reading its sheets: the value reader, put right by the scans."""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError

from importer.stations.read.child.ahead import Ahead, SheetName, named
from importer.stations.read.child.convert import Block, Converter
from importer.stations.read.child.facts import Facts, Untrusted
from importer.stations.read.child.ods import OdsScan
from importer.stations.read.child.xls import XlsScan
from importer.stations.read.child.xlsb import XlsbScan
from importer.stations.read.prescan import protected, unreadable
from importer.stations.read.sheetscan import MAX_CELLS, too_large
from importer.stations.read.sniff import Format


class Book(Protocol):
    """An open workbook. Sheets are counted from 0; rows and columns from 1."""

    sheets: Sequence[SheetName]
    detected: dict[str, str]

    def facts(self, sheet: int) -> Facts:
        """What is known of a sheet beside its cells."""

    def blocks(self, sheet: int, first: int, last: int | None, width: int | None) -> Iterator[Block]:
        """Rows `first` to `last` (None: the last with content) of `width` cells (None: to the last with content).

        Raises Untrusted at the very end if what was told before was not right.
        """


class _Scan(Protocol):
    @property
    def since_1904(self) -> bool: ...

    @property
    def count(self) -> int: ...

    def facts(self, sheet: int) -> Facts: ...


SCANS: dict[Format, tuple[str, Callable[[bytes, str], _Scan]]] = {
    Format.XLS: ("Excel workbook (.xls)", XlsScan),
    Format.XLSB: ("Excel workbook (.xlsb)", XlsbScan),
    Format.ODS: ("OpenDocument spreadsheet", OdsScan),
}


def open_book(data: bytes, name: str, found: Format, *, exact: bool, ahead: Ahead | None) -> Book:
    """Open a workbook. `exact` leaves out the quick way.

    `ahead` may have begun with it.

    Raises SourceError.
    """
    if found in SCANS:
        return ScannedBook(data, name, found)
    from importer.stations.read.child.xlsx import open_xlsx  # noqa: PLC0415 - numpy, which old formats can do without

    return open_xlsx(data, name, exact=exact, ahead=ahead)


def open_values(data: bytes, name: str) -> CalamineWorkbook:
    """The workbook in the hands of the value reader. Raises SourceError."""
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise protected(name) from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | MemoryError):
            raise
        raise unreadable(name) from error  # the library raises a zoo of types, some of them no exceptions


def sheet_values(book: CalamineWorkbook, sheet: str, name: str) -> CalamineSheet:
    """The values of one sheet. Raises SourceError."""
    try:
        return book.get_sheet_by_name(sheet)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | MemoryError):
            raise
        raise unreadable(name) from error


def value_blocks(
    values: CalamineSheet, facts: Facts, first: int, last: int | None, width: int | None, *, since_1904: bool
) -> Iterator[Block]:
    """Rows of a sheet from the value reader, put right by the facts."""
    start = values.start
    rows = values.iter_rows()
    for _ in range(first - 1):
        if next(rows, None) is None:
            break
    converter = Converter(facts, start[1] if start else 0, since_1904=since_1904)
    count = (facts.last_row if last is None else last) - first + 1
    yield from converter.blocks(rows, first, count, facts.last_column if width is None else width)


class ScannedBook:
    """A workbook whose facts come from a scan of its own format."""

    def __init__(self, data: bytes, name: str, found: Format) -> None:
        label, scan = SCANS[found]
        self._name = name
        self._scan = scan(data, name)
        self._book = open_values(data, name)
        self._places = [place for place, _ in named(self._book)]
        self.sheets: Sequence[SheetName] = [sheet for _, sheet in named(self._book)]
        if not self.sheets or self._scan.count != len(self._book.sheets_metadata):
            raise unreadable(name)
        self.detected = {"format": label}
        if self._scan.since_1904:
            self.detected["dates"] = "counted from 1904"
        self._facts: dict[int, Facts] = {}
        self._values: tuple[int, CalamineSheet] | None = None

    def facts(self, sheet: int) -> Facts:
        """What the scan says."""
        if sheet not in self._facts:
            self._facts[sheet] = self._scan.facts(self._places[sheet])
        return self._facts[sheet]

    def blocks(self, sheet: int, first: int, last: int | None, width: int | None) -> Iterator[Block]:
        """See `Book`."""
        facts = self.facts(sheet)
        if facts.last_row * facts.last_column > MAX_CELLS:
            raise too_large(self._name, f'sheet "{self.sheets[sheet].name}"')
        if self._values is None or self._values[0] != sheet:
            self._values = None  # the one before is let go first
            self._values = sheet, sheet_values(self._book, self.sheets[sheet].name, self._name)
        try:
            yield from value_blocks(self._values[1], facts, first, last, width, since_1904=self._scan.since_1904)
        except Untrusted:
            raise unreadable(self._name) from None  # of these formats there is no other reader
