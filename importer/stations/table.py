"""What travels between the first stations: cells as text, with what they were and where they stood.

pandas and Arrow live here up to `group`, which turns rows into plain invoices.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import Finding
from importer.domain.invoice import Above, Sheet, SkippedRows, SourceFile
from importer.stations.columns import as_array, as_column, encoded, mask
from importer.stations.kind import Kind as Kind  # noqa: PLC0414 - also handed on: the kinds of a table's cells

MAX_EXACT_DIGITS = 15  # of a number in a workbook


@dataclass(slots=True, kw_only=True)
class Table:
    """One sheet, read: every data row below the header, blank rows between data included (all cells empty).

    `columns[i]` holds the cells of column i (0 is A) as Arrow text without nulls: an empty cell is "". All columns
    have one entry per data row. `rows[j]` is the row number the spreadsheet shows. `kinds[i]` is an int8 array of
    `Kind`, or None where every cell is text. `ragged` maps a position in `rows` to the fields actually found there
    (a text row with too few or too many fields; its cells in `columns` are padded or cut).
    `proved` holds what the profile left open and the file showed, by the keys of `source` in the profile.
    `blank_end` counts blank rows after the last data row, `rows_above` the rows above the header: neither is data.
    `above` are the cells with text there.
    """

    file: SourceFile
    sheet: str
    header_row: int
    headers: tuple[str, ...]
    columns: Sequence[pa.ChunkedArray]
    rows: np.ndarray
    kinds: Sequence[np.ndarray | None]
    detected: Mapping[str, str]
    ragged: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    blank_end: int = 0
    rows_above: int = 0
    above: tuple[Above, ...] = ()
    proved: Mapping[str, str] = field(default_factory=dict)


def let_go(tables: list[Table]) -> None:
    """Empty the list, and give the memory of its columns back at once: invoices are about to need as much."""
    tables.clear()
    pa.default_memory_pool().release_unused()


class Origin(NamedTuple):
    """Where the text of a field stands, if not in its own row or not always in one column.

    `rows` gives for each row of the frame the spreadsheet row (None: its own), `sheets` the sheet number (None: its
    own), `choice` which of the field's columns (None: the first); `columns` are header and letter of those, by sheet
    number.
    """

    rows: np.ndarray | None
    choice: np.ndarray | None
    columns: Mapping[int, Sequence[tuple[str, str]]]
    sheets: np.ndarray | None = None


class Beside(NamedTuple):
    """Spreadsheet rows that are no line of their own and go with the invoice of a row of the frame, at `position`."""

    sheet: np.ndarray
    row: np.ndarray
    position: np.ndarray


@dataclass(slots=True, kw_only=True)
class Mapped:
    """All sheets of a run under our own names: text columns called by field path (`invoice.date`).

    `frame` has one `str` column per mapped field and a RangeIndex over the lines of all sheets, in order: one per data
    row, or several where a row packs them; `key` lists the invoice-key columns in it (`key.0`, `key.1`, ...). `kinds`
    as in `Table`, by column of `frame`. `sheet` and `row` give for each row of the frame the number of its sheet in
    `sheets` and the spreadsheet row. Rows skipped by a rule, and blank rows, are not in the frame: they are in
    `skipped`. `origins` lists the fields whose text may stand in another cell than the usual one (filled down, first_of,
    join, another sheet).
    `hollow` are rows that were told as a whole: they hold no line, or no invoice to put it on. They are refused, and
    their cells are not judged. `beside` are rows of a sheet of headers, whose lines stand on another sheet.
    """

    frame: pd.DataFrame
    kinds: Mapping[str, np.ndarray]
    sheet: np.ndarray
    row: np.ndarray
    sheets: Sequence[Sheet]
    key: tuple[str, ...]
    ragged: Mapping[int, tuple[str, ...]]
    skipped: list[SkippedRows]
    read: int  # rows read, skipped ones included
    unmapped: Mapping[str, np.ndarray] = field(default_factory=dict)  # by field: positions whose word its map lacks
    unread: Mapping[str, np.ndarray] = field(
        default_factory=dict
    )  # by field: cells its extract or duration does not fit
    findings: list[Finding] = field(default_factory=list)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    filled_keys: bool = False  # the key is written on the first row of an invoice only
    hollow: frozenset[int] = frozenset()
    beside: Beside | None = None
    _cells: dict[str, pa.ChunkedArray] = field(default_factory=dict, init=False, repr=False)
    _encoded: dict[str, tuple[np.ndarray, list[str]]] = field(default_factory=dict, init=False, repr=False)

    def cells(self, column: str) -> pa.ChunkedArray:
        """The Arrow text of a column of the frame, in one chunk."""
        if column not in self._cells:
            self._cells[column] = pa.chunked_array([as_array(as_column(pa.array(self.frame[column])))])
        return self._cells[column]

    def encoded(self, column: str) -> tuple[np.ndarray, list[str]]:
        """The distinct texts of a column, and for each row the position of its text there; found once, do not change."""
        if column not in self._encoded:
            self._encoded[column] = encoded(self.cells(column))
        return self._encoded[column]

    def text(self, column: str, position: int) -> str:
        """One cell of the frame, twenty times faster than the frame itself."""
        return str(self.cells(column)[position])

    def finding(
        self,
        code: str,
        position: int,
        column: str = "",
        *,
        value: str | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> Finding:
        """A finding about the cell of field `column` in row `position` of the frame (or about the row)."""
        number, header, letter, row = self.address(column, position)
        sheet = self.sheets[number]
        if value is None:
            value = self.text(column, position) if column in self.frame.columns else ""
        return Finding(
            code,
            file=sheet.file.name,
            sheet=sheet.name,
            row=row,
            column=header,
            cell=f"{letter}{row}" if letter else "",
            value=value,
            invoice=self.label(position),
            facts=facts or {},
        )

    def address(self, column: str, position: int) -> tuple[int, str, str, int]:
        """Sheet number, header, letter and spreadsheet row of the cell that holds a field."""
        number, row = int(self.sheet[position]), int(self.row[position])
        origin = self.origins.get(column)
        if origin is None:
            return number, *self.sheets[number].columns.get(column, ("", "")), row
        if origin.rows is not None:
            row = int(origin.rows[position])
        if origin.sheets is not None:
            number = int(origin.sheets[position])
        choice = 0 if origin.choice is None else int(origin.choice[position])
        return number, *origin.columns[number][choice], row

    def in_order(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings in the order in which a person walks through the files: as given, sheet by sheet, row by row."""
        place = {(sheet.file.name, sheet.name): float(number) for number, sheet in enumerate(self.sheets)}
        opening = {sheet.file.name: number - 0.5 for number, sheet in reversed(list(enumerate(self.sheets)))}
        last = float(len(self.sheets))

        def where(found: Finding) -> tuple[float, int]:
            # what is said of a sheet that was left out stands before the sheets of its file
            return place.get((found.file, found.sheet), opening.get(found.file, last)), found.row

        return sorted(findings, key=where)

    def label(self, position: int) -> str:
        """The invoice key of a row as a person reads it."""
        return " / ".join(self.text(name, position) for name in self.key)


