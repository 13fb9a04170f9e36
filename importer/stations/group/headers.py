"""Fields of whole invoices, one value per invoice: that of its first row, with which the others agree."""

from collections.abc import Iterator

import numpy as np

from importer.domain.findings import Finding
from importer.stations.columns import encoded
from importer.stations.group.keys import Keys
from importer.stations.table import Validated


class Headers:
    """The header fields of the invoices in `numbers` (all, or those of a mask)."""

    def __init__(self, validated: Validated, keys: Keys, chosen: np.ndarray | None = None) -> None:
        self.validated = validated
        self.mapped = validated.mapped
        self.numbers = np.arange(len(keys.first)) if chosen is None else np.flatnonzero(chosen)
        self.first = keys.first[self.numbers]
        self._every = keys.first

    def has(self, path: str) -> bool:
        """Whether the profile maps this field."""
        return path in self.mapped.frame.columns

    def texts(self, path: str) -> tuple[np.ndarray, list[str]]:
        """The distinct texts of a field as they are sent, and for each invoice the position of its own there."""
        if path in self.validated.forms:
            codes, distinct = self.validated.forms[path]
            return codes[self.first], distinct
        return encoded(self.mapped.cells(path).take(self.first))

    def by_text(self, path: str) -> Iterator[tuple[str, list[int]]]:
        """Each distinct text that is not empty, with the numbers of its invoices."""
        codes, distinct = self.texts(path)
        order = np.argsort(codes, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(order) else ():
            text = distinct[codes[group[0]]]
            if text:
                yield text, self.numbers[group].tolist()

    def integers(self, path: str) -> np.ndarray:
        """A number of each invoice; 0 where it is empty."""
        return np.asarray(self.validated.numbers[path].mantissa[self.first])

    def days(self, path: str) -> np.ndarray:
        """A date of each invoice, as datetime64[D]; NaT where it is empty."""
        return np.asarray(self.validated.days[path][self.first])

    def sheets(self) -> np.ndarray:
        """The number of each invoice's sheet."""
        return np.asarray(self.mapped.sheet[self.first])

    def finding(self, code: str, number: int, path: str, /, **facts: str) -> Finding:
        """A finding at the cell of a field of invoice `number`."""
        return self.mapped.finding(code, int(self._every[number]), path, facts=facts)

    def text(self, number: int, path: str) -> str:
        """The cell of a field of invoice `number`, as the file has it."""
        return self.mapped.text(path, int(self._every[number]))

    def place(self, number: int, path: str) -> str:
        """Where that cell stands, in no language: `maart.xlsx, Blad1!C4`."""
        return self.finding("header-differs", number, path)._replace(column="").place
