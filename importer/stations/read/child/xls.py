"""Facts of the sheets of .xls workbooks (BIFF5 and BIFF8): record by record through the stream."""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from importer.stations.kind import Kind
from importer.stations.read.child.facts import Facts, key_of
from importer.stations.read.child.formats import BUILT_IN, looks
from importer.stations.read.child.numbers import Styles, compressed, error
from importer.stations.read.child.ole import Damaged, stream
from importer.stations.read.prescan import protected, too_old, unreadable

_BOF, _EOF, _SHEET, _FORMAT, _XF, _EPOCH, _PASSWORD = 0x809, 0x0A, 0x85, 0x41E, 0xE0, 0x22, 0x2F
_ROW, _NUMBER, _RK, _MULTIPLE, _FORMULA, _BOOL = 0x208, 0x203, 0x27E, 0xBD, 0x06, 0x205
_TEXTS = frozenset({0xFD, 0x204, 0xD6})
_MERGES = 0xE5
_BIFF5, _BIFF8 = 0x500, 0x600
_ROW_HIDDEN = 0x20
_LATIN = "windows-1252"  # good enough for the signs that number formats are made of


@dataclass(slots=True)
class _Globals:
    version: int = 0
    offsets: list[int] = field(default_factory=list)  # where the records of each sheet begin
    formats: dict[int, str] = field(default_factory=dict)
    styles: list[int] = field(default_factory=list)
    since_1904: bool = False


class XlsScan:
    """One workbook. Raises SourceError if it is damaged, protected or too old."""

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        try:
            self._records = stream(data, ("Workbook", "Book"))
            self._globals = _globals(self._records, name)
        except (Damaged, struct.error, IndexError) as reason:
            raise unreadable(name) from reason
        found = self._globals
        codes = [found.formats.get(number) or BUILT_IN.get(number, "General") for number in found.styles]
        self._styles = Styles(looks(found.formats, found.styles), codes, since_1904=found.since_1904)

    @property
    def since_1904(self) -> bool:
        """Whether days count from 1904."""
        return self._globals.since_1904

    @property
    def count(self) -> int:
        """How many sheets the workbook names."""
        return len(self._globals.offsets)

    def facts(self, sheet: int) -> Facts:
        """The facts of one sheet, counted from 0."""
        try:
            return _Sheet(self._styles).scan(_walk(self._records, self._globals.offsets[sheet]))
        except (Damaged, struct.error, IndexError) as reason:
            raise unreadable(self._name) from reason


class _Sheet:
    def __init__(self, styles: Styles) -> None:
        self._facts, self._styles = Facts(), styles
        self._filled: set[int] = set()
        self._keys = array("q")

    def scan(self, records: Iterator[tuple[int, bytes]]) -> Facts:
        facts = self._facts
        hidden: set[int] = set()
        depth = 0
        for kind, body in records:
            if kind == _BOF:
                depth += 1
            elif kind == _EOF:
                depth -= 1
                if depth <= 0:
                    break
            elif depth != 1:
                continue  # of a chart on the sheet
            elif kind == _ROW:
                if struct.unpack_from("<H", body, 12)[0] & _ROW_HIDDEN:
                    hidden.add(struct.unpack_from("<H", body)[0] + 1)
            elif kind == _MERGES:
                for at in range(2, len(body) - 7, 8):
                    top, bottom, left, right = struct.unpack_from("<4H", body, at)
                    facts.merges.append((top + 1, left + 1, bottom + 1, right + 1))
            else:
                self._cell(kind, body)
        facts.hidden = sorted(hidden & self._filled)
        self._put_in_order()
        return facts

    def _put_in_order(self) -> None:
        """Some programs write cells in any order; two cells in one place are damage, and one of them would be lost."""
        keys = self._keys
        if all(one < other for one, other in pairwise(keys)):
            return
        if len(set(keys)) != len(keys):
            raise Damaged
        self._facts.sort_styles()

    def _cell(self, kind: int, body: bytes) -> None:
        facts = self._facts
        if kind == _NUMBER:
            row, column, style, value = struct.unpack_from("<3Hd", body)
            self._number(row, column, style, value)
        elif kind == _RK:
            row, column, style, short = struct.unpack_from("<3HI", body)
            self._number(row, column, style, compressed(short))
        elif kind == _MULTIPLE:
            row, first = struct.unpack_from("<2H", body)
            for offset in range((len(body) - 6) // 6):
                style, short = struct.unpack_from("<HI", body, 4 + 6 * offset)
                self._number(row, first + offset, style, compressed(short))
        elif kind == _BOOL:
            row, column, _, value, is_error = struct.unpack_from("<3HBB", body)
            self._content(row, column)
            if is_error:
                error(facts, row + 1, column + 1, value)
        elif kind == _FORMULA:
            self._formula(body)
        elif kind in _TEXTS:
            row, column = struct.unpack_from("<2H", body)
            self._content(row, column)

    def _formula(self, body: bytes) -> None:
        row, column, style = struct.unpack_from("<3H", body)
        result = body[6:14]
        if result[6:8] != b"\xff\xff":
            self._number(row, column, style, struct.unpack("<d", result)[0])
            return
        self._content(row, column)
        if result[0] == 1:
            self._facts.fixed[key_of(row + 1, column + 1)] = ("TRUE" if result[2] else "FALSE", int(Kind.BOOLEAN))
        elif result[0] == 2:  # noqa: PLR2004 - an error
            error(self._facts, row + 1, column + 1, result[2])

    def _number(self, row: int, column: int, style: int, value: float) -> None:
        self._content(row, column)
        self._styles.number(self._facts, row + 1, column + 1, style, value)

    def _content(self, row: int, column: int) -> None:
        self._filled.add(row + 1)
        self._keys.append(key_of(row + 1, column + 1))
        self._facts.content(row + 1, column + 1, hidden=False)


def _globals(records: bytes, name: str) -> _Globals:
    found = _Globals()
    for kind, body in _walk(records, 0):
        if kind == _BOF:
            found.version = found.version or struct.unpack_from("<H", body)[0]
            if found.version not in {_BIFF5, _BIFF8}:
                raise too_old(name)
        elif kind == _PASSWORD:
            raise protected(name)
        elif kind == _EPOCH:
            found.since_1904 = struct.unpack_from("<H", body)[0] == 1
        elif kind == _SHEET:
            found.offsets.append(struct.unpack_from("<I", body)[0])
        elif kind == _FORMAT:
            found.formats[struct.unpack_from("<H", body)[0]] = _code(body, found.version)
        elif kind == _XF:
            found.styles.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == _EOF and found.version:
            return found
    raise Damaged


def _walk(records: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Every record from an offset on: its kind and its body. Raises Damaged where one reaches beyond the end."""
    while at + 4 <= len(records):
        kind, size = struct.unpack_from("<2H", records, at)
        if at + 4 + size > len(records):
            raise Damaged
        yield kind, records[at + 4 : at + 4 + size]
        at += 4 + size


def _code(body: bytes, version: int) -> str:
    """The text of a number format."""
    if version == _BIFF5:
        return body[3 : 3 + body[2]].decode(_LATIN, "replace")
    count, flags = struct.unpack_from("<HB", body, 2)
    return (
        body[5 : 5 + 2 * count].decode("utf-16-le", "replace") if flags & 1 else body[5 : 5 + count].decode("latin-1")
    )
