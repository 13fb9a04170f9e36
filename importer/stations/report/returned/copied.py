"""A copy of a workbook with remarks in it: formats, widths and other sheets stay as they were."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.writer.excel import ExcelWriter

from importer.domain.findings import column_letter
from importer.domain.returned import ADDED, MARK, is_added_header, is_added_sheet
from importer.stations.reopened import OldSheet, Reopened
from importer.stations.report.book import FILLS
from importer.stations.report.model import TONES, Tone
from importer.stations.report.returned.burden import is_bearable
from importer.stations.report.returned.cells import NOT_AVAILABLE, held
from importer.stations.report.returned.fresh import ADDED_INK
from importer.stations.report.returned.legend import LEGEND_WIDTHS, Line, Remarks, free_title
from importer.stations.report.returned.model import (
    AUTHOR,
    FREEZE,
    STATUS,
    CellNote,
    Limits,
    Manner,
    comment_size,
    comment_text,
    without_comment,
)
from importer.stations.report.returned.notes import SheetNotes, visible_lines
from importer.stations.report.returned.words import WIDTHS, shortened, status, was_formula

_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_EXTRAS = ("xl/slicer", "xl/ctrlprops", "xl/activex", "xl/threadedcomments", "xl/embeddings", "xl/timeline")
_PLAIN_NAME = re.compile(r"('[^'\[\]]+'|[^'!\[\]()]+)!\$?[A-Z]*\$?[0-9]*(:\$?[A-Z]*\$?[0-9]*)?")
_STARTS = ("=", "+", "-", "@")  # what a person who goes into such a text and leaves it again would turn into a formula
_FILLS = {tone: PatternFill("solid", fgColor=f"FF{ink[1:]}") for tone, ink in FILLS.items()}
_OURS = frozenset(fill.fgColor.rgb for fill in _FILLS.values())
_NO_FILL = PatternFill()


class Uncopyable(Exception):
    """openpyxl does not manage the workbook, or there is too much of it; a fresh one does."""


def write_copy(
    path: Path,
    reopened: Reopened,
    notes: Mapping[str, SheetNotes],
    manner: Manner,
    explain: Callable[[Remarks], Iterator[Line]],
    limits: Limits,
) -> None:
    """Write a copy of a workbook with what is said of its sheets (by name); `explain` gives its legend.

    Raises Uncopyable, having written nothing that matters, where a copy cannot be made.
    """
    if sum(sheet.last_row for sheet in reopened.sheets) > limits.copied_rows:
        raise Uncopyable
    if sum(sheet.last_row * sheet.last_column for sheet in reopened.sheets) > limits.copied_cells:
        raise Uncopyable
    data = reopened.workbook or b""
    if not is_bearable(data, limits):
        raise Uncopyable
    remarks = _differences(data)
    book = _load(data)
    for title in [title for title in book.sheetnames if is_added_sheet(title)]:
        book.remove(book[title])
    olds = {sheet.name: sheet for sheet in reopened.sheets}
    for sheet in book.worksheets:
        _make_plain(sheet, remarks)
        own = notes.get(sheet.title)
        _show_formulas(sheet, olds[sheet.title], own, manner, remarks)
        if own is not None:
            _Annotation(sheet, own, manner, remarks).write()
    _keep_plain_names(book, remarks)
    _add_legend(book, explain(remarks), manner)
    _save(book, path, manner, first=next(iter(notes)))


def _differences(data: bytes) -> Remarks:
    """What openpyxl will not carry over."""
    remarks = Remarks()
    with ZipFile(BytesIO(data)) as archive:
        for name in archive.namelist():
            lower = name.lower()
            remarks.macros |= lower.endswith("vbaproject.bin")
            remarks.extras |= lower.startswith(_EXTRAS)
            remarks.drawings |= lower.startswith(("xl/drawings/drawing", "xl/pivottables/"))
            if lower.startswith("xl/worksheets/") and lower.endswith(".xml"):
                sheet = archive.read(name)
                remarks.formulas |= _FORMULA.search(sheet) is not None
                remarks.extras |= b"extLst>" in sheet
    return remarks


def _load(data: bytes) -> Workbook:
    with _quiet():
        try:
            return load_workbook(BytesIO(data), data_only=True, keep_links=False)
        except Exception as error:  # a zoo of types; a fresh workbook needs less of openpyxl
            raise Uncopyable from error


def _make_plain(sheet: Any, remarks: Remarks) -> None:
    """Values instead of anything live: no links, no tables with formulas of their own, no text that turns into one."""
    sheet._hyperlinks = []  # noqa: SLF001 - openpyxl lists them nowhere else
    sheet._pivots = []  # noqa: SLF001 - they hold a second copy of the data
    remarks.tables |= bool(sheet.tables)
    sheet.tables.clear()
    for row in sheet.iter_rows():
        for cell in row:
            if cell.hyperlink is not None:
                cell.hyperlink = None
                remarks.links += 1
            if cell.data_type == "f":
                cell.value, cell.data_type = str(cell.value), "s"
            if isinstance(cell.value, str) and cell.data_type == "s" and cell.value.startswith(_STARTS):
                cell.quotePrefix = True


def _show_formulas(sheet: Any, old: OldSheet, notes: SheetNotes | None, manner: Manner, remarks: Remarks) -> None:
    """Formulas without a result: an error where the sheet is read, so that it is told again, and their text elsewhere."""
    for row, formulas in old.uncalculated.items():
        for column, formula in formulas.items():
            cell = sheet.cell(row, column)
            if notes is None:
                cell.value, cell.data_type, cell.quotePrefix = formula, "s", True
                continue
            cell.value = NOT_AVAILABLE
            remarks.uncalculated += 1
            if column - 1 not in notes.cells.get(row, {}):
                notes.comment(row, column - 1, Tone.BAD, visible_lines(was_formula(formula, manner.speech)))


class _Annotation:
    """What is said of one sheet, on its way into its copy. Rows and columns count from 1 here, as openpyxl does."""

    def __init__(self, sheet: Any, notes: SheetNotes, manner: Manner, remarks: Remarks) -> None:
        self._sheet, self._notes, self._manner, self._remarks = sheet, notes, manner, remarks
        self._header = notes.sheet.header_row
        self._anchors = {
            (row, column): (area.min_row, area.min_col)
            for area in sheet.merged_cells.ranges
            for row in range(area.min_row, area.max_row + 1)
            for column in range(area.min_col, area.max_col + 1)
        }

    def write(self) -> None:
        """Take away what an earlier annotation left, then write this one."""
        self._clean()
        last_row, self._base = self._measure()
        self._make_room()
        words = ADDED[self._manner.speech.language]
        for place, name in enumerate((words.status, words.number, words.todo), self._base + 1):
            cell = self._text(self._header, place, name)
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=f"FF{ADDED_INK[1:]}")
        for row in range(self._header + 1, last_row + 1):
            added = self._notes.at(row)
            if added is None or self._is_blank(row):
                continue
            self._text(row, self._base + 1, status(added.place, self._manner.speech)).fill = _FILLS[TONES[added.place]]
            self._text(row, self._base + 2, added.number)
            self._text(row, self._base + 3, added.todo)
        for row, cells in self._notes.cells.items():
            for place, note in cells.items():
                self._tell(row, self._base + 1 if place == STATUS else place + 1, note)
        self._filter(last_row)

    def _clean(self) -> None:
        """Our columns, colours and comments of an earlier time go; what a person wrote stays."""
        gone = {
            cell.column
            for cell in self._sheet[self._header]
            if isinstance(cell.value, str) and is_added_header(cell.value)
        }
        for row in self._sheet.iter_rows():
            for cell in row:
                if cell.comment is not None:
                    theirs = without_comment(cell.comment.text)
                    if theirs != cell.comment.text:
                        cell.comment = Comment(theirs, cell.comment.author) if theirs else None
                if cell.row >= self._header:
                    if cell.column in gone:
                        cell.value, cell.style = None, "Normal"
                    elif cell.has_style and cell.fill.fgColor.rgb in _OURS:
                        cell.fill = _NO_FILL

    def _measure(self) -> tuple[int, int]:
        """The last row and the last column that hold something."""
        rows, columns = [self._header], [1]
        for row in self._sheet.iter_rows():
            filled = [cell.column for cell in row if cell.value is not None]
            if filled:
                rows.append(row[0].row)
                columns.append(filled[-1])
        columns += [area.max_col for area in self._sheet.merged_cells.ranges if area.max_row >= self._header]
        return max(rows), max(columns)

    def _is_blank(self, row: int) -> bool:
        """A blank row stays blank, or it would be read as data."""
        cells = next(self._sheet.iter_rows(min_row=row, max_row=row, max_col=self._base))
        return not any(str(cell.value).strip() for cell in cells if cell.value is not None)

    def _make_room(self) -> None:
        """Widths for the added columns; a width of the file that reaches beyond its last column must not overlap."""
        dimensions = self._sheet.column_dimensions
        for key, dimension in list(dimensions.items()):
            if (dimension.max or 0) > self._base:
                if (dimension.min or 0) > self._base:
                    del dimensions[key]
                else:
                    dimension.max = self._base
        for place, width in enumerate((WIDTHS.status, WIDTHS.number, WIDTHS.todo), self._base):
            dimensions[column_letter(place)].width = width

    def _text(self, row: int, column: int, text: str) -> Any:
        """A text of ours; an empty one leaves the cell empty."""
        cell = self._sheet.cell(row, column)
        if text:
            where = f"{self._sheet.title}!{column_letter(column - 1)}{row}"
            cell.value = held(text, where, shortened(self._manner.speech), self._remarks)
            cell.data_type, cell.number_format, cell.quotePrefix = "s", "@", True
        return cell

    def _tell(self, row: int, column: int, note: CellNote) -> None:
        """Colour a cell and comment it; of merged cells the first one shows."""
        row, column = self._anchors.get((row, column), (row, column))
        cell = self._sheet.cell(row, column)
        cell.fill = _FILLS[note.tone] if column <= self._base else cell.fill
        theirs = cell.comment.text if cell.comment is not None else ""
        author = cell.comment.author if cell.comment is not None else AUTHOR
        text = comment_text(note.texts, theirs)
        width, height = comment_size(text)
        cell.comment = Comment(text, author, width=width, height=height)

    def _filter(self, last_row: int) -> None:
        """A filter over everything, and the header in sight. Rows that a filter had hidden are shown again."""
        sheet = self._sheet
        if sheet.auto_filter.filterColumn:
            for dimension in sheet.row_dimensions.values():
                dimension.hidden = False
        sheet.auto_filter.filterColumn = []
        sheet.auto_filter.sortState = None
        sheet.auto_filter.ref = f"A{self._header}:{column_letter(self._base + 2)}{last_row}"
        if self._header <= FREEZE:
            columns = re.match(r"[A-Z]+", sheet.freeze_panes or "A")
            sheet.freeze_panes = f"{columns[0] if columns else 'A'}{self._header + 1}"


def _keep_plain_names(book: Workbook, remarks: Remarks) -> None:
    """Names may stand for formulas or for other workbooks, which are not carried over; those of plain areas stay."""
    for names in (book.defined_names, *(sheet.defined_names for sheet in book.worksheets)):
        for name in list(names):
            if not _PLAIN_NAME.fullmatch(names[name].attr_text or ""):
                del names[name]
                remarks.names += 1


def _add_legend(book: Workbook, lines: Iterator[Line], manner: Manner) -> None:
    taken = {title.casefold() for title in book.sheetnames}
    sheet: Any = book.create_sheet(free_title(ADDED[manner.speech.language].sheet, taken))
    for place, width in enumerate(LEGEND_WIDTHS):
        sheet.column_dimensions[column_letter(place)].width = width
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for row, line in enumerate(lines, 1):
        for column, text in enumerate((line.word, line.text) if line.word else (line.text,), 1):
            if text:
                cell = sheet.cell(row, column, text)
                cell.data_type, cell.quotePrefix = "s", True
                cell.font = Font(bold=line.bold)
                if line.word and column == 1 and line.tone in _FILLS:
                    cell.fill = _FILLS[line.tone]


def _save(book: Workbook, path: Path, manner: Manner, *, first: str) -> None:
    book.active = book.sheetnames.index(first)
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == first  # several selected sheets would be edited together
    properties: Any = getattr(book, "custom_doc_props")  # noqa: B009 - openpyxl's stubs do not know it
    if MARK not in properties.names:
        properties.append(StringProperty(name=MARK, value="1"))
    moment = manner.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = moment
    with _quiet():
        try:
            # not `book.save`, which would put the time of now into the file
            ExcelWriter(book, ZipFile(path, "w", ZIP_DEFLATED, allowZip64=True)).save()
        except OSError:
            raise
        except Exception as error:  # what openpyxl has read it cannot always write
            raise Uncopyable from error


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of openpyxl, about what it leaves out
        yield
