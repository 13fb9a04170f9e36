"""Amounts: which signs the file writes before the cents and between thousands, proved on every amount of the file.

The reading itself is VALIDATE's own, so that what is proved here is what an import will do.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from importer.domain.money import literal
from importer.stations.table import Kind, Numbers
from importer.stations.validate.numbers import parse_amounts
from importer.suggest.model import Column

READINGS: Final = ((",", "."), (",", "space"), (",", "'"), (".", ","), (".", "space"), (".", "'"), (",", ""), (".", ""))
NAMES: Final = {"": "none", "space": "a space"}
_AROUND: Final = re.compile(r"([^\d+\-.,]*)([+-]?[\d.,'’  ]*\d)(\D*)", re.DOTALL)  # noqa: RUF001 - spreadsheets write these
_SIGNS: Final = re.compile(r"[.,'’  \s]")  # noqa: RUF001 - same
MAX_AFFIX: Final = 12
_FEW: Final = 3  # different words around the numbers of one column


class Signs(NamedTuple):
    """The sign before the cents and the one between thousands; "" for none."""

    decimal: str
    thousands: str


@dataclass(frozen=True)
class Amounts:
    """A column read as amounts. `bad` marks filled cells that are none; `affixes` are what has to be taken off."""

    column: Column
    numbers: Numbers
    bad: np.ndarray
    affixes: tuple[str, ...]

    @property
    def good(self) -> np.ndarray:
        """Rows with an amount."""
        return np.asarray(self.column.filled & ~self.bad, dtype=bool)


@dataclass(frozen=True)
class SignsFound:
    """What the amounts of a file say about the signs.

    `fits`: the readings that fit every amount and differ in what they read (one: proved; several: a person chooses);
    empty where no amount shows a sign at all. `example` shows the sign at work, by reading what it would be.
    `unlike` are columns that do not fit the others' signs.
    """

    fits: tuple[Signs, ...]
    example: str
    readings: Mapping[Signs, str]
    thousands_seen: bool
    large_without: bool
    unlike: tuple[Column, ...]
    amounts: int


def affixes_of(column: Column) -> tuple[str, ...] | None:
    """The words around the numbers of a column ("€", "%", "TVA"); None where its texts are no numbers at all."""
    found: Counter[str] = Counter()
    numbers = 0
    if column.kinds is not None and any(text.endswith("%") for text in column.distinct):
        found["%"] = len(column.distinct)  # a number that its format shows in percent
    for text in _texts(column):
        match = _AROUND.fullmatch(text)
        if match is None:
            continue
        numbers += 1
        found.update(part.strip() for part in match.group(1, 3) if part.strip())
    if not numbers and _texts(column):
        return None
    if numbers * 2 < len(_texts(column)):
        return None
    # a sign beside few of the numbers is a slip of the pen ("1.250,0O"), and must stay one
    kept = [word for word, times in found.most_common() if len(word) <= MAX_AFFIX and times * 2 >= numbers]
    return tuple(kept) if len(kept) <= _FEW else None


def read_amounts(column: Column, signs: Signs, affixes: Sequence[str] | None = None) -> Amounts:
    """A column as VALIDATE reads it with these signs, after `strip`."""
    words = affixes_of(column) or () if affixes is None else affixes
    parsed = parse_amounts(_stripped(column, words), column.kinds, signs.decimal, signs.thousands)
    bad = (parsed.problem != 0) & column.filled
    if column.kinds is not None:
        bad |= column.kinds >= Kind.ERROR
    return Amounts(column, Numbers(parsed.mantissa, parsed.scale), bad, tuple(words))


def find_signs(columns: Sequence[Column]) -> SignsFound:
    """The signs that all amounts of these columns fit; a cell that fits no reading is no amount and does not vote."""
    texts = {column.position: _plain_texts(column) for column in columns}
    sample = [text for each in texts.values() for text in each]
    large_without = any(len(re.sub(r"\D.*", "", text)) > _FEW for text in sample if not _SIGNS.match(text))
    if not any(_SIGNS.search(text) for text in sample):
        return SignsFound((), "", {}, thousands_seen=False, large_without=large_without, unlike=(), amounts=len(sample))
    values = {
        Signs(*signs): {position: _values(each, Signs(*signs)) for position, each in texts.items()}
        for signs in READINGS
    }
    somehow = {
        position: [any(values[signs][position][row] is not None for signs in values) for row in range(len(each))]
        for position, each in texts.items()
    }

    def reads(signs: Signs, position: int) -> bool:
        return all(
            value is not None
            for value, counts in zip(values[signs][position], somehow[position], strict=True)
            if counts
        )

    good = {signs: [position for position in texts if reads(signs, position)] for signs in values}
    most = max(len(each) for each in good.values())
    best = [signs for signs in values if len(good[signs]) == most]
    groups: dict[tuple[object, ...], list[Signs]] = {}
    for signs in best:
        key = tuple(value for position in texts if position in good[signs] for value in values[signs][position])
        groups.setdefault(key, []).append(signs)
    fits = tuple(_plainest(group, sample) for group in groups.values())
    example = _example(sample, fits)
    return SignsFound(
        fits,
        example,
        {signs: _reading(example, signs) for signs in fits},
        thousands_seen=any(_shows_thousands(text, fits[0]) for text in sample),
        large_without=large_without,
        unlike=tuple(column for column in columns if column.position not in good[best[0]]),
        amounts=len(sample),
    )


def _plainest(group: Sequence[Signs], sample: Sequence[str]) -> Signs:
    """Of readings that read the same: the thousands sign that is at work, or none."""
    for signs in group:
        if signs.thousands and any(_shows_thousands(text, signs) for text in sample):
            return signs
    return next((signs for signs in group if not signs.thousands), group[0])


def _shows_thousands(text: str, signs: Signs) -> bool:
    sign = {"": None, "space": r"[   ]", "'": "['’]"}.get(signs.thousands, re.escape(signs.thousands))  # noqa: RUF001 - same
    return sign is not None and re.search(rf"\d{sign}\d{{3}}", text) is not None


def _example(sample: Sequence[str], fits: Sequence[Signs]) -> str:
    """The first amount that the readings read differently, or that shows most signs."""
    if len(fits) > 1:
        for text in sample:
            if len({_reading(text, signs) for signs in fits}) > 1:
                return text
    return max(sample, key=lambda text: len(_SIGNS.findall(text)))


def _reading(text: str, signs: Signs) -> str:
    parsed = parse_amounts(
        pa.chunked_array([pa.array([text], pa.large_string())]), None, signs.decimal, signs.thousands
    )
    return "no amount" if parsed.problem[0] else literal(int(parsed.mantissa[0]), parsed.scale)


def _values(texts: Sequence[str], signs: Signs) -> list[str | None]:
    """Each text as a plain number, or None where it is none in this reading."""
    if not texts:
        return []
    parsed = parse_amounts(pa.chunked_array([pa.array(texts, pa.large_string())]), None, signs.decimal, signs.thousands)
    return [
        None if problem == 1 else f"{mantissa}e-{parsed.scale}" if not problem else text
        for text, problem, mantissa in zip(texts, parsed.problem.tolist(), parsed.mantissa.tolist(), strict=True)
    ]


def _texts(column: Column) -> list[str]:
    """The different texts of cells that were text in the file (a workbook's numbers need no signs)."""
    if column.kinds is None:
        return list(column.distinct)
    kinds = column.kinds.tolist()
    cells = zip(column.texts, kinds, strict=True)
    return list(dict.fromkeys(text for text, kind in cells if text and kind == Kind.TEXT))


def _plain_texts(column: Column) -> list[str]:
    words = affixes_of(column) or ()
    return list(dict.fromkeys(_without(text, words) for text in _texts(column)))


def _stripped(column: Column, words: Sequence[str]) -> pa.ChunkedArray:
    if not words:
        return column.cells
    return pa.chunked_array([pa.array([_without(text, words) for text in column.texts], pa.large_string())])


def _without(text: str, words: Sequence[str]) -> str:
    """As `strip` in the profile does it: each word once off the end and the start, then the blanks."""
    for word in words:
        text = text.removesuffix(word).removeprefix(word).strip()
    return text
