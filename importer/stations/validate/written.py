"""How each file of a run writes amounts and dates: as the profile says, or as its own cells prove."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.invoice import Sheet, SourceFile
from importer.domain.money import literal
from importer.errors import SourceError
from importer.profile.source import SourceRule
from importer.stations.columns import as_array, as_column, mask
from importer.stations.sidebyside import side_by_side
from importer.stations.table import Kind, Mapped
from importer.stations.validate import dates, numbers
from importer.stations.validate.dates import Dates
from importer.stations.validate.numbers import Amounts
from importer.stations.validate.orders import OrderFound, both_days, find_order
from importer.stations.validate.signs import Signs, SignsFound, find_signs, other_decimal


class Way(NamedTuple):
    """How one file is written; `proved` and `detected` as in `Sheet`."""

    signs: Signs
    forms: tuple[str, ...]
    proved: Mapping[str, str]
    detected: Mapping[str, str]


@dataclass(frozen=True)
class Written:
    """The ways of all files of a run: `way_of` gives for each row of the frame the position of its own in `ways`.

    `known` are columns whose distinct texts were found on the way; each is given up when its column is read.
    """

    ways: Sequence[Way]
    way_of: np.ndarray
    stated: tuple[str, ...]  # date forms, by the profile
    sheets: Sequence[Sheet]
    known: dict[str, pa.DictionaryArray] = field(default_factory=dict)

    def at(self, row: int) -> Way:
        """The way of the file in which a row of the frame stands."""
        return self.ways[int(self.way_of[row])]

    def amounts(self, path: str, cells: pa.ChunkedArray, kinds: np.ndarray | None) -> Amounts:
        """A column of amounts, each file by its own signs."""
        known = self.known.pop(path, None)
        parts = {
            signs: numbers.parse_amounts(cells, kinds, *signs, known)
            for signs in dict.fromkeys(way.signs for way in self.ways)
        }
        if len(parts) == 1:
            return next(iter(parts.values()))
        return numbers.merge_amounts([(self.way_of == place, parts[way.signs]) for place, way in enumerate(self.ways)])

    def dates(self, path: str, cells: pa.ChunkedArray, kinds: np.ndarray | None) -> Dates:
        """A column of dates, each file by its own forms."""
        known = self.known.pop(path, None)
        parts = {
            forms: dates.parse_dates(cells, kinds, forms, self.stated, known)
            for forms in dict.fromkeys(way.forms for way in self.ways)
        }
        if len(parts) == 1:
            return next(iter(parts.values()))
        return dates.merge_dates([(self.way_of == place, parts[way.forms]) for place, way in enumerate(self.ways)])


def find_ways(mapped: Mapped, source: SourceRule, amounts: Sequence[str], days: Sequence[str]) -> Written:
    """What the profile leaves out, found in the text cells of all these fields of each file.

    Rows told as a whole (ragged, hollow) do not vote. Raises SourceError, naming a cell, where two readings fit a file
    or none does: `decimal-doubtful`, `decimal-mixed`, `date-order-doubtful`, `date-order-mixed`.
    """
    files = list(dict.fromkeys(sheet.file for sheet in mapped.sheets))
    if source.decimal is not None and source.dates is not None:
        signs = Signs(source.decimal, source.thousands or "")
        only = Way(signs, source.dates, {}, {})
        return Written([only], np.zeros(len(mapped.frame), dtype=np.int8), source.dates, mapped.sheets)
    place_of = np.array([files.index(sheet.file) for sheet in mapped.sheets], dtype=np.int32)
    way_of = place_of[mapped.sheet] if len(mapped.frame) else np.zeros(0, dtype=np.int32)
    judged = np.ones(len(mapped.frame), dtype=bool)
    judged[[*mapped.ragged, *mapped.hollow]] = False
    whole = len(files) == 1 and bool(judged.all())
    open_fields = [*(amounts if source.decimal is None else ()), *(days if source.dates is None else ())]
    known: dict[str, pa.DictionaryArray] = {}
    if whole:
        paths = [path for path in open_fields if mapped.kinds.get(path) is None]
        side_by_side([partial(_encode, mapped, path, known) for path in paths], len(mapped.frame))
    ways = []
    for place, file in enumerate(files):
        rows = None if whole else judged & (way_of == place)
        ways.append(_File(mapped, file, rows, source, known).way(amounts, days))
    sheets = [
        sheet._replace(
            detected={**sheet.detected, **ways[place_of[number]].detected},
            proved={**sheet.proved, **ways[place_of[number]].proved},
        )
        for number, sheet in enumerate(mapped.sheets)
    ]
    return Written(ways, way_of, source.dates or (), sheets, known)


def _encode(mapped: Mapped, path: str, known: dict[str, pa.DictionaryArray]) -> None:
    known[path] = pc.dictionary_encode(as_array(mapped.cells(path)))


@dataclass(frozen=True)
class _File:
    mapped: Mapped
    file: SourceFile
    rows: np.ndarray | None  # those that vote; None: all
    source: SourceRule
    known: Mapping[str, pa.DictionaryArray]  # columns of text all of which vote

    def way(self, amounts: Sequence[str], days: Sequence[str]) -> Way:
        proved: dict[str, str] = {}
        detected: dict[str, str] = {}
        if self.source.decimal is not None:
            signs = Signs(self.source.decimal, self.source.thousands or "")
        else:
            found = find_signs(self._distinct(amounts), self.source.thousands)
            self._refuse_signs(found, amounts)
            signs = found.signs
            if found.proved:
                proved["decimal"] = signs.decimal
                detected["amounts"] = numbers.expected_form(*signs)
                if self.source.thousands is None and signs.thousands:
                    proved["thousands"] = signs.thousands
        if self.source.dates is not None:
            return Way(signs, self.source.dates, proved, detected)
        order = find_order(self._distinct(days))
        self._refuse_order(order, days)
        if order.proved:
            proved["dates"] = "\n".join(form for form in order.forms if form in order.proved)
            detected["text dates"] = f"read as {dates.expected_form(order.proved)}"
        return Way(signs, order.forms, proved, detected)

    def _distinct(self, fields: Sequence[str]) -> pa.Array:
        """The different texts of each of these fields in this file; a workbook's own numbers and dates are not asked."""
        texts = [
            self.known[path].dictionary if path in self.known else pc.unique(as_array(self._texts(path)))
            for path in fields
        ]
        return pa.concat_arrays(texts) if texts else pa.array([], pa.large_string())

    def _texts(self, path: str) -> pa.ChunkedArray:
        cells, asked = self.mapped.cells(path), self._asked(path)
        return cells if asked is None else as_column(cells.filter(pa.array(asked)))

    def _asked(self, path: str) -> np.ndarray | None:
        kinds = self.mapped.kinds.get(path)
        if kinds is None:
            return self.rows
        text = np.asarray(kinds == Kind.TEXT, dtype=bool)
        return text if self.rows is None else text & self.rows

    def _refuse_signs(self, found: SignsFound, fields: Sequence[str]) -> None:
        name = self.file.name
        if found.doubtful:
            text, cell, column = self._first(found.doubtful, fields)
            as_comma, as_point = (_reading(text, decimal) for decimal in (",", "."))
            raise SourceError(
                "decimal-doubtful",
                f'{name}: the amounts can be read in two ways. "{text}" in {cell} (column "{column}") is {as_comma} if the '
                f"comma stands before the cents, and {as_point} if the point does; no cell shows which.",
                fix='Write decimal: "," or decimal: "." under source in the profile, as the file means it.',
            )
        if found.unfit:
            text, cell, column = self._first(found.unfit, fields)
            written = numbers.expected_form(*found.signs)
            raise SourceError(
                "decimal-mixed",
                f'{name}: the amounts are not all written in one way. Most have {written}, but not "{text}" in {cell} '
                f'(column "{column}").',
                fix="Correct the cells that differ; or write decimal and thousands under source in the profile, and "
                "each cell that does not fit is told.",
            )

    def _refuse_order(self, order: OrderFound, fields: Sequence[str]) -> None:
        name = self.file.name
        if order.doubtful:
            text, cell, column = self._first(order.doubtful, fields)
            day_first, month_first = both_days(text)
            sign = next(sign for sign in text if not sign.isdigit())
            raise SourceError(
                "date-order-doubtful",
                f'{name}: the dates can be read in two ways. "{text}" in {cell} (column "{column}") is {day_first} if the day '
                f"comes first, and {month_first} if the month does; no date shows which.",
                fix=f'Write dates: "%d{sign}%m{sign}%Y" (day first) or dates: "%m{sign}%d{sign}%Y" (month first) under '
                "source in the profile, as the file means it.",
            )
        if order.mixed[0]:
            self._refuse_mixed(order.mixed, fields)

    def _refuse_mixed(self, mixed: tuple[str, str], fields: Sequence[str]) -> NoReturn:
        day, day_cell, _ = self._first(mixed[0], fields)
        month, month_cell, _ = self._first(mixed[1], fields)
        raise SourceError(
            "date-order-mixed",
            f'{self.file.name}: the dates are not all written in one order. "{day}" in {day_cell} has the day first, '
            f'"{month}" in {month_cell} the month.',
            fix="Correct the cells that differ; or write dates under source in the profile, and each cell that does not "
            "fit is told.",
        )

    def _first(self, text: str, fields: Sequence[str]) -> tuple[str, str, str]:
        """The text, the first cell of this file that holds it (`Blad1!F2`), and its header."""
        places = []
        for path in fields:
            rows = mask(pc.equal(self.mapped.cells(path), text))
            asked = self._asked(path)
            found = np.flatnonzero(rows if asked is None else rows & asked)
            if len(found):
                places.append((int(found[0]), path))
        row, path = min(places, key=lambda place: place[0])
        number, header, letter, line = self.mapped.address(path, row)
        sheet = self.mapped.sheets[number].name
        return text, f"{sheet}!{letter}{line}" if sheet else f"{letter}{line}", header


def _reading(text: str, decimal: str) -> str:
    """What a doubtful amount is with this sign before the cents, and the other one between thousands."""
    cells = pa.chunked_array([pa.array([text], pa.large_string())])
    read = numbers.parse_amounts(cells, None, decimal, other_decimal(decimal))
    return literal(int(read.mantissa[0]), read.scale)
