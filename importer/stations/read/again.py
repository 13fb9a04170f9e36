"""A file read before is opened once more, row by row from the top, to be given back with remarks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

from openpyxl.reader.excel import ExcelReader

from importer.profile.model import SourceRule
from importer.stations.read.content import Content, load
from importer.stations.read.dialect import find_layout
from importer.stations.read.encoding import Text, decode
from importer.stations.read.exact import records
from importer.stations.read.grid import Grid, read_grids
from importer.stations.read.prescan import Package, prescan
from importer.stations.read.sheetscan import SheetFacts
from importer.stations.read.sniff import Format
from importer.stations.read.tables import file_format
from importer.stations.reopened import OldRow, OldSheet, Reopened

_Grids = Callable[[], Mapping[str, Grid]]


def reopen(path: Path, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> Reopened:
    """Open a file as `read_tables` does, with the same encoding and delimiter, but leave out nothing.

    Raises SourceError as `read_tables` does.
    """
    content = load(path)
    found = file_format(content, source)
    if found is Format.TEXT:
        return _text(content, source, needed)
    grids = cache(partial(_grids, path, source))
    if found is Format.XLSX:
        facts = _by_title(content.data, prescan(content.data, content.file.name))
        if facts is not None:
            sheets = [_sheet(title, each, partial(_cells, grids, title)) for title, each in facts.items()]
            return Reopened(file=content.file, workbook=content.release(), delimiter="", sheets=sheets)
    return Reopened(
        file=content.file,
        workbook=None,
        delimiter="",
        sheets=[_sheet(title, SheetFacts(), partial(_cells, grids, title)) for title in grids()],
    )


def _text(content: Content, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> Reopened:
    name = content.file.name
    text = decode(content.release(), source.encoding, name)
    delimiter = find_layout(text, source, needed, name).delimiter
    sheet = _sheet("", SheetFacts(), partial(_records, text, delimiter, name))
    return Reopened(file=content.file, workbook=None, delimiter=delimiter, sheets=[sheet])


def _records(text: Text, delimiter: str, name: str) -> Iterator[OldRow]:
    return ((record, None) for record in records(text, delimiter, name))


def _sheet(title: str, facts: SheetFacts, rows: Callable[[], Iterator[OldRow]]) -> OldSheet:
    return OldSheet(
        name=title,
        rows=rows,
        last_row=facts.last_row,
        last_column=facts.last_column,
        uncalculated=facts.uncalculated,
    )


def _grids(path: Path, source: SourceRule) -> Mapping[str, Grid]:
    return {grid.sheet: grid for grid in read_grids(path, source, None)}


def _cells(grids: _Grids, title: str) -> Iterator[OldRow]:
    grid = grids()[title]
    return zip(grid.cells, grid.kinds, strict=True)


def _by_title(data: bytes, package: Package) -> dict[str, SheetFacts] | None:
    """The facts of each sheet by its title; None where openpyxl does not find its way through the workbook."""
    reader = ExcelReader(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        reader.read_manifest()
        reader.read_workbook()
        return {
            sheet.name: package.facts[relation.target]
            for sheet, relation in reader.parser.find_sheets()
            if relation.target in package.facts
        }
    except (BadZipFile, KeyError, ValueError, TypeError, AttributeError):
        return None
    finally:
        reader.archive.close()
