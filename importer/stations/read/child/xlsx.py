"""Workbooks of the usual kind (.xlsx, .xlsm): the quick way where it is proved, else the exact one."""

import io
import threading
import zipfile
from collections.abc import Iterator, Sequence
from xml.parsers import expat

import numpy as np
from python_calamine import CalamineSheet, CalamineWorkbook

from importer.errors import SourceError
from importer.stations.read.child.ahead import Ahead, SheetName, named
from importer.stations.read.child.books import Book, open_values, sheet_values, value_blocks
from importer.stations.read.child.convert import Block
from importer.stations.read.child.exact import ExactBook
from importer.stations.read.child.facts import Facts, Untrusted
from importer.stations.read.child.package import MAIN, STYLES, Parts, modern, sheet_rows, survey
from importer.stations.read.child.plain import RowScan
from importer.stations.read.child.plaintags import NotPlain, require
from importer.stations.read.prescan import DAMAGE, bomb
from importer.stations.read.sheetscan import MAX_CELLS, SheetScanner

_PIECE = 1 << 20  # bytes of XML looked at in one go
_SMALL = 2 << 20  # bytes of a sheet that is looked at before the value reader may have it
_UTF8 = (b'encoding="UTF-8"', b'encoding="utf-8"', b"encoding='UTF-8'", b"encoding='utf-8'")


def open_xlsx(data: bytes, name: str, *, exact: bool, ahead: Ahead | None = None) -> Book:
    """Open a workbook; `ahead` has perhaps begun with it. Raises SourceError."""
    renewed = modern(data, name)
    if renewed is not data and ahead is not None:
        ahead.finish()
        ahead = None
    if exact:
        return ExactBook(renewed, name)
    try:
        parts = survey(renewed, name)
        require(parts.plain)
        values = (ahead.opened() if ahead is not None else None) or open_values(renewed, name)
        names = ahead.names if ahead is not None else [sheet.name for sheet in values.sheets_metadata]
        require(names == list(parts.sheets))
        return QuickBook(renewed, name, parts, values, ahead=ahead)
    except (NotPlain, SourceError):
        if ahead is not None:
            ahead.finish()
        return ExactBook(renewed, name)


class QuickBook:
    """A workbook whose sheets are read by the value reader after a proof; a sheet without proof is read exactly."""

    def __init__(
        self,
        data: bytes,
        name: str,
        parts: Parts,
        values: CalamineWorkbook,
        *,
        ahead: Ahead | None = None,
    ) -> None:
        self._data, self._name, self._parts, self._book = data, name, parts, values
        self._ahead = ahead
        self.sheets: Sequence[SheetName] = [sheet for _, sheet in (ahead.sheets if ahead else named(values))]
        require(self.sheets)
        self._doubtful = _doubtful_styles(data, parts)
        self.detected = {"format": "Excel workbook"}
        if parts.since_1904:
            self.detected["dates"] = "counted from 1904"
        if parts.macros:
            self.detected["macros"] = "present, never run"
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        self._sizes = {sheet.name: sizes.get(parts.sheets[sheet.name], -1) for sheet in self.sheets}
        require(min(self._sizes.values()) >= 0)  # a sheet whose part is missing is not passed over
        self._scans: dict[int, RowScan | None] = {}
        self._values: tuple[int, CalamineSheet] | None = None
        self._exact: ExactBook | None = None

    def facts(self, sheet: int) -> Facts:
        """See `Book`."""
        scan = self._scanned(sheet)
        return self._exactly().facts(sheet) if scan is None else scan.facts

    def blocks(self, sheet: int, first: int, last: int | None, width: int | None) -> Iterator[Block]:
        """See `Book`."""
        scan = self._scanned(sheet)
        if scan is None or scan.facts.last_row * scan.facts.last_column > MAX_CELLS:
            yield from self._exactly().blocks(sheet, first, last, width)
            return
        values = self._sheet(sheet)
        typed = 0
        for block in value_blocks(values, scan.facts, first, last, width, since_1904=self._parts.since_1904):
            typed += block.typed
            yield block
        if width is None or width >= scan.facts.last_column:
            expected = scan.typed_between(first, scan.facts.last_row if last is None else last)
            if typed != expected:
                raise Untrusted

    def _exactly(self) -> ExactBook:
        if self._exact is None:
            if self._ahead is not None:
                self._ahead.finish()
                self._ahead = None
            self._values = None
            self._exact = ExactBook(self._data, self._name)
        return self._exact

    def _sheet(self, sheet: int) -> CalamineSheet:
        if self._ahead is not None:
            begun, values = self._ahead.name, self._ahead.finish()
            self._ahead = None
            if values is not None:
                self._values = [one.name for one in self.sheets].index(begun), values
        if self._values is None or self._values[0] != sheet:
            self._values = None  # the one before is let go first
            self._values = sheet, sheet_values(self._book, self.sheets[sheet].name, self._name)
        return self._values[1]

    def _scanned(self, sheet: int) -> RowScan | None:
        """The proof of a sheet, or None. Large sheets are meanwhile given to the value reader, which needs no lock."""
        if sheet in self._scans:
            return self._scans[sheet]
        reading: threading.Thread | None = None
        begun = self._ahead is not None and self._ahead.name == self.sheets[sheet].name
        if not begun and self._sizes[self.sheets[sheet].name] > _SMALL:
            reading = threading.Thread(target=self._read_along, args=(sheet,))
            reading.start()
        try:
            self._scans[sheet] = self._scan(self._parts.sheets[self.sheets[sheet].name])
        except NotPlain:
            self._scans[sheet] = None
        finally:
            if reading is not None:
                reading.join()
        return self._scans[sheet]

    def _read_along(self, sheet: int) -> None:
        try:
            self._sheet(sheet)
        except (SourceError, MemoryError):
            self._values = None  # it is asked again, and answers then

    def _scan(self, part: str) -> RowScan:
        scan = RowScan(self._parts.looks, self._doubtful, since_1904=self._parts.since_1904)
        frame = _Frame(self._name, part)
        for where, piece in sheet_rows(self._data, part, _PIECE):
            if where == "rows":
                scan.feed(piece)
            else:
                frame.feed(piece)
        scan.facts.merges = list(frame.merges())
        return scan


