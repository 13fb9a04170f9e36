"""Rows with too many or too few fields: their cells may stand under wrong headers, the key among them.

Such a row is refused with every invoice it may belong to, because an invoice without one of its lines would be wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from importer.domain.identity import normalise_part
from importer.stations.group.keys import Keys
from importer.stations.table import Mapped

_SEPARATORS = (";", ",", "\t", "|")


def suspects(mapped: Mapped, keys: Keys) -> Mapping[int, Sequence[int]]:
    """For each ragged row the numbers of every invoice it may belong to.

    That is the invoice it names as it stands; any invoice all of whose key parts occur among its fields (or in two
    neighbours that a separator inside a key has parted); where keys are filled down, the invoice of the row above; and
    where no invoice with a sound row was found, any whose key a missing separator may have glued to its neighbour.
    """
    if not mapped.ragged:
        return {}
    search = _Search(keys)
    sound = np.ones(len(mapped.row), dtype=bool)
    sound[list(mapped.ragged)] = False
    has_sound = np.zeros(len(keys.parts), dtype=bool)
    has_sound[keys.group[sound & (keys.group >= 0)]] = True
    found: dict[int, Sequence[int]] = {}
    for position, fields in mapped.ragged.items():
        own = int(keys.group[position])
        numbers = {own, *search.among({*map(normalise_part, fields), *_rejoined(fields)})}
        if mapped.filled_keys:
            numbers.add(_above(mapped, keys, position))
        numbers.discard(-1)
        if not any(has_sound[number] for number in numbers):
            numbers.update(search.among(set(_glued(fields, search.lengths))))
        found[position] = sorted(numbers)
    return found


class _Search:
    """Invoices by the first part of their key."""

    def __init__(self, keys: Keys) -> None:
        self._parts = keys.parts
        self._by_part: dict[str, list[int]] = {}
        for number, part in enumerate(keys.parts):
            self._by_part.setdefault(part[0], []).append(number)
        self.lengths = frozenset(len(text) for part in keys.parts for text in part if text)

    def among(self, texts: set[str]) -> Iterator[int]:
        """Invoices all of whose key parts are among these texts; an empty part says nothing."""
        for text in {*texts, ""}:
            for number in self._by_part.get(text, ()):
                if {part for part in self._parts[number] if part} <= texts:
                    yield number


def _above(mapped: Mapped, keys: Keys, position: int) -> int:
    """The invoice of the nearest row above, in the same sheet, whose cells can be trusted."""
    above = position - 1
    while above >= 0 and above in mapped.ragged:
        above -= 1
    return int(keys.group[above]) if above >= 0 and mapped.sheet[above] == mapped.sheet[position] else -1


def _rejoined(fields: Sequence[str]) -> Iterator[str]:
    for left, right in pairwise(fields):
        for separator in _SEPARATORS:
            yield normalise_part(left + separator + right)


def _glued(fields: Sequence[str], lengths: frozenset[int]) -> Iterator[str]:
    """Every beginning and end of a field that has the length of a key part."""
    for field in map(normalise_part, fields):
        for length in lengths:
            if length <= len(field):
                yield field[:length]
                yield field[-length:]
