"""Lines packed as numbered columns (`code1, qty1, code2, qty2`): each group of a row that is not empty is one line."""

import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import column_letter
from importer.errors import SourceError
from importer.profile.model import Profile, is_numbered, numbered
from importer.profile.names import NUMBER, normal_header
from importer.stations.columns import as_array, as_column, mask
from importer.stations.map.block import Hollow
from importer.stations.map.part import Address, Column, Part, Place, taken

_SHOWN = 4  # columns named in a finding


class PackedView:
    """The lines of a part: `source` is the row each stands in, `group` which of the numbers; `hollow` rows have none."""

    def __init__(self, part: Part, profile: Profile) -> None:
        self._part = part
        self._columns = _numbered_columns(profile)
        self._numbers = _numbers(part, self._columns, profile.packed.count if profile.packed is not None else None)
        count, groups = len(part.row), len(self._numbers)
        filled = np.zeros((count, groups), dtype=bool)
        for group, number in enumerate(self._numbers):
            for spellings in self._columns:
                cells, _ = part.column(numbered(spellings, number))
                filled[:, group] |= ~mask(pc.equal(cells, ""))
        empty = np.asarray(~filled.any(axis=1), dtype=bool)
        shown = filled.copy()
        shown[empty, 0] = True  # the row stays: it is told, and counted
        self.source, self.group = np.nonzero(shown)
        self.row = part.row[self.source]
        self.ragged: Mapping[int, tuple[str, ...]] = {
            int(position): part.ragged[int(row)]
            for position, row in enumerate(self.source.tolist())
            if part.ragged and row in part.ragged
        }
        names = [numbered(spellings, self._numbers[0])[0] for spellings in self._columns[:_SHOWN]]
        facts = {"columns": " and ".join(f'"{name}"' for name in names)}
        self.hollow = [
            Hollow(position, "no-lines", "", "", facts)
            for position in np.flatnonzero(empty[self.source]).tolist()
            if position not in self.ragged
        ]

    def column(self, spellings: Sequence[str]) -> Column:
        """A column of the row, or of the group."""
        if not is_numbered(spellings):
            return taken(self._part.column(spellings), self.source)
        columns = [self._part.column(numbered(spellings, number)) for number in self._numbers]
        count = len(self._part.row)
        cells = as_column(pa.concat_arrays([as_array(as_column(cells)) for cells, _ in columns]))
        kinds = None
        if any(kind is not None for _, kind in columns):
            kinds = np.concatenate([np.zeros(count, dtype=np.int8) if kind is None else kind for _, kind in columns])
        return taken((cells, kinds), self.group * count + self.source)

    def place(self, spellings: Sequence[str]) -> Place:
        """Where it stands: the row's own cell, or one of the numbered ones."""
        if is_numbered(spellings):
            return Place({self._part.number: self.addresses(spellings)}, choice=self.group)
        place = self._part.place(spellings)
        return place._replace(rows=None if place.rows is None else place.rows[self.source])

    def addresses(self, spellings: Sequence[str]) -> Sequence[Address]:
        """Header and letter of each numbered column, in order of the numbers."""
        return [self._part.address(numbered(spellings, number)) for number in self._numbers]


def _numbered_columns(profile: Profile) -> list[tuple[str, ...]]:
    columns: dict[tuple[str, ...], None] = {}
    for _, rule in profile.fields():
        columns.update((spellings, None) for spellings in rule.alternatives() if is_numbered(spellings))
    return list(columns)


def _numbers(part: Part, columns: Sequence[Sequence[str]], count: int | None) -> list[int]:
    """The numbers of the lines that a row can hold: 1 and on, without a gap, each with all its columns.

    Raises SourceError `packed-columns` where a column is missing, doubled, or beyond what the profile counts: a line
    nobody looks at would be lost.
    """
    found: dict[tuple[int, int], str] = {}  # column of the profile, number: the header
    for position, header in enumerate(part.headers):
        for column, spellings in enumerate(columns):
            digits = _digits(header, spellings)
            if not digits:
                continue
            number = int(digits)
            if not number or digits != str(number):
                _refuse(part, f'there is a column "{header}", but the numbers are written 1, 2, 3 and on')
            if (column, number) in found:
                second = column_letter(position)
                _refuse(part, f'the header "{header}" stands above two columns, the second is {second}')
            found[column, number] = header
    last = max(number for _, number in found)
    if count is not None and last > count:
        header = next(name for (_, number), name in found.items() if number > count)
        _refuse(part, f'there is a column "{header}", but lines.packed counts {count} lines')
    for number in range(1, (count or last) + 1):
        for column, spellings in enumerate(columns):
            if (column, number) not in found:
                _refuse(part, f'there is no column "{numbered(spellings, number)[0]}"')
    return list(range(1, (count or last) + 1))


def _digits(header: str, spellings: Sequence[str]) -> str:
    """The number in a header as it is written there, if it is one of these names; else empty."""
    for name in spellings:
        pattern = re.escape(normal_header(name)).replace(re.escape(NUMBER), "([0-9]{1,4})")
        match = re.fullmatch(pattern, normal_header(header))
        if match is not None and len(set(match.groups())) == 1:
            return match[1]
    return ""


def _refuse(part: Part, clause: str) -> NoReturn:
    place = f'{part.file.name}, sheet "{part.name}"' if part.name else part.file.name
    raise SourceError(
        "packed-columns",
        f"{place}: {clause}.",
        fix="Each line of a row needs all its columns, numbered 1, 2, 3 and on: correct the file, or lines in the profile.",
    )
