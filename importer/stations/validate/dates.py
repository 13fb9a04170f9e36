"""Dates from text, by the forms the profile states. Nothing is inferred; two forms that both fit are an error."""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from importer.stations.columns import encoded
from importer.stations.table import Kind

EARLIEST = date(2000, 1, 1)
LATEST = date(2099, 12, 31)

PROBLEMS = ("", "bad-date", "ambiguous-date", "date-out-of-range")

ISO = "%Y-%m-%d"
_ONE_OR_TWO = "[0-9]{1,2}"
_DIRECTIVES = {
    "%d": _ONE_OR_TWO,
    "%m": _ONE_OR_TWO,
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%H": _ONE_OR_TWO,
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%%": "%",
}
_NUMERIC = frozenset(_DIRECTIVES) - {"%%"}
_WORDS = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy", "%H": "hh", "%M": "mm", "%S": "ss"}


class Dates(NamedTuple):
    """Days as datetime64[D] (NaT where empty or wrong), the problem number per row (see PROBLEMS), and empty cells.

    `readings` maps an ambiguous text to its two dates.
    """

    day: np.ndarray
    problem: np.ndarray
    empty: np.ndarray
    readings: dict[str, tuple[str, str]]


def parse_dates(
    cells: pa.ChunkedArray,
    kinds: np.ndarray | None,
    forms: Sequence[str],
    stated: Sequence[str] | None = None,
    known: pa.DictionaryArray | None = None,
) -> Dates:
    """Read a column of dates; times of day are dropped.

    `stated` are the forms the profile names (None: `forms`), `known` the same cells by their distinct texts, where they
    were found before.
    Cells that were dates in a workbook are ISO text already, whatever the forms; dates that the profile itself writes
    may be. A bare number is a date only where a form without separators says so (`%Y%m%d`), never a serial day.
    """
    codes, distinct = encoded(cells) if known is None else (known.indices.to_numpy(), known.dictionary.to_pylist())
    texts = pd.Series(distinct, dtype="object")
    day, problem, readings = _parse_texts(texts, forms)
    days, problems = day[codes], problem[codes]
    if kinds is not None:
        profile = kinds == Kind.PROFILE
        own_forms = tuple(dict.fromkeys((ISO, *(forms if stated is None else stated))))
        native = ~profile & (kinds != Kind.TEXT) & (kinds != Kind.NUMBER)
        for rows, other_forms in ((native, (ISO,)), (profile, own_forms)):
            if rows.any():
                other_day, other_problem, other_readings = _parse_texts(texts, other_forms)
                days = np.where(rows, other_day[codes], days)
                problems = np.where(rows, other_problem[codes], problems)
                readings = other_readings | readings
    empty = (texts == "").to_numpy(dtype=bool)[codes] if len(texts) else np.zeros(0, dtype=bool)
    problems[empty] = 0
    return Dates(days, problems, empty, readings)


def merge_dates(parts: Sequence[tuple[np.ndarray, Dates]]) -> Dates:
    """One column whose rows were read in several ways: of each part the rows of its mask count."""
    first = parts[0][1]
    day, problem = first.day.copy(), first.problem.copy()
    readings: dict[str, tuple[str, str]] = {}
    for rows, dates in parts:
        day[rows], problem[rows] = dates.day[rows], dates.problem[rows]
        readings |= dates.readings
    return Dates(day, problem, first.empty, readings)


def expected_form(forms: Sequence[str]) -> str:
    """The forms in words: `dd/mm/yyyy`."""
    shown = []
    for form in forms:
        text = form
        for directive, word in _WORDS.items():
            text = text.replace(directive, word)
        shown.append(text)
    return " or ".join(shown)


def _parse_texts(texts: pd.Series, forms: Sequence[str]) -> tuple[np.ndarray, np.ndarray, dict[str, tuple[str, str]]]:
    day = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[D]")
    problem = np.ones(len(texts), dtype=np.int8)
    readings: dict[str, tuple[str, str]] = {}
    for form in forms:
        read = _parse_one_form(texts, form)
        found = ~np.isnat(read)
        differs = found & ~np.isnat(day) & (day != read)
        for position in np.flatnonzero(differs):
            readings[str(texts.iloc[position])] = (str(day[position]), str(read[position]))
        problem[found] = 0
        problem[differs] = 2
        day = np.where(np.isnat(day), read, day)
    far = (problem == 0) & ((day < np.datetime64(EARLIEST)) | (day > np.datetime64(LATEST)))
    problem[far] = 3
    return day, problem, readings


def _parse_one_form(texts: pd.Series, form: str) -> np.ndarray:
    pattern = _pattern(form)
    fits = np.fromiter((bool(pattern.fullmatch(text)) for text in texts), dtype=bool, count=len(texts))
    days = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[D]")
    if fits.any():
        read = pd.to_datetime(texts[fits], format=form, exact=True, errors="coerce")
        days[fits] = read.to_numpy().astype("datetime64[D]")
    return days


def _pattern(form: str) -> re.Pattern[str]:
    """ASCII digits only, nothing before or after; directives we do not know (month names) take letters.

    Where no sign parts two numbers, each has all its digits: 3032026 is 3 March or 30 March, so it is neither.
    """
    parts = [part for part in re.split(r"(%.)", form) if part]
    patterns = []
    for place, part in enumerate(parts):
        pattern = _DIRECTIVES.get(part, r"[^\W\d_]+\.?") if part.startswith("%") else re.escape(part)
        if pattern == _ONE_OR_TWO and _touches_digits(parts, place):
            pattern = "[0-9]{2}"
        patterns.append(pattern)
    return re.compile("".join(patterns))


def _touches_digits(parts: Sequence[str], place: int) -> bool:
    before, after = parts[:place][-1:], parts[place + 1 :][:1]
    return any(part in _NUMERIC or part[-1].isdigit() for part in before) or any(
        part in _NUMERIC or part[0].isdigit() for part in after
    )
