"""Facts of the sheets of .xlsb workbooks: record by record through their binary parts."""

import io
import posixpath
import struct
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from importer.stations.read.child.facts import Facts
from importer.stations.read.child.formats import BUILT_IN, looks
from importer.stations.read.child.numbers import Styles, compressed, error
from importer.stations.read.prescan import DAMAGE, MAX_UNPACKED, blocks, bomb, refuse_bombs, unreadable
from importer.stations.read.sheetscan import MAX_CELLS, MAX_COLUMN, MAX_ROW, too_large

_ROW, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = 0, 2, 3, 4, 5, 6, 7
_F_TEXT, _F_NUMBER, _F_BOOL, _F_ERROR = 8, 9, 10, 11
_SHORT = frozenset(range(12, 19))  # cells that do not say their column; no known program writes them
_CONTENT = frozenset({_RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED, _F_TEXT, _F_NUMBER, _F_BOOL, _F_ERROR})
_MERGE, _BOOK, _BUNDLE, _FORMAT, _XF, _XFS, _XFS_END = 176, 153, 156, 44, 47, 617, 618
_ROW_HIDDEN = 0x10


class XlsbScan:
    """One workbook. Raises SourceError if it is damaged, hostile or too large."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name = data, name
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                refuse_bombs(archive.infolist(), name)
                counted = 0
                for entry in archive.infolist():
                    for block in blocks(archive, entry):
                        counted += len(block)
                        if counted > MAX_UNPACKED:
                            raise bomb(name, "it unpacks to more than 1 GiB")
                targets = _targets(archive.read("xl/_rels/workbook.bin.rels"))
                self.since_1904, sheets = _workbook(archive.read("xl/workbook.bin"))
                self._parts = [targets[sheet] for sheet in sheets]
                styles = archive.read("xl/styles.bin") if "xl/styles.bin" in archive.namelist() else b""
            written, numbers = _formats(styles)
        except (*DAMAGE, struct.error, expat.ExpatError) as reason:
            raise unreadable(name) from reason
        codes = [written.get(number) or BUILT_IN.get(number, "General") for number in numbers]
        self._styles = Styles(looks(written, numbers), codes, since_1904=self.since_1904)

    @property
    def count(self) -> int:
        """How many sheets the workbook names."""
        return len(self._parts)

    def facts(self, sheet: int) -> Facts:
        """The facts of one sheet, counted from 0."""
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
                return self._scan(archive.read(self._parts[sheet]))
        except (*DAMAGE, struct.error, IndexError) as reason:
            raise unreadable(self._name) from reason

    def _scan(self, part: bytes) -> Facts:
        facts = Facts()
        row, hidden, last, cells = 0, False, 0, 0
        for kind, at, size in _walk(part):
            if kind == _ROW:
                number = struct.unpack_from("<I", part, at)[0] + 1
                hidden = size > 11 and bool(part[at + 11] & _ROW_HIDDEN)  # noqa: PLR2004 - where the bit stands
                if not row < number <= MAX_ROW:
                    raise unreadable(self._name)
                row, last = number, 0
            elif kind in _SHORT:
                raise unreadable(self._name)
            elif kind == _MERGE:
                top, bottom, left, right = struct.unpack_from("<4I", part, at)
                facts.merges.append((top + 1, left + 1, bottom + 1, right + 1))
            elif kind in _CONTENT:
                column, style = struct.unpack_from("<2I", part, at)
                column += 1
                cells += 1
                if not last < column <= MAX_COLUMN or not row:
                    raise unreadable(self._name)
                if cells > MAX_CELLS:
                    raise too_large(self._name, f"sheet {len(self._parts)}")
                last = column
                facts.content(row, column, hidden=hidden)
                self._cell(facts, row, column, style & 0xFFFFFF, kind, part, at + 8)
        return facts

    def _cell(self, facts: Facts, row: int, column: int, style: int, kind: int, part: bytes, at: int) -> None:
        if kind == _RK:
            self._styles.number(facts, row, column, style, compressed(struct.unpack_from("<I", part, at)[0]))
        elif kind in {_REAL, _F_NUMBER}:
            self._styles.number(facts, row, column, style, struct.unpack_from("<d", part, at)[0])
        elif kind in {_ERROR, _F_ERROR}:
            error(facts, row, column, part[at])


def _walk(part: bytes) -> Iterator[tuple[int, int, int]]:
    """Every record: its kind, where its body begins, how long it is. Raises ValueError where one leaves the part."""
    at, end = 0, len(part)
    while at < end:
        kind = part[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (part[at] & 0x7F) << 7
            at += 1
        size, shift = 0, 0
        while True:
            byte = part[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift >= 28:  # noqa: PLR2004 - four bytes at most
                break
        if at + size > end:
            raise ValueError(at)
        yield kind, at, size
        at += size


def _targets(relations: bytes) -> dict[str, str]:
    """Part by relation."""
    found: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "Relationship":
            target = attributes.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            found[attributes.get("Id", "")] = part

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.Parse(relations, True)
    return found


def _workbook(part: bytes) -> tuple[bool, list[str]]:
    """Whether days count from 1904, and the relation of each sheet."""
    since_1904, sheets = False, []
    for kind, at, _ in _walk(part):
        if kind == _BOOK:
            since_1904 = bool(part[at] & 1)
        elif kind == _BUNDLE:
            sheets.append(_text(part, at + 8))
    return since_1904, sheets


def _formats(part: bytes) -> tuple[dict[int, str], list[int]]:
    """The formats written down, and the format number of each cell style."""
    written: dict[int, str] = {}
    numbers: list[int] = []
    inside = False
    for kind, at, _ in _walk(part):
        if kind == _FORMAT:
            written[struct.unpack_from("<H", part, at)[0]] = _text(part, at + 2)
        elif kind in {_XFS, _XFS_END}:
            inside = kind == _XFS
        elif kind == _XF and inside:
            numbers.append(struct.unpack_from("<H", part, at + 2)[0])
    return written, numbers


def _text(part: bytes, at: int) -> str:
    count = struct.unpack_from("<I", part, at)[0]
    if count > len(part):
        raise ValueError(count)
    return part[at + 4 : at + 4 + 2 * count].decode("utf-16-le", "replace")
