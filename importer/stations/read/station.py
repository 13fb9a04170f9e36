"""The station's public functions. They import what they need when they are called: the reader process needs none of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from importer.domain.invoice import SourceFile

if TYPE_CHECKING:
    from importer.profile.model import SourceRule
    from importer.stations.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One sheet as it stands, from row 1 on; a text file is one visible sheet called "".

    `cells[i]` holds row `rows[i]` from column A on, as text exactly as `Table` holds it; rows may differ in length,
    a blank row is an empty list or empty texts. `kinds[i]` has one `Kind` per cell of that row, or is None where all
    are text. `merges` are the merged areas as (first row, first column, last row, last column), all from 1.
    `detected` says what was found out: format, encoding, delimiter.
    """

    file: SourceFile
    sheet: str
    visible: bool
    rows: Sequence[int]
    cells: Sequence[Sequence[str]]
    kinds: Sequence[bytes | None]
    detected: Mapping[str, str]
    merges: Sequence[tuple[int, int, int, int]] = field(default=())


def read_tables(path: Path, source: "SourceRule", needed: Sequence[tuple[str, ...]]) -> "list[Table]":
    """Read every sheet of a file that the profile asks for, in workbook order (a text file is one sheet called "").

    `needed` lists the columns that must be there, each as its accepted spellings; they find the header row, and for
    text files the delimiter. Cells are text exactly as stored; nothing is trimmed, guessed or dropped: see `Table`.
    The bytes are read once, so the fingerprint in `Table.file` is of exactly what was read. Workbooks are opened in
    the reader process only.

    Raises SourceError for whatever concerns the file as a whole; its `code` is kebab-case and its sentence names the
    file. Findings of single rows and cells are in `Table.findings`.
    """
    from importer.stations.read.early import start_reader  # noqa: PLC0415 - what the reader process does without

    start_reader(path)
    from importer.stations.read import tables  # noqa: PLC0415 - pandas, which takes as long as starting the process

    return tables.read_tables(path, source, needed)


def read_grids(path: Path, source: "SourceRule | None", rows: int | None) -> list[Grid]:
    """Read the first `rows` rows (None: all) of every sheet, hidden ones included, in workbook order.

    `source` may state encoding, delimiter and kind; None: all is detected. Raises SourceError as `read_tables` does,
    never for a header: none is looked for.
    """
    from importer.stations.read import grid  # noqa: PLC0415 - pandas

    return grid.read_grids(path, source, rows)
