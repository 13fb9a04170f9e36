"""Which rows are data, and what the rows of one invoice share without saying it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.invoice import SkippedRows, Span
from importer.profile.model import Profile, SkipRule, normal_header
from importer.stations.columns import encoded, mask
from importer.stations.map.part import Part
from importer.stations.table import Table

BLANK_REASON = "blank row"


def choose_rows(part: Part, table: Table, profile: Profile) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows that are no data: blank ones and those under a skip rule; the first rule that fits gives the reason.

    Returns two masks over all rows: the rows to skip, and among them those that `fill_down` must pass over as if they
    were not there. A row skipped for another reason may still open an invoice (a heading that carries its number).
    The cells of a ragged row may be missing or shifted, so "blank" never skips one.
    """
    count = len(part.row)
    blank = np.ones(count, dtype=bool)
    for cells in table.columns:
        blank &= mask(pc.equal(pc.utf8_trim_whitespace(cells), ""))
        if not blank.any():
            break
    ragged = np.zeros(count, dtype=bool)
    ragged[list(part.ragged)] = True
    filled = {normal_header(name) for name in profile.rows.fill_down}
    reasons = np.where(blank, 0, -1).astype(np.int32)
    words, passed_over = [BLANK_REASON], blank
    for rule in profile.rows.skip:
        cells = part.column(rule.column)[0]
        hit = _skipped_by(rule, cells) & (reasons < 0)
        if ragged.any():
            hit &= ~(ragged & mask(pc.equal(cells, "")))
        reasons[hit] = len(words)
        words.append(rule.reason)
        if filled & {normal_header(name) for name in rule.column}:
            passed_over = passed_over | hit
    _tell(part, reasons, words)
    skipped = reasons >= 0
    if filled and not part.filled_keys:  # every data row carries its key: a skipped one without is part of no invoice
        nameless = skipped.copy()
        for key in profile.invoice_key:
            nameless &= mask(pc.equal(part.column((key,))[0], ""))
        passed_over = passed_over | nameless
    return skipped, passed_over


def _tell(part: Part, reasons: np.ndarray, words: Sequence[str]) -> None:
    gone = np.flatnonzero(reasons >= 0)
    for first, last in _runs(part.row[gone], reasons[gone]):
        span = Span(part.number, int(part.row[gone[first]]), int(part.row[gone[last]]))
        part.skipped.append(SkippedRows(span, words[reasons[gone[first]]]))
    if part.ragged:  # a row that is no data may have any number of fields
        rows = set(part.row[gone].tolist())
        part.findings = [
            finding for finding in part.findings if finding.code != "ragged-row" or finding.row not in rows
        ]


def _skipped_by(rule: SkipRule, cells: pa.ChunkedArray) -> np.ndarray:
    if rule.equals is not None:
        return mask(pc.is_in(cells, value_set=pa.array([text.strip() for text in rule.equals], type=pa.large_string())))
    if rule.matches is not None:
        return np.asarray(pd.Series(cells.to_pandas(), dtype="str").str.fullmatch(rule.matches), dtype=bool)
    return mask(pc.equal(cells, ""))


def fill_down(part: Part, profile: Profile) -> None:
    """Write the cells that stand only on the first row of an invoice on its other rows too.

    Values never cross from one invoice to the next: a customer without a VAT number must not get the one above.
    """
    count = len(part.row)
    if not profile.rows.fill_down:
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
    for key in profile.invoice_key:
        codes, _ = encoded(part.column((key,))[0])
        starts[1:] |= codes[1:] != codes[:-1]
    first = np.maximum.accumulate(np.where(starts, here, 0))
    keys = {normal_header(name) for (name,) in part.filled_keys}
    for header, spellings in {normal_header(name): (name,) for name in profile.rows.fill_down}.items():
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
