"""A file opened once more, to be given back: every row from the top, titles and blank rows included."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from importer.domain.invoice import SourceFile
from importer.stations.table import Kind

OldRow = tuple[Sequence[str], bytes | None]  # the cells from column A on, and a `Kind` each (None: all are text)
TEXT, NUMBER, DATE, BOOLEAN, ERROR, UNCALCULATED = (
    int(kind) for kind in (Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.BOOLEAN, Kind.ERROR, Kind.UNCALCULATED)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSheet:
    """One sheet. `rows` begins anew at each call, with row 1. A text file is one sheet called "".

    `last_row` and `last_column` bound its content; both are 0 where that is not known beforehand. `uncalculated` holds
    the formulas that have no stored result: row -> column (from 1) -> formula. `merges` are areas of merged cells as
    (first row, first column, last row, last column), all from 1; None where the format knows none.
    """

    name: str
    rows: Callable[[], Iterator[OldRow]]
    last_row: int
    last_column: int
    uncalculated: Mapping[int, Mapping[int, str]]
    merges: Callable[[], Sequence[tuple[int, int, int, int]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """A file. `workbook` are its bytes where openpyxl may open them (looked through before), else None.

    `delimiter` is that of a text file, empty for workbooks.
    """

    file: SourceFile
    workbook: bytes | None
    delimiter: str
    sheets: Sequence[OldSheet]
