"""One sheet on its way: which rows are still there, what its columns say, and where their cells stand."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from importer.domain.findings import Finding, column_letter
from importer.domain.invoice import SkippedRows, SourceFile
from importer.profile.names import normal_header
from importer.stations.columns import trimmed
from importer.stations.table import Table

Column = tuple[pa.ChunkedArray, np.ndarray | None]
Address = tuple[str, str]  # header and letter of a column


class Place(NamedTuple):
    """Where the cells of a column stand, as in `Origin`; None: in their own row, sheet, and the only column."""

    columns: Mapping[int, Sequence[Address]]
    rows: np.ndarray | None = None
    choice: np.ndarray | None = None
    sheets: np.ndarray | None = None


class View(Protocol):
    """Columns by their headers, one cell for each line."""

    def column(self, spellings: Sequence[str]) -> Column:
        """The trimmed cells of the column that carries one of these headers."""

    def place(self, spellings: Sequence[str]) -> Place:
        """Where those cells stand."""


class Part:
    """One sheet: `row` and `ragged` are of the rows still there, as is every column that is asked for.

    `keys` are the columns that name an invoice on this sheet, `fill_down` those written on its first row only; columns
    that the sheet has not are no part of either. One row is one line here.
    """

    def __init__(self, number: int, table: Table, keys: Sequence[str], fill_down: Sequence[str]) -> None:
        self.number = number
        self.row = table.rows
        self.ragged = dict(table.ragged)
        self.skipped: list[SkippedRows] = []
        self.findings: list[Finding] = list(table.findings)
        self._table = table
        self._positions: dict[str, int] = {}
        for position, header in enumerate(table.headers):
            self._positions.setdefault(normal_header(header), position)
        self._taken: dict[int, Column] = {}
        self._filled: dict[int, tuple[Column, np.ndarray]] = {}  # cells, and the row each stands in
        self._keep: np.ndarray | None = None
        self.keys = [(name,) for name in keys if self.has((name,))]
        self.fill_down = [(name,) for name in fill_down if self.has((name,))]
        filled = {normal_header(name) for (name,) in self.fill_down}
        self.filled_keys = [(name,) for (name,) in self.keys if normal_header(name) in filled]

    @property
    def file(self) -> SourceFile:
        """The file the sheet is in."""
        return self._table.file

    @property
    def name(self) -> str:
        """The name of the sheet; empty for text files."""
        return self._table.sheet

    @property
    def headers(self) -> Sequence[str]:
        """The names of all columns, those of nobody too."""
        return self._table.headers

    def has(self, spellings: Sequence[str]) -> bool:
        """Whether a column carries one of these headers."""
        return any(normal_header(name) in self._positions for name in spellings)

    def position(self, spellings: Sequence[str]) -> int:
        """The column that carries one of these headers; the first spelling that is there."""
        return next(self._positions[name] for name in map(normal_header, spellings) if name in self._positions)

    def column(self, spellings: Sequence[str]) -> Column:
        """The trimmed cells of a column, of the rows still there."""
        position = self.position(spellings)
        if position in self._filled:
            return self._filled[position][0]
        if position not in self._taken:
            cells, kinds = self._table.columns[position], self._table.kinds[position]
            if self._keep is not None:
                cells, kinds = taken((cells, kinds), self._keep)
            self._taken[position] = (trimmed(cells), kinds)
        return self._taken[position]

    def place(self, spellings: Sequence[str]) -> Place:
        """Where a column stands, and for each row the spreadsheet row from which it was filled down."""
        filled = self._filled.get(self.position(spellings))
        return Place({self.number: (self.address(spellings),)}, None if filled is None else filled[1])

    def address(self, spellings: Sequence[str]) -> Address:
        """Header and letter of a column."""
        position = self.position(spellings)
        return self._table.headers[position], column_letter(position)

    def fill(self, spellings: Sequence[str], source: np.ndarray) -> None:
        """Let each row of a column say what row number `source` of it says."""
        self._filled[self.position(spellings)] = (taken(self.column(spellings), source), self.row[source])

    def leave_out(self, keep: np.ndarray) -> None:
        """Keep only these rows (a mask over the rows still there)."""
        if keep.all():
            return
        kept = np.flatnonzero(keep)
        self._taken.clear()
        self._filled = {
            position: (taken(column, kept), rows[kept]) for position, (column, rows) in self._filled.items()
        }
        if self.ragged:
            place = {int(old): new for new, old in enumerate(kept)}
            self.ragged = {place[position]: fields for position, fields in self.ragged.items() if position in place}
        self.row = self.row[kept]
        self._keep = kept if self._keep is None else self._keep[kept]


def taken(column: Column, positions: np.ndarray) -> Column:
    """A column at these positions; at a negative one it is empty."""
    cells, kinds = column
    absent = positions < 0
    if not absent.any():
        return cells.take(pa.array(positions)), None if kinds is None else kinds[positions]
    text = cells.take(pa.array(positions, mask=absent)).fill_null("")
    if kinds is None or not len(kinds):
        return text, None
    return text, np.where(absent, 0, kinds[positions]).astype(np.int8)
