"""Turning openpyxl's rows of cells into text and kinds."""

from collections.abc import Mapping, Sequence
from datetime import date

from openpyxl.cell.read_only import ReadOnlyCell

from importer.stations.kind import Kind
from importer.stations.read.cells import number_style, number_text, other_text, plain_text
from importer.stations.read.prescan import unreadable

_TEXT, _ERROR, _UNCALCULATED = int(Kind.TEXT), int(Kind.ERROR), int(Kind.UNCALCULATED)


class RowReader:
    """Reads rows of one sheet. `uncalculated` holds its formulas without result: row -> column (from 1) -> formula."""

    def __init__(self, uncalculated: Mapping[int, Mapping[int, str]], first_date: date, name: str) -> None:
        self._uncalculated = uncalculated
        self._first_date = first_date
        self._name = name

    def cells(self, row: Sequence[object], number: int, width: int) -> tuple[list[str], bytes | None]:
        """The first `width` cells of row `number`, padded with empty ones, and their kinds (None: all text)."""
        texts: list[str] = []
        kinds = bytearray(width)
        typed = False
        for position, cell in enumerate(row[:width]):
            value = cell.value  # type: ignore[attr-defined]  # openpyxl's stubs call an empty cell something else
            kind = _TEXT
            if value is None:
                text = ""
                if cell.data_type == "e":  # type: ignore[attr-defined]  # as above
                    text, kind = "#ERROR!", _ERROR
            elif type(value) is str:
                text = value if "_x00" not in value else plain_text(value)
                if cell.data_type == "e":  # type: ignore[attr-defined]  # as above
                    kind = _ERROR
            else:
                text, kind = self._typed(cell, value)
            texts.append(text)
            if kind:
                kinds[position] = kind
                typed = True
        if len(texts) < width:
            texts += [""] * (width - len(texts))
        for column, formula in self._uncalculated.get(number, {}).items():
            if column <= width:
                texts[column - 1], kinds[column - 1], typed = formula, _UNCALCULATED, True
        return texts, bytes(kinds) if typed else None

    def _typed(self, cell: object, value: object) -> tuple[str, int]:
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                style = number_style(cell.number_format) if isinstance(cell, ReadOnlyCell) else 0
            except Exception as error:
                raise unreadable(self._name) from error  # a style that the workbook does not define
            return number_text(value, style)
        return other_text(value, self._first_date)
