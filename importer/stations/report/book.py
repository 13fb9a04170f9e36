"""The workbook itself: sheets of typed columns, written row by row so that a million rows need little memory.

Text goes in as text whatever it looks like: no formula, no link. Amounts go in as true numbers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum, auto
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from importer.domain.money import euros
from importer.stations.report.model import Tone
from importer.stations.report.target import MARK
from importer.stations.report.text import visible

EXCEL_ROWS = 1_048_576  # in one sheet, header included
_EXACT = 10**15  # cents; a spreadsheet shows 15 digits
FILLS = {
    Tone.GOOD: "#D9EFDB",
    Tone.QUIET: "#E8E8E8",
    Tone.WAITING: "#DCE9F7",
    Tone.ATTENTION: "#FFF0C9",
    Tone.BAD: "#F8D7D7",
}
_LINE_HEIGHT = 15  # points
_QUIET_INK = "#555555"
# the quote prefix keeps text text even when a person goes into the cell and leaves it again
_TEXT: dict[str, object] = {"quote_prefix": True, "valign": "top"}
_HEADER: dict[str, object] = {**_TEXT, "bold": True, "bg_color": "#DDE3EA", "bottom": 1, "text_wrap": True}
_COUNT: dict[str, object] = {"num_format": "#,##0_)", "align": "right", "valign": "top"}
_MONEY: dict[str, object] = {"num_format": "#,##0.00_)", "align": "right", "valign": "top"}


class Kind(Enum):
    """What stands in a column, and so how it is written and aligned."""

    TEXT = auto()
    LONG = auto()  # text that may take several lines
    STATE = auto()  # text in the colour of its row's tone
    COUNT = auto()  # int
    MONEY = auto()  # int, in cents


class Column(NamedTuple):
    """A column of a sheet. `width` in characters."""

    title: str
    kind: Kind
    width: int


class Money(NamedTuple):
    """An amount in cents, on a sheet whose columns have no kind of their own."""

    cents: int


Cell = str | int | Money | None
TableRow = tuple[Tone, Sequence[Cell]]


class Book:
    """One workbook being written, to be used in a `with` block. `shortened` marks texts too long for a cell."""

    def __init__(
        self, path: Path, *, scratch: Path, made_at: datetime, properties: Mapping[str, str], footer: str,
        shortened: str, rows_per_sheet: int = EXCEL_ROWS,
    ) -> None:  # fmt: skip
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(scratch),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "use_zip64": True,
            },
        )
        # the same run gives the same bytes, whenever it is told
        self._book.set_properties({**properties, "created": made_at})
        self._book.set_custom_property(MARK, "1")
        self._footer = footer
        self._shortened = shortened
        self._rows_per_sheet = rows_per_sheet
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the file; OSError where the system says no. After an error only the scratch files are let go."""
        if error is not None:
            with suppress(Exception):  # it fails for the same reason, and the first error is the one to tell
                self._book.close()
            return
        try:
            self._book.close()
        except XlsxFileError as failure:
            cause = failure.args[0] if failure.args else None
            raise cause if isinstance(cause, OSError) else OSError(str(failure)) from failure

    def table(self, name: str, columns: Sequence[Column], rows: Iterable[TableRow], *, empty: str) -> None:
        """A sheet of rows below a header that stays in sight; what does not fit goes on in `name 2`, `name 3`."""
        rest = iter(rows)
        number = 1
        while True:
            part = list(islice(rest, 1))
            if not part and number > 1:
                return
            title = name if number == 1 else f"{name} {number}"
            self._table(title, columns, chain(part, islice(rest, self._rows_per_sheet - 2)), empty)
            number += 1

    def page(self, name: str, widths: Sequence[int]) -> "Page":
        """A sheet without columns of one kind, filled from top to bottom."""
        sheet = self._sheet(name, widths)
        return Page(self, sheet, widths)

    def format(self, properties: Mapping[str, object], tone: Tone = Tone.PLAIN) -> Any:
        """The cell format with these properties in the colour of a tone, made once."""
        fill = {"bg_color": FILLS[tone]} if tone in FILLS else {}
        wanted = tuple(sorted({**properties, **fill}.items()))
        if wanted not in self._formats:
            self._formats[wanted] = self._book.add_format(dict(wanted))
        return self._formats[wanted]

    def text(self, sheet: Any, row: int, column: int, text: str, form: Any) -> None:
        """Write text as text. RuntimeError if the library would not take all of it."""
        if sheet.write_string(row, column, visible(text, self._shortened), form):
            msg = f"cell {row}, {column} of the report was not written whole"
            raise RuntimeError(msg)

    def number(self, sheet: Any, row: int, column: int, number: int, form: Any) -> None:
        """Write a whole number."""
        if sheet.write_number(row, column, number, form):
            msg = f"cell {row}, {column} of the report was not written"
            raise RuntimeError(msg)

    def money(self, sheet: Any, row: int, column: int, cents: int, form: Any) -> None:
        """Write cents as euros: one division, whose result is the nearest number to the exact amount."""
        if abs(cents) >= _EXACT:
            self.text(sheet, row, column, euros(cents), form)
        elif sheet.write_number(row, column, cents / 100, form):
            msg = f"cell {row}, {column} of the report was not written"
            raise RuntimeError(msg)

    def _sheet(self, name: str, widths: Sequence[int]) -> Any:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # ids are texts on purpose
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{name}&R{self._footer}")
        return sheet

    def _table(self, name: str, columns: Sequence[Column], rows: Iterable[TableRow], empty: str) -> None:
        sheet = self._sheet(name, [column.width for column in columns])
        self.header(sheet, 0, columns)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        write = self._writers(sheet, columns)
        row = 0
        for row, (tone, cells) in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                if cell is not None and cell != "":
                    write[column](row, column, cell, tone)
        if row:
            sheet.autofilter(0, 0, row, len(columns) - 1)
        else:
            self.text(sheet, 1, 0, empty, self.format(_TEXT))

    def header(self, sheet: Any, row: int, columns: Sequence[Column]) -> None:
        """A row of headers, over numbers at the right."""
        for number, column in enumerate(columns):
            align = "right" if column.kind in {Kind.COUNT, Kind.MONEY} else "left"
            self.text(sheet, row, number, column.title, self.format({**_HEADER, "align": align}))

    def _writers(self, sheet: Any, columns: Sequence[Column]) -> list[Callable[[int, int, Any, Tone], None]]:
        """For each column what writes its cells."""
        plain = self.format(_TEXT)
        long = self.format({**_TEXT, "text_wrap": True})
        count = self.format(_COUNT)
        money = self.format(_MONEY)
        states = {tone: self.format(_TEXT, tone) for tone in Tone}
        made: dict[Kind, Callable[[int, int, Any, Tone], None]] = {
            Kind.TEXT: lambda row, column, cell, _: self.text(sheet, row, column, cell, plain),
            Kind.LONG: lambda row, column, cell, _: self.text(sheet, row, column, cell, long),
            Kind.STATE: lambda row, column, cell, tone: self.text(sheet, row, column, cell, states[tone]),
            Kind.COUNT: lambda row, column, cell, _: self.number(sheet, row, column, cell, count),
            Kind.MONEY: lambda row, column, cell, _: self.money(sheet, row, column, cell, money),
        }
        return [made[column.kind] for column in columns]


