"""What the reader process finds out about a sheet beside the plain values of its cells."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field

from importer.stations.read.cells import NumberStyle

WIDTH = 1 << 14  # columns of the widest format; a cell's key is row * WIDTH + column - 1, rows and columns from 1


class Untrusted(Exception):
    """The quick way has told something else than the sheet holds; the exact way must read it again."""


def key_of(row: int, column: int) -> int:
    """The key of a cell, ascending in reading order."""
    return row * WIDTH + column - 1


@dataclass(slots=True)
class Facts:
    """How far a sheet reaches, and the cells that a value reader tells wrongly or not at all.

    Rows and columns from 1; 0 where the sheet has no cell with content. `fixed` gives the whole text and kind of a
    cell (errors, formulas without result), `styled` the style of a number: an index into `styles`, per key, keys
    ascending. `typed` is how many cells hold no text, as far as that is known (-1: it is not).
    """

    last_row: int = 0
    last_column: int = 0
    hidden: list[int] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    fixed: dict[int, tuple[str, int]] = field(default_factory=dict)
    styled_keys: "array[int]" = field(default_factory=lambda: array("q"))
    styled: "array[int]" = field(default_factory=lambda: array("h"))
    styles: list[NumberStyle] = field(default_factory=list)
    typed: int = -1
    _fixed_keys: list[int] | None = None

    def content(self, row: int, column: int, *, hidden: bool) -> None:
        """A cell with content stands here. Hidden rows must come in order."""
        self.last_row = max(self.last_row, row)
        self.last_column = max(self.last_column, column)
        if hidden and (not self.hidden or self.hidden[-1] != row):
            self.hidden.append(row)

    def style(self, row: int, column: int, style: NumberStyle) -> None:
        """The number in this cell is shown in a style. Cells come in order, or `sort_styles` is called at the end."""
        if style not in self.styles:
            self.styles.append(style)
        self.styled_keys.append(key_of(row, column))
        self.styled.append(self.styles.index(style))

    def sort_styles(self) -> None:
        """Put styled numbers in order, for formats whose cells may come in any."""
        pairs = sorted(zip(self.styled_keys, self.styled, strict=True))
        self.styled_keys = array("q", (key for key, _ in pairs))
        self.styled = array("h", (style for _, style in pairs))

    def fixed_between(self, first: int, last: int) -> list[tuple[int, int, str, int]]:
        """The fixed cells of rows `first` to `last`: row, column, text, kind."""
        if self._fixed_keys is None or len(self._fixed_keys) != len(self.fixed):
            self._fixed_keys = sorted(self.fixed)
        keys = self._fixed_keys
        between = keys[bisect_left(keys, key_of(first, 1)) : bisect_left(keys, key_of(last + 1, 1))]
        return [(*_place(key), *self.fixed[key]) for key in between]

    def styled_between(self, first: int, last: int) -> list[tuple[int, int, NumberStyle]]:
        """The styled numbers of rows `first` to `last`: row, column, style."""
        begin = bisect_left(self.styled_keys, key_of(first, 1))
        end = bisect_left(self.styled_keys, key_of(last + 1, 1))
        return [
            (*_place(key), self.styles[style])
            for key, style in zip(self.styled_keys[begin:end], self.styled[begin:end], strict=True)
        ]


def _place(key: int) -> tuple[int, int]:
    row, column = divmod(key, WIDTH)
    return row, column + 1
