"""The raw grid of a file: every sheet as it stands, without a profile, for whoever has to find out what it is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from importer.domain.invoice import SourceFile
from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read.content import Content, load
from importer.stations.read.dialect import CANDIDATES, delimiter_name, find_layout
from importer.stations.read.encoding import Text, decode
from importer.stations.read.exact import records
from importer.stations.read.sniff import Format
from importer.stations.read.tables import file_format
from importer.stations.read.workbook import read_sheets

_PROVED_ON = 200  # rows of a text file that speak for a delimiter


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


def read_grids(path: Path, source: SourceRule | None, rows: int | None) -> list[Grid]:
    """Read the first `rows` rows (None: all) of every sheet, hidden ones included, in workbook order.

    `source` may state encoding, delimiter and kind; None: all is detected. Raises SourceError as `read_tables` does,
    never for a header: none is looked for.
    """
    source = source or SourceRule()
    content = load(path)
    if file_format(content, source) is Format.TEXT:
        return [_text_grid(content, source, rows)]
    return [
        Grid(
            file=content.file,
            sheet=sheet.name,
            visible=sheet.visible,
            rows=range(1, len(sheet.cells) + 1),
            cells=sheet.cells,
            kinds=sheet.kinds,
            detected=sheet.detected,
            merges=sheet.merges,
        )
        for sheet in read_sheets(content, rows)
    ]


def _text_grid(content: Content, source: SourceRule, rows: int | None) -> Grid:
    name = content.file.name
    text = decode(content.release(), source.encoding, name)
    if source.delimiter is None and (likely := _likely_delimiter(text, name)) is not None:
        delimiter, origin = likely, "detected"
    else:
        layout = find_layout(text, source, (), name)
        delimiter, origin = layout.delimiter, layout.origin
    cells = list(islice(records(text, delimiter, name), rows))
    return Grid(
        file=content.file,
        sheet="",
        visible=True,
        rows=range(1, len(cells) + 1),
        cells=cells,
        kinds=[None] * len(cells),
        detected={
            "format": "text (CSV)",
            "encoding": text.encoding,
            "delimiter": f'"{delimiter_name(delimiter)}" ({origin})',
        },
    )


def _likely_delimiter(text: Text, name: str) -> str | None:
    """The one delimiter that splits more rows alike than every other one does; None where several are as good.

    Title lines, which hold no table yet, and decimal commas are thus outvoted by the rows of the table.
    """
    scores = {delimiter: _agreement(_sample(text, delimiter, name)) for delimiter in CANDIDATES}
    best = max(scores.values())
    winners = [delimiter for delimiter, score in scores.items() if score == best]
    return winners[0] if best > (0, 0) and len(winners) == 1 else None


def _agreement(rows: Iterator[list[str]]) -> tuple[int, int]:
    """How many rows have the commonest number of fields above one, and that number."""
    lengths = Counter(len(row) for row in rows if len(row) > 1)
    if not lengths:
        return 0, 0
    width = max(lengths, key=lambda length: (lengths[length], length))
    return lengths[width], width


def _sample(text: Text, delimiter: str, name: str) -> Iterator[list[str]]:
    try:
        yield from islice(records(text, delimiter, name), _PROVED_ON)
    except SourceError:  # with a wrong delimiter quotes need not match up
        return
