"""Dates: the forms that every date of the file fits, by VALIDATE's own reading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np

from importer.profile.model import is_date_form
from importer.stations.table import Kind
from importer.stations.validate.dates import Dates, expected_form, parse_dates
from importer.suggest.model import Column

_DAYS: Final = (
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d%m%Y",
    "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d.%m.%y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%b-%d-%y",
)  # fmt: skip
_TIMES: Final = (
    "",
    " %H:%M",
    " %H:%M:%S",
    "T%H:%M:%S",
    "T%H:%M",
    "T%H:%M:%SZ",
    " %H:%M:%S %z",
    "T%H:%M:%S%z",
    " %H:%M:%S UTC",
)
FORMS: Final = tuple(
    day + time
    for day, time in product(_DAYS, _TIMES)
    if is_date_form(day + time) and (not time or "b" not in day.lower())
)
_OFFSET: Final = re.compile(r"\s?(?:[+-]\d{2}:?\d{2}|UTC|GMT)$")
_MOST_OFFSETS: Final = 4  # of a year; more are no time zones
_ENOUGH: Final = 0.9  # of the cells must be dates, for a column to be one of dates


@dataclass(frozen=True)
class Form:
    """A reading of a column: its form, how many cells fit it, and what they are."""

    form: str
    fits: int
    dates: Dates


@dataclass(frozen=True)
class DatesFound:
    """What a column of dates says. `cells` that are text; `native` that are true dates; `other` that are neither.

    `readings` are the forms that fit most text cells, one for each way to read them; two: a person chooses.
    """

    column: Column
    cells: int
    native: int
    other: int
    readings: tuple[Form, ...]
    strip: tuple[str, ...] = ()  # offsets of the time zone behind the dates, as they are written

    @property
    def is_dates(self) -> bool:
        """Whether the column holds dates at all."""
        total = self.cells + self.native
        best = self.readings[0].fits if self.readings else 0
        return total > 0 and best + self.native >= _ENOUGH * total


def find_dates(column: Column) -> DatesFound:
    """How a column can be read as dates, without the offset of a time zone behind them."""
    found = _read(column)
    offsets = {match[0] if (match := _OFFSET.search(text)) else "" for text in column.distinct}
    if found.is_dates or "" in offsets or not 0 < len(offsets) <= _MOST_OFFSETS:
        return found
    bare = replace(column, texts=[_OFFSET.sub("", text) for text in column.texts])
    return replace(_read(bare), column=column, strip=tuple(sorted(offsets)))


def _read(column: Column) -> DatesFound:
    kinds = column.kinds if column.kinds is not None else np.zeros(len(column.texts), dtype=np.int8)
    text = column.filled & (kinds == Kind.TEXT)
    native = column.filled & (kinds == Kind.DATE)
    bare = column.filled & (kinds == Kind.NUMBER)  # 20260302 as a number is a date only where a form says so
    asked = text | bare
    readings: dict[bytes, Form] = {}
    sample = column.taken(np.flatnonzero(asked)[:50])
    for form in FORMS if asked.any() else ():
        quick = parse_dates(sample.cells, sample.kinds, (form,))
        if not (quick.problem == 0).any():
            continue
        dates = parse_dates(column.cells, column.kinds, (form,))
        good = asked & (dates.problem == 0)
        if good.any():
            key = np.where(good, dates.day, np.datetime64("NaT")).tobytes()
            readings.setdefault(key, Form(form, int(good.sum()), dates))
    most = max((form.fits for form in readings.values()), default=0)
    best = tuple(form for form in readings.values() if form.fits == most)
    return DatesFound(column, int(asked.sum()), int(native.sum()), int((column.filled & ~asked & ~native).sum()), best)


def words(form: str) -> str:
    """A form as a person writes it: dd/mm/yyyy."""
    return expected_form((form,))


def shared_forms(found: Sequence[DatesFound]) -> list[tuple[str, ...]]:
    """The ways to read all these columns together, as lists of forms; more than one: a person chooses.

    The columns of one file are written by one program: where a day above 12 settles one column, it settles another
    column that has the same two readings.
    """
    asked = [each for each in found if each.readings]
    if not asked:
        return []
    settled = {each.readings[0].form for each in asked if len(each.readings) == 1}
    ways: list[tuple[str, ...]] = [()]
    for each in asked:
        forms = [form.form for form in each.readings]
        known = [form for form in forms if form in settled] or forms
        ways = [
            way if set(way) & set(known) == {form} else (*way, form)
            for way in ways
            for form in known
            if _like(way, forms, form)
        ]
    return list(dict.fromkeys(tuple(dict.fromkeys(way)) for way in ways))


def _like(way: Sequence[str], forms: Sequence[str], form: str) -> bool:
    """Whether taking `form` agrees with what was taken for another column that had the same readings."""
    taken = [one for one in way if one in forms]
    return not taken or form in taken
