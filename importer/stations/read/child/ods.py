"""Facts of the sheets of .ods workbooks: one streaming look at their content."""

import io
import re
import zipfile
from collections.abc import Mapping
from xml.parsers import expat

from importer.errors import SourceError
from importer.stations.kind import Kind
from importer.stations.read.cells import NumberStyle, number_text
from importer.stations.read.child.facts import Facts, key_of
from importer.stations.read.prescan import DAMAGE, MAX_UNPACKED, blocks, bomb, protected, refuse_bombs, unreadable
from importer.stations.read.sheetscan import MAX_CELLS, MAX_COLUMN, MAX_ROW, too_large

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _STYLE, _TEXT, _NUMBER = (
    f"{_SPACE}{name}:1.0 " for name in ("table", "office", "style", "text", "datastyle")
)
_SHEET, _COLUMN, _ROW = f"{_TABLE}table", f"{_TABLE}table-column", f"{_TABLE}table-row"
_CELLS = frozenset({f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"})
_ANNOTATION, _PARAGRAPH = f"{_OFFICE}annotation", f"{_TEXT}p"
_COMPUTED = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_TYPE, _VALUE, _LOGICAL, _TIME = (f"{_OFFICE}{name}" for name in ("value-type", "value", "boolean-value", "time-value"))
_HIDDEN = frozenset({"collapse", "filter"})
_DURATION = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_MAX_FIXED = 4_000_000
_NUMBERS = frozenset({"float", "percentage", "currency"})


class OdsScan:
    """One workbook, looked through as a whole. Raises SourceError if it is damaged, hostile, protected or too large."""

    since_1904 = False

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._sheets: list[Facts] = []
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                refuse_bombs(archive.infolist(), name)
                names = archive.namelist()
                if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
                    raise protected(name)
                styles = _Styles()
                if "styles.xml" in names:
                    _parse(archive, "styles.xml", styles, name)
                content = _Content(styles, name)
                _parse(archive, "content.xml", content, name)
                self._sheets = content.sheets
        except SourceError:
            raise
        except (*DAMAGE, expat.ExpatError) as reason:
            raise unreadable(name) from reason

    @property
    def count(self) -> int:
        """How many sheets the workbook holds."""
        return len(self._sheets)

    def facts(self, sheet: int) -> Facts:
        """The facts of one sheet, counted from 0."""
        try:
            return self._sheets[sheet]
        except IndexError:
            raise unreadable(self._name) from None


class _Styles:
    """Which cell styles change what a number says."""

    def __init__(self) -> None:
        self.data: dict[str, NumberStyle | bool] = {}  # by name of a data style; True: logical values
        self.cells: dict[str, tuple[str, str]] = {}  # by name of a cell style: its data style, its parent
        self._open = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag.startswith(_NUMBER):
            local = tag[len(_NUMBER) :]
            if local.endswith("-style"):
                self._open = attributes.get(f"{_STYLE}name", "")
                if local == "percentage-style":
                    self.data[self._open] = "percent"
                elif local == "boolean-style":
                    self.data[self._open] = True
            elif local == "number" and self._open and self._open not in self.data:
                digits = attributes.get(f"{_NUMBER}min-integer-digits", "1")
                places = attributes.get(f"{_NUMBER}decimal-places", "0")
                if digits.isdigit() and int(digits) > 1 and places == "0":
                    self.data[self._open] = min(int(digits), 99)
            elif local == "text":
                self.data.setdefault(self._open, 0)  # other words around the digits: shown as they are
        elif tag == f"{_STYLE}style" and attributes.get(f"{_STYLE}family") == "table-cell":
            name = attributes.get(f"{_STYLE}name", "")
            self.cells[name] = (
                attributes.get(f"{_STYLE}data-style-name", ""),
                attributes.get(f"{_STYLE}parent-style-name", ""),
            )

    def end(self, tag: str) -> None:
        del tag

    def text(self, data: str) -> None:
        del data

    def of(self, cell: str) -> NumberStyle | bool:
        """What a cell style makes of numbers, its parents asked too."""
        for _ in range(16):
            if cell not in self.cells:
                return 0
            data, parent = self.cells[cell]
            if data:
                return self.data.get(data, 0)
            cell = parent
        return 0


class _Content(_Styles):
    """The sheets, as they stream by; they follow the styles of the document's own."""

    def __init__(self, styles: _Styles, name: str) -> None:
        super().__init__()
        self.data, self.cells = styles.data, styles.cells
        self.sheets: list[Facts] = []
        self._name = name
        self._depth = 0  # of tables: only the outer ones are sheets
        self._columns: list[tuple[int, str]] = []  # up to which column which default style
        self._row, self._column, self._times = 0, 0, 1
        self._hidden, self._row_style = False, ""
        self._cell: Mapping[str, str] | None = None
        self._shown: list[str] = []
        self._paragraphs, self._aside = 0, 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._depth and tag != _SHEET:
            super().start(tag, attributes)
        elif tag in _CELLS and self._depth == 1:
            self._cell, self._shown, self._paragraphs = attributes, [], 0
        elif tag == _PARAGRAPH:
            self._paragraphs += not self._aside
        elif tag == _ANNOTATION:
            self._aside += 1
        elif tag == _SHEET:
            self._depth += 1
            if self._depth == 1:
                self.sheets.append(Facts())
                self._columns, self._row = [], 0
        elif tag == _ROW and self._depth == 1:
            self._times = _repeated(attributes, "rows", MAX_ROW)
            self._hidden = attributes.get(f"{_TABLE}visibility") in _HIDDEN
            self._row_style = attributes.get(f"{_TABLE}default-cell-style-name", "")
            self._column = 0
        elif tag == _COLUMN and self._depth == 1:
            reach = (self._columns[-1][0] if self._columns else 0) + _repeated(attributes, "columns", MAX_COLUMN)
            self._columns.append((reach, attributes.get(f"{_TABLE}default-cell-style-name", "")))

    def text(self, data: str) -> None:
        if self._cell is not None and not self._aside and self._paragraphs:
            self._shown.append(data)

    def end(self, tag: str) -> None:
        if tag in _CELLS and self._depth == 1 and self._cell is not None:
            self._close(self._cell)
            self._cell = None
        elif tag == _ANNOTATION:
            self._aside -= 1
        elif tag == _SHEET:
            self._depth -= 1
        elif tag == _ROW and self._depth == 1:
            self._row += self._times
            if self._row > MAX_ROW:
                raise too_large(self._name, f"sheet {len(self.sheets)}")

    def _close(self, cell: Mapping[str, str]) -> None:
        facts = self.sheets[-1]
        times = _repeated(cell, "columns", MAX_COLUMN)
        first, self._column = self._column + 1, self._column + times
        self._merge(facts, cell, first)
        shown = "".join(self._shown)
        if _TYPE not in cell and not shown and f"{_TABLE}formula" not in cell:
            return
        if self._column > MAX_COLUMN:
            raise too_large(self._name, f"sheet {len(self.sheets)}")
        last = self._row + self._times
        facts.content(last, self._column, hidden=False)
        if facts.last_row * facts.last_column > MAX_CELLS:
            raise too_large(self._name, f"sheet {len(self.sheets)}")
        if self._hidden and (not facts.hidden or facts.hidden[-1] <= self._row):
            facts.hidden += range(self._row + 1, last + 1)
        fixed = self._fixed(cell, shown, first)
        if fixed is not None:
            if len(facts.fixed) + times * self._times > _MAX_FIXED:
                raise too_large(self._name, f"sheet {len(self.sheets)}")
            for row in range(self._row + 1, last + 1):
                for column in range(first, self._column + 1):
                    facts.fixed[key_of(row, column)] = fixed

    def _merge(self, facts: Facts, cell: Mapping[str, str], column: int) -> None:
        wide, high = (cell.get(f"{_TABLE}number-{side}-spanned", "1") for side in ("columns", "rows"))
        if wide.isdigit() and high.isdigit() and (int(wide) > 1 or int(high) > 1):
            facts.merges.append((self._row + 1, column, self._row + int(high), column + int(wide) - 1))

    def _fixed(self, cell: Mapping[str, str], shown: str, column: int) -> tuple[str, int] | None:
        """What the cell says, where a value reader would not tell it."""
        kind = cell.get(_TYPE, "")
        if cell.get(_COMPUTED) == "error" or kind == "error":
            return shown.strip() or "#ERROR!", int(Kind.ERROR)
        if not kind:
            formula = cell.get(f"{_TABLE}formula")
            if formula is not None and not self._paragraphs:
                return formula.removeprefix("of:"), int(Kind.UNCALCULATED)
            return None
        if kind == "boolean":
            return cell.get(_LOGICAL, "").upper() or "FALSE", int(Kind.BOOLEAN)
        if kind == "time" and (match := _DURATION.fullmatch(cell.get(_TIME, ""))):
            sign, hours, minutes, seconds = match.groups()
            return f"{sign}{int(hours):02}:{minutes}:{seconds}", int(Kind.TEXT)
        if kind in _NUMBERS:
            return self._number(cell, shown, column)
        return None

    def _number(self, cell: Mapping[str, str], shown: str, column: int) -> tuple[str, int] | None:
        written = cell.get(_VALUE, "")
        style = self.of(cell.get(f"{_TABLE}style-name") or self._row_style or self._default(column))
        try:
            value = float(written)
        except ValueError:
            return shown.strip() or "#ERROR!", int(Kind.ERROR)
        if value in {0, 1} and (style is True or (shown.strip() and not any(map(str.isdigit, shown)))):
            return "TRUE" if value else "FALSE", int(Kind.BOOLEAN)
        if cell[_TYPE] == "percentage" or (style and style is not True):
            text, found = number_text(value, "percent" if cell[_TYPE] == "percentage" else style)
            return text, int(found)
        return None

    def _default(self, column: int) -> str:
        return next((style for reach, style in self._columns if column <= reach), "")


def _repeated(attributes: Mapping[str, str], what: str, most: int) -> int:
    times = attributes.get(f"{_TABLE}number-{what}-repeated", "1")
    return min(int(times), most + 1) if times.isdigit() and len(times) < 10 else 1  # noqa: PLR2004 - digits of an int


def _parse(archive: zipfile.ZipFile, part: str, handler: _Styles, name: str) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text

    def refuse(*_: object) -> None:
        raise bomb(name, "it declares XML entities, which no spreadsheet program does")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    counted = 0
    for block in blocks(archive, archive.getinfo(part)):
        counted += len(block)
        if counted > MAX_UNPACKED:
            raise bomb(name, "it unpacks to more than 1 GiB")
        parser.Parse(block, False)
    parser.Parse(b"", True)
