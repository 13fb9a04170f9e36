"""Building columns of Arrow text row by row, in bounded batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

_BATCH = 16_384  # rows held as Python objects at a time


@dataclass(slots=True)
class Body:
    """The rows below a header: `columns[i]` without nulls, `count` rows each; see `Table` for the other fields."""

    columns: list[pa.ChunkedArray]
    count: int
    blank_end: int
    kinds: list[np.ndarray | None]
    ragged: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    expected: int = 0  # fields a row of a text file should have; the header's, unless all rows end in empty ones


class ColumnBuilder:
    """Takes rows one by one; blank rows at the end are counted instead of kept."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._all_text = bytes(width)
        self._rows: list[Sequence[str]] = []
        self._kinds: list[bytes] = []
        self._typed = False
        self._blank: list[Sequence[str]] = []
        self._chunks: list[list[pa.Array]] = [[] for _ in range(width)]
        self._kind_chunks: list[np.ndarray | int] = []  # an int: so many rows of nothing but text
        self._any_kind = False
        self._flushed = 0

    @property
    def position(self) -> int:
        """The position the next row will have, if it is not blank."""
        return self._flushed + len(self._rows) + len(self._blank)

    def add(self, cells: Sequence[str], kinds: bytes | None = None, *, keep: bool = False) -> None:
        """Add a row of exactly `width` cells. `kinds` has one `Kind` per cell; None: all are text.

        `keep` marks a row as data even where its cells are blank (what it holds was cut off).
        """
        if not keep and not cells[0].strip() and not any(map(str.strip, cells)):
            self._blank.append(cells)
            return
        if self._blank:
            self._rows += self._blank
            self._kinds += [self._all_text] * len(self._blank)
            self._blank = []
        self._rows.append(cells)
        if kinds is None:
            self._kinds.append(self._all_text)
        else:
            self._kinds.append(kinds)
            self._typed = True
        if len(self._rows) >= _BATCH:
            self._flush()

    def finish(self, ragged: Mapping[int, tuple[str, ...]] | None = None, *, expected: int = 0) -> Body:
        """The columns; the builder is spent."""
        self._flush()
        columns = [pa.chunked_array(chunks, pa.string()) for chunks in self._chunks]
        kinds: list[np.ndarray | None] = [None] * self._width
        if self._any_kind:
            table = np.concatenate(
                [
                    np.zeros((chunk, self._width), dtype=np.int8) if isinstance(chunk, int) else chunk
                    for chunk in self._kind_chunks
                ]
            )
            for column in range(self._width):
                own = np.ascontiguousarray(table[:, column])
                kinds[column] = own if own.any() else None
        return Body(columns, self._flushed, len(self._blank), kinds, ragged or {}, expected)

    def _flush(self) -> None:
        if not self._rows:
            return
        for chunks, cells in zip(self._chunks, zip(*self._rows, strict=True), strict=True):
            chunks.append(pa.array(cells, pa.string()))
        if self._typed:
            flat = np.frombuffer(b"".join(self._kinds), dtype=np.int8)
            self._kind_chunks.append(flat.reshape(len(self._rows), self._width))
            self._any_kind = True
        else:
            self._kind_chunks.append(len(self._rows))
        self._flushed += len(self._rows)
        self._rows, self._kinds, self._typed = [], [], False


def last_filled(columns: Sequence[pa.ChunkedArray], count: int) -> int:
    """Of `count` rows, the number up to the last one that is not blank."""
    window = 1
    while count:
        window = min(window * 2, count)
        start = count - window
        rows = zip(*(column.slice(start, window).to_pylist() for column in columns), strict=True)
        filled = [position for position, row in enumerate(rows) if any(map(str.strip, row))]
        if filled:
            return start + filled[-1] + 1
        count = start
    return 0
