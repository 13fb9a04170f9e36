"""Workbooks of every format: the reader process gives their sheets, here the wanted ones become tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from importer.domain.findings import Finding
from importer.domain.invoice import SourceFile
from importer.domain.returned import is_added_sheet
from importer.errors import SourceError
from importer.profile.headers import Merge
from importer.profile.model import SourceRule
from importer.stations.read.columns import last_filled
from importer.stations.read.content import Content
from importer.stations.read.headers import (
    Found,
    Missed,
    Needed,
    above_header,
    find_header,
    not_found,
    refuse_duplicates,
    rows_to_search,
)
from importer.stations.read.oddities import damaged_letters, full_sheet
from importer.stations.read.prescan import unreadable
from importer.stations.read.process import Died, OpenBook, reader, too_heavy, too_slow
from importer.stations.table import Table

Result = TypeVar("Result")
_LINES = 4096  # rows made into lists of text at a time


class _Distrust(Exception):
    """The quick way has told something else than the sheet holds."""


@dataclass(frozen=True, slots=True)
class SheetCells:
    """The first rows of one sheet; see `Grid` for the fields."""

    name: str
    visible: bool
    cells: list[list[str]]
    kinds: list[bytes | None]
    merges: tuple[tuple[int, int, int, int], ...]
    detected: Mapping[str, str]


def read_workbook(content: Content, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> list[Table]:
    """Read the sheets the profile asks for, in workbook order; formulas as their stored results, macros never run."""
    return _opened(content, source.kind, lambda book: _Reading(content.file, source, needed, book).tables())


def read_exactly(content: Content, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> list[Table]:
    """The same without the quick way: what the quick way must agree with."""
    return _opened(content, source.kind, lambda book: _Reading(content.file, source, needed, book).tables(), exact=True)


def read_sheets(content: Content, kind: str, rows: int | None) -> list[SheetCells]:
    """The first `rows` rows (None: all) of every sheet, in workbook order. `content` is released."""
    return _opened(content, kind, lambda book: [_first_rows(book, sheet, rows) for sheet in range(len(book.sheets))])


def _opened(content: Content, kind: str, take: Callable[[OpenBook], Result], *, exact: bool = False) -> Result:
    """What `take` makes of the workbook. Where the quick way fails it is opened anew, and read exactly."""
    name, data = content.file.name, content.release()
    while True:
        try:
            with reader(len(data)) as process:
                return take(OpenBook(process, data, name, kind, exact=exact))
        except _Distrust:
            exact = True
        except Died as death:
            if death.overdue:
                raise too_slow(name) from None
            if exact:
                raise (too_heavy(name) if death.heavy else unreadable(name)) from None
            exact = True


@dataclass(slots=True)
class _Rows:
    """Some rows of a sheet: columns of text, and their kinds where not all are text."""

    columns: list[pa.ChunkedArray]
    kinds: list[np.ndarray | None]
    count: int

    def cut(self, count: int) -> None:
        """Keep the first `count` rows."""
        self.columns = [column.slice(0, count) for column in self.columns]
        self.kinds = [None if own is None or not own[:count].any() else own[:count] for own in self.kinds]
        self.count = count

    def lists(self) -> list[list[str]]:
        """Row by row."""
        found: list[list[str]] = []
        for start in range(0, self.count, _LINES):
            part = [column.slice(start, _LINES).to_pylist() for column in self.columns]
            found += [list(row) for row in zip(*part, strict=True)]
        return found or [[] for _ in range(self.count)]


def _rows(book: OpenBook, sheet: int, first: int, last: int | None, width: int) -> _Rows:
    frames, trusted = book.rows(sheet, first, last, width)
    if not trusted:
        raise _Distrust
    batches = [pa.ipc.open_stream(pa.py_buffer(frame)).read_all() for frame in frames]
    # by place: looking one of 16,384 columns up by its name costs as much as going through all of them
    parts = [batch.columns for batch in batches]
    columns = [
        pa.chunked_array([chunk for part in parts for chunk in part[number].chunks], pa.string())
        for number in range(width)
    ]
    places = [{name: place for place, name in enumerate(batch.column_names[width:], width)} for batch in batches]
    kinds: list[np.ndarray | None] = []
    for number in range(width):
        name = f"k{number}"
        if any(name in place for place in places):
            kinds.append(
                np.concatenate(
                    [
                        part[place[name]].to_numpy() if name in place else np.zeros(len(batch), dtype=np.int8)
                        for batch, part, place in zip(batches, parts, places, strict=True)
                    ]
                )
            )
        else:
            kinds.append(None)
    return _Rows(columns, kinds, sum(len(batch) for batch in batches))


def _first_rows(book: OpenBook, sheet: int, wanted: int | None) -> SheetCells:
    facts = book.facts(sheet)
    last = None if wanted is None else min(wanted, facts["last_row"])  # None: so that the bounds of a sheet are kept
    width = facts["last_column"]
    rows = _rows(book, sheet, 1, last, width) if width and last != 0 else _Rows([], [], 0)
    kinds: list[bytes | None] = [None] * rows.count
    if any(own is not None for own in rows.kinds):
        table = np.stack([np.zeros(rows.count, dtype=np.int8) if own is None else own for own in rows.kinds], axis=1)
        kinds = [row.tobytes() if row.any() else None for row in table]
    named = book.sheets[sheet]
    return SheetCells(named["name"], named["visible"], rows.lists(), kinds, _merges(facts), dict(book.detected))


def _merges(facts: Mapping[str, Any]) -> tuple[Merge, ...]:
    return tuple(Merge(*area) for area in facts["merges"])


@dataclass(slots=True)
class _Reading:
    file: SourceFile
    source: SourceRule
    needed: Needed
    book: OpenBook
    _facts: dict[int, dict[str, Any]] = field(default_factory=dict)

    def tables(self) -> list[Table]:
        sheets = range(len(self.book.sheets))
        chosen = self._named(sheets) if self.source.sheets else self._only(sheets)
        tables = [self._table(sheet, found) for sheet, found in chosen]
        read = {sheet for sheet, _ in chosen}
        tables[0].findings += [
            Finding("hidden-sheet", file=self.file.name, sheet=self._title(sheet), facts={"sheet": self._title(sheet)})
            for sheet in sheets
            if not self._visible(sheet) and sheet not in read
        ]
        return tables

    def _only(self, sheets: Sequence[int]) -> list[tuple[int, Found]]:
        """The one visible sheet that holds the headers."""
        results = [(sheet, self._header(sheet)) for sheet in sheets if self._visible(sheet)]
        found = [(sheet, result) for sheet, result in results if isinstance(result, Found)]
        if len(found) > 1:
            names = ", ".join(f'"{self._title(sheet)}"' for sheet, _ in found)
            raise SourceError(
                "several-sheets",
                f"{self.file.name}: the needed headers stand on several sheets: {names}.",
                fix='Name the sheets to read under source.sheets in the profile, or "*" for all visible ones.',
            )
        if not found:
            missed = [(sheet, result) for sheet, result in results if isinstance(result, Missed)]
            if not missed:
                raise unreadable(self.file.name)
            sheet, nearest = max(missed, key=lambda pair: pair[1].holds)
            raise not_found(self._place(sheet), nearest, self.source.header)
        return found

    def _named(self, sheets: Sequence[int]) -> list[tuple[int, Found]]:
        """The sheets the profile names. With "*", visible sheets that are entirely blank are passed over."""
        names = self.source.sheets or ()
        by_name = {self._title(sheet).strip().casefold(): sheet for sheet in sheets}
        by_name |= {self._title(sheet): sheet for sheet in sheets}  # the exact name goes first
        called = {name: by_name.get(name, by_name.get(name.strip().casefold())) for name in names if name != "*"}
        unknown = [name for name, sheet in called.items() if sheet is None]
        if unknown:
            existing = ", ".join(f'"{self._title(sheet)}"' for sheet in sheets)
            raise SourceError(
                "sheet-not-found",
                f'{self.file.name} has no sheet "{unknown[0]}"; it has: {existing}.',
                fix="Correct source.sheets in the profile, or rename the sheet.",
            )
        named = set(called.values())
        chosen = []
        for sheet in sheets:
            if sheet not in named and not ("*" in names and self._visible(sheet)):
                continue
            if sheet not in named and is_added_sheet(self._title(sheet)):
                continue
            if sheet not in named and not self._known(sheet)["last_row"]:
                continue
            result = self._header(sheet)
            if isinstance(result, Missed):
                raise not_found(self._place(sheet), result, self.source.header)
            chosen.append((sheet, result))
        if not chosen:
            raise SourceError(
                "header-not-found",
                f"{self.file.name}: every visible sheet is blank.",
                fix="Check the export, and export again.",
            )
        return chosen

    def _header(self, sheet: int) -> Found | Missed:
        facts = self._known(sheet)
        wanted = min(rows_to_search(self.source.header), facts["last_row"])
        rows = _rows(self.book, sheet, 1, wanted, facts["last_column"]).lists() if wanted else []
        return find_header(enumerate(rows, 1), self.needed, self.source.header, lambda: _merges(facts))

    def _table(self, sheet: int, found: Found) -> Table:
        refuse_duplicates(self._place(sheet), found, self.needed)
        width = max(position for position, header in enumerate(found.headers, 1) if header)
        headers = found.headers[:width]
        facts = self._known(sheet)
        body = _rows(self.book, sheet, found.row + 1, None, width)
        read = body.count
        body.cut(last_filled(body.columns, read))
        rows = np.arange(found.row + 1, found.row + 1 + body.count, dtype=np.int64)
        last = found.row + body.count
        hidden = [row for row in facts["hidden"] if found.row < row <= last]
        findings = self._hidden_rows(sheet, hidden)
        findings += damaged_letters(self.file.name, self._title(sheet), headers, body.columns, rows)
        findings += full_sheet(self.file.name, self._title(sheet), last)
        return Table(
            file=self.file,
            sheet=self._title(sheet),
            header_row=found.row,
            headers=headers,
            columns=body.columns,
            rows=rows,
            kinds=body.kinds,
            detected=dict(self.book.detected),
            findings=findings,
            blank_end=read - body.count,
            rows_above=found.row - 1,
            above=above_header(
                _rows(self.book, sheet, 1, found.row - 1, facts["last_column"]).lists() if found.row > 1 else ()
            ),
            proved=self._proved(sheet, found),
        )

    def _proved(self, sheet: int, found: Found) -> dict[str, str]:
        """What the profile left open."""
        proved = {}
        if self.source.sheets is None:
            proved["sheets"] = self._title(sheet)
        if self.source.header.row == "auto" and self.source.header.rows == 1:
            proved["header"] = str(found.row)
        return proved

    def _hidden_rows(self, sheet: int, hidden: list[int]) -> list[Finding]:
        if not hidden:
            return []
        facts = {"count": str(len(hidden)), "first": str(hidden[0])}
        return [Finding("hidden-rows", file=self.file.name, sheet=self._title(sheet), row=hidden[0], facts=facts)]

    def _known(self, sheet: int) -> dict[str, Any]:
        if sheet not in self._facts:
            self._facts[sheet] = self.book.facts(sheet)
        return self._facts[sheet]

    def _title(self, sheet: int) -> str:
        return str(self.book.sheets[sheet]["name"])

    def _visible(self, sheet: int) -> bool:
        return bool(self.book.sheets[sheet]["visible"])

    def _place(self, sheet: int) -> str:
        return f'{self.file.name}, sheet "{self._title(sheet)}"'
