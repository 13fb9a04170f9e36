"""Which column names one invoice, which columns are written on its first row only, and which agree within it."""

from dataclasses import dataclass

import numpy as np

from importer.stations.columns import encoded
from importer.suggest.model import Column


@dataclass(frozen=True)
class Key:
    """A column that names invoices. `groups` numbers the invoice of each row, from 0; `first` marks their first rows.

    `down`: the key is written on the first row only. `apart` are keys that come back after another invoice.
    """

    column: Column
    groups: np.ndarray
    first: np.ndarray
    down: bool
    apart: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many invoices there are."""
        return int(self.groups.max()) + 1 if len(self.groups) else 0

    @property
    def source(self) -> np.ndarray:
        """For each row the first row of its invoice."""
        starts = np.flatnonzero(self.first)
        return np.asarray(starts[self.groups], dtype=np.int64)


def find_key(column: Column) -> Key | None:
    """The invoices that a column makes of the rows; None where it does not begin on the first row, or is empty."""
    filled = column.filled
    if not len(filled) or not filled[0]:
        return None
    down = not bool(filled.all())
    if down:
        begins = np.maximum.accumulate(np.where(filled, np.arange(len(filled)), 0))
        texts = column.taken(begins)
    else:
        texts = column
    codes, distinct = encoded(texts.cells)
    changes = np.concatenate(([True], codes[1:] != codes[:-1]))
    runs = codes[changes]
    seen: set[int] = set()
    apart = []
    for code in runs.tolist():
        if code in seen:
            apart.append(distinct[code])
        seen.add(code)
    first = np.zeros(len(codes), dtype=bool)
    first[np.unique(codes, return_index=True)[1]] = True
    return Key(column, codes.astype(np.int64), first, down, tuple(dict.fromkeys(apart)))


def written_once(column: Column, key: Key) -> bool:
    """Whether a column stands on first rows only, and an invoice of several rows shows it."""
    filled = column.filled
    if not filled.any() or (filled & ~key.first).any():
        return False
    sizes = np.bincount(key.groups, minlength=key.count)
    return bool((filled & (sizes[key.groups] > 1)).any())


def disagreements(column: Column, key: Key, days: np.ndarray | None = None) -> list[int]:
    """Positions of rows that say something else than the first row of their invoice.

    `days` are the dates of a column of dates: those are compared, so that two times of one day agree.
    """
    texts = np.array(column.texts, dtype=object)
    differs = texts != texts[key.source]
    if days is not None:
        differs &= ~(days == days[key.source])  # what is no date stays compared as text
    return [int(row) for row in np.flatnonzero(differs)]
