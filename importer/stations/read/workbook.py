"""Excel workbooks (.xlsx, .xlsm) through openpyxl, behind the prescan."""

import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, cast

import numpy as np
from openpyxl import load_workbook
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.workbook import Workbook

from importer.domain.findings import Finding
from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read.cells import FIRST_DATE, FIRST_DATE_1904
from importer.stations.read.columns import ColumnBuilder
from importer.stations.read.content import Content
from importer.stations.read.headers import (
    Found,
    Missed,
    Needed,
    find_header,
    not_found,
    refuse_duplicates,
    rows_to_search,
)
from importer.stations.read.oddities import damaged_letters, full_sheet
from importer.stations.read.prescan import Package, prescan, unreadable
from importer.stations.read.rows import RowReader
from importer.stations.read.sheetscan import MAX_CELLS, SheetFacts, too_large
from importer.stations.table import Table


def read_workbook(content: Content, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> list[Table]:
    """Read the sheets the profile asks for, in workbook order; formulas as their stored results, macros never run."""
    name = content.file.name
    package = prescan(content.data, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of openpyxl, about what it leaves out: pictures, links, validation lists
        try:
            book = load_workbook(io.BytesIO(content.release()), read_only=True, data_only=True, keep_links=False)
        except Exception as error:
            raise unreadable(name) from error  # openpyxl raises a zoo of types on damaged files
        try:
            return _Reading(content, source, needed, package, book).tables()
        finally:
            book.close()


@dataclass(frozen=True, slots=True)
class SheetCells:
    """The first rows of one sheet; see `Grid` for the fields."""

    name: str
    visible: bool
    cells: list[list[str]]
    kinds: list[bytes | None]
    merges: tuple[tuple[int, int, int, int], ...]
    detected: dict[str, str]


def read_sheets(content: Content, rows: int | None) -> list[SheetCells]:
    """The first `rows` rows (None: all) of every sheet, in workbook order. `content` is released."""
    name = content.file.name
    package = prescan(content.data, name)
    data = content.release()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        except Exception as error:
            raise unreadable(name) from error
        try:
            return _Reading(content, SourceRule(), (), package, book).sheets(rows)
        finally:
            book.close()


class _Sheet(Protocol):
    """What is used of openpyxl's read-only sheet; its stubs take it for the other kind."""

    title: str
    sheet_state: str
    _worksheet_path: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self) -> Iterator[Sequence[object]]: ...


@dataclass(slots=True)
class _Reading:
    content: Content
    source: SourceRule
    needed: Needed
    package: Package
    book: Workbook

    @property
    def name(self) -> str:
        return self.content.file.name

    def tables(self) -> list[Table]:
        sheets = cast("list[_Sheet]", self.book.worksheets)
        lost = [name for name in self.package.sheets if name not in self.book.sheetnames]
        if lost or not sheets:
            raise unreadable(self.name)
        for sheet in sheets:
            sheet.reset_dimensions()  # what the file says of its own size is often wrong
        chosen = self._named(sheets) if self.source.sheets else self._only(sheets)
        tables = [self._table(sheet, found) for sheet, found in chosen]
        read = {sheet.title for sheet, _ in chosen}
        tables[0].findings += [
            Finding("hidden-sheet", file=self.name, sheet=sheet.title, facts={"sheet": sheet.title})
            for sheet in sheets
            if sheet.sheet_state != "visible" and sheet.title not in read
        ]
        return tables

    def sheets(self, wanted: int | None) -> list[SheetCells]:
        """The first rows of every sheet, without trailing empty cells."""
        found = []
        for sheet in cast("list[_Sheet]", self.book.worksheets):
            sheet.reset_dimensions()
            facts = self._facts(sheet)
            if facts.last_row * facts.last_column > MAX_CELLS:
                raise too_large(self.name, f'sheet "{sheet.title}"')
            reader = self._reader(sheet)
            cells, kinds = [], []
            last = facts.last_row if wanted is None else min(wanted, facts.last_row)
            for number, row in enumerate(islice(self._rows(sheet), last), 1):
                texts, types = reader.cells(row, number, min(len(row), facts.last_column))
                cells.append(texts)
                kinds.append(types)
            visible = sheet.sheet_state == "visible"
            found.append(SheetCells(sheet.title, visible, cells, kinds, facts.merges, self._detected()))
        return found

    def _only(self, sheets: Sequence[_Sheet]) -> list[tuple[_Sheet, Found]]:
        """The one visible sheet that holds the headers."""
        visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
        results = [(sheet, self._header(sheet)) for sheet in visible]
        found = [(sheet, result) for sheet, result in results if isinstance(result, Found)]
        if len(found) > 1:
            names = ", ".join(f'"{sheet.title}"' for sheet, _ in found)
            raise SourceError(
                "several-sheets",
                f"{self.name}: the needed headers stand on several sheets: {names}.",
                fix='Name the sheets to read under source.sheets in the profile, or "*" for all visible ones.',
            )
        if not found:
            missed = [(sheet, result) for sheet, result in results if isinstance(result, Missed)]
            if not missed:
                raise unreadable(self.name)
            sheet, nearest = max(missed, key=lambda pair: pair[1].holds)
            raise not_found(self._place(sheet), nearest, self.source.header)
        return found

    def _named(self, sheets: Sequence[_Sheet]) -> list[tuple[_Sheet, Found]]:
        """The sheets the profile names. With "*", visible sheets that are entirely blank are passed over."""
        names = self.source.sheets or ()
        by_name = {sheet.title.strip().casefold(): sheet.title for sheet in sheets}
        by_name |= {sheet.title: sheet.title for sheet in sheets}  # the exact name goes first
        called = {name: by_name.get(name) or by_name.get(name.strip().casefold()) for name in names if name != "*"}
        unknown = [name for name, title in called.items() if title is None]
        if unknown:
            existing = ", ".join(f'"{sheet.title}"' for sheet in sheets)
            raise SourceError(
                "sheet-not-found",
                f'{self.name} has no sheet "{unknown[0]}"; it has: {existing}.',
                fix="Correct source.sheets in the profile, or rename the sheet.",
            )
        named = set(called.values())
        chosen = []
        for sheet in sheets:
            if sheet.title not in named and not ("*" in names and sheet.sheet_state == "visible"):
                continue
            if sheet.title not in named and not self._facts(sheet).last_row:
                continue
            result = self._header(sheet)
            if isinstance(result, Missed):
                raise not_found(self._place(sheet), result, self.source.header)
            chosen.append((sheet, result))
        if not chosen:
            raise SourceError(
                "header-not-found",
                f"{self.name}: every visible sheet is blank.",
                fix="Check the export, and export again.",
            )
        return chosen

    def _header(self, sheet: _Sheet) -> Found | Missed:
        reader = self._reader(sheet)
        wanted = rows_to_search(self.source.header)
        rows = ((number, reader.cells(row, number, len(row))[0]) for number, row in enumerate(self._rows(sheet), 1))
        return find_header(islice(rows, wanted), self.needed, self.source.header)

    def _table(self, sheet: _Sheet, found: Found) -> Table:
        facts = self._facts(sheet)
        if facts.last_row * facts.last_column > MAX_CELLS:
            raise too_large(self.name, f'sheet "{sheet.title}"')
        refuse_duplicates(self._place(sheet), found, self.needed)
        width = max(position for position, header in enumerate(found.headers, 1) if header)
        headers = found.headers[:width]
        reader = self._reader(sheet)
        builder = ColumnBuilder(width)
        for number, row in enumerate(islice(self._rows(sheet), found.row, None), found.row + 1):
            cells, kinds = reader.cells(row, number, width)
            builder.add(cells, kinds)
        body = builder.finish()
        rows = np.arange(found.row + 1, found.row + 1 + body.count, dtype=np.int64)
        last = found.row + body.count
        findings = self._hidden_rows(sheet, [row for row in facts.hidden if found.row < row <= last])
        findings += damaged_letters(self.name, sheet.title, headers, body.columns, rows)
        findings += full_sheet(self.name, sheet.title, last)
        return Table(
            file=self.content.file,
            sheet=sheet.title,
            header_row=found.row,
            headers=headers,
            columns=body.columns,
            rows=rows,
            kinds=body.kinds,
            detected=self._detected(),
            findings=findings,
            blank_end=body.blank_end,
            rows_above=found.row - 1,
        )

    def _hidden_rows(self, sheet: _Sheet, hidden: list[int]) -> list[Finding]:
        if not hidden:
            return []
        facts = {"count": str(len(hidden)), "first": str(hidden[0])}
        return [Finding("hidden-rows", file=self.name, sheet=sheet.title, row=hidden[0], facts=facts)]

    def _rows(self, sheet: _Sheet) -> Iterator[Sequence[object]]:
        """Every row from the first to the last, gaps included, as openpyxl's cells."""
        rows = iter(sheet.iter_rows())
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:
                raise unreadable(self.name) from error
            yield row

    def _reader(self, sheet: _Sheet) -> RowReader:
        first_date = FIRST_DATE_1904 if self.book.epoch == MAC_EPOCH else FIRST_DATE
        return RowReader(self._facts(sheet).uncalculated, first_date, self.name)

    def _facts(self, sheet: _Sheet) -> SheetFacts:
        part = sheet._worksheet_path  # noqa: SLF001 - openpyxl tells the part of a sheet nowhere else
        try:
            return self.package.facts[part]
        except KeyError:
            raise unreadable(self.name) from None

    def _place(self, sheet: _Sheet) -> str:
        return f'{self.name}, sheet "{sheet.title}"'

    def _detected(self) -> dict[str, str]:
        detected = {"format": "Excel workbook"}
        if self.book.epoch == MAC_EPOCH:
            detected["dates"] = "counted from 1904"
        if self.package.macros:
            detected["macros"] = "present, never run"
        return detected
