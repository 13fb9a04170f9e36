"""Invoices on one sheet, their lines on another: joined by a key, and nothing of either sheet is lost."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.identity import normalise_part
from importer.profile.model import Profile
from importer.profile.names import normal_header
from importer.profile.source import SheetJoin
from importer.stations.columns import as_array, as_column, encoded
from importer.stations.map.block import Hollow
from importer.stations.map.part import Address, Column, Part, Place, taken
from importer.stations.map.rows import leave_out
from importer.stations.table import Beside, Kind, damaged_number

Key = tuple[str, ...]
_NONE: Key = ()


class JoinedView:
    """Lines of two sheets, in the order of the headers; what belongs to no other row stands at the end.

    For each line `head` is its row on the sheet of headers and `line` its row on the sheet of lines; -1 where there is
    none: such rows are `hollow`. `beside` are the rows of the headers.
    """

    def __init__(self, header: Part, lines: Part, profile: Profile, join: SheetJoin) -> None:
        self._header, self._lines = header, lines
        self._profile, self._join = profile, join
        own, theirs = row_keys(header, join.header.key), row_keys(lines, join.lines.key)
        first: dict[Key, int] = {}
        for position, key in enumerate(own):
            first.setdefault(key, position)
        first.pop(_NONE, None)
        head = np.fromiter((first.get(key, -1) for key in theirs), dtype=np.int64, count=len(theirs))
        matched = np.flatnonzero(head >= 0)
        alone = np.setdiff1d(np.arange(len(own)), head[matched])  # headers without a line of their own
        orphans = np.flatnonzero(head < 0)
        heads = np.concatenate([head[matched], alone])
        line = np.concatenate([matched, np.full(len(alone), -1, dtype=np.int64)])
        order = np.argsort(heads, kind="stable")
        self.head = np.concatenate([heads[order], np.full(len(orphans), -1, dtype=np.int64)])
        self.line = np.concatenate([line[order], orphans])
        self.row = np.where(self.line < 0, _at(header.row, self.head), _at(lines.row, self.line))
        self.sheet = np.where(self.line < 0, header.number, lines.number).astype(np.int32)
        begins = np.flatnonzero(np.r_[True, self.head[1:] != self.head[:-1]] & (self.head >= 0) & (self.line >= 0))
        number = np.full(len(begins), header.number, dtype=np.int32)
        self.beside = Beside(number, header.row[self.head[begins]], begins)
        self.hollow = [*self._headers_alone(own, first), *self._orphans(theirs)]

    def of(self, path: str) -> "_Side":
        """The columns as a field sees them."""
        return _Side(self, path)

    def _headers_alone(self, own: Sequence[Key], first: Mapping[Key, int]) -> list[Hollow]:
        """Rows of the sheet of headers that get no line: there are none, the key stands twice, or there is no key.

        Where it stands twice, both rows are told: which of them the lines belong to cannot be known.
        """
        found = []
        begins = dict(zip(self.head.tolist()[::-1], range(len(self.head) - 1, -1, -1), strict=True))
        for position in np.flatnonzero(self.line < 0).tolist():
            row = int(self.head[position])
            key = own[row]
            if key == _NONE:
                found.append(self._told(position, "missing-key", key, {"columns": _quoted(self._join.header.key)}))
            elif first[key] != row:
                for one, other in ((row, first[key]), (first[key], row)):
                    facts = {"other_row": str(int(self._header.row[other]))}
                    found.append(self._told(begins[one], "header-repeated", key, facts))
            else:
                facts = {"columns": _quoted(self._join.lines.key), "sheet": self._lines.name}
                found.append(self._told(position, "header-without-lines", key, facts))
        return found

    def _told(self, position: int, code: str, key: Key, facts: Mapping[str, str]) -> Hollow:
        return Hollow(position, code, "join.header", " / ".join(key), facts)

    def _orphans(self, theirs: Sequence[Key]) -> list[Hollow]:
        """Lines whose invoice is not there, or that name none."""
        found = []
        columns = {"columns": _quoted(self._join.header.key), "sheet": self._header.name}
        for position in np.flatnonzero(self.head < 0).tolist():
            key = theirs[int(self.line[position])]
            code, facts = "line-without-header", columns
            if key == _NONE:
                code, facts = "missing-key", {"columns": _quoted(self._join.lines.key)}
            found.append(Hollow(position, code, "join.lines", " / ".join(key), facts))
        return found

    def column(self, path: str, spellings: Sequence[str]) -> Column:
        """A column of the sheet that a field belongs to. A line without invoice is called by its own key, if it can be."""
        if self._profile.of_lines(path, spellings):
            return taken(self._lines.column(spellings), self.line)
        cells, kinds = taken(self._header.column(spellings), self.head)
        own = self._own_key(path, spellings)
        if own is None or not (self.head < 0).any():
            return cells, kinds
        return _either(self.head >= 0, (cells, kinds), taken(self._lines.column((own,)), self.line))

    def place(self, path: str, spellings: Sequence[str]) -> Place:
        """Where it stands."""
        if self._profile.of_lines(path, spellings):
            place = self._lines.place(spellings)
            rows = None if place.rows is None else _at(place.rows, self.line)
            here = place.columns[self._lines.number]
            return Place({self._lines.number: here, self._header.number: (("", ""),)}, rows)
        place = self._header.place(spellings)
        rows = _at(self._header.row if place.rows is None else place.rows, self.head)
        own = self._own_key(path, spellings)
        there: Address = ("", "") if own is None else self._lines.address((own,))
        return Place(
            {self._header.number: place.columns[self._header.number], self._lines.number: (there,)},
            np.where(self.head < 0, self.row, rows),
            None,
            np.where(self.head < 0, self._lines.number, self._header.number).astype(np.int32),
        )

    def key_places(self) -> Mapping[str, Place]:
        """Where the (first) column of the key stands, on the sheet of headers and on that of lines."""
        sides = (
            ("join.header", self._header, self._join.header.key, self.head),
            ("join.lines", self._lines, self._join.lines.key, self.line),
        )
        return {
            name: Place(
                {part.number: (part.address((key[0],)),)},
                _at(part.row, positions),
                None,
                np.full(len(positions), part.number, dtype=np.int32),
            )
            for name, part, key, positions in sides
        }

    def _own_key(self, path: str, spellings: Sequence[str]) -> str | None:
        """The column of lines that says the same as a column of the invoice key: the two are joined by it."""
        if not path.startswith("key."):
            return None
        for one, other in zip(self._join.header.key, self._join.lines.key, strict=True):
            if normal_header(one) == normal_header(spellings[0]):
                return other
        return None


class _Side:
    """A view of the joined lines for one field."""

    def __init__(self, view: JoinedView, path: str) -> None:
        self._view, self._path = view, path

    def column(self, spellings: Sequence[str]) -> Column:
        return self._view.column(self._path, spellings)

    def place(self, spellings: Sequence[str]) -> Place:
        return self._view.place(self._path, spellings)


def row_keys(part: Part, names: Sequence[str]) -> list[Key]:
    """The join key of each row, as keys are compared; () where it is empty, broken, or a number the workbook damaged."""
    columns = []
    for name in names:
        cells, kinds = part.column((name,))
        codes, texts = encoded(cells)
        parts = [normalise_part(text) for text in texts]
        known = np.ones(len(codes), dtype=bool)
        if kinds is not None:
            known = ~((kinds >= Kind.ERROR) | damaged_number(cells, kinds))
        columns.append([parts[code] if good else "" for code, good in zip(codes.tolist(), known.tolist(), strict=True)])
    return [key if any(key) else _NONE for key in zip(*columns, strict=True)]


def skip_lines(
    header: Part, lines: Part, keys: Sequence[Key], reasons: np.ndarray, words: Sequence[str], join: SheetJoin
) -> None:
    """Leave out the lines of invoices that are left out on their own sheet.

    `keys` are those of the rows of the header sheet, `reasons` a position in `words` for each, -1 for those that stay.
    """
    gone: dict[Key, int] = {}
    for position in np.flatnonzero(reasons >= 0).tolist():
        gone.setdefault(keys[position], int(reasons[position]))
    for position in np.flatnonzero(reasons < 0).tolist():
        gone.pop(keys[position], None)
    gone.pop(_NONE, None)
    if gone:
        own = [gone.get(key, -1) for key in row_keys(lines, join.lines.key)]
        leave_out(lines, np.array(own, dtype=np.int32), [f"{word} (sheet {header.name})" for word in words])


def _at(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Values at positions; at a negative one something that nobody looks at."""
    return values[np.maximum(positions, 0)] if len(values) else np.zeros(len(positions), dtype=np.int64)


def _either(first: np.ndarray, one: Column, other: Column) -> Column:
    """One column where `first` is true, else the other."""
    cells = pc.if_else(pa.array(first), as_array(one[0]), as_array(other[0]))
    kinds = None
    if one[1] is not None or other[1] is not None:
        zero = np.zeros(len(first), dtype=np.int8)
        kinds = np.where(first, zero if one[1] is None else one[1], zero if other[1] is None else other[1])
    return as_column(cells), kinds


def _quoted(names: Sequence[str]) -> str:
    return " and ".join(f'"{name}"' for name in names)
