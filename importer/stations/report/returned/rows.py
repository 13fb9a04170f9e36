"""One sheet of a file on its way into a new workbook: its rows, what is said of them, the added columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

from importer.domain.findings import column_letter
from importer.domain.returned import ADDED, is_added_header
from importer.stations.report.model import TONES, Place, Tone
from importer.stations.report.returned.cells import (
    AS_TEXT,
    NOT_AVAILABLE,
    SURE,
    Cell,
    Failed,
    Rows,
    Value,
    held,
    text_of,
)
from importer.stations.report.returned.fresh import FreshBook, FreshSheet
from importer.stations.report.returned.legend import Remarks
from importer.stations.report.returned.model import FREEZE, Manner, comment_text
from importer.stations.report.returned.notes import SheetNotes, visible_lines
from importer.stations.report.returned.words import WIDTHS, shortened, status, was_formula, was_whole

COLUMNS = 16_384  # of a sheet

_SAMPLED = 200  # rows that say how wide columns are
_NARROW, _WIDE = 9, 45
_ARROW = 5  # characters of a header that the arrow of its filter hides, and the gap


class Part(NamedTuple):
    """A sheet to be written. `width`: how many columns its content has, 0 where that is not known yet."""

    title: str
    rows: Rows
    notes: SheetNotes
    width: int
    delimiter: str  # of a text file, else empty


@dataclass(frozen=True, slots=True)
class Keep:
    """Which rows a workbook of failures holds besides the header; with `top` also those above the header."""

    rows: Collection[int]
    top: bool


class SheetWriter:
    """Writes one part into a book; where a sheet is full, the rest goes on in further ones, below the header again."""

    def __init__(
        self, book: FreshBook, part: Part, manner: Manner, remarks: Remarks, *,
        rows: int, keep: Keep | None = None,
    ) -> None:  # fmt: skip
        self._book, self._part, self._manner, self._remarks = book, part, manner, remarks
        self._keep, self._limit = keep, rows
        self._last = None if keep is None else max(keep.rows, default=part.notes.sheet.header_row)
        self._notes, self._header_row = part.notes, part.notes.sheet.header_row
        self._text_format = AS_TEXT if part.delimiter else ""
        # only rows that have moved need to say where they stood
        self._added = ("status", "number", "todo") if keep is None else ("status", "number", "row", "todo")
        self._measure()
        self._out: FreshSheet = book.sheet(part.title)
        self._row = self._header_at = 0

    def write(self) -> None:
        """Write all rows."""
        self._set_widths()
        header: Sequence[Cell] = ()
        for number, cells in enumerate(islice(self._part.rows(), self._last), 1):
            if number > self._header_row:
                if self._keep is not None and number not in self._keep.rows:
                    continue
                if self._row >= self._limit:
                    self._go_on(header)
                self._write_row(number, cells)
            elif number == self._header_row:
                header = cells
                self._write_header(cells)
            elif self._keep is None or self._keep.top:
                self._write_above(cells)
        self._finish()

    def _measure(self) -> None:
        """Which columns we added earlier, how many the file has, how wide they are, whether some rows have more."""
        rows = self._part.rows
        first = list(islice(rows(), self._header_row + _SAMPLED))
        header = first[self._header_row - 1] if len(first) >= self._header_row else ()
        self._gone = frozenset(place for place, cell in enumerate(header) if is_added_header(text_of(cell)))
        width = len(header) if self._part.delimiter else self._part.width or max(map(len, rows()), default=0)
        while width and (width - 1 in self._gone or width > COLUMNS - len(WIDTHS)):
            width -= 1
        self._width = width
        self._surplus = bool(self._part.delimiter and self._notes.blocked) and any(
            self._beyond(cells) for cells in islice(rows(), self._header_row, None)
        )
        self._base = width + self._surplus
        self._widths = [_NARROW] * width
        for number, cells in enumerate(first[self._header_row - 1 :]):
            room = 2 if number else _ARROW
            for place, cell in enumerate(cells[:width]):
                if cell is not None:
                    self._widths[place] = max(self._widths[place], min(_length(cell) + room, _WIDE))

    def _beyond(self, cells: Sequence[Cell]) -> str:
        """The fields of a text row beyond the last header, as the file has them."""
        fields = [
            text_of(cell) for place, cell in enumerate(cells[self._width :], self._width) if place not in self._gone
        ]
        return self._part.delimiter.join(fields) if any(map(str.strip, fields)) else ""

    def _set_widths(self) -> None:
        self._out.widths(
            [*self._widths, *([WIDTHS.surplus] if self._surplus else [])], typed_as_text=bool(self._text_format)
        )
        for place, name in enumerate(self._added, self._base):
            self._out.sheet.set_column(place, place, getattr(WIDTHS, name))

    def _write_above(self, cells: Sequence[Cell]) -> None:
        """A row above the header: it belongs to nobody, and stays as it is."""
        for place, cell in enumerate(cells[:COLUMNS]):
            self._put(place, cell, Tone.PLAIN)
        self._remarks.columns += sum(cell is not None for cell in cells[COLUMNS:])
        self._row += 1

    def _write_header(self, cells: Sequence[Cell]) -> None:
        for place, cell in enumerate(cells[: self._width]):
            if cell is None or place in self._gone:
                continue
            if isinstance(cell[0], str):
                self._out.header(self._row, place, self._held(cell[0], place), added=False)
            else:
                self._put(place, cell, Tone.PLAIN)
        words = ADDED[self._manner.speech.language]
        if self._surplus:
            self._out.header(self._row, self._width, words.surplus, added=True)
        for place, name in enumerate(self._added, self._base):
            self._out.header(self._row, place, getattr(words, name), added=True)
        self._header_at = self._row
        self._row += 1

    def _write_row(self, number: int, cells: Sequence[Cell]) -> None:
        """A row below the header, whole, in the colours of what is said of it."""
        row = self._row_of(number, cells)
        told = self._notes.cells.get(number, {})
        for place, cell in enumerate(row):
            note = told.get(place)
            if cell is not None:
                self._put(place, cell, note.tone if note else Tone.PLAIN)
            elif note is not None:
                self._out.colour(self._row, place, self._text_format, note.tone)
        if any(text_of(cell).strip() for cell in row):  # a blank row stays blank, or it would be read as data
            self._write_added(number)
        for place, note in told.items():
            column = place if 0 <= place < self._base else self._base
            if not self._out.comment(self._row, column, comment_text(note.texts)):
                self._remarks.comments += 1
        self._row += 1

    def _row_of(self, number: int, cells: Sequence[Cell]) -> list[Cell]:
        """The cells of a row, one for each column: without what we added earlier, with errors where it is in doubt."""
        row: list[Cell] = [None if place in self._gone else cell for place, cell in enumerate(cells[: self._width])]
        row += [None] * (self._base - len(row))
        for place, cell in enumerate(row):
            if cell is not None and isinstance(cell[0], Failed) and cell[0].was:
                self._failed(number, place, cell[0])
        blocked = self._notes.blocked.get(number)
        if blocked is not None and blocked < self._width:
            was = text_of(row[blocked])
            row[blocked] = Failed(NOT_AVAILABLE, was), AS_TEXT
            self._remarks.blocked += 1
            self._notes.comment(number, blocked, Tone.BAD, visible_lines(was_whole(was, self._manner.speech)))
        if self._surplus and (beyond := self._beyond(cells)):
            row[self._width] = beyond, AS_TEXT
        if not self._part.delimiter:
            self._remarks.columns += sum(cell is not None for cell in cells[self._width :])
        return row

    def _failed(self, number: int, place: int, failed: Failed) -> None:
        """A cell whose formula has no result: the error stands for it, the comment tells what it was."""
        if failed.error == NOT_AVAILABLE:
            self._remarks.uncalculated += 1
        if place not in self._notes.cells.get(number, {}):
            told = visible_lines(was_formula(failed.was, self._manner.speech))
            self._notes.comment(number, place, Tone.BAD, told)

    def _write_added(self, number: int) -> None:
        added = self._notes.at(number)
        if added is None:
            return
        texts = {"status": status(added.place, self._manner.speech), "number": added.number, "todo": added.todo}
        for place, name in enumerate(self._added, self._base):
            tone = TONES[added.place] if name == "status" else Tone.PLAIN
            if name == "row":
                self._out.put(self._row, place, number, "0", tone)
            elif texts[name]:
                self._out.put(self._row, place, self._held(texts[name], place), AS_TEXT, tone)

    def _put(self, place: int, cell: Cell, tone: Tone) -> None:
        if cell is not None:
            value, number_format = cell
            self._out.put(
                self._row, place, self._held(value, place) if isinstance(value, str) else value, number_format, tone
            )

    def _held(self, text: str, place: int) -> str:
        if len(text) <= SURE and text.isascii():
            return text
        where = f"{self._out.name}!{column_letter(place)}{self._row + 1}"
        return held(text, where, shortened(self._manner.speech), self._remarks)

    def _go_on(self, header: Sequence[Cell]) -> None:
        self._finish()
        self._out = self._book.sheet(self._part.title)
        self._remarks.further.append(self._out.name)
        self._row = 0
        self._set_widths()
        self._write_header(header)

    def _finish(self) -> None:
        self._out.finish(
            self._header_at, self._row - 1, self._base + len(self._added), in_sight=self._header_at < FREEZE
        )


def kept(notes: SheetNotes, *, headings: bool) -> set[int]:
    """The rows of failing invoices. With `headings` also the rows without data right above them, which may open one."""
    rows: set[int] = set()
    for stretch in notes.failing():
        rows.update(range(stretch.first, stretch.last + 1))
    if headings:
        for first in sorted(rows):
            above = first - 1
            while above > notes.sheet.header_row and above not in rows and _is_no_data(notes, above):
                rows.add(above)
                above -= 1
    return rows


def _is_no_data(notes: SheetNotes, row: int) -> bool:
    stretch = notes.stretch(row)
    return stretch is None or stretch.place is Place.SKIPPED


def _length(cell: tuple[Value, str]) -> int:
    value = cell[0]
    if isinstance(value, date):
        return len("31/12/2026")
    if isinstance(value, float):
        return len(f"{value:.6g}") + 2
    return max(map(len, text_of(cell).splitlines()), default=0)
