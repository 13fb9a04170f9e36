"""The rows of each invoice as stretches of adjacent spreadsheet rows; each row is in exactly one."""

from collections.abc import Iterator

import numpy as np

from importer.domain.invoice import Span
from importer.stations.group.keys import Keys
from importer.stations.table import Mapped


class Spans:
    """By invoice number: `of` gives its spans, `rows` counts its rows. `nameless` are the rows of no invoice."""

    def __init__(self, mapped: Mapped, keys: Keys) -> None:
        sheet, row, group = _rows(mapped, keys)
        new_group = group[1:] != group[:-1]
        breaks = (
            np.r_[True, new_group | (sheet[1:] != sheet[:-1]) | (row[1:] != row[:-1] + 1)]
            if len(row)
            else np.zeros(0, dtype=bool)
        )
        first = np.flatnonzero(breaks)
        last = np.r_[first[1:], len(row)] - 1 if len(first) else first
        self._spans = list(map(Span, sheet[first].tolist(), row[first].tolist(), row[last].tolist()))
        self._start = np.searchsorted(group[first], np.arange(len(keys.parts) + 1)).tolist()
        self.rows = (
            np.bincount(group, minlength=len(keys.parts)) if len(group) else np.zeros(len(keys.parts), dtype=int)
        )
        self.nameless = list(_nameless(mapped, keys))

    def of(self, number: int) -> tuple[Span, ...]:
        """The spans of one invoice."""
        return tuple(self._spans[self._start[number] : self._start[number + 1]])


def _rows(mapped: Mapped, keys: Keys) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sheet, row and invoice of every spreadsheet row that belongs to one, sorted by invoice, sheet and row."""
    sheet, row, group = mapped.sheet[keys.order], mapped.row[keys.order], keys.group[keys.order]
    if mapped.beside is not None:
        beside = keys.group[mapped.beside.position]
        named = beside >= 0
        sheet = np.concatenate([sheet, mapped.beside.sheet[named]])
        row = np.concatenate([row, mapped.beside.row[named]])
        group = np.concatenate([group, beside[named]])
        order = np.lexsort((row, sheet, group))
        sheet, row, group = sheet[order], row[order], group[order]
    if len(row) > 1:  # a row that packs several lines is one row
        again = (row[1:] == row[:-1]) & (sheet[1:] == sheet[:-1]) & (group[1:] == group[:-1])
        if again.any():
            kept = np.flatnonzero(np.r_[True, ~again])
            sheet, row, group = sheet[kept], row[kept], group[kept]
    return sheet, row, group


def _nameless(mapped: Mapped, keys: Keys) -> Iterator[Span]:
    """Each row that names no invoice, once, in order."""
    lines = np.flatnonzero(keys.group < 0)
    places = set(zip(mapped.sheet[lines].tolist(), mapped.row[lines].tolist(), strict=True))
    if mapped.beside is not None:
        alone = keys.group[mapped.beside.position] < 0
        places |= set(zip(mapped.beside.sheet[alone].tolist(), mapped.beside.row[alone].tolist(), strict=True))
    return (Span(sheet, row, row) for sheet, row in sorted(places))
