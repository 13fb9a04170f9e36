"""Rows of values become Arrow columns of text and kinds, whole columns at once where a column is of one type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.stations.kind import Kind
from importer.stations.read.cells import FIRST_DATE, FIRST_DATE_1904, number_text, other_text
from importer.stations.read.child.facts import Facts, Untrusted

BATCH = 4096  # rows handled at a time: few enough to stay close to the processor
_MEMORY = 200_000  # values remembered with their text
_EXACT = 1e15  # below, a whole number has at most 15 digits
_CENTS, _SMALL = 1e4, 1e9
_ULP = 3e-16  # of a number, less than half of what its 15th digit is worth
_SHORT = 16  # characters of a number that cannot have more than 15 digits
_KIND = {
    str: int(Kind.TEXT),
    bool: int(Kind.BOOLEAN),
    int: int(Kind.NUMBER),
    float: int(Kind.NUMBER),
    date: int(Kind.DATE),
    datetime: int(Kind.DATE),
    time: int(Kind.TEXT),
    timedelta: int(Kind.TEXT),
}

Value = Any  # what a cell reader gives: one of the types above
Kinds = np.ndarray | None


class Block(NamedTuple):
    """Some rows: `columns[i]` as Arrow text, `kinds[i]` as int8 or None where all are text; `typed` cells are no text."""

    columns: list[pa.Array]
    kinds: list[Kinds]
    typed: int


class _Memory(dict[Value, str]):
    """The text of each value seen; `odd` has the kinds of those that are not what their type says."""

    def __init__(self, first_date: date) -> None:
        self.odd: dict[Value, int] = {}
        self._first_date = first_date

    def __missing__(self, value: Value) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            text, kind = number_text(value, 0)
        elif isinstance(value, str):
            return value
        else:
            text, kind = other_text(value, self._first_date)
        if kind != _KIND[type(value)]:
            self.odd[value] = kind
        if len(self) > _MEMORY:
            self.clear()
            self.odd = {value: self.odd[value]} if value in self.odd else {}
        self[value] = text
        return text


class Converter:
    """Turns the rows of one sheet into blocks. `shift` columns on the left are not in the rows: they are empty."""

    def __init__(self, facts: Facts, shift: int, *, since_1904: bool) -> None:
        self._facts, self._shift = facts, shift
        self._first_date = FIRST_DATE_1904 if since_1904 else FIRST_DATE
        self._memory = _Memory(self._first_date)

    def blocks(self, rows: Iterable[Sequence[Value]], first: int, count: int, width: int) -> Iterator[Block]:
        """Exactly `count` rows, the first being row `first`, of exactly `width` cells; what is missing is empty.

        Raises Untrusted where the value reader fails on a value.
        """
        iterator = iter(rows)
        done = 0
        while done < count:
            try:
                batch = list(islice(iterator, min(BATCH, count - done)))
            except (OverflowError, ValueError):  # a day or a length of time beyond what can be told
                raise Untrusted from None
            if not batch:
                break
            yield self._block(batch, first + done, width)
            done += len(batch)
        while done < count:
            size = min(BATCH, count - done)
            yield self._patched([_blank(size)] * width, [None] * width, {}, first + done, size, 0)
            done += size

    def _block(self, rows: list[Sequence[Value]], first: int, width: int) -> Block:
        size = len(rows)
        values = list(zip(*rows, strict=True))
        columns: list[pa.Array] = []
        kinds: list[Kinds] = []
        typed = 0
        for position in range(-self._shift, width - self._shift):
            if 0 <= position < len(values):
                column, kind, count = self._column(values[position])
            else:
                column, kind, count = _blank(size), None, 0
            columns.append(column)
            kinds.append(kind)
            typed += count
        shifted = dict(enumerate(values, self._shift))
        return self._patched(columns, kinds, shifted, first, size, typed)

    def _column(self, values: Sequence[Value]) -> tuple[pa.Array, Kinds, int]:
        """A column as text, with its kinds, and how many of its values are no text."""
        types = set(map(type, values))
        if types == {str}:
            return pa.array(values, pa.string()), None, 0
        if types == {float}:
            return *self._numbers(np.array(values, dtype=np.float64)), len(values)
        if types == {date} and min(values) >= self._first_date:
            return pa.array(values, pa.date32()).cast(pa.string()), _all(Kind.DATE, len(values)), len(values)
        return *self._mixed(values, types), sum(type(value) is not str for value in values)

    def _numbers(self, numbers: np.ndarray) -> tuple[pa.Array, Kinds]:
        kinds = _all(Kind.NUMBER, len(numbers))
        with np.errstate(invalid="ignore", over="ignore"):
            return self._number_texts(numbers, kinds)

    def _number_texts(self, numbers: np.ndarray, kinds: np.ndarray) -> tuple[pa.Array, Kinds]:
        if bool(((numbers == np.rint(numbers)) & (np.abs(numbers) < _EXACT)).all()):
            return pa.array(numbers.astype(np.int64)).cast(pa.string()), kinds
        near = np.rint(numbers * _CENTS) / _CENTS
        # where at most four decimals are meant, rounding to 15 digits finds them again; most long numbers are such
        meant = (np.abs(near - numbers) <= _ULP * np.abs(numbers)) & (np.abs(numbers) < _SMALL)
        texts = pa.array(np.where(meant, near, numbers)).cast(pa.string())
        doubtful = pc.or_(pc.greater(pc.binary_length(texts), _SHORT), pc.match_substring_regex(texts, "^-0$|[eni]"))
        positions = np.flatnonzero(doubtful.to_numpy(zero_copy_only=False))
        if not positions.size:
            return texts, kinds
        listed = texts.to_pylist()
        memory = self._memory
        for position in positions.tolist():
            value = float(numbers[position])
            listed[position] = memory[value]
            if value != value or value in memory.odd:  # noqa: PLR0124 - NaN is never found again
                kinds[position] = Kind.ERROR
        return pa.array(listed, pa.string()), kinds

    def _mixed(self, values: Sequence[Value], types: set[type]) -> tuple[pa.Array, Kinds]:
        memory = self._memory
        if bool in types:  # a key that equals 1 and 0
            texts = [("TRUE" if value else "FALSE") if type(value) is bool else memory[value] for value in values]
        else:
            texts = [value if type(value) is str else memory[value] for value in values]
        kinds = np.fromiter(map(_KIND.__getitem__, map(type, values)), dtype=np.int8, count=len(values))
        if memory.odd or float in types:
            for position, value in enumerate(values):
                if type(value) is not str and type(value) is not bool and (value in memory.odd or value != value):  # noqa: PLR0124 - NaN
                    kinds[position] = memory.odd.get(value, int(Kind.ERROR))
        return pa.array(texts, pa.string()), kinds if kinds.any() else None

    def _patched(
        self,
        columns: list[pa.Array],
        kinds: list[Kinds],
        values: Mapping[int, Sequence[Value]],
        first: int,
        size: int,
        typed: int,
    ) -> Block:
        """The block with what the facts know better."""
        texts: dict[int, list[str]] = {}

        def change(row: int, column: int, text: str, kind: int) -> None:
            if column not in texts:
                texts[column] = columns[column].to_pylist()
            own = kinds[column]
            if own is None:
                own = kinds[column] = _all(Kind.TEXT, size)
            texts[column][row] = text
            own[row] = kind

        for row, column, style in self._facts.styled_between(first, first + size - 1):
            place, here = row - first, column - 1
            if here < len(columns) and here in values:
                value = values[here][place]
                if type(value) is float or type(value) is int:
                    change(place, here, *number_text(value, style))
        for row, column, text, kind in self._facts.fixed_between(first, first + size - 1):
            if column <= len(columns):
                change(row - first, column - 1, text, kind)
        for column, listed in texts.items():
            columns[column] = pa.array(listed, pa.string())
        return Block(columns, kinds, typed)


def packed(block: Block) -> bytes:
    """A block as an Arrow stream: columns "0", "1", ... of text, and their kinds as "k0", "k1", ... where there are any."""
    arrays, names = list(block.columns), [str(number) for number in range(len(block.columns))]
    for number, kinds in enumerate(block.kinds):
        if kinds is not None:
            arrays.append(pa.array(kinds))
            names.append(f"k{number}")
    batch = pa.record_batch(arrays, names=names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue())


def _all(kind: Kind, count: int) -> np.ndarray:
    return np.full(count, kind, dtype=np.int8)


def _blank(count: int) -> pa.Array:
    return pa.array([""] * count, pa.string())
