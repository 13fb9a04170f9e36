"""The raw grid of a file: every sheet as it stands, without a profile, for whoever has to find out what it is."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read.content import Content, load
from importer.stations.read.dialect import CANDIDATES, delimiter_name, find_layout, refuse_single_quotes
from importer.stations.read.encoding import Text, decode
from importer.stations.read.exact import records
from importer.stations.read.sniff import contained
from importer.stations.read.station import Grid as Grid  # noqa: PLC0414 - also handed on
from importer.stations.read.tables import file_format
from importer.stations.read.workbook import read_sheets

_PROVED_ON = 200  # rows of a text file that speak for a delimiter


def read_grids(path: Path, source: SourceRule | None, rows: int | None) -> list[Grid]:
    """See `station`."""
    source = source or SourceRule()
    content = load(path)
    if not contained(content.data):
        file_format(content, source)
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
        for sheet in read_sheets(content, source.kind, rows)
    ]


def _text_grid(content: Content, source: SourceRule, rows: int | None) -> Grid:
    name = content.file.name
    text = decode(content.release(), source.encoding, name)
    refuse_single_quotes(text, name)
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
