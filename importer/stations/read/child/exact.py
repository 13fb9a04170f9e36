"""The exact reader of .xlsx: openpyxl behind the full prescan. Slow, and its word is law."""

import io
import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Protocol, cast

import numpy as np
import pyarrow as pa

from importer.errors import SourceError
from importer.stations.read.cells import FIRST_DATE, FIRST_DATE_1904
from importer.stations.read.child.ahead import SheetName
from importer.stations.read.child.convert import Block
from importer.stations.read.child.facts import Facts
from importer.stations.read.prescan import prescan, unreadable
from importer.stations.read.sheetscan import MAX_CELLS, SheetFacts, too_large

_BATCH = 4096  # rows held as Python objects at a time


class _Sheet(Protocol):
    """What is used of openpyxl's read-only sheet; its stubs take it for the other kind."""

    title: str
    sheet_state: str
    _shared_strings: list[str]
    _worksheet_path: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self) -> Iterator[Sequence[object]]: ...


class _Texts(list[str]):
    """The table of texts; a text before the first is damage, not the last one."""

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, int) and place < 0:
            raise IndexError(place)
        return super().__getitem__(place)


class ExactBook:
    """A workbook read cell by cell. Raises SourceError."""

    def __init__(self, data: bytes, name: str) -> None:
        from openpyxl import load_workbook  # noqa: PLC0415 - slow to import, often not needed
        from openpyxl.utils.datetime import MAC_EPOCH  # noqa: PLC0415 - the same

        self._name = name
        self._package = prescan(data, name)
        warnings.simplefilter("ignore")  # of openpyxl, about what it leaves out: pictures, links, validation lists
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        except MemoryError:
            raise
        except Exception as error:
            raise unreadable(name) from error  # openpyxl raises a zoo of types on damaged files
        self._sheets = cast("list[_Sheet]", book.worksheets)
        lost = [title for title in self._package.sheets if title not in book.sheetnames]
        if lost or not self._sheets:
            raise unreadable(name)
        for sheet in self._sheets:
            sheet.reset_dimensions()  # what the file says of its own size is often wrong
            sheet._shared_strings = _Texts(sheet._shared_strings)  # noqa: SLF001 - its only place
        self._since_1904 = book.epoch == MAC_EPOCH
        self.sheets: Sequence[SheetName] = [
            SheetName(sheet.title, sheet.sheet_state == "visible") for sheet in self._sheets
        ]
        self.detected = {"format": "Excel workbook"}
        if self._since_1904:
            self.detected["dates"] = "counted from 1904"
        if self._package.macros:
            self.detected["macros"] = "present, never run"

    def facts(self, sheet: int) -> Facts:
        """See `Book`."""
        found = self._of(sheet)
        return Facts(found.last_row, found.last_column, found.hidden, list(found.merges))

    def blocks(self, sheet: int, first: int, last: int | None, width: int | None) -> Iterator[Block]:
        """See `Book`."""
        from importer.stations.read.rows import RowReader  # noqa: PLC0415 - needs openpyxl

        found = self._of(sheet)
        if last is None and found.last_row * found.last_column > MAX_CELLS:
            raise too_large(self._name, f'sheet "{self.sheets[sheet].name}"')
        width = found.last_column if width is None else width
        end = found.last_row if last is None else last
        reader = RowReader(found.uncalculated, FIRST_DATE_1904 if self._since_1904 else FIRST_DATE, self._name)
        rows = islice(self._rows(self._sheets[sheet]), first - 1, max(end, first - 1))
        number = first
        while batch := [reader.cells(row, number + offset, width) for offset, row in enumerate(islice(rows, _BATCH))]:
            yield _block([texts for texts, _ in batch], [kinds for _, kinds in batch], width)
            number += len(batch)
        while number <= end:  # rows that are not in the file
            batch = [reader.cells((), row, width) for row in range(number, min(number + _BATCH, end + 1))]
            yield _block([texts for texts, _ in batch], [kinds for _, kinds in batch], width)
            number += len(batch)

    def _rows(self, sheet: _Sheet) -> Iterator[Sequence[object]]:
        """Every row from the first to the last, gaps included, as openpyxl's cells."""
        rows = iter(sheet.iter_rows())
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except (MemoryError, SourceError):
                raise
            except Exception as error:
                raise unreadable(self._name) from error
            yield row

    def _of(self, sheet: int) -> SheetFacts:
        part = self._sheets[sheet]._worksheet_path  # noqa: SLF001 - openpyxl tells the part of a sheet nowhere else
        try:
            return self._package.facts[part]
        except KeyError:
            raise unreadable(self._name) from None


def _block(texts: list[list[str]], kinds: list[bytes | None], width: int) -> Block:
    columns = [pa.array(column, pa.string()) for column in zip(*texts, strict=True)]
    if not any(kinds):
        return Block(columns, [None] * width, 0)
    flat = np.frombuffer(b"".join(kind or bytes(width) for kind in kinds), dtype=np.int8).reshape(len(texts), width)
    own = [np.ascontiguousarray(flat[:, column]) for column in range(width)]
    return Block(columns, [one if one.any() else None for one in own], int(np.count_nonzero(flat)))
