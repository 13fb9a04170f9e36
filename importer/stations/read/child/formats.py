"""Number formats: which numbers are days, times, percents or filled up with zeros; and what day a number means."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from importer.stations.read.cells import FIRST_DATE, FIRST_DATE_1904, NumberStyle, number_style, number_text, other_text

_LITERALS = re.compile(r'"[^"]*"|\\.|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]', re.IGNORECASE)
_DAY = re.compile(r"(?<![_\\])[dmhys]", re.IGNORECASE)
_LENGTH = re.compile(r"\[hh?\]|\[mm?\]|\[ss?\]", re.IGNORECASE)
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - spreadsheets know no zones
_LEAP = 60  # the day of 1900 that never was

# Numbers of formats that workbooks use without writing them down; those not listed change nothing about a number.
BUILT_IN: Mapping[int, str] = {
    9: "0%",
    10: "0.00%",
    14: "mm-dd-yy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yy h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mmss.0",
}


class Look(NamedTuple):
    """What a number format makes of a number: a day (or time), a length of time, or a number in some style."""

    temporal: Literal["", "day", "length"]
    style: NumberStyle


PLAIN = Look("", 0)


@lru_cache(maxsize=4096)
def look(code: str) -> Look:
    """What a number format does, judged by its first section."""
    first = _LITERALS.sub("", code.split(";", maxsplit=1)[0])
    if _DAY.search(first):
        return Look("length" if _LENGTH.search(code.split(";", maxsplit=1)[0]) else "day", 0)
    return Look("", number_style(code))


def looks(written: Mapping[int, str], numbers: Sequence[int]) -> list[Look]:
    """The look of each cell style, from the formats a workbook writes down and the format number of each style."""
    return [look(written[number] if number in written else BUILT_IN.get(number, "General")) for number in numbers]


def temporal_text(value: float, shown: Look, *, since_1904: bool) -> tuple[str, int]:
    """A number that its format shows as a day or a time, as text with its kind."""
    try:
        found = _temporal(value, shown, since_1904=since_1904)
    except (OverflowError, ValueError):
        return number_text(float("nan"), 0) if value != value else ("#VALUE!", 4)  # noqa: PLR0124 - only NaN differs
    return other_text(found, FIRST_DATE_1904 if since_1904 else FIRST_DATE)


def _temporal(value: float, shown: Look, *, since_1904: bool) -> date | time | timedelta:
    if shown.temporal == "length":
        return timedelta(days=value)
    day, fraction = divmod(value, 1)
    within = timedelta(milliseconds=round(fraction * 86_400_000))
    if 0 <= value < 1 and not within.days:
        return (_EPOCH + within).time()
    if 0 < value < _LEAP and not since_1904:
        day += 1
    return (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(days=day) + within
