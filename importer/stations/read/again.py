"""A file read before is opened once more, row by row from the top, to be given back with remarks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader

from importer.profile.model import SourceRule
from importer.stations.read.content import Content, load
from importer.stations.read.dialect import find_layout
from importer.stations.read.encoding import Text, decode
from importer.stations.read.exact import records
from importer.stations.read.prescan import Package, prescan
from importer.stations.read.sheetscan import SheetFacts
from importer.stations.read.sniff import Format
from importer.stations.read.station import Grid, read_grids
from importer.stations.read.tables import file_format
from importer.stations.reopened import OldRow, OldSheet, Reopened

_Grids = Callable[[], Mapping[str, Grid]]

MOST = 256 << 20  # unpacked bytes of a workbook that is opened in this very process
_NOTHING = SheetFacts()


def reopen(path: Path, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> Reopened:
    """Open a file as `read_tables` does, with the same encoding and delimiter, but leave out nothing.

    Raises SourceError as `read_tables` does.
    """
    content = load(path)
    found = file_format(content, source)
    if found is Format.TEXT:
        return _text(content, source, needed)
    grids = cache(partial(_grids, path, source))
    facts = _by_title(content) if found is Format.XLSX else None
    if facts is not None:
        sheets = [
            replace(_sheet(title, each, partial(_cells, grids, title)), merges=partial(_merges, each))
            for title, each in facts.items()
        ]
        return Reopened(file=content.file, workbook=content.release(), delimiter="", sheets=sheets)
    sheets = [
        replace(_sheet(title, _NOTHING, partial(_cells, grids, title)), merges=partial(_merges, grid))
        for title, grid in grids().items()
    ]
    return Reopened(file=content.file, workbook=None, delimiter="", sheets=sheets)


def _text(content: Content, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> Reopened:
    name = content.file.name
    text = decode(content.release(), source.encoding, name)
    delimiter = find_layout(text, source, needed, name).delimiter
    sheet = _sheet("", _NOTHING, partial(_records, text, delimiter, name))
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


def _merges(of: SheetFacts | Grid) -> Sequence[tuple[int, int, int, int]]:
    return of.merges


def _cells(grids: _Grids, title: str) -> Iterator[OldRow]:
    grid = grids()[title]
    return zip(grid.cells, grid.kinds, strict=True)


def _by_title(content: Content) -> dict[str, SheetFacts] | None:
    """The facts of each sheet by its title; None where openpyxl cannot open the workbook, or should not, in here."""
    try:
        package = prescan(content.data, content.file.name)
        with ZipFile(BytesIO(content.data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST:
                return None
        return _titles(content.data, package)
    except Exception:  # noqa: BLE001 - openpyxl raises a zoo of types; what READ makes of the file is still there
        return None


def _titles(data: bytes, package: Package) -> dict[str, SheetFacts] | None:
    reader = ExcelReader(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        reader.read_manifest()
        reader.read_workbook()
        found = {
            sheet.name: package.facts.get(relation.target)
            for sheet, relation in reader.parser.find_sheets()
            if str(relation.Type).endswith("/worksheet")  # no charts
        }
    finally:
        reader.archive.close()
    known = {title: facts for title, facts in found.items() if facts is not None}
    return known if known and len(known) == len(found) else None
