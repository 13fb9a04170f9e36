"""One sheet on its way under our names: which rows are still there, which columns were looked at, where they stand."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from importer.domain.findings import Finding, column_letter
from importer.domain.invoice import Sheet, SkippedRows
from importer.profile.model import Profile, normal_header
from importer.stations.columns import trimmed
from importer.stations.table import Origin, Table

Column = tuple[pa.ChunkedArray, np.ndarray | None]


class Part:
    """One sheet under our names. `unmapped` lists, by field, the positions whose word the profile's map lacks.

    `row`, `ragged` and all columns are of the rows still there; `columns` holds the fields mapped so far.
    """

    def __init__(self, number: int, table: Table, profile: Profile) -> None:
        self.number = number
        self.columns: dict[str, Column] = {}
        self.unmapped: dict[str, np.ndarray] = {}
        self.origins: dict[str, Origin] = {}
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
        filled = {normal_header(name) for name in profile.rows.fill_down}
        self.filled_keys = [(name,) for name in profile.invoice_key if normal_header(name) in filled]
        self.sheet = Sheet(
            file=table.file,
            name=table.sheet,
            header_row=table.header_row,
            columns=self._addresses(profile),
            detected=table.detected,
        )

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

    def rows_of(self, spellings: Sequence[str]) -> np.ndarray | None:
        """For each row the spreadsheet row from which this column was filled down; None where it was not filled."""
        filled = self._filled.get(self.position(spellings))
        return None if filled is None else filled[1]

    def address(self, spellings: Sequence[str]) -> tuple[str, str]:
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

    def _addresses(self, profile: Profile) -> dict[str, tuple[str, str]]:
        """For each field, header and letter of (the first of) its columns."""
        wanted: dict[str, tuple[str, ...]] = {f"key.{index}": (name,) for index, name in enumerate(profile.invoice_key)}
        wanted |= {path: rule.alternatives()[0] for path, rule in profile.fields() if rule.alternatives()}
        return {path: self.address(spellings) for path, spellings in wanted.items()}


def taken(column: Column, positions: np.ndarray) -> Column:
    """A column at these positions."""
    cells, kinds = column
    return cells.take(pa.array(positions)), None if kinds is None else kinds[positions]
