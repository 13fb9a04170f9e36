"""Which signs the amounts of a file are written with, where the profile does not say: proved on every amount, or told."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.stations.columns import mask
from importer.stations.validate.numbers import THOUSANDS

DECIMALS: Final = (",", ".")
_SIGNED: Final = r"[0-9][,.'’ \x{a0}\x{202f}]"  # noqa: RUF001 - spreadsheets write both apostrophes
_OCCURS: Final = {",": ",", ".": ".", "'": "'’", "space": " \u00a0\u202f"}  # noqa: RUF001 - same
_FEW: Final = 1000
# "1.250" may be a thousand; nobody parts the thousands of "0.250"
_GROUP: Final = "(?:[1-9][0-9]{0,2}|0[0-9]{1,2})"


class Signs(NamedTuple):
    """The sign before the cents and the one between thousands; "" for none."""

    decimal: str
    thousands: str


PLAIN: Final = Signs(".", "")


class SignsFound(NamedTuple):
    """How the amounts of a file are written. `proved`: they show the sign before the cents.

    Where two readings fit, `doubtful` is the first amount that they read differently; where no reading fits all,
    `unfit` is the first that `signs`, which fits most, does not.
    """

    signs: Signs
    proved: bool = False
    doubtful: str = ""
    unfit: str = ""


def find_signs(texts: pa.Array, thousands: str | None) -> SignsFound:
    """The one reading that every amount among these distinct texts fits; `thousands` is what the profile states of it.

    A text that fits no reading is no amount and does not vote; nor does one of digits alone, which every reading reads
    the same.
    """
    signed = texts.filter(pc.match_substring_regex(texts, _SIGNED))
    if not len(signed):
        return SignsFound(PLAIN if thousands is None else _with(thousands))
    readings = _readings(signed, thousands)
    only = _only_reading(signed, readings)
    if only is not None:
        return SignsFound(only, proved=True)
    fits = {signs: _fits(signed, signs) for signs in readings}
    amounts = np.logical_or.reduce(list(fits.values()))
    whole = [signs for signs in readings if (fits[signs] | ~amounts).all()]
    if not whole:
        most = max(readings, key=lambda signs: int(fits[signs].sum()))
        return SignsFound(most, unfit=str(signed[int(np.argmax(amounts & ~fits[most]))]))
    shown = amounts & mask(pc.match_substring_regex(signed, "[,.]"))
    if not shown.any():
        return SignsFound(whole[0])
    if len({signs.decimal for signs in whole}) > 1:
        return SignsFound(whole[0], doubtful=str(signed[int(np.argmax(shown))]))
    return SignsFound(whole[0], proved=True)


def _only_reading(signed: pa.Array, readings: Sequence[Signs]) -> Signs | None:
    """The one reading that a few amounts leave over, if it fits all others too: quick where there are millions.

    None where that is not so; then nothing is decided yet.
    """
    few = signed.slice(0, _FEW)
    fits = {signs: _fits(few, signs) for signs in readings}
    amounts = np.logical_or.reduce(list(fits.values()))
    left = [signs for signs in readings if amounts.any() and (fits[signs] | ~amounts).all()]
    if len(left) != 1 or not mask(pc.match_substring_regex(few.filter(pa.array(amounts)), "[,.]")).any():
        return None
    others = signed.filter(pa.array(~_fits(signed, left[0])))
    return None if any(_fits(others, signs).any() for signs in readings) else left[0]


def _fits(texts: pa.Array, signs: Signs) -> np.ndarray:
    return mask(pc.match_substring_regex(texts, _pattern(signs)))


def other_decimal(decimal: str) -> str:
    """The sign that is not this one."""
    return "." if decimal == "," else ","


def _with(thousands: str) -> Signs:
    return Signs("." if thousands != "." else ",", thousands)


def _readings(signed: pa.Array, thousands: str | None) -> Sequence[Signs]:
    """The readings to try, the plainest first; a sign that occurs nowhere is at work in none of them."""
    if thousands is not None:
        return [Signs(decimal, thousands) for decimal in DECIMALS if decimal != thousands]
    there = [
        name
        for name, signs in _OCCURS.items()
        if any(pc.any(pc.match_substring(signed, sign)).as_py() for sign in signs)
    ]
    return [
        *(Signs(decimal, "") for decimal in DECIMALS),
        *(Signs(decimal, sign) for decimal in DECIMALS for sign in there if sign != decimal),
    ]


def _pattern(signs: Signs) -> str:
    group = THOUSANDS[signs.thousands]
    whole = rf"(?:{_GROUP}(?:{group}[0-9]{{3}})+|[0-9]+)" if group else "[0-9]+"
    return rf"\A[+-]?{whole}(?:{re.escape(signs.decimal)}[0-9]+)?\z"
