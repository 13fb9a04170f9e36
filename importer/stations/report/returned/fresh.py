"""A new workbook that streams its rows: for text files, for other formats, and for workbooks too large to be copied."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.worksheet import CellStringTuple, Worksheet

from importer.domain.findings import column_letter
from importer.domain.returned import ADDED, MARK
from importer.stations.report.book import FILLS
from importer.stations.report.model import Tone
from importer.stations.report.returned.cells import Failed, Value
from importer.stations.report.returned.legend import LEGEND_WIDTHS, Line, free_title
from importer.stations.report.returned.model import AUTHOR, Manner, comment_size

_PLAIN = re.compile(r"[!-%'-;=?-^`-~]+(?: [!-%'-;=?-^`-~]+)*")  # without & < > _ and other than single spaces

_CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f]")  # what XML cannot hold, and the line end it would turn into another

_TEXT: Mapping[str, object] = {"quote_prefix": True}  # stays text even when a person goes into it and leaves it again
_HEADER: Mapping[str, object] = {**_TEXT, "bold": True, "bottom": 1, "num_format": "@"}
INK, ADDED_INK = "#DDE3EA", "#C4D0E0"


class _Error(NamedTuple):
    """A cell with an error in it, in the way XlsxWriter keeps cells."""

    error: str
    format: Any


class _Sheet(Worksheet):  # type: ignore[misc]  # the library ships no types
    """Writes errors and texts itself.

    XlsxWriter knows errors as results of formulas only, takes some texts for markup of its own, and escapes texts that
    look like escapes, which READ does not undo.
    """

    def write_error(self, row: int, column: int, error: str, form: Any) -> int:
        """Write an error such as #N/A."""
        refused: int = self.write_blank(row, column, None, form)
        if not refused:
            self.table[row][column] = _Error(error, form)
        return refused

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind = type(cell)
        if cell.format is None or kind not in {CellStringTuple, _Error}:
            super()._write_cell(row, col, cell)
            return
        style = cell.format._get_xf_index()  # noqa: SLF001 - the number of a style is told nowhere else
        place = f"{column_letter(col)}{row + 1}"
        if kind is _Error:
            self.fh.write(f'<c r="{place}" s="{style}" t="e"><v>{cell.error}</v></c>')
        elif _PLAIN.fullmatch(cell.string):  # nearly every cell of a text file; this is half of all the work
            self.fh.write(f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{cell.string}</t></is></c>')
        else:
            text = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", escape(cell.string))
            self.fh.write(f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>')


class FreshBook:
    """A workbook being written, to be used in a `with` block."""

    def __init__(self, path: Path, *, scratch: Path, manner: Manner, title: str, comments: int) -> None:
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
        self._book.set_properties({"title": title, "created": manner.made_at})
        self._book.set_custom_property(MARK, "1")
        self._manner = manner
        self._titles: set[str] = set()
        self._formats: dict[tuple[object, ...], Any] = {}
        self.comments = comments  # that may still be hung up

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        """Write the file; OSError where the system says no."""
        try:
            self._book.close()
        except XlsxFileError as failure:
            if error is None:
                cause = failure.args[0] if failure.args else None
                raise cause if isinstance(cause, OSError) else OSError(str(failure)) from failure
        except Exception:
            if error is None:  # else it fails for the same reason, and the first error is the one to tell
                raise

    def sheet(self, title: str) -> "FreshSheet":
        """A new sheet, called `title` as far as that is allowed and free."""
        name = free_title(title, self._titles)
        self._titles.add(name.casefold())
        sheet = self._book.add_worksheet(name, worksheet_class=_Sheet)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # texts are texts on purpose
        sheet.set_comments_author(AUTHOR)
        return FreshSheet(self, sheet)

    def add_legend(self, lines: Iterable[Line]) -> None:
        """Write the sheet that explains."""
        sheet = self.sheet(ADDED[self._manner.speech.language].sheet).sheet
        for column, width in enumerate(LEGEND_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.hide_gridlines(2)
        _for_paper(sheet)
        for row, line in enumerate(lines):
            plain = self.format({**_TEXT, "bold": line.bold})
            if line.word:
                sheet.write_string(row, 0, line.word, self.format(_TEXT, line.tone))
                sheet.write_string(row, 1, line.text, plain)
            elif line.text:
                sheet.write_string(row, 0, line.text, plain)

    def format(self, properties: Mapping[str, object], tone: Tone = Tone.PLAIN) -> Any:
        """The cell format with these properties in the colour of a tone, made once."""
        wanted = (tone, *sorted(properties.items()))
        if wanted not in self._formats:
            fill = {"bg_color": FILLS[tone]} if tone in FILLS else {}
            self._formats[wanted] = self._book.add_format({**properties, **fill})
        return self._formats[wanted]


class FreshSheet:
    """One sheet, written from top to bottom. Rows and columns count from 0."""

    def __init__(self, book: FreshBook, sheet: Any) -> None:
        self._book = book
        self.sheet = sheet
        self._known: dict[tuple[bool, str, Tone], Any] = {}

    @property
    def name(self) -> str:
        """What the sheet is called."""
        return str(self.sheet.get_name())

    def widths(self, widths: Iterable[int], *, typed_as_text: bool) -> None:
        """The widths of columns from the left; with `typed_as_text` what a person types stays as it was typed."""
        form = self._book.format({"num_format": "@"}) if typed_as_text else None
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width, form)

    def header(self, row: int, column: int, text: str, *, added: bool) -> None:
        """A header, of the file or of ours."""
        form = self._book.format({**_HEADER, "bg_color": ADDED_INK if added else INK})
        self._sure(self.sheet.write_string(row, column, text, form))

    def put(self, row: int, column: int, value: Value, number_format: str, tone: Tone) -> None:
        """A cell. Text is written as text; it must be short enough for a cell."""
        kind = type(value)
        if kind is str:
            self._sure(self.sheet.write_string(row, column, value, self._form(number_format, tone, text=True)))
            return
        form = self._form(number_format, tone)
        if kind is bool:
            refused = self.sheet.write_boolean(row, column, value, form)
        elif isinstance(value, Failed):
            refused = self.sheet.write_error(row, column, value.error, form)
        elif isinstance(value, datetime | date | time | timedelta):
            refused = self.sheet.write_datetime(row, column, value, form)
        else:
            refused = self.sheet.write_number(row, column, value, form)
        self._sure(refused)

    def colour(self, row: int, column: int, number_format: str, tone: Tone) -> None:
        """An empty cell in a colour."""
        self._sure(self.sheet.write_blank(row, column, None, self._form(number_format, tone)))

    def comment(self, row: int, column: int, text: str) -> bool:
        """Hang a comment on a cell; False where there are too many already."""
        if not self._book.comments:
            return False
        self._book.comments -= 1
        width, height = comment_size(text)
        options = {"width": width, "height": height, "font_size": 9, "color": "#FFFBE6"}
        self._sure(self.sheet.write_comment(row, column, text, options))
        return True

    def finish(self, header: int, last: int, columns: int, *, in_sight: bool) -> None:
        """Filter from the header to the last row; keep the header in sight, and on every printed page."""
        self.sheet.autofilter(header, 0, max(header, last), columns - 1)
        if in_sight:
            self.sheet.freeze_panes(header + 1, 0)
        self.sheet.repeat_rows(header)
        _for_paper(self.sheet)

    def _form(self, number_format: str, tone: Tone, *, text: bool = False) -> Any:
        wanted = (text, number_format, tone)
        if wanted not in self._known:
            properties = {**(_TEXT if text else {}), **({"num_format": number_format} if number_format else {})}
            self._known[wanted] = self._book.format(properties, tone)
        return self._known[wanted]

    @staticmethod
    def _sure(refused: int) -> None:
        """RuntimeError where the library would not take a cell as it is: nothing may be missing without a word."""
        if refused:
            msg = f"a cell of the workbook was not written whole ({refused})"
            raise RuntimeError(msg)


def _for_paper(sheet: Any) -> None:
    """Printed on A4 across, all columns on one page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
