"""One streaming look at the XML of a sheet: how far it reaches, and what a cell reader would not tell.

Cell readers show neither hidden rows nor formulas saved without their result, and some drop rows that are out of
order without a word; so the raw XML is asked first.
"""

import re
from dataclasses import dataclass, field
from xml.parsers.expat import XMLParserType

from importer.domain.findings import column_letter
from importer.errors import SourceError

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384  # of the format
MAX_CELLS = 20_000_000
MAX_OTHER = 1_000_000  # elements that are no cells: merges, links, rules

_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_TRUE = frozenset({"1", "true"})
_COLUMNS: dict[str, int] = {column_letter(position): position + 1 for position in range(MAX_COLUMN)}


@dataclass(slots=True)
class SheetFacts:
    """What the XML of a sheet says. Rows and columns from 1; 0 where the sheet has no cell with content."""

    last_row: int = 0
    last_column: int = 0
    hidden: list[int] = field(default_factory=list)  # hidden rows that have content, ascending
    uncalculated: dict[int, dict[int, str]] = field(default_factory=dict)  # row -> column -> formula without result
    merges: tuple[tuple[int, int, int, int], ...] = ()  # first row, first column, last row, last column


class SheetScanner:
    """The element handler of a sheet. `finish` gives the facts. Raises SourceError where the sheet is not sound.

    Only start handlers are used: an end handler would be called as often again, for nothing but closing tags. What
    belongs to a cell is settled when the next one starts.
    """

    def __init__(self, parser: XMLParserType, namespace: str, name: str, part: str) -> None:
        self.facts = SheetFacts()
        self._parser = parser
        self._file, self._part = name, part
        prefix = f"{namespace} " if namespace else ""
        self._cell, self._value, self._row_tag = f"{prefix}c", f"{prefix}v", f"{prefix}row"
        self._formula_tag, self._inline = f"{prefix}f", f"{prefix}is"
        self._merge = f"{prefix}mergeCell"
        self._merges: list[tuple[int, int, int, int]] = []
        self._inner = frozenset(f"{prefix}{tag}" for tag in ("t", "r", "rPr", "sz", "color", "rFont", "family", "b"))
        self._row, self._row_text, self._row_hidden = 0, "0", False
        self._column, self._type = 0, ""
        self._cells, self._other = 0, 0
        self._formula: list[str] | None = None
        self._result: list[str] | None = None
        self._shared = ""  # the group of a shared formula
        self._masters: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag == self._value:
            self._content()
            if self._formula is not None:
                self._result = []
                self._parser.CharacterDataHandler = self._result.append
        elif tag == self._cell:
            self._begin_cell(attributes)
        elif tag == self._row_tag:
            self._begin_row(attributes)
        elif tag == self._formula_tag:
            self._content()
            self._formula = []
            self._shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
            self._parser.CharacterDataHandler = self._formula.append
        elif tag == self._inline:
            self._content()
            self._result = ["inline"]
        elif tag == self._merge:
            self._merged(attributes.get("ref", ""))
        elif tag not in self._inner:
            self._other += 1
            if self._other > MAX_OTHER:
                raise self._too_large()

    def finish(self) -> SheetFacts:
        """The sheet is at its end."""
        self._settle()
        self.facts.merges = tuple(self._merges)
        return self.facts

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._settle()
        text = attributes.get("r")
        row = self._row + 1 if text is None else _whole(text)
        if not self._row < row <= MAX_ROW:
            raise self._damaged(f"its rows are out of order after row {self._row}")
        self._row, self._row_text, self._column = row, str(row), 0
        self._row_hidden = attributes.get("hidden") in _TRUE

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        if self._formula is not None:
            self._settle()
        self._result = None
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise self._too_large()
        reference = attributes.get("r")
        if reference is None:
            column = self._column + 1
        else:
            letters = reference.removesuffix(self._row_text)
            column = _COLUMNS.get(letters) or _COLUMNS.get(letters.upper(), 0)
        if not self._column < column <= MAX_COLUMN:
            raise self._damaged(f"its cells are out of order in row {self._row}")
        self._column = column
        self._type = attributes.get("t", "n")

    def _merged(self, reference: str) -> None:
        """An area such as B2:D3; one that cannot be read says nothing, and no cell is lost by it."""
        if len(self._merges) >= MAX_OTHER:
            raise self._too_large()
        if match := _AREA.fullmatch(reference):
            left, top, right, bottom = match.groups()
            area = (int(top), _COLUMNS.get(left, 0), int(bottom), _COLUMNS.get(right, 0))
            if 0 < area[0] <= area[2] and 0 < area[1] <= area[3]:
                self._merges.append(area)

    def _content(self) -> None:
        """The cell at hand has content."""
        facts = self.facts
        facts.last_row = self._row
        if self._column > facts.last_column:  # noqa: PLR1730 - called per cell: max() costs three times as much
            facts.last_column = self._column
        if self._row_hidden:
            self._row_hidden = False
            facts.hidden.append(self._row)

    def _settle(self) -> None:
        """Close the cell before: note its formula if it has no result."""
        if self._formula is None:
            return
        self._parser.CharacterDataHandler = None
        formula = "".join(self._formula).strip()
        if self._shared and formula:
            self._masters[self._shared] = formula
        elif self._shared:
            formula = self._masters.get(self._shared, "")
        result = self._result
        if result is None or not ("".join(result).strip() or self._type == "str"):
            self.facts.uncalculated.setdefault(self._row, {})[self._column] = f"={formula}"
        self._formula, self._result, self._shared = None, None, ""

    def _damaged(self, what: str) -> SourceError:
        return SourceError(
            "unreadable-workbook",
            f"{self._file} is damaged: in {self._part} {what}.",
            fix="Open it in a spreadsheet program, save it as Excel Workbook (.xlsx), and import that.",
        )

    def _too_large(self) -> SourceError:
        return too_large(self._file, self._part)


def too_large(name: str, sheet: str) -> SourceError:
    """The error for a sheet with more cells than are read."""
    return SourceError(
        "sheet-too-large",
        f"{name}: {sheet} reaches over more than {MAX_CELLS // 1_000_000} million cells.",
        fix="Delete the empty rows and columns beyond the table, or export in smaller parts.",
    )


def _whole(text: str) -> int:
    """A row number; some programs write 5.0. 0, which is never in order, if it is none."""
    try:
        number = float(text)
    except ValueError:
        return 0
    return int(number) if number.is_integer() and abs(number) <= MAX_ROW else 0
