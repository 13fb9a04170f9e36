"""Which rows are data, and what the rows of one invoice share without saying it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import Finding
from importer.domain.invoice import SkippedRows, Span
from importer.profile.names import normal_header
from importer.profile.rows import CellTest, SkipRule
from importer.stations.columns import encoded, mask
from importer.stations.map.part import Part
from importer.stations.table import Table

BLANK_REASON = "blank row"


class Chosen(NamedTuple):
    """Rows that are no data. `reasons` gives for each row a position in `words`, -1 for data.

    `passed_over` are those of them that `fill_down` treats as if they were not there. A row skipped for another reason
    may still open an invoice (a heading that carries its number).
    """

    reasons: np.ndarray
    words: Sequence[str]
    passed_over: np.ndarray

    @property
    def skipped(self) -> np.ndarray:
        """The rows that are no data, as a mask."""
        return np.asarray(self.reasons >= 0)


def choose_rows(
    part: Part, table: Table, skip: Sequence[SkipRule], footer: Sequence[SkipRule], proof: Sequence[Sequence[str]]
) -> Chosen:
    """Find the rows that are no data: blank ones, those under a skip rule, and the footer; the first reason counts.

    The cells of a ragged row may be missing or shifted, so an empty one proves nothing about it. `proof` are the
    columns that together show a row to be data: below a footer such rows are told.
    """
    reasons = np.where(_blank(table), 0, -1).astype(np.int32)
    words = [BLANK_REASON]
    passed_over = reasons >= 0
    filled = {normal_header(name) for (name,) in part.fill_down}
    for rule in skip:
        hit = _fits(part, rule) & (reasons < 0)
        reasons[hit] = len(words)
        words.append(rule.reason)
        if filled & {normal_header(name) for test in rule.tests() for name in test.column}:
            passed_over = passed_over | hit
    for rule in footer:
        begins = np.flatnonzero(_fits(part, rule))
        if len(begins):
            below = (np.arange(len(reasons)) >= begins[0]) & (reasons < 0)
            reasons[below] = len(words)
            passed_over = passed_over | below
            _tell_data_below(part, int(begins[0]), below, proof)
        words.append(rule.reason)
    if filled and not part.filled_keys:  # every data row carries its key: a skipped one without is part of no invoice
        nameless = reasons >= 0
        for key in part.keys:
            nameless &= mask(pc.equal(part.column(key)[0], ""))
        passed_over = passed_over | nameless
    tell_skipped(part, reasons, words)
    return Chosen(reasons, words, passed_over)


def skip_filled(part: Part, skip: Sequence[SkipRule]) -> tuple[np.ndarray, Sequence[str]]:
    """What the rules say of cells that are filled down by now: for each row a position in the reasons, -1 for data."""
    reasons = np.full(len(part.row), -1, dtype=np.int32)
    for number, rule in enumerate(skip):
        reasons[_fits(part, rule) & (reasons < 0)] = number
    return reasons, [rule.reason for rule in skip]


def leave_out(part: Part, reasons: np.ndarray, words: Sequence[str]) -> None:
    """Skip rows that are still there: for each row a position in `words`, -1 for those that stay."""
    tell_skipped(part, reasons, words)
    part.leave_out(reasons < 0)


def tell_skipped(part: Part, reasons: np.ndarray, words: Sequence[str]) -> None:
    """List skipped rows in stretches with one reason. A row that is no data may have any number of fields."""
    gone = np.flatnonzero(reasons >= 0)
    for first, last in _runs(part.row[gone], reasons[gone]):
        span = Span(part.number, int(part.row[gone[first]]), int(part.row[gone[last]]))
        part.skipped.append(SkippedRows(span, words[reasons[gone[first]]]))
    if part.ragged:
        rows = set(part.row[gone].tolist())
        part.findings = [
            finding for finding in part.findings if finding.code != "ragged-row" or finding.row not in rows
        ]


def _blank(table: Table) -> np.ndarray:
    blank = np.ones(len(table.rows), dtype=bool)
    for cells in table.columns:
        blank &= mask(pc.equal(pc.utf8_trim_whitespace(cells), ""))
        if not blank.any():
            break
    return blank


def _tell_data_below(part: Part, begin: int, below: np.ndarray, proof: Sequence[Sequence[str]]) -> None:
    """A warning where rows under the first row of the footer look like data."""
    data = below & (np.arange(len(below)) > begin)
    for spellings in proof:
        data &= ~mask(pc.equal(part.column(spellings)[0], ""))
    found = np.flatnonzero(data)
    if len(found):
        facts = {"footer": str(int(part.row[begin])), "count": str(len(found))}
        row = int(part.row[found[0]])
        part.findings.append(Finding("data-below-footer", file=part.file.name, sheet=part.name, row=row, facts=facts))


def _fits(part: Part, rule: SkipRule) -> np.ndarray:
    """The rows that pass every test of a rule."""
    fits = np.ones(len(part.row), dtype=bool)
    for test in rule.tests():
        cells = part.column(test.column)[0]
        fits &= _passes(test, cells)
        if part.ragged:
            ragged = np.zeros(len(part.row), dtype=bool)
            ragged[list(part.ragged)] = True
            fits &= ~(ragged & mask(pc.equal(cells, "")))
    return fits


def _passes(test: CellTest, cells: pa.ChunkedArray) -> np.ndarray:
    if test.equals is not None:
        return _among(cells, test.equals)
    if test.other_than is not None:
        return ~_among(cells, (*test.other_than, ""))
    if test.contains is not None:
        return _any(cells, test.contains, pc.match_substring)
    if test.starts_with is not None:
        return _any(cells, test.starts_with, pc.starts_with)
    if test.matches is not None:
        return np.asarray(pd.Series(cells.to_pandas(), dtype="str").str.fullmatch(test.matches), dtype=bool)
    return mask(pc.equal(cells, ""))


def _among(cells: pa.ChunkedArray, texts: Sequence[str]) -> np.ndarray:
    return mask(pc.is_in(cells, value_set=pa.array([text.strip() for text in texts], type=pa.large_string())))


def _any(
    cells: pa.ChunkedArray, texts: Sequence[str], compare: Callable[[pa.ChunkedArray, str], pa.ChunkedArray]
) -> np.ndarray:
    found = np.zeros(len(cells), dtype=bool)
    for text in texts:
        found |= mask(compare(cells, text.strip()))
    return found


def fill_down(part: Part) -> None:
    """Write the cells that stand only on the first row of an invoice on its other rows too.

    Values never cross from one invoice to the next: a customer without a VAT number must not get the one above.
    """
    count = len(part.row)
    if not part.fill_down:
        return
    here = np.arange(count)
    if part.filled_keys:
        named = np.zeros(count, dtype=bool)
        for name in part.filled_keys:
            named |= ~mask(pc.equal(part.column(name)[0], ""))
        source = np.maximum.accumulate(np.where(named, here, -1))
        source = np.where(source < 0, here, source)  # rows above the first key stay as they are
        for name in part.filled_keys:
            part.fill(name, source)
    starts = here == 0
    for key in part.keys:
        codes, _ = encoded(part.column(key)[0])
        starts[1:] |= codes[1:] != codes[:-1]
    first = np.maximum.accumulate(np.where(starts, here, 0))
    keys = {normal_header(name) for (name,) in part.filled_keys}
    for header, spellings in {normal_header(name): (name,) for (name,) in part.fill_down}.items():
        if header not in keys:
            written = ~mask(pc.equal(part.column(spellings)[0], ""))
            source = np.maximum.accumulate(np.where(written, here, -1))
            part.fill(spellings, np.where(source >= first, source, first))


def _runs(rows: np.ndarray, values: np.ndarray) -> list[tuple[int, int]]:
    """Positions (first, last) of stretches of adjacent rows with one value."""
    if not len(rows):
        return []
    breaks = np.flatnonzero((rows[1:] != rows[:-1] + 1) | (values[1:] != values[:-1])) + 1
    return list(zip([0, *breaks.tolist()], [*(breaks - 1).tolist(), len(rows) - 1], strict=True))