class Page:
    """A sheet filled from top to bottom with titles, sentences, pairs and small tables."""

    def __init__(self, book: Book, sheet: Any, widths: Sequence[int]) -> None:
        self._book = book
        self._sheet = sheet
        self._widths = widths
        self._row = 0

    def title(self, text: str) -> None:
        """The title of the sheet."""
        self._write(0, text, self._book.format({**_TEXT, "bold": True, "font_size": 16}))
        self._row += 1

    def sentence(self, text: str, tone: Tone = Tone.PLAIN, *, bold: bool = False) -> None:
        """A sentence over all columns but the last, on as many lines as it needs."""
        last = len(self._widths) - 2
        form = self._book.format({**_TEXT, "bold": bold, "text_wrap": True}, tone)
        lines = -(-len(text) * 6 // (5 * sum(self._widths[: last + 1])))  # bold letters are wider than digits
        self._sheet.set_row(self._row, _LINE_HEIGHT * max(lines, 1))
        self._sheet.merge_range(self._row, 0, self._row, last, "", form)
        self._write(0, text, form)
        self._row += 1

    def gap(self) -> None:
        """An empty row."""
        self._row += 1

    def heading(self, text: str) -> None:
        """The heading of a part, after an empty row."""
        self._row += 1
        self._write(0, text, self._book.format({**_TEXT, "bold": True, "font_size": 12}))
        self._row += 1

    def pair(self, label: str, value: str) -> None:
        """A label and what it is."""
        self._write(0, label, self._book.format({**_TEXT, "font_color": _QUIET_INK}))
        self._write(1, value, self._book.format(_TEXT))
        self._row += 1

    def keep_first_row(self) -> None:
        """Keep the first row in sight and on every printed page, and filter what was written below it so far."""
        self._sheet.freeze_panes(1, 0)
        self._sheet.repeat_rows(0)
        self._sheet.autofilter(0, 0, self._row - 1, len(self._widths) - 1)

    def header(self, columns: Sequence[Column]) -> None:
        """The headers of a small table."""
        self._book.header(self._sheet, self._row, columns)
        self._row += 1

    def row(self, cells: Sequence[Cell], tone: Tone = Tone.PLAIN, *, bold: bool = False, toned: int = 0) -> None:
        """A row of a small table; cell number `toned` has the colour of `tone`."""
        for column, cell in enumerate(cells):
            self._write_cell(column, cell, tone if column == toned else Tone.PLAIN, bold=bold)
        self._row += 1

    def _write_cell(self, column: int, cell: Cell, tone: Tone, *, bold: bool) -> None:
        style: dict[str, object] = {"bold": True, "top": 1} if bold else {}
        match cell:
            case None | "":
                return
            case Money(cents):
                self._book.money(self._sheet, self._row, column, cents, self._book.format({**_MONEY, **style}, tone))
            case str():
                self._write(column, cell, self._book.format({**_TEXT, **style}, tone))
            case int():
                self._book.number(self._sheet, self._row, column, cell, self._book.format({**_COUNT, **style}, tone))

    def _write(self, column: int, text: str, form: Any) -> None:
        if text:
            self._book.text(self._sheet, self._row, column, text, form)
