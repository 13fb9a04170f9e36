"""In which order the dates of a file are written, where the profile does not say: proved on every date, or told."""

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.stations.columns import as_array, mask
from importer.stations.validate.dates import ISO

_SEPARATORS: Final = ("/", "-", ".")
_YEAR_FIRST: Final = {
    "%Y/%m/%d": r"\A[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}\z",
    "%Y.%m.%d": r"\A[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}\z",
}
_TWO_AND_YEAR: Final = r"\A(?P<one>[0-9]{1,2})[/.\-](?P<two>[0-9]{1,2})[/.\-](?P<year>[0-9]{4})\z"


class OrderFound(NamedTuple):
    """The forms of the dates of a file, year-month-day first; `proved` are those that its texts show.

    Where day first and month first both fit, `doubtful` is the first text that they read differently; where neither
    fits all, `mixed` are two texts that only one of them fits: day first, and month first.
    """

    forms: tuple[str, ...]
    proved: tuple[str, ...] = ()
    doubtful: str = ""
    mixed: tuple[str, str] = ("", "")


def find_order(texts: pa.Array) -> OrderFound:
    """The forms that every date among these distinct texts fits: year-month-day always, and one for each separator.

    A text that is no day in any order is no date and does not vote; nor does one that both orders read the same.
    """
    proved = [form for form, pattern in _YEAR_FIRST.items() if mask(pc.match_substring_regex(texts, pattern)).any()]
    forms = [ISO, *proved]
    for separator in _SEPARATORS:
        start = "[0-9]{1,2}" + f"[{separator}]"
        family = texts.filter(pc.match_substring_regex(texts, rf"\A{start}{start}[0-9]{{4}}\z"))
        if not len(family):
            continue
        day_first, month_first = _days(family)
        either = ~np.isnat(day_first) | ~np.isnat(month_first)
        only_day, only_month = either & np.isnat(month_first), either & np.isnat(day_first)
        if only_day.any() and only_month.any():
            mixed = (str(family[int(np.argmax(only_day))]), str(family[int(np.argmax(only_month))]))
            return OrderFound((ISO,), mixed=mixed)
        differs = either & (day_first != month_first)
        if differs.any() and not only_day.any() and not only_month.any():
            return OrderFound((ISO,), doubtful=str(family[int(np.argmax(differs))]))
        form = separator.join(("%m", "%d", "%Y") if only_month.any() else ("%d", "%m", "%Y"))
        forms.append(form)
        if differs.any():
            proved.append(form)
    return OrderFound(tuple(forms), tuple(proved))


def both_days(text: str) -> tuple[str, str]:
    """A doubtful date read with the day first, and with the month first, as YYYY-MM-DD."""
    day_first, month_first = _days(pa.array([text], pa.large_string()))
    return str(day_first[0]), str(month_first[0])


def _days(family: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Texts of two numbers and a year as days: the first number is the day, or the month; NaT where there is no such."""
    parts = as_array(pc.extract_regex(family, _TWO_AND_YEAR))
    one, two, year = (parts.field(name).cast(pa.int64()).to_numpy() for name in ("one", "two", "year"))
    return _day(year, two, one), _day(year, one, two)


def _day(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days as datetime64[D], NaT where the calendar has no such day."""
    good = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)  # noqa: PLR2004 - months of a year
    months = ((year - 1970) * 12 + np.where(good, month, 1) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(good, day - 1, 0)
    good &= days.astype("datetime64[M]") == months
    return np.where(good, days, np.datetime64("NaT"))