class Numbers(NamedTuple):
    """A column of exact numbers: int64 `mantissa * 10**-scale`."""

    mantissa: np.ndarray
    scale: int


@dataclass(slots=True, kw_only=True)
class Validated:
    """Typed values beside the mapped texts, row by row as in `mapped.frame`.

    `numbers` and `days` (datetime64[D], NaT where empty) by field path; a value is only meaningful where `bad` is
    False. `bad` marks rows with at least one error, `failed` by field path the rows whose own cell has one (fields
    without are not listed); `findings` are those of reading, mapping and validating. `forms` gives for fields that hold
    numbers with many spellings (VAT numbers, IBAN, structured communications) the distinct normal forms, and for each
    row the position of its own there. `sheets` are those of `mapped`, with the signs and date forms their files showed.
    """

    mapped: Mapped
    numbers: Mapping[str, Numbers]
    days: Mapping[str, np.ndarray]
    bad: np.ndarray
    failed: Mapping[str, np.ndarray]
    findings: list[Finding]
    sheets: Sequence[Sheet]
    forms: Mapping[str, tuple[np.ndarray, list[str]]] = field(default_factory=dict)

    def spelled(self, path: str) -> tuple[np.ndarray, list[str]]:
        """The distinct texts of a field as they are sent, and for each row the position of its own there."""
        return self.forms[path] if path in self.forms else encoded(self.mapped.cells(path))


def damaged_number(cells: pa.ChunkedArray, kinds: np.ndarray) -> np.ndarray:
    """Rows whose text a workbook stored as a number too long to be exact: more than 15 digits, or an exponent."""
    numbers = np.asarray(kinds == Kind.NUMBER, dtype=bool)
    if not numbers.any():
        return numbers
    digits = pc.utf8_length(pc.utf8_ltrim(pc.replace_substring_regex(cells, "[^0-9]", ""), "0")).to_numpy()
    return np.asarray(numbers & ((digits > MAX_EXACT_DIGITS) | mask(pc.match_substring(cells, "E"))), dtype=bool)