class _Frame:
    """What stands before and after the rows, read by a true XML parser."""

    def __init__(self, name: str, part: str) -> None:
        self._name, self._part = name, part
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._root
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._doctype
        self._scanner: SheetScanner | None = None
        self._first = True

    def feed(self, piece: bytes) -> None:
        if self._first:
            self._first = False
            declaration = piece[: piece.find(b"?>")] if piece.startswith((b"<?xml", b"\xef\xbb\xbf<?xml")) else b""
            require(b"encoding" not in declaration or any(name in declaration for name in _UTF8))
            require(b"<!" not in piece)
        try:
            self._parser.Parse(piece, False)
        except expat.ExpatError:
            raise NotPlain from None

    def merges(self) -> tuple[tuple[int, int, int, int], ...]:
        try:
            self._parser.Parse(b"", True)
        except expat.ExpatError:
            raise NotPlain from None
        require(self._scanner)
        assert self._scanner is not None  # noqa: S101 - just required
        return self._scanner.finish().merges

    def _root(self, tag: str, _attributes: dict[str, str]) -> None:
        namespace, _, local = tag.rpartition(" ")
        require(namespace == MAIN and local == "worksheet")
        self._scanner = SheetScanner(self._parser, namespace, self._name, self._part)
        self._parser.StartElementHandler = self._scanner.start

    def _doctype(self, *_arguments: object) -> None:
        raise bomb(self._name, "it declares XML entities, which no spreadsheet program does")


def _doubtful_styles(data: bytes, parts: Parts) -> np.ndarray:
    """Cell styles on which the value reader and we disagree whether they show days: it is asked with a small workbook."""
    doubtful = np.zeros(len(parts.looks), dtype=bool)
    numbers = parts.style_formats
    first = {number: style for style, number in reversed(list(enumerate(numbers)))}
    if not first:
        return doubtful
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" s="{style}"><v>46082.5</v></c></row>'
        for row, style in enumerate(first.values(), 1)
    )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            styles = archive.read(STYLES)
    except DAMAGE:
        raise NotPlain from None
    values = open_values(_probe(styles, cells), "").get_sheet_by_index(0).iter_rows()
    agree = {}
    for (number, style), (value,) in zip(first.items(), values, strict=True):
        agree[number] = hasattr(value, "year") == (parts.looks[style].temporal == "day") and (
            type(value) is float or bool(parts.looks[style].temporal)
        )
    for style, number in enumerate(numbers):
        doubtful[style] = not agree[number] and parts.looks[style].temporal != "length"
    return doubtful


def _probe(styles: bytes, rows: str) -> bytes:
    """A workbook with these styles and these rows."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="a" Target="xl/workbook.xml" '
            f'Type="{office}/officeDocument"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets><sheet name="A" sheetId="1" r:id="a"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="a" Target="worksheets/sheet1.xml" '
            f'Type="{office}/worksheet"/><Relationship Id="b" Target="styles.xml" Type="{office}/styles"/></Relationships>',
        )
        archive.writestr("xl/styles.xml", styles)
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return out.getvalue()
